import type { Booking, BookingEvent } from '../booking.ts';

/** What the events heard so far add up to. The same events in any order, however often, add up to the same. */
export interface BookingState {
  booking: Booking;
  /** When the booking was first confirmed: what counts for "too soon" and "already past". ISO 8601, UTC. */
  confirmedAt: string;
  /** The event that `booking` was taken from. */
  facts: Mark;
  /** `superseded` is for good: another booking has taken this one's place. */
  standing: 'live' | 'cancelled' | 'superseded';
  /** The event that made it live or cancelled. */
  decidedBy: Mark;
  /** A cancelled one: the host asks for another time. */
  requestReschedule: boolean;
  /** The ids of the cancelling and moving events among those heard, sorted: what a send is checked against. */
  heard: readonly string[];
}

/** Where an event stands in the order of all events of a booking. */
export interface Mark {
  id: string;
  occurredAt: string;
  kind: BookingEvent['kind'];
}

/** Decides between events of the same instant: what stops mails comes last. */
const RANK: Record<BookingEvent['kind'], number> = { confirmed: 0, rescheduled: 1, cancelled: 2 };

/**
 * Adds one event. What is true is decided by the events' own times, never by their arrival.
 *
 * A rescheduled booking's event is heard twice: by the new booking, which it confirms, and by the replaced one, which it ends.
 *
 * @returns `state` itself when the event changes nothing, so that callers can tell news from noise.
 */
export function hear(state: BookingState | undefined, event: BookingEvent): BookingState {
  return state
    ? merge(state, event.booking.uid === state.booking.uid ? first(event) : replaced(state, event))
    : first(event);
}

/**
 * Adds up what two runs of the same booking have heard.
 *
 * @returns `a` itself when `b` adds nothing.
 */
export function merge(a: BookingState, b: BookingState): BookingState {
  const facts = isBetterSource(b.facts, a.facts) ? b : a;
  const decided = isLater(b.decidedBy, a.decidedBy) ? b : a;
  const isSuperseded = a.standing === 'superseded' || b.standing === 'superseded';
  const merged: BookingState = {
    booking: facts.booking,
    confirmedAt:
      isConfirming(a.facts) === isConfirming(b.facts) ? earlier(a.confirmedAt, b.confirmedAt) : facts.confirmedAt,
    facts: facts.facts,
    standing: isSuperseded ? 'superseded' : decided.standing,
    decidedBy: decided.decidedBy,
    requestReschedule: decided.requestReschedule,
    heard: b.heard.every((id) => a.heard.includes(id)) ? a.heard : [...new Set([...a.heard, ...b.heard])].sort(),
  };
  return isSame(merged, a) ? a : merged;
}

function first(event: BookingEvent): BookingState {
  const { booking, id, occurredAt, kind } = event;
  const mark = { id, occurredAt, kind };
  return {
    booking,
    confirmedAt: occurredAt,
    facts: mark,
    standing: kind === 'cancelled' ? 'cancelled' : 'live',
    decidedBy: mark,
    requestReschedule: kind === 'cancelled' && event.requestReschedule,
    heard: kind === 'confirmed' ? [] : [id],
  };
}

/** The event tells of the booking that takes this one's place. */
function replaced(state: BookingState, { id }: BookingEvent): BookingState {
  return { ...state, standing: 'superseded', heard: [id] };
}

/** A cancelling event tells less of the booking than one that confirms it, however late it is. */
function isBetterSource(a: Mark, b: Mark): boolean {
  return isConfirming(a) === isConfirming(b) ? isLater(a, b) : isConfirming(a);
}

function isConfirming({ kind }: Mark): boolean {
  return kind !== 'cancelled';
}

function isLater(a: Mark, b: Mark): boolean {
  if (a.occurredAt !== b.occurredAt) return a.occurredAt > b.occurredAt;
  return RANK[a.kind] === RANK[b.kind] ? a.id > b.id : RANK[a.kind] > RANK[b.kind];
}

function earlier(a: string, b: string): string {
  return a < b ? a : b;
}

function isSame(a: BookingState, b: BookingState): boolean {
  return (
    a.facts.id === b.facts.id &&
    a.confirmedAt === b.confirmedAt &&
    a.standing === b.standing &&
    a.decidedBy.id === b.decidedBy.id &&
    a.heard === b.heard
  );
}
