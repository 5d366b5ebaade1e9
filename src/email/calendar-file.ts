import {
  ICalAttendeeRole,
  ICalAttendeeStatus,
  ICalCalendar,
  ICalCalendarMethod,
  ICalEventStatus,
} from 'ical-generator';
import { isOneAddress } from '../address.ts';
import { type Booking, isMailable } from '../booking.ts';
import { oneLine } from '../clean-text.ts';
import type { Mailbox } from './mailbox.ts';

/** A calendar file (RFC 5545) and what it asks for (RFC 5546). */
export interface CalendarFile {
  method: 'PUBLISH' | 'REQUEST' | 'CANCEL';
  content: string;
}

export interface CalendarFileAbout {
  booking: Booking;
  method: CalendarFile['method'];
  /** Epoch milliseconds. */
  now: number;
  /** Of the mail or page that it comes with. BCP 47. */
  language: string;
  /** The organizer, where the booking names none with an address. */
  from: Mailbox;
}

/**
 * The booking as an entry for a calendar: the one that Cal.com has sent, in its latest state.
 *
 * @returns undefined where it is not known what that entry is called: a second name would make a second entry of one call.
 */
export function calendarFile({ booking, method, now, language, from }: CalendarFileAbout): CalendarFile | undefined {
  const { calendarEntry, organizer } = booking;
  if (!calendarEntry) return undefined;

  const calendar = new ICalCalendar({
    prodId: { company: 'Precall', product: 'Precall', language: language.toUpperCase() },
    method: ICalCalendarMethod[method],
  });
  const event = calendar.createEvent({
    id: oneLine(calendarEntry.uid),
    sequence: calendarEntry.sequence,
    stamp: new Date(now),
    start: new Date(booking.startsAt),
    end: new Date(booking.endsAt),
    summary: oneLine(booking.title) || oneLine(organizer.name) || 'Call',
    location: oneLine(booking.joinUrl ?? booking.location ?? '', 1_000) || null,
    organizer:
      organizer.email && isOneAddress(organizer.email) ? named({ ...organizer, email: organizer.email }) : named(from),
    status: method === 'CANCEL' ? ICalEventStatus.CANCELLED : ICalEventStatus.CONFIRMED,
  });
  // Who publishes an entry names nobody who comes (RFC 5546, 3.2.1).
  if (method !== 'PUBLISH') for (const attendee of attendeesOf(booking)) event.createAttendee(attendee);
  return { method, content: calendar.toString() };
}

/** They have booked, and need not answer. */
function attendeesOf({ attendees }: Booking) {
  return attendees
    .filter((attendee) => isOneAddress(attendee.email) && isMailable(attendee))
    .map((attendee) => ({
      ...named(attendee),
      role: ICalAttendeeRole.REQ,
      status: ICalAttendeeStatus.ACCEPTED,
      rsvp: false,
    }));
}

/** A parameter cannot hold quotes (RFC 5545, 3.1.1), and ical-generator would write a backslash twice. */
function named({ name, email }: Mailbox): Mailbox {
  return { name: oneLine(name, 80).replaceAll(/["\\]/g, '').trim() || email, email };
}
