import type {
  Booking,
  BookingEvent,
  BookingKey,
  CancelledEvent,
  NoShowEvent,
  RejectedEvent,
  RequestedEvent,
  TellingEvent,
} from '../booking.ts';

/** What the events heard so far add up to. The same events in any order, however often, add up to the same. */
export interface BookingState {
  booking: Booking;
  /** When the booking was first confirmed: what counts for "too soon" and "already past". ISO 8601, UTC. */
  confirmedAt: string;
  /** The event that first confirmed it. */
  confirmedBy: Mark;
  /** Which booking it took the place of, if that is how it was confirmed. */
  replaced?: BookingKey;
  /** The event that `booking` was taken from. */
  facts: Mark;
  /** Where the call takes place, from the newest event that tells it: some senders leave the link out. */
  place?: Place & { from: Mark };
  /** `superseded` is for good: another booking has taken this one's place. */
  standing: 'live' | 'cancelled' | 'superseded';
  /** The event that made it live or cancelled. */
  decidedBy: Mark;
  /** Why it is cancelled, unless plainly so. */
  calledOffAs?: CalledOffAs;
  /** As whoever cancelled it has put it. */
  reason?: string;
  /** Who has said that they will be there: keyed names, sorted. */
  acknowledgedBy: readonly string[];
  /** Who did not come, by lower-cased address, as last said. */
  noShows: Readonly<Record<string, { noShow: boolean; from: Mark }>>;
  /** Cal.com has said that the call is over. */
  hasEnded: boolean;
  /** The ids of the events among those heard that can stop a mail, sorted: what a send is checked against. */
  heard: readonly string[];
}

export type CalledOffAs =
  /** The host asks for another time: not the end of the matter. */
  | 'reschedule_requested'
  /** The host did not accept it. */
  | 'rejected'
  /** It was to take the place of another booking, and the host did not accept it: nothing is left. */
  | 'move_rejected';

type Place = Pick<Booking, 'joinUrl' | 'location'>;

/** Where an event stands in the order of all events of a booking. */
export interface Mark {
  id: string;
  occurredAt: string;
  kind: BookingEvent['kind'];
}

/** Decides between events of the same instant: what stops mails comes last. */
const RANK: Record<BookingEvent['kind'], number> = {
  requested: 0,
  updated: 1,
  confirmed: 2,
  rescheduled: 3,
  rejected: 4,
  cancelled: 5,
  acknowledged: 6,
  ended: 7,
  no_show: 8,
};

/** What an event is weighed by, before its time: the heaviest count, and of those the newest. */
type Weight = (kind: BookingEvent['kind']) => number;

/** How much it knows of the booking: one that calls it off knows less. */
const tells: Weight = (kind) => (kind === 'cancelled' || kind === 'rejected' ? 0 : 1);
/** Whether it decides if the booking stands: one that tells of a new link presumes so, until another says. */
const decides: Weight = (kind) => (kind === 'updated' ? 0 : 1);
/** How much it says of when the booking was confirmed. */
const confirms: Weight = (kind) => (kind === 'confirmed' || kind === 'rescheduled' ? 2 : kind === 'updated' ? 1 : 0);

/**
 * Adds one event. What is true is decided by the events' own times, never by their arrival.
 *
 * A rescheduled booking's event is heard twice: by the new booking, which it confirms, and by the replaced one, which it ends.
 *
 * @returns `state` itself when the event changes nothing, so that callers can tell news from noise; undefined when it tells nothing
 * of a booking that nothing else is known of.
 */
export function hear(state: BookingState | undefined, event: BookingEvent): BookingState | undefined {
  if (event.kind === 'ended') return state && merge(state, { ...state, hasEnded: true });
  if (event.kind === 'no_show') return state && merge(state, { ...state, noShows: noShowsOf(event) });
  if (event.kind === 'acknowledged') return state && merge(state, { ...state, acknowledgedBy: [event.person] });
  if (state && event.booking.uid !== state.booking.uid) return merge(state, replaced(state, event));
  // What is only asked for starts nothing and stops nothing.
  if (event.kind === 'requested') return state;
  return state ? merge(state, first(event)) : first(event);
}

/**
 * Adds up what two runs of the same booking have heard.
 *
 * @returns `a` itself when `b` adds nothing.
 */
export function merge(a: BookingState, b: BookingState): BookingState {
  const facts = isAbove(b.facts, a.facts, tells) ? b : a;
  const place = a.place && b.place ? (isLater(b.place.from, a.place.from) ? b.place : a.place) : (a.place ?? b.place);
  const decided = isAbove(b.decidedBy, a.decidedBy, decides) ? b : a;
  const calledOffAs = a.decidedBy.id === b.decidedBy.id ? fuller(a.calledOffAs, b.calledOffAs) : decided.calledOffAs;
  const { reason } = decided;
  const { confirmedAt, confirmedBy, replaced } = isEarlierConfirmation(b.confirmedBy, a.confirmedBy) ? b : a;
  const isSuperseded = a.standing === 'superseded' || b.standing === 'superseded';
  const merged: BookingState = {
    booking: withPlace(facts.booking, place),
    confirmedAt,
    confirmedBy,
    ...(replaced && { replaced }),
    facts: facts.facts,
    ...(place && { place }),
    standing: isSuperseded ? 'superseded' : decided.standing,
    decidedBy: decided.decidedBy,
    ...(calledOffAs && { calledOffAs }),
    ...(reason && { reason }),
    acknowledgedBy: union(a.acknowledgedBy, b.acknowledgedBy),
    noShows: latestNoShows(a.noShows, b.noShows),
    hasEnded: a.hasEnded || b.hasEnded,
    heard: union(a.heard, b.heard),
  };
  return isSame(merged, a) ? a : merged;
}

/** Whether the booker did not come, as the host has said. */
export function isNoShow({ booking, noShows }: Pick<BookingState, 'booking' | 'noShows'>): boolean {
  return noShows[booking.attendees[0].email.toLowerCase()]?.noShow ?? false;
}

function first(event: Exclude<TellingEvent, RequestedEvent>): BookingState {
  const { booking, id, occurredAt, kind } = event;
  const from: Mark = { id, occurredAt, kind };
  const isCalledOff = event.kind === 'cancelled' || event.kind === 'rejected';
  const calledOffAs = isCalledOff ? calledOffBy(event) : undefined;
  // A call that is off takes place nowhere.
  const place = isCalledOff ? {} : placeOf(booking);
  return {
    booking: withPlace(booking, place),
    confirmedAt: occurredAt,
    confirmedBy: from,
    ...(event.kind === 'rescheduled' && { replaced: event.replaced }),
    facts: from,
    ...(Object.keys(place).length > 0 && { place: { ...place, from } }),
    standing: isCalledOff ? 'cancelled' : 'live',
    decidedBy: from,
    ...(calledOffAs && { calledOffAs }),
    ...(isCalledOff && event.reason && { reason: event.reason }),
    acknowledgedBy: [],
    noShows: {},
    hasEnded: false,
    heard: kind === 'confirmed' || kind === 'updated' ? [] : [id],
  };
}

/** The event tells of the booking that takes this one's place. */
function replaced(state: BookingState, { id }: BookingEvent): BookingState {
  return { ...state, standing: 'superseded', heard: [id] };
}

function calledOffBy(event: CancelledEvent | RejectedEvent): CalledOffAs | undefined {
  if (event.kind === 'cancelled') return event.requestReschedule ? 'reschedule_requested' : undefined;
  return event.replaced ? 'move_rejected' : 'rejected';
}

/** The same rejection may be told once more when it has turned out what it was to replace. */
function fuller(a: CalledOffAs | undefined, b: CalledOffAs | undefined): CalledOffAs | undefined {
  return b === 'move_rejected' ? b : (a ?? b);
}

/** @returns `a` itself when `b` adds nothing. */
function union(a: readonly string[], b: readonly string[]): readonly string[] {
  return b.every((item) => a.includes(item)) ? a : [...new Set([...a, ...b])].sort();
}

function placeOf({ joinUrl, location }: Place): Place {
  return { ...(joinUrl && { joinUrl }), ...(location && { location }) };
}

function withPlace({ joinUrl: _joinUrl, location: _location, ...booking }: Booking, place: Place | undefined): Booking {
  return { ...booking, ...(place && placeOf(place)) };
}

function noShowsOf({ id, occurredAt, kind, attendees }: NoShowEvent): BookingState['noShows'] {
  const from: Mark = { id, occurredAt, kind };
  return Object.fromEntries(attendees.map(({ email, noShow }) => [email.toLowerCase(), { noShow, from }]));
}

function latestNoShows(a: BookingState['noShows'], b: BookingState['noShows']): BookingState['noShows'] {
  const news = Object.entries(b).filter(([email, { from }]) => {
    const known = a[email];
    return !known || isLater(from, known.from);
  });
  return news.length === 0 ? a : { ...a, ...Object.fromEntries(news) };
}

function isAbove(a: Mark, b: Mark, weigh: Weight): boolean {
  const [heavier, lighter] = [weigh(a.kind), weigh(b.kind)];
  return heavier === lighter ? isLater(a, b) : heavier > lighter;
}

function isEarlierConfirmation(a: Mark, b: Mark): boolean {
  const [heavier, lighter] = [confirms(a.kind), confirms(b.kind)];
  return heavier === lighter ? isLater(b, a) : heavier > lighter;
}

function isLater(a: Mark, b: Mark): boolean {
  if (a.occurredAt !== b.occurredAt) return a.occurredAt > b.occurredAt;
  return RANK[a.kind] === RANK[b.kind] ? a.id > b.id : RANK[a.kind] > RANK[b.kind];
}

function isSame(a: BookingState, b: BookingState): boolean {
  return (
    a.facts.id === b.facts.id &&
    a.place?.from.id === b.place?.from.id &&
    a.confirmedBy.id === b.confirmedBy.id &&
    a.standing === b.standing &&
    a.decidedBy.id === b.decidedBy.id &&
    a.calledOffAs === b.calledOffAs &&
    a.acknowledgedBy === b.acknowledgedBy &&
    a.noShows === b.noShows &&
    a.hasEnded === b.hasEnded &&
    a.heard === b.heard
  );
}
