import type { Attendee, Booking } from '../../src/booking.ts';

export const ADA: Attendee = { name: 'Ada Lovelace', email: 'ada@example.com', timeZone: 'America/Chicago' };

/** A call on a Thursday at nine in Chicago. */
export function aBooking(facts: Partial<Booking> = {}): Booking {
  return {
    uid: 'bFVsnXMGZQQkqHh3yzPdmT',
    title: 'Discovery call',
    startsAt: '2026-12-03T15:00:00.000Z',
    endsAt: '2026-12-03T15:45:00.000Z',
    organizer: { name: 'Grace Hopper', email: 'grace@example.com', timeZone: 'Europe/Berlin' },
    attendees: [ADA],
    joinUrl: 'https://app.cal.com/video/bFVsnXMGZQQkqHh3yzPdmT',
    ...facts,
  };
}
