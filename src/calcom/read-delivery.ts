import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Booking, BookingEvent } from '../booking.ts';
import { type Fault, readBooking } from './read-booking.ts';
import { readInstant } from './read-instant.ts';

/** What a delivery turned out to say. */
export type Reading =
  | { verdict: 'booking'; event: BookingEvent; warnings: string[] }
  /** Well-formed, and nothing for us to do. */
  | { verdict: 'ignored'; reason: 'connection_test' | 'trigger_not_handled' | 'unknown_trigger' }
  | { verdict: 'rejected'; faults: Fault[] };

/** What reading needs to know beside the body. */
export interface ReadingContext {
  /** When the delivery arrived, epoch milliseconds. */
  receivedAt: number;
  /** Keys the ids that are derived: see {@link keyedHash}. */
  installationKey: string;
}

/** Every trigger that Cal.com offers, and the one its "Ping test" button sends. */
const KNOWN_TRIGGERS = new Set([
  'BOOKING_CREATED',
  'BOOKING_RESCHEDULED',
  'BOOKING_CANCELLED',
  'BOOKING_REQUESTED',
  'BOOKING_REJECTED',
  'BOOKING_PAYMENT_INITIATED',
  'BOOKING_PAID',
  'BOOKING_LOCATION_UPDATED',
  'BOOKING_REASSIGNED',
  'BOOKING_NO_SHOW_UPDATED',
  'MEETING_STARTED',
  'MEETING_ENDED',
  'AFTER_HOSTS_CAL_VIDEO_NO_SHOW',
  'AFTER_GUESTS_CAL_VIDEO_NO_SHOW',
  'RECORDING_READY',
  'RECORDING_TRANSCRIPTION_GENERATED',
  'INSTANT_MEETING',
  'INSTANT_MEETING_ACCEPTED',
  'WRONG_ASSIGNMENT_REPORT',
  'OOO_CREATED',
  'FORM_SUBMITTED',
  'FORM_SUBMITTED_NO_EVENT',
  'ROUTING_FORM_FALLBACK_HIT',
  'DELEGATION_CREDENTIAL_ERROR',
  'DELEGATION_CREDENTIAL_SECRET_ROTATED',
  'DELEGATION_CREDENTIAL_SECRET_ROTATION_FAILED',
  'DELEGATION_CREDENTIAL_ROTATION_REQUIRED',
  'CALENDAR_ENTRY_REJECTED',
]);

const Envelope = z.looseObject({
  triggerEvent: z.string().min(1),
  createdAt: z.unknown().optional(),
  payload: z.unknown().optional(),
});

/**
 * Reads what Cal.com sent, leniently: a sender, a version or an event may differ in any optional field.
 *
 * @param body the bytes as sent; JSON whatever their content type says.
 * @see https://cal.com/docs/developing/guides/automation/webhooks
 */
export function readDelivery(body: Buffer, context: ReadingContext): Reading {
  const json = parseJson(body);
  if (json === undefined) return rejected({ path: 'body', expected: 'JSON' });

  const envelope = Envelope.safeParse(json);
  if (!envelope.success) {
    const isObject = typeof json === 'object' && json !== null && !Array.isArray(json);
    return rejected(
      isObject
        ? { path: 'triggerEvent', expected: 'the name of a Cal.com trigger; a custom payload template must be removed' }
        : { path: 'body', expected: 'a JSON object with triggerEvent and payload' },
    );
  }

  const { triggerEvent, createdAt, payload } = envelope.data;
  if (triggerEvent === 'PING') return { verdict: 'ignored', reason: 'connection_test' };
  if (triggerEvent !== 'BOOKING_CREATED') {
    return { verdict: 'ignored', reason: KNOWN_TRIGGERS.has(triggerEvent) ? 'trigger_not_handled' : 'unknown_trigger' };
  }

  const { booking, faults, warnings } = readBooking(payload, context);
  if (!booking) return { verdict: 'rejected', faults };
  return { verdict: 'booking', event: confirmed(booking, readInstant(createdAt), context.receivedAt), warnings };
}

function confirmed(booking: Booking, createdAt: number | undefined, receivedAt: number): BookingEvent {
  // A sender whose clock is ahead must not make a booking look later than it was heard of.
  const occurredAt = new Date(Math.min(createdAt ?? receivedAt, receivedAt)).toISOString();
  const id = createHash('sha256')
    .update(JSON.stringify(['confirmed', createdAt, booking]))
    .digest('hex')
    .slice(0, 32);
  return { kind: 'confirmed', id, occurredAt, booking };
}

function parseJson(body: Buffer): unknown {
  try {
    // Unlike a Buffer, it passes over a byte order mark.
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}

function rejected(...faults: Fault[]): Reading {
  return { verdict: 'rejected', faults };
}
