import { log } from '@temporalio/activity';
import { type Booking, type BookingKey, bookingKeyOf } from '../booking.ts';
import type { MailTransport } from '../email/mail-transport.ts';
import type { Mailbox } from '../email/mailbox.ts';
import type { MailTemplate, ReminderRenderer } from '../email/reminder-renderer.ts';
import type { Mails } from '../store/mails.ts';
import { prepareMail, sendClaimed, sentOrOpen } from './claimed-mail.ts';

/** What the owner is told of a booking. */
export interface NoticeRequest {
  booking: Booking;
  notice: 'move_rejected';
}

export type NoticeSent =
  /** `sentAt` is ISO 8601, UTC. */
  { outcome: 'sent'; sentAt: string } | { outcome: 'skipped'; reason: 'no_owner_email' };

export interface NoticeActivities {
  /**
   * Mails the owner of this installation, once for each booking and notice.
   *
   * @throws {ApplicationFailure} final, type `mail_refused` or `delivery_uncertain`, as a reminder does.
   */
  sendNotice(request: NoticeRequest): Promise<NoticeSent>;
}

export interface NoticeActivitiesOptions {
  renderer: ReminderRenderer;
  transport: Pick<MailTransport, 'prepare' | 'resume'>;
  mails: Mails;
  /** Undefined where nobody is to be told. */
  owner: Mailbox | undefined;
  messageIdOf: (about: { booking: BookingKey; startsAt: string; step: string; recipient: string }) => string;
}

const TEMPLATE_OF: Record<NoticeRequest['notice'], MailTemplate> = { move_rejected: 'move-rejected' };

export function createNoticeActivities(options: NoticeActivitiesOptions): NoticeActivities {
  const { renderer, transport, mails, owner, messageIdOf } = options;
  return {
    async sendNotice({ booking, notice }) {
      if (!owner) return { outcome: 'skipped', reason: 'no_owner_email' };
      const { uid, startsAt, organizer } = booking;
      const step = `notice/${TEMPLATE_OF[notice]}`;
      const key = bookingKeyOf(booking);
      const messageId = messageIdOf({ booking: key, startsAt, step, recipient: owner.email });
      const now = Date.now();
      // Times are those of whoever holds the call.
      const attendee = { ...owner, ...(organizer.timeZone && { timeZone: organizer.timeZone }) };
      const { content } = await prepareMail(transport, {
        to: owner,
        messageId,
        date: new Date(now),
        ...renderer.render({ booking, attendee, template: TEMPLATE_OF[notice], now }),
      });
      const claim = await mails.claim(
        { booking: key, startsAt, step, recipient: owner.email },
        { dueAt: new Date(now).toISOString(), messageId, content },
      );
      const found = sentOrOpen(claim);
      if ('sent' in found) return { outcome: 'sent', sentAt: found.sent.sentAt };

      const about = { bookingUid: uid, step };
      const mail = transport.resume(found.open.mail, owner.email);
      const { sentAt } = await sendClaimed(found.open, mail, { mails, about, now: Date.now });
      log.info('notice sent', about);
      return { outcome: 'sent', sentAt };
    },
  };
}
