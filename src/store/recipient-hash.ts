import { createHash } from 'node:crypto';
import type { BookingKey } from '../booking.ts';

/** Tells the recipients of one booking apart after their addresses have been purged. An address is matched ignoring case. */
export function recipientHash({ uid }: BookingKey, address: string): string {
  return createHash('sha256')
    .update(JSON.stringify([uid, address.toLowerCase()]))
    .digest('hex');
}
