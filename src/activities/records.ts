import type { BookingKey } from '../booking.ts';
import type { BookingRecord, Bookings } from '../store/bookings.ts';
import type { Inbox } from '../store/inbox.ts';
import type { KeptState, RunState } from '../workflows/messages.ts';

/** What a run records. */
export type RunRecord = Omit<BookingRecord, 'state'> & { state: RunState };

/** `written`, or what is kept instead: a later state of the same booking. */
export type Recorded = { written: true } | { written: false; state: KeptState };

export interface RecordActivities {
  /** Writes the booking's row, what people look at and what a lost run is put back from, over an earlier state. */
  recordBooking(record: RunRecord): Promise<Recorded>;
  /**
   * Whether the inbox holds news of the booking that is not among those heard, by their ids. It is told again, in case it was
   * told to a Temporal that has since been restored from a backup.
   */
  hasUnheardNews(booking: BookingKey, heard: readonly string[]): Promise<boolean>;
}

export interface RecordActivitiesOptions {
  bookings: Pick<Bookings, 'record'>;
  inbox: Pick<Inbox, 'hasUnheardNews' | 'tellAgain'>;
}

export function createRecordActivities({ bookings, inbox }: RecordActivitiesOptions): RecordActivities {
  return {
    async hasUnheardNews(booking, heard) {
      if (!(await inbox.hasUnheardNews(booking, heard))) return false;
      await inbox.tellAgain(booking, heard);
      return true;
    },

    async recordBooking(record) {
      const recorded = await bookings.record(record);
      return recorded.written ? recorded : { written: false, state: recorded.state as KeptState };
    },
  };
}
