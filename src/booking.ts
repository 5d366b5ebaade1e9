/** Who booked the call, or came along. `email` may be Cal.com's placeholder for a phone booking: see {@link isMailable}. */
export interface Attendee {
  name: string;
  email: string;
  /** IANA name; absent when Cal.com sent none that exists. */
  timeZone?: string;
  /** BCP 47, as Cal.com spells it. */
  locale?: string;
}

export interface Organizer {
  name: string;
  email?: string;
  /** IANA name. */
  timeZone?: string;
}

/** One call in somebody's calendar, as Cal.com last described it. Instants are ISO 8601 in UTC. */
export interface Booking {
  uid: string;
  /** Which seat of a seated event this is: a keyed hash, never an address. Absent for ordinary bookings. */
  seat?: string;
  title: string;
  startsAt: string;
  endsAt: string;
  organizer: Organizer;
  /** Those to remind, the booker first. Hosts are not among them; each address occurs once. */
  attendees: [Attendee, ...Attendee[]];
  /** An http(s) link that opens the call. */
  joinUrl?: string;
  /** Where the call takes place in words, when there is no link: a street, a phone number. */
  location?: string;
}

interface EventFacts {
  /** Hash of the content: the same news has the same id, however often and whenever it arrives. */
  id: string;
  /** When it happened, by the sender's clock. ISO 8601, UTC. */
  occurredAt: string;
}

/** The booking stands: it was made, accepted by the host, or paid. */
export interface ConfirmedEvent extends EventFacts {
  kind: 'confirmed';
  booking: Booking;
}

/** A call has moved: `booking` is the new one, under a new uid, and stands in for the replaced one, which is over for good. */
export interface RescheduledEvent extends EventFacts {
  kind: 'rescheduled';
  booking: Booking;
  replacedUid: string;
}

/** The booking is called off. Its details may be poorer than those that were known: Cal.com leaves out the join link. */
export interface CancelledEvent extends EventFacts {
  kind: 'cancelled';
  booking: Booking;
  /** The host asks for another time: not the end of the matter. */
  requestReschedule: boolean;
}

/** What happens to a booking. Further kinds (requested, rejected, …) join this union. */
export type BookingEvent = ConfirmedEvent | RescheduledEvent | CancelledEvent;

/** Names a booking, or one seat of a seated event. */
export type BookingKey = Pick<Booking, 'uid' | 'seat'>;

/** The workflow that looks after a booking, or after one seat of a seated event. */
export function workflowIdOf({ uid, seat }: BookingKey): string {
  return seat ? `precall/${uid}/${seat}` : `precall/${uid}`;
}

/**
 * Whether mail to this attendee can arrive. Cal.com fabricates `<digits>@sms.cal.com` for whoever booked by phone number.
 */
export function isMailable({ email }: Pick<Attendee, 'email'>): boolean {
  return !email.toLowerCase().endsWith('@sms.cal.com');
}
