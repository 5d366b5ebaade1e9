import type { Attendee, Organizer } from '../booking.ts';
import { type BookingFields, type Fields, fieldsOf } from './fields.ts';
import { readAddress, readName, readTimeZone } from './read-person.ts';
import { firstText } from './read-text.ts';
import { readIdentifier } from './read-uid.ts';

/** What is wrong with a delivery. `path` leads to the field; the value, which may be personal, is never told. */
export interface Fault {
  path: string;
  expected: string;
}

/** Every reminder to each of them carries the booking, and a run of Temporal's holds 50 MB. */
export const MOST_ATTENDEES = 100;

/**
 * Reads those to remind. The first is the booker, the others came along; a host who is listed among them is not reminded.
 *
 * @param faults takes what makes the booking unusable, `warnings` whom it has to do without.
 */
export function readAttendees(
  { fields, at }: BookingFields,
  organizer: Organizer,
  faults: Fault[],
  warnings: string[],
): Attendee[] {
  const expected = 'one usable e-mail address';
  const listed = listedIn(fields);
  if (listed.length === 0) {
    faults.push({ path: at('attendees'), expected: `a list of at least one attendee with ${expected}` });
    return [];
  }

  // Who is listed first has booked, even if it is with themselves.
  const hosts = new Set([organizer.email, ...teamOf(fields['team'])].map((email) => email?.toLowerCase()));
  const byAddress = new Map<string, Attendee>();
  const unusable: string[] = [];
  if (listed.length > MOST_ATTENDEES) {
    warnings.push(`${at('attendees')} has more than ${MOST_ATTENDEES} entries: the others are left out`);
  }
  listed.slice(0, MOST_ATTENDEES).forEach((value: unknown, index) => {
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

/** The attendees as they are listed; one who is there without a list around them is a list of one. */
export function listedIn({ attendees }: Fields): readonly unknown[] {
  if (Array.isArray(attendees)) return attendees;
  return fieldsOf(attendees)?.['email'] == null ? [] : [attendees];
}

/** Whose seat a body is about that lists all seats of the event; undefined where it does not say. */
export function readSeatHolder(fields: Fields, attendees: readonly Attendee[]): Attendee | undefined {
  const seatId = readIdentifier(fields['attendeeSeatId']);
  if (seatId === undefined) return undefined;
  const holder = listedIn(fields)
    .map(fieldsOf)
    .find((row) => readIdentifier(fieldsOf(row?.['bookingSeat'])?.['referenceUid']) === seatId);
  const address = readAddress(holder?.['email'])?.toLowerCase();
  return attendees.find(({ email }) => email.toLowerCase() === address);
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
