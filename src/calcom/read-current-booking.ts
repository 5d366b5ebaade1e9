import type { Booking } from '../booking.ts';
import type { CurrentBooking } from './api.ts';
import { type Fields, fieldsOf } from './fields.ts';
import { type BookingContext, readBooking } from './read-booking.ts';
import { readInstant } from './read-instant.ts';
import { readIdentifier, readUid } from './read-uid.ts';

/** As the API spells it, and what it means. `awaiting_host` is an instant call that no host has taken yet. */
const STATUS_OF = new Map<string, CurrentBooking['status']>([
  ['accepted', 'accepted'],
  ['pending', 'pending'],
  ['awaiting_host', 'pending'],
  ['cancelled', 'cancelled'],
  ['rejected', 'rejected'],
]);

/**
 * Reads an entry of the API's bookings. It is put into the words of a webhook and read by the webhooks' reader, so that both
 * give the same booking for the same call, but for what the API does not tell: {@link Booking.series}, {@link Booking.lineage}
 * and {@link Booking.calendarEntry}, how the questions of {@link Booking.answers} are worded, and the page to book again on.
 *
 * @returns undefined when nothing may be concluded from it. A call that is off may be left with nobody: `bookings` is then
 *   empty. One that stands never is, for Cal.com hides the attendees of seats from some keys.
 */
export function readCurrentBooking(value: unknown, context: BookingContext): CurrentBooking | undefined {
  const { installationKey } = context;
  const entry = fieldsOf(value) ?? {};
  const status = STATUS_OF.get(String(entry['status']).toLowerCase());
  const updatedAt = readInstant(entry['updatedAt']) ?? readInstant(entry['createdAt']);
  const bookings = readBookings(entry, context);
  if (!status || updatedAt === undefined || !bookings) return undefined;
  if (bookings.length === 0 && (status === 'accepted' || status === 'pending')) return undefined;

  const replacedBy = readUid(entry['rescheduledToUid'], installationKey);
  const replaces = readUid(entry['rescheduledFromUid'], installationKey);
  const seriesUid = readIdentifier(entry['recurringBookingUid']);
  return {
    status,
    updatedAt: new Date(updatedAt).toISOString(),
    bookings,
    ...(replacedBy && { replacedBy }),
    ...(replaces && { replaces }),
    ...(seriesUid && { seriesUid }),
  };
}

/** One for each seat, else one. */
function readBookings(entry: Fields, context: BookingContext): Booking[] | undefined {
  const { attendees } = entry;
  if (readIdentifier(entry['uid']) === undefined || !Array.isArray(attendees)) return undefined;

  // Co-hosts, whom Cal.com keeps among the attendees, have no seat.
  const seated = attendees.filter((attendee) => fieldsOf(attendee)?.['seatUid'] != null);
  const groups = seated.length > 0 ? seated.map((attendee) => [attendee]) : attendees.length > 0 ? [attendees] : [];
  const readings = groups.map((group) => readBooking(asPayload(entry, group), context).booking);
  if (readings.some((booking) => booking === undefined)) return undefined;

  // Somebody with two seats is reminded of one: a seat is told by uid and address.
  const bySeat = new Map((readings as Booking[]).map((booking) => [booking.seat, booking]));
  return [...bySeat.values()];
}

/** The entry, with these of its attendees, as a webhook's payload would have it. */
function asPayload(entry: Fields, attendees: unknown[]) {
  const [organizer, ...others] = hostsOf(entry['hosts']);
  const eventType = fieldsOf(entry['eventType']);
  const { seatUid, bookingFieldsResponses: answersOfSeat } = fieldsOf(attendees[0]) ?? {};
  const fields: Fields = {
    uid: entry['uid'],
    title: entry['title'],
    startTime: entry['start'],
    endTime: entry['end'],
    length: entry['duration'],
    eventTypeId: eventType?.['id'] ?? entry['eventTypeId'],
    type: eventType?.['slug'],
    organizer,
    team: { members: others },
    attendees: bookerFirst(attendees, entry).map(asPerson),
    metadata: entry['metadata'],
    location: entry['location'],
    videoCallData: { url: entry['meetingUrl'] },
    responses: answersOfSeat ?? entry['bookingFieldsResponses'],
    ...(seatUid != null && { attendeeSeatId: seatUid }),
  };
  return { fields, at: (name: string) => name };
}

/** In no particular order in the API; who has booked is told by the answers to the form. */
function bookerFirst(attendees: unknown[], { bookingFieldsResponses }: Fields): unknown[] {
  const booker = addressOf(fieldsOf(bookingFieldsResponses));
  const isBooker = (attendee: unknown) => booker !== undefined && addressOf(fieldsOf(attendee)) === booker;
  return [...attendees.filter(isBooker), ...attendees.filter((attendee) => !isBooker(attendee))];
}

function addressOf(person: Fields | undefined): string | undefined {
  const email = person?.['email'];
  return typeof email === 'string' ? email.trim().toLowerCase() : undefined;
}

function asPerson(value: unknown): unknown {
  const person = fieldsOf(value);
  return person && { ...person, locale: person['language'] };
}

/** A host whose account is gone is called `unknown`. */
function hostsOf(value: unknown): Fields[] {
  const hosts: unknown[] = Array.isArray(value) ? value : [];
  return hosts.map(fieldsOf).filter((host) => host !== undefined && host['email'] !== 'unknown') as Fields[];
}
