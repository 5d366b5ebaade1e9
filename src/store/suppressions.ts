import type { BookingKey } from '../booking.ts';

export type SuppressionReason = 'hard_bounce' | 'complaint' | 'unsubscribed';

/** Why a person gets no mail any more. `person` is the keyed name of an address. */
export interface Suppression {
  person: string;
  /** Mails of this booking alone; all mails without one. A call that is moved stays the same booking. */
  booking?: BookingKey;
  reason: SuppressionReason;
  /** Only where the operator has to see it: for a bounce, a complaint. It is forgotten after a while, the rest is not. */
  address?: string;
  /** ISO 8601, UTC. */
  at: string;
}

/** To whom no mail goes any more. */
export interface Suppressions {
  /** From now on. Done again, it is as it was at first. */
  suppress(suppression: Suppression): Promise<void>;
  /** Why this person gets no mail of this booking; undefined if nothing stands against it. */
  reasonFor(person: string, booking: BookingKey): Promise<SuppressionReason | undefined>;
  /** The newest first. */
  list(): Promise<Suppression[]>;
  /** Mails go to the person again. @returns false if nothing stood against it. */
  lift(person: string): Promise<boolean>;
}
