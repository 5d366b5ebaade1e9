import type { BookingKey } from '../booking.ts';

/** What one booking says about its booker's contact. Instants are ISO 8601 in UTC. */
export interface ContactClaim extends BookingKey {
  startsAt: string;
  endsAt: string;
  standing: 'live' | 'cancelled' | 'completed' | 'no_show';
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
  /** What a writer was about to write when it was last heard of: it may be what the contact says. */
  attempted: WrittenContact | undefined;
  /** Undefined until somebody has told it. */
  page: ContactPage | undefined;
}

/** A contact's page in Notion. */
export interface ContactPage {
  id: string;
  /** It was looked up by the person's address within the last day. */
  isRecent: boolean;
}

/** What a writer has found out about a contact. */
export interface FoundContact {
  /** What it says now. */
  written?: WrittenContact | undefined;
  pageId?: string | undefined;
}

/** What is about to be written to a contact. */
export interface ContactAttempt {
  toWrite: WrittenContact;
  /** What the contact says now, if that is something of ours. */
  says?: WrittenContact | undefined;
}

/** Whose turn it is to write a contact, and what all bookings of a person say about it. `person` is a keyed hash of the address. */
export interface Contacts {
  /**
   * Notes what a booking says about a person, which ends what it said before, and takes the contact for `leaseMs`. With 0 it is noted
   * only. Of a person who was its booker before it says from then on that it is called off.
   *
   * @returns undefined while another writer has it. What the booking says is noted all the same.
   */
  take(person: string, claim: ContactClaim, leaseMs: number): Promise<TakenContact | undefined>;
  /** Those who were the booking's booker before, and whose contacts do not say yet that they are not any more. */
  formerBookers(booking: BookingKey): Promise<string[]>;
  /** Takes the contact of one of them, as `take` does, without saying anything new. */
  takeFormer(person: string, booking: BookingKey, leaseMs: number): Promise<TakenContact | undefined>;
  /** Their contact says it now, or nobody can tell it. */
  noteTold(person: string, booking: BookingKey): Promise<void>;
  /**
   * Takes a person's contact without saying anything about them: for work on it that must not meet a writer.
   *
   * @returns undefined while somebody else has it.
   */
  lease(person: string, leaseMs: number): Promise<Pick<TakenContact, 'token' | 'page'> | undefined>;
  /**
   * Notes what is about to be written, because the answer to it can get lost.
   *
   * @returns whether the contact is still the writer's own; if not, it must not write.
   */
  noteAttempt(person: string, token: string, attempt: ContactAttempt): Promise<boolean>;
  /**
   * Lets the next writer in, and notes what was found out, unless somebody has taken the contact over since. As long as nobody knows
   * what it says, what was attempted stays noted.
   */
  giveBack(person: string, token: string, found?: FoundContact): Promise<void>;
}
