import { describe, expect, it } from 'vitest';
import type { BookingEvent } from '../../src/booking.ts';
import { type BookingState, hear } from '../../src/workflows/booking-state.ts';
import { planNotices, templateOf, whyNotTold } from '../../src/workflows/planned-notices.ts';
import {
  aBooking,
  cancelled,
  confirmed,
  DAY_MS,
  earlier,
  HOUR_MS,
  later,
  MINUTE_MS,
  NO_NOTICES,
  noShow,
  rejected,
  rescheduled,
  USUAL_NOTICES,
  updated,
} from '../support/a-booking.ts';

const BOOKING = aBooking();
const BOOKED_AT = earlier(BOOKING.startsAt, 4 * DAY_MS);
const ALL = { ...USUAL_NOTICES, confirmation: true };

function stateAfter(...events: BookingEvent[]): BookingState {
  return events.reduce<BookingState | undefined>(hear, undefined)!;
}

function planned(events: BookingEvent[], choices = ALL) {
  return planNotices(stateAfter(...events), choices).map(({ notice, to }) => `${notice} to ${to}`);
}

describe('of a booking', () => {
  const booked = confirmed(BOOKING, BOOKED_AT);
  const moved = rescheduled(BOOKING, 'an-earlier-one', BOOKED_AT);
  const offAt = earlier(BOOKING.startsAt, DAY_MS);

  it.each([
    ['was made', [booked], ['confirmation to attendees', 'host-booked to host']],
    ['has taken the place of another', [moved], ['moved to attendees', 'host-moved to host']],
    ['was cancelled', [booked, cancelled(BOOKING, offAt)], ['cancelled to attendees', 'host-cancelled to host']],
    [
      'is to be moved, as the host asks',
      [booked, cancelled(BOOKING, offAt, { requestReschedule: true })],
      ['cancelled to attendees', 'host-cancelled to host'],
    ],
    [
      'was cancelled, so that nobody came',
      [booked, cancelled(BOOKING, offAt), noShow(BOOKING, later(BOOKING.endsAt, MINUTE_MS))],
      ['cancelled to attendees', 'host-cancelled to host'],
    ],
    ['was not accepted', [booked, rejected(BOOKING, offAt)], []],
    ['was not accepted in the place of another', [rejected(BOOKING, offAt, { uid: 'old' })], ['move-rejected to host']],
    ['another has taken the place of', [booked, rescheduled(aBooking({ uid: 'new' }), BOOKING.uid, offAt)], []],
    ['only a new link is known of', [updated(BOOKING, BOOKED_AT)], []],
    ['was cancelled after it had begun', [booked, cancelled(BOOKING, later(BOOKING.startsAt, 1))], []],
  ] as const)('that %s, is told what is news', (_what, events, expected) => {
    expect(planned([...events])).toEqual(expected);
  });

  it('of a series, tells the host a minute later, when all its calls have been told', () => {
    const inSeries = confirmed(aBooking({ series: 'series-1' }), BOOKED_AT);
    const dueAt = (event: BookingEvent) =>
      planNotices(stateAfter(event), ALL).map((notice) => [notice.notice, new Date(notice.dueAt).toISOString()]);

    expect(dueAt(inSeries)).toEqual([
      ['confirmation', BOOKED_AT],
      ['host-booked', later(BOOKED_AT, MINUTE_MS)],
    ]);
    expect(dueAt(booked)).toContainEqual(['host-booked', BOOKED_AT]);
  });

  it('nobody is told what the operator has left out, but for a move that nobody else tells of', () => {
    for (const events of [
      [booked],
      [moved],
      [booked, cancelled(BOOKING, offAt)],
      [booked, noShow(BOOKING, BOOKING.endsAt)],
    ]) {
      expect(planned(events, NO_NOTICES)).toEqual([]);
    }
    expect(planned([rejected(BOOKING, offAt, { uid: 'old' })], NO_NOTICES)).toEqual(['move-rejected to host']);
  });

  it('it is told until the call starts, if that was begun within a day', () => {
    const [notice] = planNotices(stateAfter(booked), USUAL_NOTICES);

    expect(notice).toMatchObject({ dueAt: Date.parse(BOOKED_AT), deadline: Date.parse(BOOKING.startsAt) });
    expect(whyNotTold(notice!, Date.parse(later(BOOKED_AT, DAY_MS - 1)))).toBeUndefined();
    expect(whyNotTold(notice!, Date.parse(later(BOOKED_AT, DAY_MS)))).toBe('out_of_date');
  });

  it('made within a day of the call, it is not told once that has begun', () => {
    const [notice] = planNotices(stateAfter(confirmed(BOOKING, earlier(BOOKING.startsAt, HOUR_MS))), USUAL_NOTICES);

    expect(whyNotTold(notice!, Date.parse(BOOKING.startsAt) - 1)).toBeUndefined();
    expect(whyNotTold(notice!, Date.parse(BOOKING.startsAt))).toBe('out_of_date');
  });

  it('it is told for a day that it was cancelled, whenever the call would have been', () => {
    const [notice] = planNotices(stateAfter(booked, cancelled(BOOKING, earlier(BOOKING.startsAt, 1))), USUAL_NOTICES);

    expect(notice?.deadline).toBe(Date.parse(BOOKING.startsAt) - 1 + DAY_MS);
  });
});

describe('a booker who has missed the call', () => {
  const booked = confirmed(BOOKING, BOOKED_AT);
  const dueAt = (saidAt: string, isOne = true) =>
    planNotices(stateAfter(booked, noShow(BOOKING, saidAt, isOne)), {
      ...NO_NOTICES,
      noShowAfterMs: [10 * MINUTE_MS, DAY_MS],
    }).map(({ notice, to, dueAt }) => [notice, to, new Date(dueAt).toISOString()]);

  it('is written to twice, counted from when that was said', () => {
    const saidAt = later(BOOKING.endsAt, HOUR_MS);

    expect(dueAt(saidAt)).toEqual([
      ['no-show-1', 'booker', later(saidAt, 10 * MINUTE_MS)],
      ['no-show-2', 'booker', later(saidAt, DAY_MS)],
    ]);
  });

  it('is left alone until the call is over', () => {
    expect(dueAt(earlier(BOOKING.endsAt, 10 * MINUTE_MS))[0]?.[2]).toBe(later(BOOKING.endsAt, 10 * MINUTE_MS));
  });

  it('is left alone if the host takes it back', () => {
    expect(dueAt(BOOKING.endsAt, false)).toEqual([]);
  });

  it('has one mail for both times', () => {
    expect([templateOf('no-show-1'), templateOf('no-show-2'), templateOf('host-booked')]).toEqual([
      'no-show',
      'no-show',
      'host-booked',
    ]);
  });
});
