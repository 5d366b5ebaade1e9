import type { Booking, BookingEvent } from '../../src/booking.ts';
import type { ReminderPlan } from '../../src/config.ts';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** A plain booking for half an hour; the story fills in what it is about. */
export function aBooking(facts: Partial<Booking> = {}): Booking {
  const startsAt = facts.startsAt ?? '2026-12-03T15:00:00.000Z';
  return {
    uid: 'zcioSE6n51cbpobbEprooE',
    title: 'Discovery call',
    startsAt,
    endsAt: later(startsAt, 30 * MINUTE_MS),
    organizer: { name: 'Mara Lindqvist', email: 'mara.lindqvist@example.com', timeZone: 'Europe/Stockholm' },
    attendees: [
      { name: 'Tobias Okafor', email: 'tobias.okafor@example.com', timeZone: 'America/Chicago', locale: 'en' },
    ],
    joinUrl: 'https://meet.google.com/kxw-qpyd-ruv',
    ...facts,
  };
}

/** The usual plan: 72 h, 24 h and 2 h before a call that is at least 2 h away. */
export function aPlan(facts: Partial<ReminderPlan> = {}): ReminderPlan {
  return {
    steps: [
      { offsetMs: 72 * HOUR_MS, template: '72h' },
      { offsetMs: 24 * HOUR_MS, template: '24h' },
      { offsetMs: 2 * HOUR_MS, template: '2h' },
    ],
    thresholdMs: 2 * HOUR_MS,
    graceMs: HOUR_MS,
    ...facts,
  };
}

export function confirmed(booking: Booking, occurredAt: string, id = `event-${occurredAt}`): BookingEvent {
  return { kind: 'confirmed', id, occurredAt, booking };
}

/** The booking is called off. */
export function cancelled(
  booking: Booking,
  occurredAt: string,
  { id = `cancel-${occurredAt}`, requestReschedule = false } = {},
): BookingEvent {
  return { kind: 'cancelled', id, occurredAt, booking, requestReschedule };
}

/** The booking takes the place of another one. */
export function rescheduled(
  booking: Booking,
  replacedUid: string,
  occurredAt: string,
  id = `move-${occurredAt}`,
): BookingEvent {
  return { kind: 'rescheduled', id, occurredAt, booking, replacedUid };
}

/** @param instant ISO 8601, or epoch milliseconds. */
export function later(instant: string | number, ms: number): string {
  return new Date(new Date(instant).getTime() + ms).toISOString();
}

export function earlier(instant: string, ms: number): string {
  return later(instant, -ms);
}
