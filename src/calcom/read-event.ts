import type { Booking, BookingKey } from '../booking.ts';
import { oneLine } from '../clean-text.ts';
import { seatOf } from './booking-hashes.ts';
import { type EventReader, type EventReading, type News, type ReadingContext, sentEvent } from './event-reading.ts';
import { type BookingFields, deliveredFieldsOf, type Fields, isTold } from './fields.ts';
import { readEnd, readNoShow } from './read-aftermath.ts';
import { readBooking } from './read-booking.ts';
import { readFlag } from './read-flag.ts';
import { readInstant } from './read-instant.ts';
import { readRhythm } from './read-relations.ts';
import { readUid } from './read-uid.ts';

export type { ReadingContext } from './event-reading.ts';

/** A booking that was told all about, and what it was read from. */
interface Told extends BookingFields {
  booking: Booking;
  /** Of a seated event that is told of as a whole: which seat each attendee has. */
  seats?: string[];
  warnings: string[];
  installationKey: string;
}

/** What each trigger that is about a booking says of it. */
const READERS = {
  BOOKING_CREATED: telling(readConfirmation),
  BOOKING_PAID: telling(readConfirmation),
  BOOKING_RESCHEDULED: telling(readMove),
  BOOKING_REQUESTED: telling(readRequest),
  BOOKING_REJECTED: telling(readRejection),
  BOOKING_CANCELLED: telling(readCancel),
  BOOKING_LOCATION_UPDATED: telling(readUpdate),
  BOOKING_REASSIGNED: telling(readUpdate),
  BOOKING_NO_SHOW_UPDATED: readNoShow,
  MEETING_ENDED: readEnd,
} satisfies Record<string, EventReader>;

const LONGEST_REASON = 500;

export type BookingTrigger = keyof typeof READERS;

export function isBookingTrigger(trigger: string): trigger is BookingTrigger {
  return Object.hasOwn(READERS, trigger);
}

/** Reads what a booking's trigger, with this body, says has happened to it. */
export function readEvent(trigger: BookingTrigger, envelope: Fields, context: ReadingContext): EventReading {
  const source = deliveredFieldsOf(envelope);
  if (!source) {
    return { verdict: 'rejected', faults: [{ path: 'payload', expected: 'an object with the booking' }] };
  }
  return READERS[trigger](source, readInstant(envelope['createdAt']), context);
}

function telling(newsOf: (told: Told) => News): EventReader {
  return (source, createdAt, context) => {
    const reading = readBooking(source, context);
    if (!reading.booking) return { verdict: 'rejected', faults: reading.faults };
    const { warnings } = reading;
    const news = newsOf({ ...source, ...reading, installationKey: context.installationKey });
    return { verdict: 'booking', event: sentEvent(news, createdAt, context), warnings };
  };
}

/** A call that was moved and then accepted or paid is told as a booking, at times with the one it replaces. */
function readConfirmation(told: Told): News {
  return readReplacement(told) ?? readStanding(told);
}

/** Without the booking it replaces, or where it names itself, it still says that the booking stands. */
function readMove(told: Told): News {
  const { seats, at, warnings } = told;
  const replacement = readReplacement(told);
  if (replacement) return replacement;
  // Where a host moves a seated event with all its seats, they keep its uid.
  if (!seats) warnings.push(`${at('rescheduleUid')} names no other booking: none is replaced`);
  return readStanding(told);
}

function readReplacement(told: Told): News | undefined {
  const { booking, seats } = told;
  const replaced = readReplaced(told);
  const [seat] = seats ?? [];
  return replaced && { kind: 'rescheduled', booking: seat === undefined ? booking : { ...booking, seat }, replaced };
}

/** Where all seats are listed it does not say which one is new, so none that was called off is taken up again. */
function readStanding({ booking, seats }: Told): News {
  return seats ? { kind: 'updated', booking, seats } : { kind: 'confirmed', booking };
}

function readRequest(told: Told): News {
  const replaced = readReplaced(told);
  return { kind: 'requested', booking: told.booking, ...(replaced && { replaced }) };
}

function readCancel({ booking, seats, fields }: Told): News {
  const reason = readReason(fields['cancellationReason']);
  return {
    kind: 'cancelled',
    booking,
    requestReschedule: readFlag(fields['requestReschedule']) === true,
    ...(reason && { reason }),
    // Told only when the rest of a series is called off with it, and Cal.com names but this one.
    ...(readRhythm(fields) && { wholeSeries: true }),
    ...(seats && { seats }),
  };
}

function readRejection({ booking, fields }: Told): News {
  const reason = readReason(fields['rejectionReason']);
  return { kind: 'rejected', booking, ...(reason && { reason }) };
}

/** Older senders put words of their own before what the host has said. */
function readReason(value: unknown): string {
  return typeof value === 'string' ? oneLine(value.replace(/^Please reschedule\.\s*/, ''), LONGEST_REASON) : '';
}

function readUpdate({ booking, seats }: Told): News {
  return { kind: 'updated', booking, ...(seats && { seats }) };
}

/** The booking whose place it takes. The first of a chain of moves is asked for where the last is not told. */
function readReplaced({ booking, seats, fields, at, warnings, installationKey }: Told): BookingKey | undefined {
  const isSeated = booking.seat !== undefined || seats !== undefined;
  // The first of a slot's chain says nothing of who sat there.
  const first = isSeated ? undefined : fields['rootBookingUid'];
  const uid = readUid(fields['rescheduleUid'], installationKey) ?? readUid(first, installationKey);
  if (uid === undefined || uid === booking.uid) return undefined;

  // The other seats of the replaced booking stay where they are.
  if (booking.seat !== undefined) return { uid, seat: seatOf(installationKey, uid, booking.attendees[0].email) };
  // Without a seat's id, a host has moved the event with all its seats.
  if (!seats || !isTold(fields['attendeeSeatId'])) return { uid };
  warnings.push(`${at('attendeeSeatId')} is none of the attendees' seats: which one has moved is not known`);
  return undefined;
}
