import type { Booking, BookingEvent } from '../booking.ts';

/** What the events heard so far add up to. The same events in any order, however often, add up to the same. */
export interface BookingState {
  booking: Booking;
  /** When the booking was first confirmed: what counts for "too soon" and "already past". ISO 8601, UTC. */
  confirmedAt: string;
  /** The event that `booking` was taken from. */
  latest: { id: string; occurredAt: string };
}

/**
 * Adds one event. Facts come from the latest event by its own time, never by arrival.
 *
 * @returns `state` itself when the event changes nothing, so that callers can tell news from noise.
 */
export function hear(state: BookingState | undefined, event: BookingEvent): BookingState {
  const latest = { id: event.id, occurredAt: event.occurredAt };
  if (!state) return { booking: event.booking, confirmedAt: event.occurredAt, latest };

  const isEarlier = event.occurredAt < state.confirmedAt;
  const confirmedAt = isEarlier ? event.occurredAt : state.confirmedAt;
  if (isNewer(latest, state.latest)) return { booking: event.booking, confirmedAt, latest };
  return isEarlier ? { ...state, confirmedAt } : state;
}

function isNewer(a: BookingState['latest'], b: BookingState['latest']): boolean {
  return a.occurredAt === b.occurredAt ? a.id > b.id : a.occurredAt > b.occurredAt;
}
