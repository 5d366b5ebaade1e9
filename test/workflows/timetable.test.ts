import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReminderStep } from '../../src/booking-plan.ts';
import {
  deadlineOf,
  isMembershipToCome,
  isSameStep,
  type Layout,
  nextStep,
  offsetLabel,
  type PlannedReminder,
  planReminders,
  wakeAt,
  whyNotFor,
  whySkip,
} from '../../src/workflows/timetable.ts';
import { aBooking, aPlan, DAY_MS, earlier, HOUR_MS, MINUTE_MS } from '../support/a-booking.ts';

const START = '2026-12-03T15:00:00.000Z';

function planned(bookedBeforeMs: number, facts = {}) {
  const reminders = planReminders(aBooking({ startsAt: START, ...facts }), earlier(START, bookedBeforeMs), aPlan());
  return reminders.map(({ offsetMs, skipped }) => `${offsetLabel(offsetMs)} ${skipped ?? 'planned'}`);
}

describe('planReminders', () => {
  it.each([
    ['four days ahead', 4 * DAY_MS, ['72h planned', '24h planned', '2h planned']],
    ['exactly 72 hours ahead', 72 * HOUR_MS, ['72h planned', '24h planned', '2h planned']],
    ['a moment less than 72 hours ahead', 72 * HOUR_MS - 1, ['72h past_when_booked', '24h planned', '2h planned']],
    ['a day and a half ahead', 36 * HOUR_MS, ['72h past_when_booked', '24h planned', '2h planned']],
    ['ten hours ahead', 10 * HOUR_MS, ['72h past_when_booked', '24h past_when_booked', '2h planned']],
    ['exactly at the threshold', 2 * HOUR_MS, ['72h past_when_booked', '24h past_when_booked', '2h planned']],
    [
      'a moment within the threshold',
      2 * HOUR_MS - 1,
      ['72h meeting_too_soon', '24h meeting_too_soon', '2h meeting_too_soon'],
    ],
    [
      'after the call has begun',
      -5 * MINUTE_MS,
      ['72h meeting_too_soon', '24h meeting_too_soon', '2h meeting_too_soon'],
    ],
    ['five years ahead', 5 * 365 * DAY_MS, ['72h planned', '24h planned', '2h planned']],
  ])('booked %s', (_when, bookedBeforeMs, expected) => {
    expect(planned(bookedBeforeMs)).toEqual(expected);
  });

  it('plans no mail for somebody who booked by phone', () => {
    const attendees = [{ name: 'Dana Whitfield', email: '15550142233@sms.cal.com' }] as const;

    expect(planned(4 * DAY_MS, { attendees })).toEqual([
      '72h no_email_address',
      '24h no_email_address',
      '2h no_email_address',
    ]);
  });

  it.each([
    ['spring forward in Berlin', '2027-03-28T08:00:00+02:00', '2027-03-27T07:00:00+01:00'],
    ['fall back in New York', '2026-11-01T10:00:00-05:00', '2026-10-31T11:00:00-04:00'],
    ['a half-hour zone', '2026-12-03T09:30:00+05:30', '2026-12-02T09:30:00+05:30'],
  ])('counts 24 h as 24 real hours: %s', (_case, startsAt, dueAt) => {
    const reminders = planReminders(
      aBooking({ startsAt: new Date(startsAt).toISOString() }),
      '2026-01-01T00:00:00.000Z',
      aPlan(),
    );

    expect(reminders.find(({ offsetMs }) => offsetMs === DAY_MS)?.dueAt).toBe(Date.parse(dueAt));
  });

  it('never sends a reminder in the past, after the start, or twice for one offset', () => {
    const anInstant = fc.date({ min: new Date('2020-01-01'), max: new Date('2090-01-01'), noInvalidDate: true });
    const offsets = fc.uniqueArray(fc.integer({ min: 1, max: 400 * DAY_MS }), { minLength: 1, maxLength: 8 });

    fc.assert(
      fc.property(anInstant, anInstant, offsets, fc.nat(DAY_MS), (start, booked, offsetsMs, thresholdMs) => {
        const plan = aPlan({
          steps: offsetsMs.map((offsetMs) => ({ offsetMs, template: '24h' })),
          thresholdMs,
        });
        const reminders = planReminders(aBooking({ startsAt: start.toISOString() }), booked.toISOString(), plan);
        const sent = reminders.filter(({ skipped }) => !skipped);

        expect(reminders.map(({ offsetMs }) => offsetMs).sort()).toEqual([...offsetsMs].sort());
        expect(reminders.map(({ dueAt }) => dueAt)).toEqual(reminders.map(({ dueAt }) => dueAt).sort((a, b) => a - b));
        for (const { dueAt } of sent) {
          expect(dueAt).toBeGreaterThanOrEqual(booked.getTime());
          expect(dueAt).toBeLessThan(start.getTime());
        }
      }),
    );
  });
});

describe('what was missed and is to be made up for', () => {
  const merging = aPlan({ steps: aPlan().steps.map((step) => ({ ...step, late: 'merge' as const })) });
  const laidOut = (bookedBeforeMs: number, layout: Layout = merging) =>
    planReminders(aBooking({ startsAt: START }), earlier(START, bookedBeforeMs), layout).map(
      ({ offsetMs, skipped, catchesUp }) =>
        `${offsetLabel(offsetMs)} ${skipped ?? (catchesUp ? 'at once' : 'planned')}`,
    );

  it('becomes one mail at once, the last of those that were missed', () => {
    expect(laidOut(20 * HOUR_MS)).toEqual(['72h merged', '24h at once', '2h planned']);
    expect(laidOut(30 * HOUR_MS)).toEqual(['72h at once', '24h planned', '2h planned']);
  });

  it('is nothing where nothing was missed', () => {
    expect(laidOut(4 * DAY_MS)).toEqual(['72h planned', '24h planned', '2h planned']);
  });

  it('is nothing for a call that is too soon, or called off', () => {
    expect(laidOut(HOUR_MS)).toEqual(
      Array(3)
        .fill('meeting_too_soon')
        .map((reason, at) => `${[72, 24, 2][at]}h ${reason}`),
    );
    expect(laidOut(20 * HOUR_MS, { ...merging, calledOff: 'cancelled' })).toEqual([
      '72h merged',
      '24h cancelled',
      '2h cancelled',
    ]);
  });

  it('leaves out the others', () => {
    const [first, second, last] = merging.steps;
    const { late: _, ...skipping } = second!;

    expect(laidOut(20 * HOUR_MS, { ...merging, steps: [first!, skipping, last!] })).toEqual([
      '72h at once',
      '24h past_when_booked',
      '2h planned',
    ]);
  });
});

describe('reminders that keep quiet hours', () => {
  it('are due when they were laid out for, and are the same reminders', () => {
    const at = Date.parse(START) - 30 * HOUR_MS;
    const [own] = planReminders(aBooking({ startsAt: START }), earlier(START, 4 * DAY_MS), aPlan()).slice(1);
    const laidOut = planReminders(aBooking({ startsAt: START }), earlier(START, 4 * DAY_MS), {
      ...aPlan(),
      dueAtByOffset: { [24 * HOUR_MS]: at },
    });

    expect(laidOut.map(({ dueAt }) => dueAt)).toEqual([
      Date.parse(START) - 72 * HOUR_MS,
      at,
      Date.parse(START) - 2 * HOUR_MS,
    ]);
    expect(laidOut[1]?.key).toBe(own?.key);
  });
});

describe('a reminder for some', () => {
  const why = (when: ReminderStep['when'], state: Parameters<typeof whyNotFor>[1]) =>
    whyNotFor({ offsetMs: DAY_MS, template: '24h', ...(when && { when }) }, state);

  it.each([
    ['members', 'member', undefined],
    ['members', 'none', 'not_a_member'],
    ['others', 'member', 'is_a_member'],
    ['others', 'none', undefined],
    ['members', 'unknown', 'membership_unknown'],
    ['others', undefined, 'membership_unknown'],
    ['others', 'not_looked_up', 'membership_unknown'],
    ['unconfirmed', undefined, undefined],
    [undefined, undefined, undefined],
  ] as const)('when %s, for a booker whose membership is %s: %s', (when, state, reason) => {
    expect(why(when, state)).toBe(reason);
  });

  it('waits while the membership may still turn out', () => {
    expect((['member', 'none', 'not_looked_up', 'unknown', undefined] as const).filter(isMembershipToCome)).toEqual([
      'unknown',
      undefined,
    ]);
  });
});

describe('nextStep', () => {
  const overAt = Date.parse(START) + HOUR_MS;
  const reminders = planReminders(aBooking({ startsAt: START }), earlier(START, 36 * HOUR_MS), aPlan());

  it('is the soonest reminder that is neither skipped nor decided', () => {
    expect(nextStep(reminders, () => false, overAt)).toMatchObject({
      kind: 'reminder',
      reminder: { offsetMs: 24 * HOUR_MS },
    });
    expect(nextStep(reminders, ({ offsetMs }) => offsetMs === 24 * HOUR_MS, overAt)).toMatchObject({
      reminder: { offsetMs: 2 * HOUR_MS },
    });
  });

  it('is the end of the call when nothing is left to send', () => {
    expect(nextStep(reminders, () => true, overAt)).toEqual({ kind: 'end', at: overAt });
  });

  it('is another step after the call has moved', () => {
    const moved = planReminders(aBooking({ startsAt: earlier(START, HOUR_MS) }), earlier(START, 36 * HOUR_MS), aPlan());
    const step = nextStep(reminders, () => false, overAt);

    expect(
      isSameStep(
        step,
        nextStep(reminders, () => false, overAt),
      ),
    ).toBe(true);
    expect(
      isSameStep(
        step,
        nextStep(moved, () => false, overAt),
      ),
    ).toBe(false);
    expect(
      isSameStep(
        step,
        nextStep(reminders, () => true, overAt),
      ),
    ).toBe(false);
  });
});

describe('a reminder whose time has come', () => {
  const startsAt = Date.parse(START);
  const reminders = planReminders(aBooking({ startsAt: START }), earlier(START, 4 * DAY_MS), aPlan());
  const [first, second, last] = reminders as [PlannedReminder, PlannedReminder, PlannedReminder];

  it('is sent when it is due, and late when nothing was running', () => {
    expect(whySkip(second, reminders, startsAt, second.dueAt)).toBeUndefined();
    expect(whySkip(second, reminders, startsAt, last.dueAt - 1)).toBeUndefined();
    expect(whySkip(last, reminders, startsAt, startsAt - 1)).toBeUndefined();
  });

  it('gives way to a later one that is due as well', () => {
    expect(whySkip(first, reminders, startsAt, second.dueAt)).toBe('later_reminder_due');
    expect(whySkip(second, reminders, startsAt, last.dueAt)).toBe('later_reminder_due');
  });

  it('is not sent once the call has begun', () => {
    expect(whySkip(last, reminders, startsAt, startsAt)).toBe('call_started');
  });

  it('is tried until the next takes its place, the last until the call starts', () => {
    expect(deadlineOf(first, reminders, startsAt)).toBe(second.dueAt);
    expect(deadlineOf(last, reminders, startsAt)).toBe(startsAt);
  });
});

describe('wakeAt', () => {
  const now = Date.parse('2026-11-30T00:00:00Z');

  it('is 24 s to two minutes before the due instant, at most a quarter of the wait, and never after', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: -DAY_MS, max: 1_000 * DAY_MS }), (uid, waitMs) => {
        const leadMs = now + waitMs - wakeAt(uid, now + waitMs, now);
        const longestMs = Math.min(120_000, Math.max(0, waitMs) / 4);

        expect(leadMs).toBeGreaterThanOrEqual(longestMs / 5);
        expect(leadMs).toBeLessThanOrEqual(longestMs + 1);
      }),
    );
  });

  it('spreads bookings evenly, and always wakes the same one at the same moment', () => {
    const leads = Array.from(
      { length: 6_000 },
      (_, index) => now + DAY_MS - wakeAt(`booking-${index}`, now + DAY_MS, now),
    );
    const inEachSixteenSeconds = [0, 1, 2, 3, 4, 5].map(
      (place) => leads.filter((ms) => Math.floor((ms - 24_000) / 16_000) === place).length,
    );

    for (const count of inEachSixteenSeconds) expect(count).toBeGreaterThan(800);
    expect(wakeAt('booking-1', now + DAY_MS, now)).toBe(wakeAt('booking-1', now + DAY_MS, now));
  });
});

describe('offsetLabel', () => {
  it.each([
    [72 * HOUR_MS, '72h'],
    [90 * MINUTE_MS, '90m'],
    [3 * MINUTE_MS, '3m'],
    [10_000, '10s'],
  ])('%d ms is %s', (offsetMs, label) => {
    expect(offsetLabel(offsetMs)).toBe(label);
  });
});
