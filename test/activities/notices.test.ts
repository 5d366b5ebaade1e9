import { describe, expect, it } from 'vitest';
import { createNoticeActivities, type NoticeActivitiesOptions } from '../../src/activities/notices.ts';
import { MailRefused, MailUndelivered, type OutgoingMail } from '../../src/email/mail-transport.ts';
import { createReminderRenderer } from '../../src/email/reminder-renderer.ts';
import { aBooking } from '../support/a-booking.ts';
import { anAttempt } from './an-attempt.ts';
import { createKeptMails } from './kept-mails.ts';

const OWNER = { name: 'Olga', email: 'owner@example.com' };

describe('the notice that a move was not accepted', () => {
  function notices(facts: Partial<NoticeActivitiesOptions> = {}) {
    const sent: OutgoingMail[] = [];
    let onSend = () => {};
    const activities = createNoticeActivities({
      renderer: createReminderRenderer({ templatesDir: 'templates', fallbackTimeZone: 'UTC' }),
      mails: createKeptMails(),
      owner: OWNER,
      messageIdOf: ({ booking, step, recipient }) => `<${booking.uid}/${step}/${recipient}>`,
      transport: {
        prepare: async (mail) => handOver(mail, Buffer.from(JSON.stringify(mail))),
        resume: (content) => handOver(JSON.parse(content.toString()), content),
      },
      ...facts,
    });
    function handOver(mail: OutgoingMail, content: Buffer) {
      return {
        content,
        async send() {
          onSend();
          sent.push(mail);
        },
      };
    }
    const tell = () => anAttempt().run(() => activities.sendNotice({ booking: aBooking(), notice: 'move_rejected' }));
    return { sent, tell, whenSent: (what: () => void) => (onSend = what) };
  }

  it('says what is lost, in the time zone of whoever holds the call', async () => {
    const { tell, sent } = notices();

    expect(await tell()).toMatchObject({ outcome: 'sent' });
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({
      to: OWNER,
      messageId: '<zcioSE6n51cbpobbEprooE/notice/move-rejected/owner@example.com>',
    });
    expect(sent[0]!.subject).toMatch(/not accepted/i);
    expect(sent[0]!.text).toMatch(/Tobias Okafor asked to move/);
    expect(sent[0]!.text).toMatch(/Europe\/Stockholm/);
    expect(sent[0]!.html).toMatch(/nothing is booked any more/i);
  });

  it('goes out once, however often it is asked for', async () => {
    const { tell, sent } = notices();

    await tell();
    expect(await tell()).toMatchObject({ outcome: 'sent' });
    expect(sent).toHaveLength(1);
  });

  it('is tried again after a failure that may pass, and not after a refusal', async () => {
    const { tell, sent, whenSent } = notices();
    whenSent(() => {
      throw new MailUndelivered('connection refused');
    });
    await expect(tell()).rejects.toThrow(MailUndelivered);
    whenSent(() => {});
    expect(await tell()).toMatchObject({ outcome: 'sent' });
    expect(sent).toHaveLength(1);

    const refused = notices();
    refused.whenSent(() => {
      throw new MailRefused(550);
    });
    await expect(refused.tell()).rejects.toMatchObject({ type: 'mail_refused', nonRetryable: true });
  });

  it('is left out where no owner is named', async () => {
    const { tell, sent } = notices({ owner: undefined });

    expect(await tell()).toEqual({ outcome: 'skipped', reason: 'no_owner_email' });
    expect(sent).toEqual([]);
  });
});
