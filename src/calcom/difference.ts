import type { Booking, BookingEvent, BookingKey } from '../booking.ts';
import type { CurrentBooking } from './api.ts';
import { eventIdOf } from './event-id.ts';

interface KnownFacts {
  key: BookingKey;
  /** When the newest event that told of it as standing occurred, and the newest that called it off. */
  toldAt?: string | undefined;
  calledOffAt?: string | undefined;
}

/** What is known of a booking, or of one seat, when Cal.com is asked how it stands. Instants are ISO 8601 in UTC. */
export type Known =
  | (KnownFacts & { standing: 'live'; booking: Booking })
  | (KnownFacts & { standing: 'unheard' | 'cancelled'; booking?: Booking | undefined });

/** What Cal.com has answered. */
export interface Said {
  /** Undefined when it knows no such booking. */
  current: CurrentBooking | undefined;
  /** What stands, or is asked for, in its place now: see {@link successorOf}. */
  successor?: CurrentBooking | undefined;
  /** ISO 8601, UTC. */
  askedAt: string;
}

export type FindingKind =
  /** It stands, and nobody has told. */
  | 'unannounced'
  /** It stands, with another link, host or other attendees. */
  | 'changed'
  /** It stands, and starts at another time. */
  | 'moved'
  /** It stands again. */
  | 'revived'
  /** Another booking has taken its place. */
  | 'replaced'
  | 'cancelled'
  | 'rejected'
  /** The host has yet to accept it. */
  | 'unconfirmed'
  /** It stands for others: this seat is taken no more. */
  | 'seat_left'
  /** Cal.com knows no such booking. */
  | 'gone';

/** What Cal.com says of a booking that is otherwise known, or not known at all. */
export interface Difference {
  kind: FindingKind;
  event: BookingEvent;
  /** In Cal.com's words, of the booking that the event is about; absent when it knows no such booking. */
  says?: Pick<CurrentBooking, 'status' | 'updatedAt'>;
}

/**
 * What Cal.com says now against what is known.
 *
 * The event occurred when Cal.com last changed the booking, so that a webhook about a later change is the later news. If it
 * contradicts an event that is younger than that, it comes directly after that one: Cal.com was asked after it.
 *
 * @returns undefined when both say the same, or when nothing follows from the difference.
 */
export function differenceOf(known: Known, said: Said): Difference | undefined {
  return said.current && isStanding(said.current)
    ? whileItStands(known, said.current, said.askedAt)
    : onceItIsOff(known, said);
}

/** What Cal.com tells of this booking, or of this seat; undefined when it is not among those it lists. */
export function entryOf(current: CurrentBooking, { seat }: BookingKey): Booking | undefined {
  return current.bookings.find((booking) => booking.seat === seat);
}

/** Somebody who moves from one seated call to another leaves the others where they are. */
function isStanding({ status, replacedBy, bookings }: CurrentBooking): boolean {
  return status === 'accepted' && (replacedBy === undefined || isSeated(bookings));
}

function isSeated(bookings: readonly Booking[]): boolean {
  return bookings.some(({ seat }) => seat !== undefined);
}

function whileItStands(known: Known, current: CurrentBooking, askedAt: string): Difference | undefined {
  const { key, toldAt, calledOffAt } = known;
  const changedAt = earlier(current.updatedAt, askedAt);
  const entry = entryOf(current, key);
  if (!entry) {
    if (known.standing !== 'live' || key.seat === undefined || !isSeated(current.bookings)) return undefined;
    return difference('seat_left', cancelled(known.booking, after(changedAt, toldAt)), current);
  }

  const booking = asBefore(entry, known.booking);
  if (known.standing === 'live') return betweenBoth(known, booking, current, changedAt);
  const occurredAt = after(changedAt, calledOffAt);
  return known.standing === 'unheard'
    ? difference('unannounced', announced(booking, current, occurredAt), current)
    : difference('revived', confirmed(booking, occurredAt), current);
}

/** Both Cal.com and we hold that it stands. */
function betweenBoth(
  { booking: before, toldAt }: Extract<Known, { standing: 'live' }>,
  now: Booking,
  current: CurrentBooking,
  changedAt: string,
): Difference | undefined {
  if (!isSameInstant(now.startsAt, before.startsAt)) {
    return difference('moved', confirmed(now, after(changedAt, toldAt)), current);
  }
  // What was told after Cal.com's last change is as fresh as what it says now.
  const isNewer = toldAt === undefined || Date.parse(changedAt) > Date.parse(toldAt);
  return isNewer && hasChanged(now, before)
    ? difference('changed', withId({ kind: 'updated', booking: now, occurredAt: changedAt }), current)
    : undefined;
}

function onceItIsOff(known: Known, { current, successor, askedAt }: Said): Difference | undefined {
  if (known.standing !== 'live') return undefined;
  const { booking, toldAt } = known;
  if (!current) return difference('gone', cancelled(booking, after(askedAt, toldAt)));

  const inItsPlace = successor && successorEntry(successor, booking);
  if (inItsPlace) {
    const kind = successor.status === 'pending' ? 'requested' : 'rescheduled';
    const occurredAt = earlier(successor.updatedAt, askedAt);
    return difference('replaced', withId({ kind, booking: inItsPlace, replaced: known.key, occurredAt }), successor);
  }

  const occurredAt = after(earlier(current.updatedAt, askedAt), toldAt);
  if (current.status === 'rejected') {
    return difference('rejected', withId({ kind: 'rejected', booking, occurredAt }), current);
  }
  return difference(
    current.status === 'pending' ? 'unconfirmed' : 'cancelled',
    cancelled(booking, occurredAt),
    current,
  );
}

/** The same person's, where there are seats. */
function successorEntry({ bookings }: CurrentBooking, { seat, attendees }: Booking): Booking | undefined {
  if (seat === undefined) return bookings.find((booking) => booking.seat === undefined);
  return bookings.find((booking) => addressesOf(booking)[0] === attendees[0].email.toLowerCase());
}

/** A seat says nothing of whose place it takes: others may have stayed there. */
function announced(booking: Booking, { replaces }: CurrentBooking, occurredAt: string): BookingEvent {
  return replaces !== undefined && replaces !== booking.uid && booking.seat === undefined
    ? withId({ kind: 'rescheduled', booking, replaced: { uid: replaces }, occurredAt })
    : confirmed(booking, occurredAt);
}

function confirmed(booking: Booking, occurredAt: string): BookingEvent {
  return withId({ kind: 'confirmed', booking, occurredAt });
}

function cancelled(booking: Booking, occurredAt: string): BookingEvent {
  return withId({ kind: 'cancelled', booking, requestReschedule: false, occurredAt });
}

/** Cal.com's API tells neither the series nor the lineage nor how often the calendar entry has changed, and less of the rest. */
function asBefore(entry: Booking, known: Booking | undefined): Booking {
  const { eventTypeSlug, series, lineage, answers, calendarEntry, pages } = known ?? {};
  return {
    ...(eventTypeSlug && { eventTypeSlug }),
    ...entry,
    ...(series && { series }),
    ...(lineage && { lineage }),
    ...(answers && { answers }),
    ...(calendarEntry && { calendarEntry }),
    ...(pages && { pages: { ...entry.pages, ...pages } }),
  };
}

function hasChanged(now: Booking, before: Booking): boolean {
  if (now.joinUrl !== undefined && now.joinUrl !== before.joinUrl) return true;
  const [host, hostBefore] = [now.organizer.email?.toLowerCase(), before.organizer.email?.toLowerCase()];
  if (host !== undefined && hostBefore !== undefined && host !== hostBefore) return true;
  return addressesOf(now).toSorted().join() !== addressesOf(before).toSorted().join();
}

function addressesOf({ attendees }: Booking): string[] {
  return attendees.map(({ email }) => email.toLowerCase());
}

function isSameInstant(a: string, b: string): boolean {
  return Date.parse(a) === Date.parse(b);
}

function earlier(a: string, b: string): string {
  return new Date(Math.min(Date.parse(a), Date.parse(b))).toISOString();
}

/** `instant`, or directly after `contradicted` if that is not before it. */
function after(instant: string, contradicted: string | undefined): string {
  const earliest = contradicted === undefined ? Number.NEGATIVE_INFINITY : Date.parse(contradicted) + 1;
  return new Date(Math.max(Date.parse(instant), earliest)).toISOString();
}

function difference(kind: FindingKind, event: BookingEvent, about?: CurrentBooking): Difference {
  return { kind, event, ...(about && { says: { status: about.status, updatedAt: about.updatedAt } }) };
}

type WithoutId<Event> = Event extends BookingEvent ? Omit<Event, 'id'> : never;

/** Asked twice, the same answer is the same event. */
function withId(event: WithoutId<BookingEvent>): BookingEvent {
  const { kind, occurredAt, booking } = event;
  const replaced = 'replaced' in event ? event.replaced : undefined;
  return { ...event, id: eventIdOf(['asked', kind, occurredAt, booking, replaced]) };
}
