import { randomUUID } from 'node:crypto';
import { type Check, checksOf } from '../check.ts';
import { MailRefused, type MailTransport, MailUndelivered, sendMail } from './mail-transport.ts';
import { domainOf, type Mailbox } from './mailbox.ts';

const check = checksOf('mail');

/** Sends a mail that says nothing but that mails can be sent, and closes the transport. */
export async function sendTestMail(
  transport: Pick<MailTransport, 'prepare' | 'close'>,
  { from, to }: { from: Mailbox; to: Mailbox },
): Promise<Check> {
  const text = 'Precall can send mails. Nothing else is to be done.';
  try {
    await sendMail(transport, {
      to,
      messageId: `<${randomUUID()}@${domainOf(from)}>`,
      subject: 'Precall: a test mail',
      text: `${text}\n`,
      html: `<p>${text}</p>`,
    });
    return check('test mail', 'ok', 'The mail server has taken it: look into the inbox, and into the spam folder.');
  } catch (error) {
    if (error instanceof MailRefused) {
      return check(
        'test mail',
        'error',
        `The mail server refused it (${error.responseCode ?? 'no address'}): check EMAIL_FROM and the address.`,
      );
    }
    if (error instanceof MailUndelivered) return check('test mail', 'error', `It could not be sent: ${error.reason}.`);
    throw error;
  } finally {
    transport.close();
  }
}
