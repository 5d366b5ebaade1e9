import type { Attendee, Booking, Organizer } from '../booking.ts';
import { keyedHash } from '../keyed-hash.ts';
import { seatOf } from './booking-hashes.ts';
import { type BookingFields, type Fields, fieldsOf, isTold } from './fields.ts';
import { readAnswers } from './read-answers.ts';
import { type Fault, readAttendees, readSeatHolder } from './read-attendees.ts';
import { readInstant } from './read-instant.ts';
import { readJoinUrl, readPlace } from './read-location.ts';
import { readWholeNumber } from './read-number.ts';
import { readPages } from './read-pages.ts';
import { readAddress, readName, readTimeZone } from './read-person.ts';
import { readCalendarEntry, readRelations } from './read-relations.ts';
import { firstText } from './read-text.ts';
import { readIdentifier, readUid } from './read-uid.ts';

/** What reading a booking needs to know beside it. */
export interface BookingContext {
  /** Keys the ids that are derived: see {@link keyedHash}. */
  installationKey: string;
  /** Where people book, for bodies that do not say: see {@link siteOfApi}. */
  site?: string | undefined;
}

export type BookingReading =
  | {
      booking: Booking;
      /** Of a seated event that is told of as a whole: which seat each attendee has. */
      seats?: string[];
      faults?: never;
      warnings: string[];
    }
  | { booking?: never; seats?: never; faults: Fault[]; warnings: string[] };

/** Cal.com's shortest events are 5 minutes; without an end or a length the call is taken to last half an hour. */
const USUAL_LENGTH_MINUTES = 30;
const LONGEST_MINUTES = 24 * 60;

/**
 * Reads the booking of a booking event.
 *
 * Only what makes a booking unusable is a fault; details that cannot be used are cleaned or left out with a warning.
 */
export function readBooking(source: BookingFields, { installationKey, site }: BookingContext): BookingReading {
  const { fields } = source;
  const faults: Fault[] = [];
  const warnings: string[] = [];
  const startsAt = readStart(source, faults);
  const endsAt = readEnd(source, startsAt, warnings);
  const organizer = readOrganizer(fields['organizer']);
  const listed = readAttendees(source, organizer, faults, warnings);
  const isSeated = isTold(fields['seatsPerTimeSlot']) || isTold(fields['attendeeSeatId']);
  const holder = isSeated ? (listed.length === 1 ? listed[0] : readSeatHolder(fields, listed)) : undefined;
  const [booker, ...guests] = holder ? [holder] : listed;
  if (!booker || startsAt === undefined || endsAt === undefined || faults.length > 0) return { faults, warnings };

  const facts = { booker, organizer, startsAt, isSeated, installationKey };
  const uid =
    readUid(fields['uid'], installationKey) ??
    readUid(fields['bookingUid'], installationKey) ??
    derivedUid(fields, facts);
  const seatFor = ({ email }: Attendee) => seatOf(installationKey, uid, email);
  const joinUrl = readJoinUrl(fields);
  const location = readPlace(fields['location']);
  // Where all seats are told of at once, it is not said whose answers they are.
  const answers = isSeated && !holder ? [] : readAnswers(fields);
  const pages = readPages(fields, uid, site);
  const calendarEntry = readCalendarEntry(fields);
  return {
    warnings,
    booking: {
      uid,
      ...(holder && { seat: seatFor(holder) }),
      title: firstText(fields['title'], fields['eventTitle']) ?? 'Call',
      startsAt: new Date(startsAt).toISOString(),
      endsAt: new Date(endsAt).toISOString(),
      organizer,
      attendees: [booker, ...guests],
      ...(joinUrl && { joinUrl }),
      ...(!joinUrl && location && { location }),
      ...readRelations(fields, facts),
      ...(answers.length > 0 && { answers }),
      ...(pages && { pages }),
      ...(calendarEntry && { calendarEntry }),
    },
    ...(isSeated && !holder && { seats: listed.map(seatFor) }),
  };
}

function readStart({ fields, at }: BookingFields, faults: Fault[]): number | undefined {
  const startsAt = readInstant(fields['startTime']);
  if (startsAt === undefined) {
    faults.push({ path: at('startTime'), expected: 'an instant such as 2026-12-03T15:00:00Z' });
  }
  return startsAt;
}

function readEnd({ fields, at }: BookingFields, startsAt: number | undefined, warnings: string[]): number | undefined {
  if (startsAt === undefined) return undefined;
  const endsAt = readInstant(fields['endTime']);
  if (endsAt !== undefined && endsAt >= startsAt) return endsAt;

  if (endsAt !== undefined) warnings.push(`${at('endTime')} is before startTime`);
  else if (fields['endTime'] != null) warnings.push(`${at('endTime')} is no instant`);
  const minutes = readWholeNumber(fields['length']) ?? 0;
  return startsAt + (minutes > 0 && minutes <= LONGEST_MINUTES ? minutes : USUAL_LENGTH_MINUTES) * 60_000;
}

function readOrganizer(value: unknown): Organizer {
  const fields = fieldsOf(value) ?? {};
  const email = readAddress(fields['email']);
  const timeZone = readTimeZone(fields['timeZone']);
  return { name: readName(fields), ...(email && { email }), ...(timeZone && { timeZone }) };
}

interface IdentifyingFacts {
  booker: Attendee;
  organizer: Organizer;
  startsAt: number;
  installationKey: string;
}

/** Made of what identifies the booking, so that sending it twice is still one booking. */
function derivedUid(fields: Fields, { booker, organizer, startsAt, installationKey }: IdentifyingFacts): string {
  const host =
    organizer.email?.toLowerCase() ?? readIdentifier(fields['eventTypeId']) ?? readIdentifier(fields['type']) ?? null;
  return keyedHash(installationKey, 'derived-uid', [host, startsAt, booker.email.toLowerCase()]);
}
