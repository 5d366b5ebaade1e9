import { createHash } from 'node:crypto';
import type { Booking, BookingEvent } from '../booking.ts';
import { type BookingFields, bookingFieldsOf, type Fields, fieldsOf } from './fields.ts';
import { type Fault, readBooking } from './read-booking.ts';
import { readInstant } from './read-instant.ts';
import { readUid } from './read-uid.ts';

export type EventReading =
  | { verdict: 'booking'; event: BookingEvent; warnings: string[] }
  | { verdict: 'ignored'; reason: 'trigger_not_handled' }
  | { verdict: 'rejected'; faults: Fault[] };

/** What reading needs to know beside the body. */
export interface ReadingContext {
  /** When the delivery arrived, epoch milliseconds. */
  receivedAt: number;
  /** Keys the ids that are derived: see {@link keyedHash}. */
  installationKey: string;
}

/** An event but for the facts that are told of every one. */
type News = WithoutFacts<BookingEvent>;
type WithoutFacts<Event> = Event extends BookingEvent ? Omit<Event, 'id' | 'occurredAt'> : never;

interface Told extends BookingFields {
  booking: Booking;
  warnings: string[];
  installationKey: string;
}

/** What each trigger says of a booking; undefined for what nobody handles. */
const NEWS_OF = {
  BOOKING_CREATED: ({ booking }: Told): News | undefined => ({ kind: 'confirmed', booking }),
  BOOKING_RESCHEDULED: readMove,
  BOOKING_CANCELLED: readCancel,
};

export type BookingTrigger = keyof typeof NEWS_OF;

export function isBookingTrigger(trigger: string): trigger is BookingTrigger {
  return Object.hasOwn(NEWS_OF, trigger);
}

/** Reads what a booking's trigger, with this body, says has happened to it. */
export function readEvent(
  trigger: BookingTrigger,
  { payload, createdAt }: Fields,
  { receivedAt, installationKey }: ReadingContext,
): EventReading {
  const source = bookingFieldsOf(payload);
  if (!source) {
    return { verdict: 'rejected', faults: [{ path: 'payload', expected: 'an object with the booking' }] };
  }
  const { booking, faults, warnings } = readBooking(source, { installationKey });
  if (!booking) return { verdict: 'rejected', faults };

  const news = NEWS_OF[trigger]({ ...source, booking, warnings, installationKey });
  if (!news) return { verdict: 'ignored', reason: 'trigger_not_handled' };
  return { verdict: 'booking', event: asEvent(news, readInstant(createdAt), receivedAt), warnings };
}

/** Without the booking it replaces, or where it names itself, it still says that the booking stands. */
function readMove({ booking, fields, at, warnings, installationKey }: Told): News | undefined {
  // The other seats of the replaced booking stay where they are.
  if (booking.seat !== undefined) return undefined;

  const replacedUid = readUid(fields['rescheduleUid'], installationKey);
  if (replacedUid !== undefined && replacedUid !== booking.uid) return { kind: 'rescheduled', booking, replacedUid };
  warnings.push(`${at('rescheduleUid')} names no other booking: none is replaced`);
  return { kind: 'confirmed', booking };
}

function readCancel({ booking, fields, at, warnings }: Told): News | undefined {
  // The booking of several seats lives on for those who are not listed, if there are any.
  if (booking.seat !== undefined && booking.attendees.length > 1) return undefined;

  // Told only when the rest of a series is called off with it, and Cal.com names but this one.
  if (fieldsOf(fields['recurringEvent'])) {
    warnings.push(`${at('recurringEvent')}: later calls of the series are cancelled too, but not named`);
  }
  return { kind: 'cancelled', booking, requestReschedule: fields['requestReschedule'] === true };
}

function asEvent(news: News, createdAt: number | undefined, receivedAt: number): BookingEvent {
  const { kind, booking, ...details } = news;
  const id = createHash('sha256')
    .update(JSON.stringify([kind, createdAt, booking, ...Object.values(details)]))
    .digest('hex')
    .slice(0, 32);
  // A sender whose clock is ahead must not make a booking look later than it was heard of.
  const occurredAt = new Date(Math.min(createdAt ?? receivedAt, receivedAt)).toISOString();
  return { ...news, id, occurredAt };
}
