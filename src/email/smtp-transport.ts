import { createTransport, type NodemailerError } from 'nodemailer';
import { isOneAddress } from '../address.ts';
import { oneLine } from '../clean-text.ts';
import {
  MailRefused,
  type MailTransport,
  MailUndelivered,
  type OutgoingMail,
  type PreparedMail,
} from './mail-transport.ts';
import type { Mailbox } from './mailbox.ts';
import { parseSmtpUrl } from './smtp-url.ts';

export interface SmtpTransportOptions {
  /** See {@link parseSmtpUrl}. */
  smtpUrl: string;
  from: Mailbox;
  /** Reminders of many calls fall due at the same minute; a mail server minds more than a handful of connections. */
  maxConnections?: number;
  timeouts?: Partial<SmtpTimeouts>;
}

/** How long to wait, in milliseconds. */
export interface SmtpTimeouts {
  /** Until the server is connected and has greeted. */
  connectMs: number;
  /** Until each answer. RFC 5321 4.5.3.2 lets a server think for minutes about the final dot; giving up on it too early makes duplicates. */
  answerMs: number;
  /** For one mail in all, its wait for a free connection included: a server that trickles its answers must not hold on to one for ever. */
  mailMs: number;
}

const TIMEOUTS: SmtpTimeouts = { connectMs: 10_000, answerMs: 120_000, mailMs: 300_000 };

/**
 * Hands mails to a mail server over SMTP, on a few connections that stay open.
 *
 * @throws {Error} when the URL cannot be understood.
 */
export function createSmtpTransport({
  smtpUrl,
  from,
  maxConnections = 10,
  timeouts,
}: SmtpTransportOptions): MailTransport {
  const { connectMs, answerMs, mailMs } = { ...TIMEOUTS, ...timeouts };
  const transport = createTransport({
    ...parseSmtpUrl(smtpUrl),
    pool: true,
    maxConnections,
    maxMessages: Number.POSITIVE_INFINITY,
    // Trying again is Temporal's business: it knows whether the call is still on.
    maxRequeues: 0,
    connectionTimeout: connectMs,
    greetingTimeout: connectMs,
    socketTimeout: answerMs,
    // It would log addresses.
    logger: false,
    disableFileAccess: true,
    disableUrlAccess: true,
  });

  // Only writes mails out: the same ones, byte for byte, that the other transport would send.
  const composer = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });

  async function prepare({ to, replyTo, messageId, date, subject, text, html }: OutgoingMail): Promise<PreparedMail> {
    // nodemailer would make two recipients of `a@example.com,b@example.com`.
    if (!isOneAddress(to.email)) throw new MailRefused();
    const envelope = { from: from.email, to: to.email };
    const { message } = await composer.sendMail({
      envelope,
      from: addressee(from),
      to: addressee(to),
      ...(replyTo && isOneAddress(replyTo.email) && { replyTo: addressee(replyTo) }),
      messageId,
      ...(date && { date }),
      subject,
      text,
      html,
      headers: { 'Auto-Submitted': 'auto-generated' },
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    return {
      async send() {
        try {
          await transport.sendMail({ envelope, raw: message as Buffer, signal: AbortSignal.timeout(mailMs) });
        } catch (error) {
          throw whatHappened(error as NodemailerError);
        }
      },
    };
  }

  return {
    prepare,

    async send(mail) {
      const prepared = await prepare(mail);
      await prepared.send();
    },

    close() {
      transport.close({ force: true });
    },
  };
}

function addressee({ name, email }: Mailbox) {
  return { name: oneLine(name, 100), address: email };
}

/** Authentication required. */
const LOGIN_MISSING = 530;

/**
 * Final is only what the server says about this very mail (sender, recipient, content). A greeting, a TLS handshake or a login that
 * fails, also with 5xx, is the operator's to mend, and once it is mended the reminder can still go out in time.
 *
 * The original error is left behind: it quotes the address.
 */
function whatHappened(error: NodemailerError): MailRefused | MailUndelivered {
  const { code = '', responseCode } = error;
  const aboutThisMail = code === 'EENVELOPE' || code === 'EMESSAGE';
  if (aboutThisMail && error.permanent && responseCode !== undefined && responseCode !== LOGIN_MISSING) {
    return new MailRefused(responseCode);
  }
  return new MailUndelivered(reasonOf(error), responseCode);
}

function reasonOf({ name, code = '', responseCode, originalCode, timeoutType }: NodemailerError): string {
  const answer = responseCode ? ` (answer ${responseCode})` : '';
  if (code === 'EAUTH' || responseCode === LOGIN_MISSING) return `login refused${answer}`;
  if (code === 'ETLS') return `no secure connection${answer}`;
  if (responseCode) return `answer ${responseCode}`;
  if (originalCode === 'ECONNREFUSED') return 'connection refused';
  if (code === 'EDNS') return 'host not found';
  if (timeoutType === 'CONNECT_TIMEOUT') return 'time-out while connecting';
  if (code === 'ETIMEDOUT' || name === 'AbortError' || name === 'TimeoutError') return 'time-out';
  if (code === 'ECONNECTION' || code === 'ESOCKET') return 'connection lost';
  return `unexpected error ${code}`.trim();
}
