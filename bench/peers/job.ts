import type { Booking } from '../../src/booking.ts';
import { readDelivery } from '../../src/calcom/read-delivery.ts';
import { type PlannedBooking, webhookOf } from './planned-bookings.ts';

/** What a queue keeps of one reminder: all that its mail says. It is JSON. */
export interface Job {
  booking: Booking;
  /** Epoch milliseconds. */
  dueAt: number;
}

/** The booking as Precall itself would read it. */
export function jobOf(planned: PlannedBooking, installationKey: string): Job {
  const body = Buffer.from(JSON.stringify(webhookOf(planned)));
  const reading = readDelivery(body, { receivedAt: Date.now(), installationKey });
  if (reading.verdict !== 'booking' || reading.event.kind !== 'confirmed') {
    throw new Error(`A booking was read as ${reading.verdict}`);
  }
  return { booking: reading.event.booking, dueAt: planned.dueAt };
}
