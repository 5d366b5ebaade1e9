import { createTransport, type NodemailerError } from 'nodemailer';
import { isOneAddress } from '../address.ts';
import { oneLine } from '../clean-text.ts';
import { CALENDAR_FILE_NAME, headersOf, mustBeOneAddress } from './mail-parts.ts';
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

  // nodemailer's errors are the same before and after the final dot. The dot follows at once when the message has been
  // read to its end, and its reader is the connection itself: it starts when the server has said 354, not before.
  const readToTheEnd = new WeakSet<AbortSignal>();
  transport.use('stream', ({ message, data: { signal } }, done) => {
    message.processFunc((content) => content.once('end', () => signal && readToTheEnd.add(signal)));
    done();
  });

  // Only writes mails out: the same ones, byte for byte, that the other transport would send.
  const composer = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });

  async function prepare(mail: OutgoingMail): Promise<PreparedMail> {
    const { to, replyTo, messageId, date, subject, text, html, calendar } = mail;
    mustBeOneAddress(to.email);
    const { message } = await composer.sendMail({
      from: addressee(from),
      to: addressee(to),
      ...(replyTo && isOneAddress(replyTo.email) && { replyTo: addressee(replyTo) }),
      messageId,
      ...(date && { date }),
      subject,
      text,
      html,
      headers: headersOf(mail),
      ...(calendar && { icalEvent: { filename: CALENDAR_FILE_NAME, ...calendar } }),
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    return resume(message as Buffer, to.email);
  }

  function resume(content: Buffer, to: string): PreparedMail {
    mustBeOneAddress(to);
    return {
      content,

      async ready() {},

      async send() {
        if (!isMime(content)) throw new MailRefused(undefined, 'transport_changed');
        const signal = AbortSignal.timeout(mailMs);
        try {
          await transport.sendMail({ envelope: { from: from.email, to }, raw: content, signal });
        } catch (error) {
          throw whatHappened(error as NodemailerError, readToTheEnd.has(signal));
        }
      },
    };
  }

  return {
    // RFC 5321 knows no names of mails: whoever sends one twice has sent two.
    repeatsAreHarmlessForMs: 0,
    prepare,
    resume,

    close() {
      transport.close({ force: true });
    },
  };
}

/** Another transport's mails are JSON, and no header begins with a brace. */
function isMime(content: Buffer): boolean {
  return content[0] !== '{'.charCodeAt(0);
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
function whatHappened(error: NodemailerError, readToTheEnd: boolean): MailRefused | MailUndelivered {
  const { code = '', responseCode } = error;
  const aboutThisMail = code === 'EENVELOPE' || code === 'EMESSAGE';
  if (aboutThisMail && error.permanent && responseCode !== undefined && responseCode !== LOGIN_MISSING) {
    return new MailRefused(responseCode);
  }
  const perhapsTaken = readToTheEnd && !isNo(error);
  return new MailUndelivered(reasonOf(error), responseCode, perhapsTaken);
}

/** Whether the server answered the message, and with no: it has not taken it. */
function isNo({ code, responseCode = 0 }: NodemailerError): boolean {
  return code === 'EMESSAGE' && responseCode >= 400 && responseCode < 600;
}

/** What went wrong, in a few words of our own: the server’s may quote an address. */
export function reasonOf({ name, code = '', responseCode, originalCode, timeoutType }: NodemailerError): string {
  const answer = responseCode ? ` (answer ${responseCode})` : '';
  if (code === 'EAUTH' || responseCode === LOGIN_MISSING) return `login refused${answer}`;
  if (isCertificateFault(originalCode ?? code)) return 'no secure connection (certificate)';
  if (code === 'ETLS') return `no secure connection${answer}`;
  if (responseCode) return `answer ${responseCode}`;
  if (originalCode === 'ECONNREFUSED') return 'connection refused';
  if (code === 'EDNS') return 'host not found';
  if (timeoutType === 'CONNECT_TIMEOUT') return 'time-out while connecting';
  if (code === 'ETIMEDOUT' || name === 'AbortError' || name === 'TimeoutError') return 'time-out';
  if (code === 'ECONNECTION' || code === 'ESOCKET') return 'connection lost';
  return `unexpected error ${code}`.trim();
}

/** OpenSSL's words for a certificate that does not hold, and Node's for one with another name on it; nodemailer takes it for a fault of the socket. */
function isCertificateFault(code: string): boolean {
  return /(^|_)CERT(_|$)|^UNABLE_TO_|^HOSTNAME_MISMATCH$|^INVALID_(CA|PURPOSE)$/.test(code);
}
