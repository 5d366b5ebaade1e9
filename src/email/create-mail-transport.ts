import type { Logger } from 'pino';
import type { Config, ResendSettings } from '../config.ts';
import { OperatorError } from '../operator-error.ts';
import type { Pace } from '../pace.ts';
import type { MailTransport } from './mail-transport.ts';
import type { Mailbox } from './mailbox.ts';
import { createResendTransport } from './resend-transport.ts';
import { createSmtpTransport } from './smtp-transport.ts';

export interface MailTransportOptions {
  email: Pick<Config['email'], 'smtpUrl' | 'resend'>;
  from: Mailbox;
  /** When Resend may be asked. Not called for SMTP. */
  paceOf: (settings: ResendSettings) => Pace;
  log: Pick<Logger, 'error'>;
}

/**
 * What hands mails over, as the settings say.
 *
 * @throws {OperatorError} when there is neither a mail server nor a key, or the server's URL cannot be understood.
 */
export function createMailTransport({ email, from, paceOf, log }: MailTransportOptions): MailTransport {
  const { resend, smtpUrl } = email;
  if (resend) {
    const { apiKey, baseUrl } = resend;
    return createResendTransport({ apiKey, baseUrl, from, pace: paceOf(resend), log });
  }
  if (smtpUrl !== undefined) return createSmtpTransport({ smtpUrl, from });
  throw new OperatorError('Set SMTP_URL or RESEND_API_KEY, so that mails can be sent.');
}
