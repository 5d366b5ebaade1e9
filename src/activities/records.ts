import type { BookingRecord, Bookings } from '../store/bookings.ts';
import type { RunState } from '../workflows/messages.ts';

/** What a run records. */
export type RunRecord = Omit<BookingRecord, 'state'> & { state: RunState };

/** `written`, or what is kept instead: a later state of the same booking. */
export type Recorded = { written: true } | { written: false; state: RunState };

export interface RecordActivities {
  /** Writes the booking's row, what people look at and what a lost run is put back from, over an earlier state. */
  recordBooking(record: RunRecord): Promise<Recorded>;
}

export function createRecordActivities({ bookings }: { bookings: Pick<Bookings, 'record'> }): RecordActivities {
  return {
    async recordBooking(record) {
      const recorded = await bookings.record(record);
      return recorded.written ? recorded : { written: false, state: recorded.state as RunState };
    },
  };
}
