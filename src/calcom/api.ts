import type { Booking } from '../booking.ts';

/** A booking as Cal.com's API tells it now. Instants are ISO 8601 in UTC. */
export interface CurrentBooking {
  status: 'accepted' | 'pending' | 'cancelled' | 'rejected';
  /** When Cal.com last changed it. */
  updatedAt: string;
  /**
   * One for each seat of a seated event; else one; none where the call is off and nobody is left. As the webhooks' reader
   * would make them: same uids, seats, keyed hashes, but for what the API does not tell: see {@link readCurrentBooking}.
   */
  bookings: Booking[];
  /** The uid of the booking that has taken its place. */
  replacedBy?: string;
  /** The uid of the booking whose place it has taken. */
  replaces?: string;
  /** The calls of one series share it. */
  seriesUid?: string;
}

/** A page of Cal.com's list. */
export interface BookingPage {
  bookings: CurrentBooking[];
  /** How many entries of the page could not be read. */
  unreadable: number;
  hasMore: boolean;
}

/**
 * Cal.com's API, version 2. Each call asks once and waits at most 10 s.
 *
 * @throws {CalcomUnavailable} when asking again later can help: no answer, 408, 429, 5xx, or what is no answer of Cal.com's.
 * @throws {CalcomRefused} when only a person can help: the key is wrong or may not do this.
 */
export interface CalcomApi {
  /** @returns undefined when Cal.com knows no such booking (404). */
  find(uid: string): Promise<CurrentBooking | undefined>;
  /**
   * Bookings that start from `after` on and end by `before`, sorted by start, whatever their status; `skip` counts those of
   * the pages before.
   */
  list(page: { after: string; before: string; skip: number; take: number }): Promise<BookingPage>;
  /**
   * Calls a booking off, with all its seats. Cal.com tells the others, and us with its webhook.
   *
   * @param reason is asked of hosts, and mailed to the others.
   * @returns false when there is nothing to call off: Cal.com knows no such booking, or it is off already.
   */
  cancel(uid: string, why: { reason: string }): Promise<boolean>;
}

export class CalcomUnavailable extends Error {
  override readonly name = 'CalcomUnavailable';
  /** Cal.com asks for this pause, milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(what: string, options: { cause?: unknown; retryAfterMs?: number } = {}) {
    super(`Cal.com's API ${what}`, { cause: options.cause });
    this.retryAfterMs = options.retryAfterMs;
  }
}

export class CalcomRefused extends Error {
  override readonly name = 'CalcomRefused';
}
