import { describe, expect, it } from 'vitest';
import type { Booking } from '../../src/booking.ts';
import type { CurrentBooking } from '../../src/calcom/api.ts';
import { differenceOf, type Known, type Said } from '../../src/calcom/difference.ts';
import { successorOf } from '../../src/calcom/successor.ts';
import { aBooking, later } from '../support/a-booking.ts';
import { aCurrent } from './a-current-booking.ts';

const BOOKING = aBooking();
const { uid } = BOOKING;
const ASKED_AT = '2026-12-02T12:00:00.000Z';
const CHANGED_AT = '2026-12-02T11:00:00.000Z';
/** When the webhook of the booking was made. */
const TOLD_AT = '2026-12-01T10:00:00.500Z';

function live(booking: Booking = BOOKING, facts: Partial<Known> = {}): Known {
  const key = { uid: booking.uid, ...(booking.seat && { seat: booking.seat }) };
  return { key, standing: 'live', booking, toldAt: TOLD_AT, ...facts } as Known;
}

function cancelledOne(facts: Partial<Known> = {}): Known {
  return live(BOOKING, { standing: 'cancelled', calledOffAt: '2026-12-02T11:30:00.000Z', ...facts } as Partial<Known>);
}

function unheard(key = { uid }): Known {
  return { key, standing: 'unheard' };
}

function compare(known: Known, current: CurrentBooking | undefined, said: Partial<Said> = {}) {
  return differenceOf(known, { current, askedAt: ASKED_AT, ...said });
}

describe('what Cal.com’s API tells less well than its webhooks', () => {
  const told: Partial<Booking> = {
    eventTypeSlug: 'discovery-call',
    answers: [{ question: 'How many are you?', answer: '12' }],
    calendarEntry: { uid: 'entry@Cal.com', sequence: 1 },
    pages: { move: 'https://acme.cal.com/reschedule/1', bookAgain: 'https://acme.cal.com/mara/call' },
  };

  it('is kept as it was known', () => {
    const now = { ...told, answers: [{ question: 'Team size', answer: '12' }], joinUrl: 'https://example.com/other' };
    const { calendarEntry: _, eventTypeSlug: __, ...entry } = now;
    const pages = { cancel: 'https://cal.com/booking/1?cancel=true', move: 'https://cal.com/reschedule/1' };

    const difference = compare(live(aBooking(told)), aCurrent({ updatedAt: CHANGED_AT }, { ...entry, pages }));

    expect(difference?.event.booking).toMatchObject({
      ...told,
      joinUrl: now.joinUrl,
      pages: { ...told.pages, cancel: pages.cancel },
    });
  });

  it('is no difference, and makes none of two findings', () => {
    const current = aCurrent({ updatedAt: CHANGED_AT });
    const moved = aCurrent({ updatedAt: CHANGED_AT }, { startsAt: later(BOOKING.startsAt, 60_000) });

    const renamed = aCurrent({ updatedAt: CHANGED_AT }, { eventTypeSlug: 'renamed-call' });

    expect(compare(live(aBooking(told)), current)).toBeUndefined();
    expect(compare(live(aBooking(told)), renamed)).toBeUndefined();
    expect(compare(live(aBooking(told)), moved)?.event.id).toBe(compare(live(), moved)?.event.id);
  });
});

describe('a booking that stands', () => {
  it('as it is known differs in nothing', () => {
    expect(compare(live(), aCurrent({ updatedAt: CHANGED_AT }))).toBeUndefined();
  });

  it('and was never heard of is confirmed, as of when Cal.com last changed it', () => {
    expect(compare(unheard(), aCurrent({ updatedAt: CHANGED_AT }))).toMatchObject({
      kind: 'unannounced',
      event: { kind: 'confirmed', occurredAt: CHANGED_AT, booking: BOOKING },
      says: { status: 'accepted', updatedAt: CHANGED_AT },
    });
  });

  it('and was never heard of takes the place of the one that it was moved from', () => {
    expect(compare(unheard(), aCurrent({ replaces: 'before' }))).toMatchObject({
      kind: 'unannounced',
      event: { kind: 'rescheduled', booking: { uid }, replaced: { uid: 'before' } },
    });
  });

  it.each([
    ['itself', { replaces: uid }, {}],
    ['a seated one, where others may have stayed', { replaces: 'before' }, { seat: '0a1b' }],
  ])('takes the place of no other if it names %s', (_what, facts, booking) => {
    const key = { uid, ...booking };

    expect(compare(unheard(key), aCurrent(facts, booking))?.event.kind).toBe('confirmed');
  });

  it('at another time is confirmed for that', () => {
    const startsAt = later(BOOKING.startsAt, 3_600_000);

    expect(compare(live(), aCurrent({ updatedAt: CHANGED_AT }, { startsAt }))).toMatchObject({
      kind: 'moved',
      event: { kind: 'confirmed', occurredAt: CHANGED_AT, booking: { startsAt } },
    });
  });

  it('though it was called off is confirmed again', () => {
    expect(compare(cancelledOne(), aCurrent({ updatedAt: '2026-12-02T11:45:00.000Z' }))).toMatchObject({
      kind: 'revived',
      event: { kind: 'confirmed', occurredAt: '2026-12-02T11:45:00.000Z' },
    });
  });

  it.each<[string, Partial<Booking>]>([
    ['link', { joinUrl: 'https://meet.google.com/new-link' }],
    ['host', { organizer: { name: 'Ines Duarte', email: 'ines.duarte@example.com' } }],
    ['guest', { attendees: [...BOOKING.attendees, { name: 'A guest', email: 'guest@example.com' }] }],
  ])('with another %s is updated', (_what, changes) => {
    expect(compare(live(), aCurrent({ updatedAt: CHANGED_AT }, changes))).toMatchObject({
      kind: 'changed',
      event: { kind: 'updated', occurredAt: CHANGED_AT, booking: changes },
    });
  });

  it('differs in nothing that was told after Cal.com last changed it', () => {
    const current = aCurrent({ updatedAt: TOLD_AT }, { joinUrl: 'https://meet.google.com/new-link' });

    expect(compare(live(), current)).toBeUndefined();
  });

  it('does not differ by what the API leaves out, or spells otherwise', () => {
    const [booker] = BOOKING.attendees;
    const { joinUrl: _joinUrl, ...current } = aBooking({
      organizer: { name: 'Mara L.' },
      startsAt: '2026-12-03T15:00:00Z',
      attendees: [{ ...booker, email: booker.email.toUpperCase() }],
    });

    expect(compare(live(), aCurrent({ updatedAt: CHANGED_AT, bookings: [current] }))).toBeUndefined();
  });

  it('stays in its series and its lineage, which the API does not tell', () => {
    const known = { series: 'weekly', lineage: { id: 'call', sequence: 2 } };
    const startsAt = later(BOOKING.startsAt, 3_600_000);

    expect(compare(live(aBooking(known)), aCurrent({}, { startsAt }))?.event.booking).toMatchObject(known);
  });
});

describe('a booking that is off', () => {
  it.each([
    ['cancelled', { status: 'cancelled' }, 'cancelled', 'cancelled'],
    ['rejected', { status: 'rejected' }, 'rejected', 'rejected'],
    ['waits for the host again', { status: 'pending' }, 'unconfirmed', 'cancelled'],
    ['was moved to one that is off as well', { replacedBy: 'other' }, 'cancelled', 'cancelled'],
  ] as const)('is called off: it %s', (_what, facts, kind, event) => {
    expect(compare(live(), aCurrent({ updatedAt: CHANGED_AT, ...facts }))).toMatchObject({
      kind,
      event: { kind: event, occurredAt: CHANGED_AT, booking: BOOKING },
    });
  });

  it('is called off when Cal.com knows it no more', () => {
    const difference = compare(live(), undefined);

    expect(difference).toMatchObject({ kind: 'gone', event: { kind: 'cancelled', occurredAt: ASKED_AT } });
    expect(difference?.says).toBeUndefined();
  });

  it.each([
    ['accepted', 'rescheduled'],
    ['pending', 'requested'],
  ] as const)('gives way to the one it was moved to, which is %s', (status, kind) => {
    const successor = aCurrent({ status, updatedAt: CHANGED_AT }, { uid: 'next' });

    expect(compare(live(), aCurrent({ status: 'cancelled', replacedBy: 'next' }), { successor })).toMatchObject({
      kind: 'replaced',
      event: { kind, occurredAt: CHANGED_AT, booking: { uid: 'next' }, replaced: { uid } },
      says: { status },
    });
  });

  it('is the same event from whichever of the two it is seen', () => {
    const next = aCurrent({ updatedAt: CHANGED_AT, replaces: uid }, { uid: 'next' });

    const fromTheOld = compare(live(), aCurrent({ status: 'cancelled', replacedBy: 'next' }), { successor: next });
    const fromTheNew = compare(unheard({ uid: 'next' }), next);

    expect(fromTheOld?.event).toEqual(fromTheNew?.event);
  });

  it.each([
    ['was never heard of', unheard()],
    ['is known to be', cancelledOne()],
  ])('and %s differs in nothing', (_what, known) => {
    for (const status of ['cancelled', 'rejected', 'pending'] as const) {
      expect(compare(known, aCurrent({ status }))).toBeUndefined();
    }
    expect(compare(known, undefined)).toBeUndefined();
  });
});

describe('a seat', () => {
  const seated = aBooking({ seat: '0a1b' });

  it('that is listed stands, whatever became of the others', () => {
    expect(compare(live(seated), aCurrent({ replacedBy: 'next' }, { seat: '0a1b' }))).toBeUndefined();
  });

  it('that is listed no more is called off', () => {
    expect(compare(live(seated), aCurrent({ updatedAt: CHANGED_AT }, { seat: '2c3d' }))).toMatchObject({
      kind: 'seat_left',
      event: { kind: 'cancelled', booking: { uid, seat: '0a1b' }, occurredAt: CHANGED_AT },
    });
  });

  it('is looked for among seats only', () => {
    expect(compare(live(seated), aCurrent())).toBeUndefined();
    expect(compare(live(), aCurrent({}, { seat: '2c3d' }))).toBeUndefined();
  });

  it('gives way to the one that the same person has in the booking it was moved to', () => {
    const others = { attendees: [{ name: 'Other', email: 'other@example.com' }] as const };
    const successor = aCurrent({
      bookings: [
        aBooking({ uid: 'next', seat: '4e5f', attendees: [...others.attendees] }),
        aBooking({ uid: 'next', seat: '6a7b' }),
      ],
    });

    expect(
      compare(live(seated), aCurrent({ status: 'cancelled', replacedBy: 'next' }, { seat: '0a1b' }), { successor }),
    ).toMatchObject({
      kind: 'replaced',
      event: { booking: { uid: 'next', seat: '6a7b' }, replaced: { uid, seat: '0a1b' } },
    });
  });
});

describe('when it occurred', () => {
  it('was not after Cal.com was asked', () => {
    const ahead = aCurrent({ status: 'cancelled', updatedAt: '2027-01-01T00:00:00.000Z' });

    expect(compare(live(), ahead)?.event.occurredAt).toBe(ASKED_AT);
  });

  it('was directly after what it contradicts, if Cal.com dates it before that', () => {
    const cancelled = compare(live(), aCurrent({ status: 'cancelled', updatedAt: '2026-11-01T00:00:00.000Z' }));
    const revived = compare(cancelledOne(), aCurrent({ updatedAt: '2026-11-01T00:00:00.000Z' }));

    expect(cancelled?.event.occurredAt).toBe('2026-12-01T10:00:00.501Z');
    expect(revived?.event.occurredAt).toBe('2026-12-02T11:30:00.001Z');
  });

  it('is the same, and so is the event, however often Cal.com is asked', () => {
    const current = aCurrent({ status: 'cancelled', updatedAt: CHANGED_AT });

    const [first, second] = [ASKED_AT, later(ASKED_AT, 600_000)].map((askedAt) =>
      compare(live(), current, { askedAt }),
    );

    expect(second).toEqual(first);
    expect(first?.event.id).toMatch(/^[0-9a-f]{32}$/);
    expect(compare(live(), { ...current, updatedAt: ASKED_AT })?.event.id).not.toBe(first?.event.id);
  });
});

describe('what stands in the place of a booking', () => {
  const find = (...all: CurrentBooking[]) => {
    const byUid = new Map(all.map((current) => [current.bookings[0]!.uid, current]));
    return async (uid: string) => byUid.get(uid);
  };
  const moved = (from: string, to: string) => aCurrent({ status: 'cancelled', replacedBy: to }, { uid: from });

  it('is nothing if it was not moved', async () => {
    expect(await successorOf(aCurrent(), find())).toBeUndefined();
  });

  it('is the last of those it was moved to', async () => {
    const last = aCurrent({}, { uid: 'c' });

    expect(await successorOf(moved('a', 'b'), find(moved('b', 'c'), last))).toEqual(last);
  });

  it.each([
    ['is cancelled', find(moved('b', 'c'), aCurrent({ status: 'cancelled' }, { uid: 'c' }))],
    ['is not there', find(moved('b', 'c'))],
    ['leads in a circle', find(moved('b', 'a'), moved('a', 'b'))],
  ])('is nothing if the last %s', async (_what, known) => {
    expect(await successorOf(moved('a', 'b'), known)).toBeUndefined();
  });
});
