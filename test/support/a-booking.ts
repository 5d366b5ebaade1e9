import type { Booking, BookingEvent, BookingKey, TellingEvent } from '../../src/booking.ts';
import type { BookingPlan, NoticeChoices } from '../../src/booking-plan.ts';

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

/** Nobody is told anything, but for a move that was not accepted. */
export const NO_NOTICES: NoticeChoices = {
  confirmation: false,
  moved: false,
  cancelled: false,
  noShowAfterMs: [],
  host: { booked: false, moved: false, cancelled: false },
};

/** As without a `precall.yaml`. */
export const USUAL_NOTICES: NoticeChoices = {
  confirmation: false,
  moved: true,
  cancelled: true,
  noShowAfterMs: [10 * MINUTE_MS, DAY_MS],
  host: { booked: true, moved: true, cancelled: true },
};

/** The usual reminders and nothing else: 72 h, 24 h and 2 h before a call that is at least 2 h away. */
export function aPlan(facts: Partial<BookingPlan> = {}): BookingPlan {
  return {
    steps: [
      { offsetMs: 72 * HOUR_MS, template: '72h' },
      { offsetMs: 24 * HOUR_MS, template: '24h' },
      { offsetMs: 2 * HOUR_MS, template: '2h' },
    ],
    notices: NO_NOTICES,
    thresholdMs: 2 * HOUR_MS,
    graceMs: HOUR_MS,
    ...facts,
  };
}

export function confirmed(booking: Booking, occurredAt: string, id = `event-${occurredAt}`): TellingEvent {
  return { kind: 'confirmed', id, occurredAt, booking };
}

/** The booking is called off. */
export function cancelled(
  booking: Booking,
  occurredAt: string,
  {
    id = `cancel-${occurredAt}`,
    requestReschedule = false,
    reason,
  }: { id?: string; requestReschedule?: boolean; reason?: string } = {},
): TellingEvent {
  return { kind: 'cancelled', id, occurredAt, booking, requestReschedule, ...(reason && { reason }) };
}

/** The booking takes the place of another one. */
export function rescheduled(
  booking: Booking,
  replacedUid: string,
  occurredAt: string,
  id = `move-${occurredAt}`,
): TellingEvent {
  return { kind: 'rescheduled', id, occurredAt, booking, replaced: { uid: replacedUid } };
}

/** Somebody asks for a booking that the host has to accept first, instead of another one. */
export function requested(booking: Booking, replaced: BookingKey, occurredAt: string): TellingEvent {
  return { kind: 'requested', id: `request-${occurredAt}`, occurredAt, booking, replaced };
}

/** The host does not accept it. */
export function rejected(booking: Booking, occurredAt: string, replaced?: BookingKey): TellingEvent {
  return { kind: 'rejected', id: `rejection-${occurredAt}`, occurredAt, booking, ...(replaced && { replaced }) };
}

/** Its link or its host has changed. */
export function updated(booking: Booking, occurredAt: string): TellingEvent {
  return { kind: 'updated', id: `update-${occurredAt}`, occurredAt, booking };
}

export function ended({ uid }: Booking, occurredAt: string): BookingEvent {
  return { kind: 'ended', id: `end-${occurredAt}`, occurredAt, booking: { uid } };
}

/** The booker did not come, or did after all. */
export function noShow({ uid, attendees }: Booking, occurredAt: string, isOne = true): BookingEvent {
  const [{ email }] = attendees;
  const id = `no-show-${occurredAt}-${isOne}`;
  return { kind: 'no_show', id, occurredAt, booking: { uid }, attendees: [{ email, noShow: isOne }] };
}

/** Somebody says that they will be there. */
export function acknowledged({ uid }: Booking, person: string, occurredAt: string): BookingEvent {
  return { kind: 'acknowledged', id: `ack-${person}-${occurredAt}`, occurredAt, booking: { uid }, person };
}

/** @param instant ISO 8601, or epoch milliseconds. */
export function later(instant: string | number, ms: number): string {
  return new Date(new Date(instant).getTime() + ms).toISOString();
}

export function earlier(instant: string, ms: number): string {
  return later(instant, -ms);
}
