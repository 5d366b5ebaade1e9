import { setTimeout as sleep } from 'node:timers/promises';
import type { AcceptedMail } from './figures.ts';
import type { PlannedBooking } from './planned-bookings.ts';

/** After the last reminder was due: how long one may still come, and how long one that came twice would take. */
const PATIENCE_MS = 60_000;
const SETTLE_MS = 5_000;

interface Waiting {
  /** How long a reminder may still come after the last was due. */
  patienceMs?: number;
  /** Called every second. */
  look?: () => void;
}

/** Waits until a mail has come for each booking, or none can be expected any more. */
export async function untilMailed(
  mails: readonly AcceptedMail[],
  bookings: readonly PlannedBooking[],
  { patienceMs = PATIENCE_MS, look }: Waiting = {},
): Promise<void> {
  const lastDueAt = Math.max(...bookings.map(({ dueAt }) => dueAt));
  while (Date.now() < lastDueAt || (mails.length < bookings.length && Date.now() < lastDueAt + patienceMs)) {
    await sleep(1_000);
    look?.();
  }
  await sleep(SETTLE_MS);
}
