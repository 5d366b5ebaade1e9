import { z } from 'zod';
import { isOneAddress } from '../address.ts';
import type { Attendee, Booking, Organizer } from '../booking.ts';
import { oneLine } from '../clean-text.ts';
import { isTimeZone } from '../config.ts';
import { keyedHash } from '../keyed-hash.ts';
import { readInstant } from './read-instant.ts';

/** What is wrong with a delivery. `path` leads to the field; the value, which may be personal, is never told. */
export interface Fault {
  path: string;
  expected: string;
}

export type BookingReading =
  | { booking: Booking; faults?: never; warnings: string[] }
  | { booking?: never; faults: Fault[]; warnings: string[] };

type Fields = Record<string, unknown>;
/** Where the body has a field of the booking, or should have it. */
type PathOf = (name: string) => string;

const WebLink = z.url({ protocol: /^https?$/ }).max(2_000);

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
 * Reads the booking in the payload of a booking event. It lies directly under `payload`, or with some senders under
 * `payload.booking`, where a start and attendees may be all there is; what is not there is looked for beside it.
 *
 * Only what makes a booking unusable is a fault; details that cannot be used are cleaned or left out with a warning.
 */
export function readBooking(payload: unknown, { installationKey }: { installationKey: string }): BookingReading {
  const outer = fieldsOf(payload);
  if (!outer) return { faults: [{ path: 'payload', expected: 'an object with the booking' }], warnings: [] };
  const inner = fieldsOf(outer['booking']);
  const fields = inner ? { ...outer, ...withoutNulls(inner) } : outer;
  const at: PathOf = (name) =>
    inner && (inner[name] != null || outer[name] == null) ? `payload.booking.${name}` : `payload.${name}`;

  const faults: Fault[] = [];
  const warnings: string[] = [];
  const startsAt = readStart(fields, at, faults);
  const endsAt = readEnd(fields, startsAt, at, faults, warnings);
  const organizer = readOrganizer(fields['organizer']);
  const attendees = readAttendees(fields, organizer, at, faults, warnings);
  const [booker, ...guests] = attendees;
  if (!booker || startsAt === undefined || endsAt === undefined || faults.length > 0) return { faults, warnings };

  const uid = readUid(fields, { booker, organizer, startsAt, installationKey });
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

function readEnd(fields: Fields, startsAt: number | undefined, at: PathOf, faults: Fault[], warnings: string[]) {
  const endsAt = readInstant(fields['endTime']);
  if (endsAt === undefined) {
    if (fields['endTime'] != null) warnings.push(`${at('endTime')} is no instant`);
    const minutes = Length.safeParse(fields['length']).data ?? USUAL_LENGTH_MINUTES;
    return startsAt === undefined ? undefined : startsAt + minutes * 60_000;
  }
  if (startsAt !== undefined && endsAt < startsAt) {
    faults.push({ path: at('endTime'), expected: 'an instant that is not before startTime' });
  }
  return endsAt;
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

/**
 * The booking's uid, or one that is derived from what identifies the booking, so that sending it twice is still one
 * booking. A uid that could not be a workflow id, or that holds an address, is replaced by a hash of it.
 */
function readUid(
  fields: Fields,
  {
    booker,
    organizer,
    startsAt,
    installationKey,
  }: { booker: Attendee; organizer: Organizer; startsAt: number; installationKey: string },
): string {
  const given = readIdentifier(fields['uid']) ?? readIdentifier(fields['bookingUid']);
  if (given !== undefined) {
    return /^[\w.-]{1,100}$/.test(given) ? given : keyedHash(installationKey, 'uid', [given]);
  }
  const host =
    organizer.email?.toLowerCase() ?? readIdentifier(fields['eventTypeId']) ?? readIdentifier(fields['type']) ?? null;
  return keyedHash(installationKey, 'derived-uid', [host, startsAt, booker.email.toLowerCase()]);
}

function isSeat(fields: Fields): boolean {
  return fields['seatsPerTimeSlot'] != null || fields['attendeeSeatId'] != null;
}

/** The raw room of Cal Video comes last: it needs a token. */
function readJoinUrl(fields: Fields): string | undefined {
  const candidates = [
    fieldsOf(fields['metadata'])?.['videoCallUrl'],
    fields['location'],
    fieldsOf(fields['videoCallData'])?.['url'],
  ];
  return candidates.map(readWebLink).find((url) => url !== undefined);
}

function readWebLink(value: unknown): string | undefined {
  const { data } = WebLink.safeParse(value);
  // The parser's own spelling: no blanks, control characters or bidi marks are left in it.
  return data && new URL(data).href;
}

/** `integrations:zoom` and its like name a provider, not a place. */
function readPlace(value: unknown): string | undefined {
  const place = firstText(value);
  return place && !/^(integrations|conferencing|https?):/i.test(place) ? place : undefined;
}

function readName(fields: Fields): string {
  const { name } = fields;
  return firstText(name, joinedName(fieldsOf(name) ?? {}), joinedName(fields)) ?? '';
}

function joinedName({ firstName, lastName }: Fields): string {
  return [firstName, lastName].filter((part) => typeof part === 'string').join(' ');
}

function readIdentifier(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value > 0 ? String(value) : undefined;
  return (typeof value === 'string' && value.trim()) || undefined;
}

function readAddress(value: unknown): string | undefined {
  const address = typeof value === 'string' ? value.trim().normalize('NFC') : '';
  return isOneAddress(address) ? address : undefined;
}

function readTimeZone(value: unknown): string | undefined {
  return typeof value === 'string' && isTimeZone(value) ? value : undefined;
}

function firstText(...values: unknown[]): string | undefined {
  return values.map((value) => (typeof value === 'string' ? oneLine(value) : '')).find((text) => text !== '');
}

function withoutNulls(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value != null));
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}
