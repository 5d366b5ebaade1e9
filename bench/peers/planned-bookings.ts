import { postWebhook, sampleBookingCreated } from '../../src/dev/sample-booking.ts';
import { domainOf, parseMailbox } from '../../src/email/mailbox.ts';
import { messageIdOf } from '../../src/email/message-id.ts';
import type { ExpectedMail } from '../figures.ts';
import { load } from '../load.ts';
import type { WebhookTarget } from '../webhooks.ts';

/** A booking whose one reminder is due at `dueAt`, epoch milliseconds. */
export interface PlannedBooking {
  uid: string;
  dueAt: number;
  email: string;
}

/** How long before its call the reminder is due. */
export const OFFSET = { label: '2h', ms: 2 * 3_600_000 };
/** The sender that mails have when `EMAIL_FROM` is not set. */
export const SENDER = parseMailbox('Precall <precall@localhost>');

const DAY_MS = 24 * 3_600_000;
/** The first requests find nothing compiled and no connection open. */
const WARM_UP_COUNT = 50;

export function planBookings(name: string, count: number, firstDueAt: number, spreadMs: number): PlannedBooking[] {
  return Array.from({ length: count }, (_, index) => ({
    uid: `${name}-${index}`,
    dueAt: firstDueAt + Math.floor((index * spreadMs) / count),
    email: `attendee-${index}@example.com`,
  }));
}

/** What Cal.com tells of it. */
export function webhookOf({ uid, dueAt, email }: PlannedBooking) {
  const startsAt = new Date(dueAt + OFFSET.ms);
  return sampleBookingCreated({ uid, startsAt, attendee: { name: 'Bench Attendee', email } });
}

/** @throws {Error} when a webhook is not answered 202. */
export function bookAll({ url, webhookSecret }: WebhookTarget, bookings: readonly PlannedBooking[]): Promise<void> {
  return load(bookings, async (booking) => {
    const { status } = await postWebhook(url, webhookSecret, webhookOf(booking));
    if (status !== 202) throw new Error(`A booking was answered ${status} instead of 202`);
  });
}

/** Books calls whose reminders are due tomorrow. */
export async function warmUp(target: WebhookTarget): Promise<void> {
  await bookAll(target, planBookings('warm-up', WARM_UP_COUNT, Date.now() + DAY_MS, 0));
}

/** @param key the installation key. */
export function expectedMail({ uid, dueAt, email }: PlannedBooking, key: string): ExpectedMail {
  const startsAt = new Date(dueAt + OFFSET.ms).toISOString();
  const reminder = { booking: { uid }, startsAt, offsetMs: OFFSET.ms, recipient: email };
  return { messageId: messageIdOf({ key, domain: domainOf(SENDER), ...reminder }), dueAt };
}
