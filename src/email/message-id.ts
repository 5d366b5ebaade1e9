import type { Booking, BookingKey } from '../booking.ts';
import { keyedHash } from '../keyed-hash.ts';

/** The Message-ID of a mail that is no reminder, such as a notice; else as {@link messageIdOf}. */
export function noticeIdOf({
  key,
  booking,
  startsAt,
  step,
  recipient,
  domain,
}: {
  key: string;
  booking: BookingKey;
  startsAt: string;
  step: string;
  recipient: string;
  domain: string;
}): string {
  const facts = [booking.uid, booking.seat ?? '', Date.parse(startsAt), step, recipient.toLowerCase()];
  return `<${keyedHash(key, 'notice mail', facts, 40)}@${domain}>`;
}

/**
 * The Message-ID of one reminder. The same reminder has the same id however often it is sent, so that a mail program shows
 * a repeat once; a moved call's reminders are new mails. The hash is keyed: nobody can tell from it whose mail it is.
 *
 * @param key the installation key.
 * @param startsAt ISO 8601.
 * @param domain of the From address.
 */
export function messageIdOf({
  key,
  booking,
  startsAt,
  offsetMs,
  recipient,
  domain,
}: {
  key: string;
  booking: Pick<Booking, 'uid' | 'seat'>;
  startsAt: string;
  offsetMs: number;
  recipient: string;
  domain: string;
}): string {
  const facts = [booking.uid, booking.seat ?? '', Date.parse(startsAt), offsetMs, recipient.toLowerCase()];
  return `<${keyedHash(key, 'reminder mail', facts, 40)}@${domain}>`;
}
