import type { BookingKey } from '../booking.ts';

/** What is kept of a booking's brief, and of the page in Notion that it is on, or is to be on. */
export interface KeptBrief {
  state: 'publishing' | 'published' | 'blocked' | 'failed';
  /** Why it is not on its page. */
  reason?: string;
  pageId?: string;
  textHash?: string;
  /** Ids of the blocks on the page that are known to be ours, in their order. */
  blocks: readonly string[];
  /** The brief that is not on its page yet, and how far it has got: plain JSON. Absent once it is there, and once purged. */
  pending?: unknown;
}

/** One row for each booking whose brief was to be a page in Notion. */
export interface Briefs {
  read(booking: BookingKey): Promise<KeptBrief | undefined>;
  /** In place of what was noted before. */
  note(booking: BookingKey, brief: KeptBrief): Promise<void>;
  /** Its publishing has ended before its time; all else that was noted stays. */
  stop(booking: BookingKey, state: 'blocked' | 'failed', reason: string): Promise<void>;
}
