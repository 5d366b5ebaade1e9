import { z } from 'zod';
import { isOneAddress } from '../address.ts';
import type { Attendee, Booking, Organizer } from '../booking.ts';
import { oneLine } from '../clean-text.ts';
import { isTimeZone } from '../config.ts';
import { keyedHash } from '../keyed-hash.ts';

/** What is wrong with a delivery. `path` leads to the field; the value, which may be personal, is never told. */
export interface Fault {
  path: string;
  expected: string;
}

export type BookingReading =
  | { booking: Booking; faults?: never; warnings: string[] }
  | { booking?: never; faults: Fault[]; warnings: string[] };

type Fields = Record<string, unknown>;

/** Cal.com's shortest events are 5 minutes; without an end or a length the call is taken to last half an hour. */
const USUAL_LENGTH_MINUTES = 30;
/** Temporal's clock ends with the year 9999. */
const LATEST_INSTANT = Date.UTC(9999, 0);

const Instant = z.iso
  .datetime({ offset: true })
  .transform((text) => Date.parse(text))
  .refine((instant) => instant < LATEST_INSTANT);

/**
 * Reads the booking in the payload of a booking event. It lies directly under `payload`, or with some senders under
 * `payload.booking`, where a start and attendees may be all there is.
 *
 * Only what makes a booking unusable is a fault; details that cannot be used are cleaned or left out with a warning.
 */
export function readBooking(payload: unknown, { installationKey }: { installationKey: string }): BookingReading {
  const nested = fieldsOf(fieldsOf(payload)?.['booking']);
  const fields = nested ?? fieldsOf(payload);
  const path = nested ? 'payload.booking' : 'payload';
  if (!fields) return { faults: [{ path, expected: 'an object with the booking' }], warnings: [] };

  const faults: Fault[] = [];
  const warnings: string[] = [];
  const startsAt = readStart(fields, path, faults);
  const endsAt = readEnd(fields, startsAt, path, faults, warnings);
  const organizer = readOrganizer(fields['organizer']);
  const attendees = readAttendees(fields, organizer, path, faults, warnings);
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

function readStart(fields: Fields, path: string, faults: Fault[]): number | undefined {
  const { data } = Instant.safeParse(fields['startTime']);
  if (data === undefined)
    faults.push({ path: `${path}.startTime`, expected: 'an instant such as 2026-12-03T15:00:00Z' });
  return data;
}

function readEnd(fields: Fields, startsAt: number | undefined, path: string, faults: Fault[], warnings: string[]) {
  const { data: endsAt } = Instant.safeParse(fields['endTime']);
  if (endsAt === undefined) {
    if (fields['endTime'] != null) warnings.push(`${path}.endTime is no instant`);
    const minutes =
      z
        .number()
        .positive()
        .max(24 * 60)
        .safeParse(fields['length']).data ?? USUAL_LENGTH_MINUTES;
    return startsAt === undefined ? undefined : startsAt + minutes * 60_000;
  }
  if (startsAt !== undefined && endsAt < startsAt) {
    faults.push({ path: `${path}.endTime`, expected: 'an instant after startTime' });
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
  path: string,
  faults: Fault[],
  warnings: string[],
): Attendee[] {
  const expected = 'one usable e-mail address';
  if (!Array.isArray(fields['attendees']) || fields['attendees'].length === 0) {
    faults.push({ path: `${path}.attendees`, expected: `a list of at least one attendee with ${expected}` });
    return [];
  }

  const hosts = new Set([organizer.email, ...teamOf(fields['team'])].map((email) => email?.toLowerCase()));
  const byAddress = new Map<string, Attendee>();
  const unusable: string[] = [];
  fields['attendees'].forEach((value: unknown, index) => {
    const attendee = readAttendee(value);
    if (!attendee) {
      unusable.push(`${path}.attendees[${index}].email`);
      return;
    }
    const address = attendee.email.toLowerCase();
    if ((byAddress.size > 0 && hosts.has(address)) || byAddress.has(address)) return;
    byAddress.set(address, attendee);
    const zone = fieldsOf(value)?.['timeZone'];
    if (zone != null && !attendee.timeZone) warnings.push(`${path}.attendees[${index}].timeZone is no IANA time zone`);
  });

  if (byAddress.size === 0) faults.push(...unusable.map((at) => ({ path: at, expected })));
  else warnings.push(...unusable.map((at) => `${at} is not ${expected}: the attendee is left out`));
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
  const given = z.union([z.string().min(1), z.number()]).safeParse(fields['uid'] ?? fields['bookingUid']).data;
  if (given !== undefined) {
    return /^[\w.-]{1,100}$/.test(String(given)) ? String(given) : keyedHash(installationKey, 'uid', [given]);
  }
  const host = organizer.email?.toLowerCase() ?? fields['eventTypeId'] ?? null;
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
  return candidates.find(
    (url): url is string =>
      z
        .url({ protocol: /^https?$/ })
        .max(2_000)
        .safeParse(url).success,
  );
}

/** `integrations:zoom` and its like name a provider, not a place. */
function readPlace(value: unknown): string | undefined {
  const place = firstText(value);
  return place && !/^(integrations|conferencing|https?):/i.test(place) ? place : undefined;
}

function readName(fields: Fields): string {
  const joined = [fields['firstName'], fields['lastName']].filter((part) => typeof part === 'string').join(' ');
  return firstText(fields['name'], joined) ?? '';
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

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}
