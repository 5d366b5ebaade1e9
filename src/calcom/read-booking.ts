import { z } from 'zod';
import { isOneAddress } from '../address.ts';
import type { Attendee, Booking, Organizer } from '../booking.ts';
import { isTimeZone } from '../config.ts';
import { keyedHash } from '../keyed-hash.ts';
import { type BookingFields, type Fields, fieldsOf } from './fields.ts';
import { readInstant } from './read-instant.ts';
import { readJoinUrl, readPlace } from './read-location.ts';
import { firstText } from './read-text.ts';
import { readIdentifier, readUid } from './read-uid.ts';

/** What is wrong with a delivery. `path` leads to the field; the value, which may be personal, is never told. */
export interface Fault {
  path: string;
  expected: string;
}

export type BookingReading =
  | { booking: Booking; faults?: never; warnings: string[] }
  | { booking?: never; faults: Fault[]; warnings: string[] };

type PathOf = BookingFields['at'];

/** Minutes. */
const Length = z
  .number()
  .positive()
  .max(24 * 60);

/** Cal.com's shortest events are 5 minutes; without an end or a length the call is taken to last half an hour. */
const USUAL_LENGTH_MINUTES = 30;
/** Every reminder to each of them carries the booking, and a run of Temporal's holds 50 MB. */
const MOST_ATTENDEES = 100;

/**
 * Reads the booking of a booking event.
 *
 * Only what makes a booking unusable is a fault; details that cannot be used are cleaned or left out with a warning.
 */
export function readBooking(
  { fields, at }: BookingFields,
  { installationKey }: { installationKey: string },
): BookingReading {
  const faults: Fault[] = [];
  const warnings: string[] = [];
  const startsAt = readStart(fields, at, faults);
  const endsAt = readEnd(fields, startsAt, at, warnings);
  const organizer = readOrganizer(fields['organizer']);
  const attendees = readAttendees(fields, organizer, at, faults, warnings);
  const [booker, ...guests] = attendees;
  if (!booker || startsAt === undefined || endsAt === undefined || faults.length > 0) return { faults, warnings };

  const uid =
    readUid(fields['uid'], installationKey) ??
    readUid(fields['bookingUid'], installationKey) ??
    derivedUid(fields, { booker, organizer, startsAt, installationKey });
  const joinUrl = readJoinUrl(fields);
  const location = readPlace(fields['location']);
  return {
    warnings,
    booking: {
      uid,
      ...(isSeat(fields) && { seat: keyedHash(installationKey, 'seat', [uid, booker.email.toLowerCase()]) }),
      title: firstText(fields['title'], fields['eventTitle']) ?? 'Call',
      startsAt: new Date(startsAt).toISOString(),
      endsAt: new Date(endsAt).toISOString(),
      organizer,
      attendees: [booker, ...guests],
      ...(joinUrl && { joinUrl }),
      ...(!joinUrl && location && { location }),
    },
  };
}

function readStart(fields: Fields, at: PathOf, faults: Fault[]): number | undefined {
  const startsAt = readInstant(fields['startTime']);
  if (startsAt === undefined) {
    faults.push({ path: at('startTime'), expected: 'an instant such as 2026-12-03T15:00:00Z' });
  }
  return startsAt;
}

function readEnd(fields: Fields, startsAt: number | undefined, at: PathOf, warnings: string[]): number | undefined {
  if (startsAt === undefined) return undefined;
  const endsAt = readInstant(fields['endTime']);
  if (endsAt !== undefined && endsAt >= startsAt) return endsAt;

  if (endsAt !== undefined) warnings.push(`${at('endTime')} is before startTime`);
  else if (fields['endTime'] != null) warnings.push(`${at('endTime')} is no instant`);
  const minutes = Length.safeParse(fields['length']).data ?? USUAL_LENGTH_MINUTES;
  return startsAt + minutes * 60_000;
}

function readOrganizer(value: unknown): Organizer {
  const fields = fieldsOf(value) ?? {};
  const email = readAddress(fields['email']);
  const timeZone = readTimeZone(fields['timeZone']);
  return { name: readName(fields), ...(email && { email }), ...(timeZone && { timeZone }) };
}

/** The first is the booker, the others came along; a host who is listed among them is not reminded. */
function readAttendees(
  fields: Fields,
  organizer: Organizer,
  at: PathOf,
  faults: Fault[],
  warnings: string[],
): Attendee[] {
  const expected = 'one usable e-mail address';
  if (!Array.isArray(fields['attendees']) || fields['attendees'].length === 0) {
    faults.push({ path: at('attendees'), expected: `a list of at least one attendee with ${expected}` });
    return [];
  }

  // Who is listed first has booked, even if it is with themselves.
  const hosts = new Set([organizer.email, ...teamOf(fields['team'])].map((email) => email?.toLowerCase()));
  const byAddress = new Map<string, Attendee>();
  const unusable: string[] = [];
  if (fields['attendees'].length > MOST_ATTENDEES) {
    warnings.push(`${at('attendees')} has more than ${MOST_ATTENDEES} entries: the others are left out`);
  }
  fields['attendees'].slice(0, MOST_ATTENDEES).forEach((value: unknown, index) => {
    const attendee = readAttendee(value);
    if (!attendee) {
      unusable.push(`${at('attendees')}[${index}].email`);
      return;
    }
    const address = attendee.email.toLowerCase();
    if ((index > 0 && hosts.has(address)) || byAddress.has(address)) return;
    byAddress.set(address, attendee);
    const zone = fieldsOf(value)?.['timeZone'];
    if (zone != null && !attendee.timeZone) warnings.push(`${at('attendees')}[${index}].timeZone is no IANA time zone`);
  });

  if (byAddress.size === 0) faults.push(...unusable.map((path) => ({ path, expected })));
  else warnings.push(...unusable.map((path) => `${path} is not ${expected}: the attendee is left out`));
  return [...byAddress.values()];
}

function readAttendee(value: unknown): Attendee | undefined {
  const fields = fieldsOf(value) ?? {};
  const email = readAddress(fields['email']);
  if (!email) return undefined;

  const timeZone = readTimeZone(fields['timeZone']);
  const locale = firstText(fieldsOf(fields['language'])?.['locale'], fields['locale']);
  return { name: readName(fields), email, ...(timeZone && { timeZone }), ...(locale && { locale }) };
}

function teamOf(value: unknown): (string | undefined)[] {
  const members = fieldsOf(value)?.['members'];
  return Array.isArray(members) ? members.map((member) => readAddress(fieldsOf(member)?.['email'])) : [];
}

/** Made of what identifies the booking, so that sending it twice is still one booking. */
function derivedUid(
  fields: Fields,
  {
    booker,
    organizer,
    startsAt,
    installationKey,
  }: { booker: Attendee; organizer: Organizer; startsAt: number; installationKey: string },
): string {
  const host =
    organizer.email?.toLowerCase() ?? readIdentifier(fields['eventTypeId']) ?? readIdentifier(fields['type']) ?? null;
  return keyedHash(installationKey, 'derived-uid', [host, startsAt, booker.email.toLowerCase()]);
}

function isSeat(fields: Fields): boolean {
  return fields['seatsPerTimeSlot'] != null || fields['attendeeSeatId'] != null;
}

function readName(fields: Fields): string {
  const { name } = fields;
  return firstText(name, joinedName(fieldsOf(name) ?? {}), joinedName(fields)) ?? '';
}

function joinedName({ firstName, lastName }: Fields): string {
  return [firstName, lastName].filter((part) => typeof part === 'string').join(' ');
}

function readAddress(value: unknown): string | undefined {
  const address = typeof value === 'string' ? value.trim().normalize('NFC') : '';
  return isOneAddress(address) ? address : undefined;
}

function readTimeZone(value: unknown): string | undefined {
  return typeof value === 'string' && isTimeZone(value) ? value : undefined;
}
