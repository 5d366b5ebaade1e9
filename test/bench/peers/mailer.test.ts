import { describe, expect, it } from 'vitest';
import { jobOf } from '../../../bench/peers/job.ts';
import { createMailer } from '../../../bench/peers/mailer.ts';
import { expectedMail, OFFSET, SENDER } from '../../../bench/peers/planned-bookings.ts';
import { createEmailActivities } from '../../../src/activities/email.ts';
import type { OutgoingMail } from '../../../src/email/mail-transport.ts';
import { domainOf } from '../../../src/email/mailbox.ts';
import { messageIdOf } from '../../../src/email/message-id.ts';
import { createKeptMails } from '../../activities/kept-mails.ts';
import { createMailParts, INSTALLATION_KEY, PUBLIC_URL } from '../../support/mail-parts.ts';

const PLANNED = { uid: 'of-peers', dueAt: Date.parse('2099-03-01T09:30:00.000Z'), email: 'ada@example.com' };
const job = jobOf(PLANNED, INSTALLATION_KEY);
const mailer = createMailer({
  installationKey: INSTALLATION_KEY,
  smtpUrl: 'smtp://127.0.0.1:1',
  publicUrl: PUBLIC_URL,
});

describe('the mail that peers send', () => {
  it('is the one that Precall would send', async () => {
    expect(mailer.write(job)).toStrictEqual(await writtenByPrecall());
  });

  it('is the one that is looked for', () => {
    expect(mailer.write(job).messageId).toBe(expectedMail(PLANNED, INSTALLATION_KEY).messageId);
  });
});

/** What the activity writes out ahead of the due instant. */
async function writtenByPrecall(): Promise<OutgoingMail | undefined> {
  const { booking, dueAt } = job;
  let written: OutgoingMail | undefined;
  const unused = () => expect.fail('It was sent before');
  const { sendReminder } = createEmailActivities({
    ...createMailParts(),
    transport: {
      prepare: async (mail) => {
        written = mail;
        return { content: Buffer.from(mail.text), ready: unused, send: unused };
      },
      resume: unused,
    },
    inbox: { hasUnheardNews: unused, tellAgain: unused },
    mails: {
      ...createKeptMails(),
      claim: async () => ({ state: 'sent', sentAt: '2099-03-01T09:30:00.000Z', possibleDuplicate: false }),
    },
    messageIdOf: ({ offsetMs, recipient }) =>
      messageIdOf({
        key: INSTALLATION_KEY,
        domain: domainOf(SENDER),
        booking,
        startsAt: booking.startsAt,
        offsetMs,
        recipient: recipient.email,
      }),
  });
  await sendReminder({
    booking,
    recipient: booking.attendees[0],
    step: `reminder/${OFFSET.label}`,
    offsetMs: OFFSET.ms,
    template: '2h',
    dueAt: new Date(dueAt).toISOString(),
    deadline: booking.startsAt,
    heard: [],
  });
  return written;
}
