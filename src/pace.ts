/**
 * Who asks for something: work for bookings, which may use the whole budget, or work that can wait, such as the doctor's, which may
 * use 30 % of it.
 */
export type Lane = 'bookings' | 'background';

/** The turn of one request: `waitMs` until it may be sent; or nothing was reserved, and it is worth asking again in `putOffMs`. */
export type Turn = { waitMs: number } | { putOffMs: number };

/** When Notion, or Resend, may be asked: one budget for all processes with the same token. Durations are milliseconds. */
export interface Pace {
  /** Reserves the next turn, unless that is further away than `patienceMs`. */
  reserve(lane: Lane, patienceMs: number): Promise<Turn>;
  /** How long everybody still has to leave it alone; 0 if not at all. A turn reserved earlier does not count while it lasts. */
  heldForMs(): Promise<number>;
  /** It has asked to be left alone for so long; everybody does, and goes slower for a while afterwards. */
  holdOff(waitMs: number): Promise<void>;
}
