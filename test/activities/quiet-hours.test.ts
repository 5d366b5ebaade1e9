import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keepQuiet } from '../../src/activities/quiet-hours.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../support/a-booking.ts';

const ALL_NIGHT = { from: '21:00', to: '08:00' };

/** One reminder of a call that was booked long ago. */
function movedTo(
  dueAt: string,
  { timeZone = 'Europe/Berlin', quietHours = ALL_NIGHT, confirmedAt = '2010-01-01T00:00:00Z' } = {},
) {
  const startsAt = Date.parse(dueAt) + DAY_MS;
  const moved = keepQuiet({
    startsAt,
    confirmedAt: Date.parse(confirmedAt),
    offsetsMs: [DAY_MS],
    quietHours,
    timeZone,
  });
  const instant = moved[DAY_MS];
  return instant === undefined ? 'stays' : new Date(instant).toISOString();
}

describe('quiet hours', () => {
  it.each([
    ['at night', '2026-12-03T02:30:00+01:00', '2026-12-02T20:00:00.000Z'],
    ['a minute before they end', '2026-12-03T07:59:00+01:00', '2026-12-02T20:00:00.000Z'],
    ['late in the evening', '2026-12-03T23:10:00+01:00', '2026-12-03T20:00:00.000Z'],
    ['when they begin', '2026-12-03T21:00:00+01:00', 'stays'],
    ['when they end', '2026-12-03T08:00:00+01:00', 'stays'],
    ['by day', '2026-12-03T15:00:00+01:00', 'stays'],
  ])('move a reminder to their beginning, never later: one %s', (_when, dueAt, expected) => {
    expect(movedTo(dueAt)).toBe(expected);
  });

  it('may lie within one day', () => {
    const quietHours = { from: '12:00', to: '14:00' };

    expect(movedTo('2026-12-03T13:00:00+01:00', { quietHours })).toBe('2026-12-03T11:00:00.000Z');
    expect(movedTo('2026-12-03T11:00:00+01:00', { quietHours })).toBe('stays');
  });

  it.each([
    ['spring forward in Berlin', 'Europe/Berlin', '2027-03-28T06:00:00+02:00', '2027-03-27T21:00:00+01:00'],
    ['fall back in New York', 'America/New_York', '2026-11-01T06:00:00-05:00', '2026-10-31T21:00:00-04:00'],
    [
      'half an hour on Lord Howe Island',
      'Australia/Lord_Howe',
      '2026-10-04T07:00:00+11:00',
      '2026-10-03T21:00:00+10:30',
    ],
    ['a zone of three quarters of an hour', 'Asia/Kathmandu', '2026-12-03T06:00:00+05:45', '2026-12-02T21:00:00+05:45'],
    ['the day that Samoa left out', 'Pacific/Apia', '2011-12-31T03:00:00+14:00', '2011-12-29T21:00:00-10:00'],
  ])('go by the clock on the wall: %s', (_case, timeZone, dueAt, expected) => {
    expect(movedTo(dueAt, { timeZone })).toBe(new Date(expected).toISOString());
  });

  it('begin with the change itself where the clock leaps over their beginning', () => {
    const quietHours = { from: '02:30', to: '08:00' };

    expect(movedTo('2027-03-28T06:00:00+02:00', { quietHours })).toBe('2027-03-28T00:59:00.000Z');
  });

  it('leave a reminder where it is if the call was not booked yet at their beginning', () => {
    expect(movedTo('2026-12-03T02:30:00+01:00', { confirmedAt: '2026-12-02T21:00:01+01:00' })).toBe('stays');
    expect(movedTo('2026-12-03T02:30:00+01:00', { confirmedAt: '2026-12-02T21:00:00+01:00' })).not.toBe('stays');
  });

  it('leave a reminder where it is if the one before it is no earlier than their beginning', () => {
    const startsAt = Date.parse('2026-12-03T08:00:00+01:00');
    const moved = keepQuiet({
      startsAt,
      confirmedAt: 0,
      offsetsMs: [HOUR_MS, 4 * HOUR_MS],
      quietHours: ALL_NIGHT,
      timeZone: 'Europe/Berlin',
    });

    expect(moved).toEqual({ [4 * HOUR_MS]: Date.parse('2026-12-02T21:00:00+01:00') });
  });

  it('never move a reminder later, before the booking, past another one, or into the quiet', () => {
    const zones = fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'UTC');
    const instant = fc.date({ min: new Date('2024-01-01'), max: new Date('2030-01-01'), noInvalidDate: true });
    const minute = fc.nat(24 * 60 - 1);
    const offsets = fc.uniqueArray(fc.integer({ min: MINUTE_MS, max: 5 * DAY_MS }), { minLength: 1, maxLength: 5 });
    const facts = fc.record({ start: instant, aheadMs: fc.nat(6 * DAY_MS), offsets, from: minute, to: minute, zones });

    fc.assert(
      fc.property(facts, ({ start, aheadMs, offsets: offsetsMs, from, to, zones: timeZone }) => {
        fc.pre(from !== to);
        const startsAt = start.getTime();
        const confirmedAt = startsAt - aheadMs;
        const quietHours = { from: clock(from), to: clock(to) };
        const moved = keepQuiet({ startsAt, confirmedAt, offsetsMs, quietHours, timeZone });

        const ahead = offsetsMs.toSorted((a, b) => b - a).filter((offsetMs) => startsAt - offsetMs >= confirmedAt);
        expect(
          Object.keys(moved)
            .map(Number)
            .filter((offsetMs) => !ahead.includes(offsetMs)),
        ).toEqual([]);
        const dueAt = ahead.map((offsetMs) => moved[offsetMs] ?? startsAt - offsetMs);
        expect(dueAt).toEqual(dueAt.toSorted((a, b) => a - b));
        expect(new Set(dueAt).size).toBe(dueAt.length);
        for (const [index, offsetMs] of ahead.entries()) {
          expect(dueAt[index]).toBeLessThanOrEqual(startsAt - offsetMs);
          expect(dueAt[index]).toBeGreaterThanOrEqual(confirmedAt);
          if (moved[offsetMs] === undefined) continue;
          const since = (minuteIn(timeZone, moved[offsetMs]) - from + 24 * 60) % (24 * 60);
          expect(since === 0 || since >= (to - from + 24 * 60) % (24 * 60)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});

function clock(minuteOfDay: number): string {
  return [Math.floor(minuteOfDay / 60), minuteOfDay % 60].map((part) => String(part).padStart(2, '0')).join(':');
}

function minuteIn(timeZone: string, instant: number): number {
  const text = new Date(instant).toLocaleTimeString('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' });
  const [hours, minutes] = text.split(':').map(Number);
  return hours! * 60 + minutes!;
}
