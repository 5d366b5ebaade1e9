import type { Booking, BookingEvent } from '../booking.ts';
import type { ArrivedDelivery, Verdict } from './inbox.ts';
import type { Seal } from './seal.ts';

export function arrivalColumns(delivery: ArrivedDelivery, seal: Seal) {
  const { keptBody, headers, signature, secretNumber, receivedAt } = delivery;
  return { body: seal.close(keptBody), headers, signature, secretNumber: secretNumber ?? null, receivedAt };
}

export function verdictColumns(verdict: Verdict, seal: Seal) {
  const event = verdict.status === 'pending' ? verdict.event : undefined;
  return {
    status: verdict.status,
    trigger: verdict.trigger ?? null,
    reason: verdict.status === 'pending' ? null : verdict.reason,
    warnings: verdict.status === 'pending' ? verdict.warnings : [],
    event: event ? seal.closeJson(event) : null,
    eventId: event?.id ?? null,
    eventKind: event?.kind ?? null,
    occurredAt: event ? new Date(event.occurredAt) : null,
    ...subjectColumns(event),
    ...relationColumns(event),
  };
}

/** Which booking it is about, or which seats. */
function subjectColumns(event: BookingEvent | undefined) {
  const booking = bookingIn(event);
  return {
    subjectUid: event?.booking.uid ?? null,
    subjectSeat: event?.booking.seat ?? '',
    subjectSeats: (event && 'seats' in event && event.seats) || null,
    subjectStartsAt: booking ? new Date(booking.startsAt) : null,
  };
}

/** How that booking stands to others. */
function relationColumns(event: BookingEvent | undefined) {
  const replaced = event?.kind === 'rescheduled' || event?.kind === 'requested' ? event.replaced : undefined;
  const booking = bookingIn(event);
  return {
    replacedUid: replaced?.uid ?? null,
    replacedSeat: replaced?.seat ?? '',
    lineage: booking?.lineage?.id ?? null,
    lineageSequence: booking?.lineage?.sequence ?? null,
    series: booking?.series ?? null,
    endsSeries: event?.kind === 'cancelled' && event.wholeSeries === true,
  };
}

/** Undefined if it tells nothing but the booking's name. */
function bookingIn(event: BookingEvent | undefined): Booking | undefined {
  switch (event?.kind) {
    case 'ended':
    case 'no_show':
    case 'acknowledged':
      return undefined;
    default:
      return event?.booking;
  }
}
