import { describe, expect, it } from 'vitest';
import type { BookingEvent, NoShowEvent } from '../../src/booking.ts';
import { type BookingState, hear } from '../../src/workflows/booking-state.ts';
import { changesAttendance } from '../../src/workflows/changes-attendance.ts';
import type { KeptState } from '../../src/workflows/messages.ts';
import { aBooking, cancelled, confirmed, HOUR_MS, later, noShow, rescheduled } from '../support/a-booking.ts';

const BOOKING = aBooking();
const BOOKED = confirmed(BOOKING, '2026-11-24T10:00:00.000Z');
const said = (hours: number, isOne = true) =>
  noShow(BOOKING, later(BOOKING.endsAt, hours * HOUR_MS), isOne) as NoShowEvent;

/** Where a run stood that had heard this when it ended. */
function endedWith(...events: BookingEvent[]): KeptState {
  const known = events.reduce<BookingState | undefined>(hear, undefined)!;
  return { revision: 9, known, decisions: {}, notion: { outcome: 'updated' }, notices: {} };
}

describe('a no-show that is told after the run has ended', () => {
  it('is news of a booker who was not said to have stayed away', () => {
    expect(changesAttendance(endedWith(BOOKED), said(5))).toBe(true);
    expect(changesAttendance(endedWith(BOOKED, said(2, false)), said(5))).toBe(true);
  });

  it('is news when it is taken back', () => {
    expect(changesAttendance(endedWith(BOOKED, said(2)), said(5, false))).toBe(true);
  });

  it('is none when the run has known it, or known better', () => {
    expect(changesAttendance(endedWith(BOOKED, said(5)), said(5))).toBe(false);
    expect(changesAttendance(endedWith(BOOKED), said(5, false))).toBe(false);
    expect(changesAttendance(endedWith(BOOKED, said(6, false)), said(5))).toBe(false);
  });

  it('is none of the booker’s when somebody else stayed away', () => {
    const guest = { ...said(5), attendees: [{ email: 'guest@example.com', noShow: true }] };

    expect(changesAttendance(endedWith(BOOKED), guest)).toBe(false);
  });

  it('is none of a call that was off, or that another has taken the place of', () => {
    const at = later(BOOKED.occurredAt, HOUR_MS);

    expect(changesAttendance(endedWith(BOOKED, cancelled(BOOKING, at)), said(5))).toBe(false);
    expect(changesAttendance(endedWith(BOOKED, rescheduled(aBooking({ uid: 'new' }), BOOKING.uid, at)), said(5))).toBe(
      false,
    );
  });
});
