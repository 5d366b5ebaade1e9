import type { BookingKey } from '../booking.ts';

/** What is kept of a booking, or of one seat of it, when it is compared with what Cal.com says. */
export interface KeptBooking extends BookingKey {
  /** Its row among the bookings; undefined while no run looks after it. */
  row: { isOver: boolean; verifiedAt: Date; state: unknown } | undefined;
  /** It has been replaced for good. */
  isRetired: boolean;
  /** News of it is on its way to its run. */
  hasPending: boolean;
  /** When the newest delivery about it arrived. */
  lastReceivedAt: Date | undefined;
  /** When the newest event that told of it as standing occurred, and the newest that called it off. */
  toldAt: Date | undefined;
  calledOffAt: Date | undefined;
  /** What an earlier pass has found to differ. */
  found: Pick<Finding, 'finding' | 'foundAt'> | undefined;
}

/** What a pass over Cal.com's bookings has found to differ. */
export interface Finding extends BookingKey {
  /** Names what Cal.com says instead, so that two passes can be compared. */
  finding: string;
  foundAt: Date;
}

/** What the reconciler needs to know of bookings, and what it has found. */
export interface Findings {
  /** What is kept of these bookings, seat by seat; nothing of one that was never heard of. */
  kept(uids: readonly string[]): Promise<KeptBooking[]>;
  /** The bookings that have not been called off and start in between, soonest first, each once. */
  liveBetween(after: Date, before: Date): Promise<string[]>;
  /** Notes what waits for a later pass to find the same; all that earlier passes had noted is forgotten. */
  note(findings: readonly Finding[]): Promise<void>;
  /** Cal.com was asked then, and said the same as we know. */
  markVerified(bookings: readonly BookingKey[], at: Date): Promise<void>;
}
