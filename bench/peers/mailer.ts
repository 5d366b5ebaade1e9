import { linksFor } from '../../src/activities/mail-links.ts';
import { createMailRenderer, SHIPPED_TEMPLATES_DIR } from '../../src/email/mail-renderer.ts';
import { type OutgoingMail, type PreparedMail, sendMail } from '../../src/email/mail-transport.ts';
import { domainOf } from '../../src/email/mailbox.ts';
import { messageIdOf } from '../../src/email/message-id.ts';
import { createSmtpTransport } from '../../src/email/smtp-transport.ts';
import { createLinks } from '../../src/link.ts';
import { createPersonOf } from '../../src/person.ts';
import type { Job } from './job.ts';
import { OFFSET, SENDER } from './planned-bookings.ts';

export interface MailerOptions {
  installationKey: string;
  smtpUrl: string;
  /** What the links in the mails begin with. */
  publicUrl: string;
}

/** Writes and sends the reminders that Precall would send, with its own parts, and with nothing around them. */
export interface Mailer {
  write(job: Job): OutgoingMail;
  prepare(job: Job): Promise<PreparedMail>;
  /** Resolves once the mail server has taken the mail. */
  send(job: Job): Promise<void>;
}

const TEMPLATE = '2h';

export function createMailer({ installationKey, smtpUrl, publicUrl }: MailerOptions): Mailer {
  const renderer = createMailRenderer({ templatesDir: SHIPPED_TEMPLATES_DIR, fallbackTimeZone: 'UTC' });
  const transport = createSmtpTransport({ smtpUrl, from: SENDER });
  const links = createLinks({ installationKey, publicUrl });
  const personOf = createPersonOf(installationKey);

  function write({ booking, dueAt }: Job): OutgoingMail {
    const { attendees, organizer, startsAt } = booking;
    const reader = { ...attendees[0], role: 'attendee' as const };
    const language = renderer.languageFor(reader);
    const messageId = messageIdOf({
      key: installationKey,
      domain: domainOf(SENDER),
      booking,
      startsAt,
      offsetMs: OFFSET.ms,
      recipient: reader.email,
    });
    const readersLinks = linksFor({ booking, reader, template: TEMPLATE }, { links, personOf, language });
    const { subject, text, html } = renderer.render({
      template: TEMPLATE,
      booking,
      reader,
      now: dueAt,
      links: readersLinks,
      isConfirmed: false,
    });
    return {
      to: { name: reader.name, email: reader.email },
      ...(organizer.email && { replyTo: { name: organizer.name, email: organizer.email } }),
      messageId,
      date: new Date(dueAt),
      subject,
      text,
      html,
      ...(readersLinks.unsubscribe && { unsubscribeUrl: readersLinks.unsubscribe }),
    };
  }

  return {
    write,
    prepare: (job) => transport.prepare(write(job)),
    send: (job) => sendMail(transport, write(job)),
  };
}
