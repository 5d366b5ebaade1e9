import type { Lineage } from '../booking.ts';
import { keyedHash } from '../keyed-hash.ts';

// Whatever tells of a booking, a webhook or the API, must make the same of it: the order and the spelling of what is
// hashed is a contract with every row that is kept.

/** What two bookings made twice by mistake have in common. */
export interface TwinFacts {
  /** Its id, else its slug. */
  eventType: string;
  /** The booker's. */
  email: string;
  /** ISO 8601 or epoch milliseconds. */
  startsAt: string | number;
}

/** What the calls of one recurring series have in common. */
export interface SeriesFacts {
  eventType: string | undefined;
  organizerEmail: string | undefined;
  /** The booker's. */
  email: string;
  rhythm: Rhythm;
}

/**
 * How often a call recurs, in Cal.com's numbers: `freq` 0 is yearly, 1 monthly, 2 weekly. Not how many calls: a booking tells how many were
 * booked, the cancel of the rest how many the event type allows.
 */
export interface Rhythm {
  freq: number | undefined;
  interval: number | undefined;
}

/** What the bookings that one moved call has been have in common. */
export interface LineageFacts {
  iCalUid: string;
  eventType: string | undefined;
  /** The booker's. */
  email: string;
  sequence: number;
}

/** The seat that somebody has in a seated event. */
export function seatOf(installationKey: string, uid: string, email: string): string {
  return keyedHash(installationKey, 'seat', [uid, email.toLowerCase()]);
}

export function twinOf(installationKey: string, { eventType, email, startsAt }: TwinFacts): string {
  return keyedHash(installationKey, 'twin', [eventType, email.toLowerCase(), new Date(startsAt).getTime()]);
}

export function seriesOf(installationKey: string, { eventType, organizerEmail, email, rhythm }: SeriesFacts): string {
  const { freq, interval } = rhythm;
  return keyedHash(installationKey, 'series', [
    eventType ?? null,
    organizerEmail?.toLowerCase() ?? null,
    email.toLowerCase(),
    freq ?? null,
    interval ?? null,
  ]);
}

export function lineageOf(installationKey: string, { iCalUid, eventType, email, sequence }: LineageFacts): Lineage {
  return {
    id: keyedHash(installationKey, 'lineage', [iCalUid, eventType ?? null, email.toLowerCase()]),
    sequence,
  };
}
