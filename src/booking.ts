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

/** Names a booking, or one seat of a seated event. */
export interface BookingKey {
  uid: string;
  /** Which seat of a seated event this is: a keyed hash, never an address. Absent for ordinary bookings. */
  seat?: string;
}

/** One call in somebody's calendar, as Cal.com last described it. Instants are ISO 8601 in UTC. */
export interface Booking extends BookingKey {
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
  /** What kind of call it is: Cal.com's event type, by its id, else by its slug. */
  eventType?: string;
  /** The event type's slug, where Cal.com tells it. What was kept by earlier versions has none. */
  eventTypeSlug?: string;
  /** Bookings that one person made twice by mistake share it: a keyed hash of event type, booker and start. */
  twin?: string;
  /** The calls of one recurring series share it: a keyed hash of event type, organizer, booker and rhythm. */
  series?: string;
  /** The bookings that one moved call has been, one after the other. Absent for series and seats. */
  lineage?: Lineage;
  /** What the booker answered to the host's own questions, in the form's order. */
  answers?: Answer[];
  /** The provider's own pages about this booking, http(s): they work for whoever has them. */
  pages?: BookingPages;
  /** The entry in people's calendars. */
  calendarEntry?: CalendarEntry;
}

/** One line each. */
export interface Answer {
  question: string;
  answer: string;
}

export interface BookingPages {
  cancel?: string;
  move?: string;
  /** Where another call of this kind is booked. */
  bookAgain?: string;
}

/** A call that is moved keeps the uid of its entry; the sequence rises with every change. */
export interface CalendarEntry {
  uid: string;
  sequence: number;
}

/** Links bookings whose events do not name each other: of the same id, the higher sequence has taken the lower one's place. */
export interface Lineage {
  /** A keyed hash of the calendar entry, the event type and the booker. */
  id: string;
  sequence: number;
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
  replaced: BookingKey;
}

/** Somebody asks for a call that the host has to accept first. What it replaces is over for good, whatever the host says. */
export interface RequestedEvent extends EventFacts {
  kind: 'requested';
  booking: Booking;
  replaced?: BookingKey;
}

/** The link or the host of a booking has changed. It says nothing about whether the booking stands. */
export interface UpdatedEvent extends EventFacts {
  kind: 'updated';
  booking: Booking;
  /** Of a seated event: which seat each attendee has. The event is about each of them: see {@link bySeat}. */
  seats?: string[];
}

/** The booking is called off. Its details may be poorer than those that were known: Cal.com leaves out the join link. */
export interface CancelledEvent extends EventFacts {
  kind: 'cancelled';
  booking: Booking;
  /** The host asks for another time: not the end of the matter. */
  requestReschedule: boolean;
  /** As whoever called it off has put it. One line. */
  reason?: string;
  /** The later calls of the same series are called off with it, and are not told of one by one. */
  wholeSeries?: true;
  seats?: string[];
}

/** The host does not accept what was asked for. */
export interface RejectedEvent extends EventFacts {
  kind: 'rejected';
  booking: Booking;
  /** As the host has put it. One line. */
  reason?: string;
  /** The booking it was to take the place of, which is gone as well. Added when it is dispatched: Cal.com does not say it. */
  replaced?: BookingKey;
}

/** The call has ended. It happened when the call ended, not when it was told. */
export interface EndedEvent extends EventFacts {
  kind: 'ended';
  /** Without a seat it is about all seats: it does not tell them apart. */
  booking: BookingKey;
}

/** Who of the attendees did not come, as the host says; it may be taken back. */
export interface NoShowEvent extends EventFacts {
  kind: 'no_show';
  /** Without a seat it is about all seats: it does not tell them apart. */
  booking: BookingKey;
  attendees: { email: string; noShow: boolean }[];
}

/** Somebody on the booking says that they will be there. */
export interface AcknowledgedEvent extends EventFacts {
  kind: 'acknowledged';
  booking: BookingKey;
  /** The keyed name of who says it. */
  person: string;
}

/** What happens to a booking. */
export type BookingEvent =
  | ConfirmedEvent
  | RescheduledEvent
  | RequestedEvent
  | UpdatedEvent
  | CancelledEvent
  | RejectedEvent
  | EndedEvent
  | NoShowEvent
  | AcknowledgedEvent;

/** Those that tell all about the booking. */
export type TellingEvent = Exclude<BookingEvent, EndedEvent | NoShowEvent | AcknowledgedEvent>;

/** The name alone of a booking, or of a seat, of which more is known. */
export function bookingKeyOf({ uid, seat }: BookingKey): BookingKey {
  return { uid, ...(seat && { seat }) };
}

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

/** An event about several seats, as the run of each seat hears it; any other as it is. */
export function bySeat(event: TellingEvent): TellingEvent[] {
  if (!('seats' in event) || !event.seats) return [event];
  const { seats, ...whole } = event;
  return seats.map((seat, index) => {
    const attendee = event.booking.attendees[index]!;
    return { ...whole, booking: { ...event.booking, seat, attendees: [attendee] } };
  });
}
