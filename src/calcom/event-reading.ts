import type { BookingEvent } from '../booking.ts';
import { eventIdOf } from './event-id.ts';
import type { BookingFields } from './fields.ts';
import type { Fault } from './read-attendees.ts';
import type { BookingContext } from './read-booking.ts';

export type EventReading =
  | { verdict: 'booking'; event: BookingEvent; warnings: string[] }
  | { verdict: 'rejected'; faults: Fault[] };

/** What reading needs to know beside the body. */
export interface ReadingContext extends BookingContext {
  /** When the delivery arrived, epoch milliseconds. */
  receivedAt: number;
}

/** @param createdAt when the delivery was made, by its sender's clock; epoch milliseconds. */
export type EventReader = (
  source: BookingFields,
  createdAt: number | undefined,
  context: ReadingContext,
) => EventReading;

/** An event but for the facts that are told of every one. */
export type News = WithoutFacts<BookingEvent>;
type WithoutFacts<Event> = Event extends BookingEvent ? Omit<Event, 'id' | 'occurredAt'> : never;

/** News of the moment at which it was sent. */
export function sentEvent(news: News, createdAt: number | undefined, { receivedAt }: ReadingContext): BookingEvent {
  // A sender whose clock is ahead must not make a booking look later than it was heard of.
  return eventOf(news, createdAt, Math.min(createdAt ?? receivedAt, receivedAt));
}

/**
 * @param toldAt the instant that the delivery tells, so that the same body always makes the same event; epoch milliseconds.
 * @param happenedAt that instant, or what is taken for it.
 */
export function eventOf(news: News, toldAt: number | undefined, happenedAt: number): BookingEvent {
  const { kind, booking, ...details } = news;
  const id = eventIdOf([kind, toldAt, booking, details]);
  return { ...news, id, occurredAt: new Date(happenedAt).toISOString() };
}
