import type { BookingEvent } from '../booking.ts';
import { bookingFieldsOf, type Fields, fieldsOf } from './fields.ts';
import { parseJson } from './parse-json.ts';
import type { Fault } from './read-attendees.ts';
import { isBookingTrigger, type ReadingContext, readEvent } from './read-event.ts';
import { readIdentifier } from './read-uid.ts';

export type { ReadingContext } from './read-event.ts';

/**
 * What a delivery turned out to say. `trigger` is Cal.com's name for what happened; absent when the delivery has none, or
 * one that is no name.
 */
export type Reading =
  | { verdict: 'booking'; trigger: string; event: BookingEvent; warnings: string[] }
  /** Well-formed, and nothing for us to do. */
  | { verdict: 'ignored'; trigger?: string; reason: IgnoredReason }
  /** A booking event that lacks what makes a booking. */
  | { verdict: 'rejected'; trigger: string; faults: Fault[] }
  /** It may concern a booking, but a person must look, or a later version read it. */
  | { verdict: 'quarantined'; trigger?: string; reason: QuarantineReason };

export type IgnoredReason =
  | 'connection_test'
  /** The booking stands only once it is paid, which is told then. */
  | 'awaits_payment'
  | 'trigger_not_handled'
  | 'unknown_trigger';

export type QuarantineReason =
  /** Also what arrives from a custom payload template that is no JSON. */
  | 'not_json'
  /** `false` is what arrives from a custom payload template whose filled text is no JSON. */
  | 'not_an_object'
  /** An object that names no trigger. */
  | 'custom_template'
  | 'unknown_trigger_with_booking';

/** Every other trigger that Cal.com offers. */
const OTHER_TRIGGERS = new Set([
  'MEETING_STARTED',
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

/**
 * Reads what Cal.com sent, leniently: a sender, a version or an event may differ in any optional field.
 *
 * @param body the bytes as sent; JSON whatever their content type says.
 * @see https://cal.com/docs/developing/guides/automation/webhooks
 */
export function readDelivery(body: Buffer, context: ReadingContext): Reading {
  const json = parseJson(body);
  if (json === undefined) return { verdict: 'quarantined', reason: 'not_json' };
  const envelope = fieldsOf(json);
  if (!envelope) return { verdict: 'quarantined', reason: 'not_an_object' };
  const trigger = envelope['triggerEvent'];
  if (typeof trigger !== 'string' || trigger === '') return { verdict: 'quarantined', reason: 'custom_template' };

  if (isBookingTrigger(trigger)) return { ...readEvent(trigger, envelope, context), trigger };
  // Texts of strangers are kept out of logs and lists.
  return { ...readOther(trigger, envelope), ...(/^[A-Z0-9_]{1,60}$/.test(trigger) && { trigger }) };
}

function readOther(trigger: string, envelope: Fields): Reading {
  if (trigger === 'PING') return { verdict: 'ignored', reason: 'connection_test' };
  if (trigger === 'BOOKING_PAYMENT_INITIATED') return { verdict: 'ignored', reason: 'awaits_payment' };
  if (OTHER_TRIGGERS.has(trigger)) return { verdict: 'ignored', reason: 'trigger_not_handled' };
  return hasBooking(envelope['payload']) || hasBooking(envelope)
    ? { verdict: 'quarantined', reason: 'unknown_trigger_with_booking' }
    : { verdict: 'ignored', reason: 'unknown_trigger' };
}

function hasBooking(payload: unknown): boolean {
  const { fields = {} } = bookingFieldsOf(payload) ?? {};
  const { attendees, startTime, uid, bookingUid } = fields;
  const isIdentified = [startTime, uid, bookingUid].some((value) => readIdentifier(value) !== undefined);
  return isIdentified && Array.isArray(attendees) && attendees.length > 0;
}
