import type { BookingKey } from '../booking.ts';

/** What one booking says about its booker's contact. Instants are ISO 8601 in UTC. */
export interface ContactClaim extends BookingKey {
  startsAt: string;
  endsAt: string;
  standing: 'live' | 'cancelled' | 'superseded' | 'completed' | 'no_show';
  /** When it came to stand so: what decides between those that are over. */
  changedAt: string;
  /** Whether a live one wants the campaign status. */
  inCampaign: boolean;
}

/** What was last written to a contact. `callDate` is a calendar day, YYYY-MM-DD. */
export interface WrittenContact {
  bookingStatus: 'Booked' | 'Cancelled' | 'Completed' | 'No-Show';
  callDate: string;
}

/** A person's contact, taken by one writer at a time. */
export interface TakenContact {
  /** Proves that nobody has taken it over since. */
  token: string;
  /**
   * What all bookings of the person say. One that another has replaced counts no more: its run may not have heard of that yet. Only
   * where no other is known does the writer's own still count.
   */
  claims: readonly ContactClaim[];
  /** Undefined if nothing was ever written. */
  written: WrittenContact | undefined;
}

/** Whose turn it is to write a contact, and what all bookings of a person say about it. `person` is a keyed hash of the address. */
export interface Contacts {
  /**
   * Notes what a booking says about a person, which ends what it said before, about anybody, and takes the contact for `leaseMs`. With
   * 0 it is noted only.
   *
   * @returns undefined while another writer has it. What the booking says is noted all the same.
   */
  take(person: string, claim: ContactClaim, leaseMs: number): Promise<TakenContact | undefined>;
  /** Lets the next writer in, and notes what was written, if anything was and nobody has taken the contact over since. */
  giveBack(person: string, token: string, written?: WrittenContact): Promise<void>;
}
