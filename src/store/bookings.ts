import type { Booking, BookingKey } from '../booking.ts';

/** What a run reports about its booking. `report` and `mails` hold no personal data. */
export interface BookingRecord {
  booking: Booking;
  /** Counts the run's changes: only a higher one is written over a lower one. */
  revision: number;
  status: string;
  /** The run's timetable, as the query tells it. */
  report: unknown;
  /** Everything the run needs to go on from here. It is kept encrypted. */
  state: unknown;
  /** Whether the run ends with this. */
  isOver: boolean;
  /** The reminders that were decided without a mail on the wire: skipped, or failed for good. One for each recipient. */
  decided: readonly DecidedReminder[];
}

export interface DecidedReminder {
  /** Which mail it would have been, such as `reminder/24h`. */
  step: string;
  /** ISO 8601, UTC. */
  startsAt: string;
  dueAt: string;
  recipient: string;
  outcome: 'skipped' | 'failed';
  reason: string;
}

/** A booking that no run has reported the end of. */
export interface LiveBooking extends BookingKey {
  revision: number;
  /** Undefined until the run has reported for the first time. */
  state: unknown;
}

/** The `bookings` row of each booking, which its run keeps, and the history of it. */
export interface Bookings {
  /**
   * Writes what a run reports, and a line of history, over a lower revision.
   *
   * @returns what is kept instead, when its revision is not lower: the run is an older one that was brought back.
   */
  record(record: BookingRecord): Promise<{ written: true } | { written: false; revision: number; state: unknown }>;
  /** Those without an end, by page, in the order of their keys; without those first seen less than `settledMs` ago. */
  live(options: { after?: BookingKey; limit: number; settledMs: number }): Promise<LiveBooking[]>;
  /** Everything that the run of a booking knew when it ended; undefined while it is open, and once that has been purged. */
  endState(booking: BookingKey): Promise<unknown>;
  /** Temporal says that its run has ended, though the run could not report it. */
  close(booking: BookingKey): Promise<void>;
  /** The booking, or all its known seats; none if it has no row. */
  keysOf(uid: string): Promise<BookingKey[]>;
  find(booking: BookingKey): Promise<StoredBooking | undefined>;
  /** Whether its booker has another call after it, or has had one, that was not called off. */
  isBookedAgain(booking: Booking): Promise<boolean>;
  /** By start, soonest first; `after` is the last row of the page before. For lists and benchmarks. */
  list(page: { after?: { startsAt: Date } & BookingKey; limit: number }): Promise<StoredBooking[]>;
  history(booking: BookingKey): Promise<HistoryEntry[]>;
}

export interface StoredBooking extends BookingKey {
  status: string;
  startsAt: Date;
  endsAt: Date;
  /** Absent once purged. */
  attendeeName?: string;
  attendeeEmail?: string;
  title?: string;
  report: unknown;
  revision: number;
  isOver: boolean;
}

export interface HistoryEntry {
  action: string;
  actor: string;
  at: Date;
  old: unknown;
  new: unknown;
}
