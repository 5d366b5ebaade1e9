import { setTimeout as sleep } from 'node:timers/promises';
import type { AcceptedMail } from '../figures.ts';
import type { PlannedBooking } from './planned-bookings.ts';

/** How long a mail that came twice would take. */
const SETTLE_MS = 5_000;

/**
 * Waits until a mail has come for each booking, or none can be expected any more.
 *
 * @param patienceMs how long a reminder may still come after the last was due.
 */
export async function untilMailed(
  mails: readonly AcceptedMail[],
  bookings: readonly PlannedBooking[],
  patienceMs: number,
): Promise<void> {
  const lastDueAt = Math.max(...bookings.map(({ dueAt }) => dueAt));
  while (Date.now() < lastDueAt || (mails.length < bookings.length && Date.now() < lastDueAt + patienceMs)) {
    await sleep(1_000);
  }
  await sleep(SETTLE_MS);
}
