import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type ErrorResponse, Resend } from 'resend';
import { isOneAddress } from '../address.ts';
import { oneLine } from '../clean-text.ts';
import type { Pace } from '../pace.ts';
import { CALENDAR_FILE_NAME, headersOf, mustBeOneAddress } from './mail-parts.ts';
import {
  MailRefused,
  type MailTransport,
  MailUndelivered,
  type OutgoingMail,
  type PreparedMail,
} from './mail-transport.ts';
import { domainOf, type Mailbox } from './mailbox.ts';

export interface ResendTransportOptions {
  apiKey: string;
  baseUrl: string;
  from: Mailbox;
  /** When Resend may be asked: one budget for all processes. */
  pace: Pace;
  log: Pick<Logger, 'error'>;
  timeouts?: Partial<ResendTimeouts>;
}

/** How long to wait, in milliseconds. */
export interface ResendTimeouts {
  /** Until a mail may be sent. A thousand mails that are due at once take more than three minutes at five a second. */
  turnMs: number;
  /** Until the answer. */
  answerMs: number;
}

/** A request as Resend's API takes it. */
interface ResendMail {
  from: string;
  to: [string];
  reply_to?: string;
  subject: string;
  text: string;
  html: string;
  headers: Record<string, string>;
  attachments?: { filename: string; content: string; content_type: string }[];
  tags: { name: string; value: string }[];
}

/** What Resend's SDK makes of an answer. Of an error that is not Resend's own, nothing is certain. */
interface Answer {
  error: Partial<ErrorResponse> | null;
  data: { id: string } | null;
  headers: Record<string, string> | null;
}

const HOUR_MS = 3_600_000;
/** Resend forgets a key after 24 hours. An hour less leaves time for what lies between a claim and its request. */
const KEY_IS_KNOWN_MS = 23 * HOUR_MS;
/** Where Resend does not say how long. */
const HOLD_OFF_MS = 1_000;
/** A turn that is used later than this would meet those that come after it. */
const TURN_LASTS_MS = 1_000;

const TIMEOUTS: ResendTimeouts = { turnMs: 240_000, answerMs: 30_000 };

/** Names the mail in the events that Resend tells of it, whatever Message-ID it leaves with. */
export const MAIL_TAG = 'precall_mail';

/**
 * Hands mails to Resend's API. What makes a mail one mail is its Message-ID: Resend knows a repeat by it for a day.
 *
 * @see https://resend.com/docs/api-reference/emails/send-email
 */
export function createResendTransport(options: ResendTransportOptions): MailTransport {
  const { apiKey, baseUrl, from, pace, log } = options;
  const { turnMs, answerMs } = { ...TIMEOUTS, ...options.timeouts };
  const resend = new Resend(apiKey, { baseUrl });
  const closing = new AbortController();
  const tell = oncePerHour(log);

  async function prepare(mail: OutgoingMail): Promise<PreparedMail> {
    mustBeOneAddress(mail.to.email);
    return resume(Buffer.from(JSON.stringify(requestFor(mail, from))), mail.to.email);
  }

  function resume(content: Buffer, to: string): PreparedMail {
    mustBeOneAddress(to);
    let readyAt: number | undefined;

    async function ready(): Promise<void> {
      await waitForTurn(pace, turnMs, closing.signal);
      readyAt = performance.now();
    }

    return {
      content,
      ready,

      async send() {
        const mail = readMail(content);
        if (readyAt === undefined || performance.now() - readyAt > TURN_LASTS_MS) await ready();
        readyAt = undefined;
        await post(mail);
      },
    };
  }

  async function post(mail: ResendMail): Promise<void> {
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(answerMs)]);
    const answer: Answer = await resend.post<{ id: string }>('/emails', mail, { idempotencyKey: nameOf(mail), signal });
    if (answer.data) return;
    const retryAfterMs = holdOffOf(answer);
    if (retryAfterMs !== undefined) await pace.holdOff(retryAfterMs);
    const failure = whatHappened(answer.error ?? {});
    tell(failure);
    throw failure.error;
  }

  return {
    repeatsAreHarmlessForMs: KEY_IS_KNOWN_MS,
    prepare,
    resume,

    close() {
      closing.abort();
    },
  };
}

/** Where several are at it, each waits in memory for the turn that it has reserved. */
async function waitForTurn(pace: Pace, turnMs: number, signal: AbortSignal): Promise<void> {
  const until = performance.now() + turnMs;
  try {
    for (;;) {
      const leftMs = Math.max(0, until - performance.now());
      const turn = await pace.reserve('bookings', leftMs);
      if ('waitMs' in turn) {
        await sleep(turn.waitMs, undefined, { signal });
        // Resend may have asked everybody to hold off meanwhile: turns from before do not count then.
        if ((await pace.heldForMs()) === 0) return;
      } else {
        if (turn.putOffMs > leftMs) throw new MailUndelivered('too many mails are due at once');
        await sleep(turn.putOffMs, undefined, { signal });
      }
    }
  } catch (error) {
    if (signal.aborted) throw new MailUndelivered('the process is stopping');
    throw error;
  }
}

function requestFor(mail: OutgoingMail, from: Mailbox): ResendMail {
  const { to, replyTo, messageId, subject, text, html, calendar } = mail;
  return {
    from: sender(from),
    // Without their names: there is no quoting that Resend promises to understand.
    to: [asciiAddress(to.email)],
    ...(replyTo && isOneAddress(replyTo.email) && { reply_to: asciiAddress(replyTo.email) }),
    subject: oneLine(subject, 400),
    text,
    html,
    headers: { 'Message-ID': messageId, ...headersOf(mail) },
    ...(calendar && {
      attachments: [
        {
          filename: CALENDAR_FILE_NAME,
          content: Buffer.from(calendar.content).toString('base64'),
          content_type: `text/calendar; charset=utf-8; method=${calendar.method}`,
        },
      ],
    }),
    tags: [{ name: MAIL_TAG, value: localPartOf(messageId) }],
  };
}

/** @throws {MailRefused} when it is not one of ours, but a mail as SMTP has it. */
function readMail(content: Buffer): ResendMail {
  try {
    return JSON.parse(content.toString()) as ResendMail;
  } catch {
    throw new MailRefused(undefined, 'transport_changed');
  }
}

function nameOf({ headers }: ResendMail): string {
  return localPartOf(headers['Message-ID']!);
}

function localPartOf(messageId: string): string {
  return messageId.replace(/^</, '').replace(/@.*$/s, '');
}

/** Resend takes no address with other letters; a domain has a spelling without them. */
function asciiAddress(email: string): string {
  return `${email.slice(0, email.lastIndexOf('@'))}@${domainOf({ email })}`;
}

/** `Precall <calls@example.com>`; a name that is more than words is quoted (RFC 5322 3.2.4). */
function sender({ name, email }: Mailbox): string {
  const line = oneLine(name, 100);
  if (!line) return email;
  const isPlain = /^[\p{L}\p{N} '_-]+$/u.test(line);
  return `${isPlain ? line : `"${line.replaceAll(/["\\]/g, '\\$&')}"`} <${email}>`;
}

/** `setUp` where only the operator can help, `ours` where only we can. */
interface Failure {
  error: MailRefused | MailUndelivered;
  fault?: 'setUp' | 'ours';
}

/**
 * Final is only what Resend says about this very mail. What is wrong with key or sender is the operator's to mend, and once it is
 * mended the mail can still go out in time.
 *
 * @see https://resend.com/docs/api-reference/errors
 */
function whatHappened({ statusCode, name, message }: Partial<ErrorResponse>): Failure {
  const code = typeof statusCode === 'number' ? statusCode : undefined;
  if (code === undefined) return { error: new MailUndelivered('no answer', undefined, true) };
  if (code === 409 && name === 'invalid_idempotent_request') {
    return { error: new MailRefused(code, 'key_reused'), fault: 'ours' };
  }
  // An earlier request with this very mail has not ended: what becomes of that one decides.
  if (code === 409) return { error: new MailUndelivered('an earlier attempt is under way', code, true) };
  if (code === 429) return { error: new MailUndelivered(QUOTAS[name ?? ''] ?? 'too many requests (answer 429)', code) };
  if (code >= 500) return { error: new MailUndelivered(`answer ${code}`, code, true) };
  if (isAboutMail(code) && !isAboutSender(name, message)) return { error: new MailRefused(code) };
  const what = isAboutMail(code) ? 'the sender' : 'the API key or the sender';
  return { error: new MailUndelivered(`Resend does not take ${what} (answer ${code})`, code), fault: 'setUp' };
}

const QUOTAS: Record<string, string> = {
  daily_quota_exceeded: 'the daily quota is used up (answer 429)',
  monthly_quota_exceeded: 'the monthly quota is used up (answer 429)',
};

function isAboutMail(code: number): boolean {
  return code === 400 || code === 413 || code === 422;
}

/** Resend has one name for a fault in any field, and tells in its message which one it is. */
function isAboutSender(name: string | undefined, message: unknown): boolean {
  if (name === 'invalid_from_address') return true;
  return typeof message === 'string' && /`from`|\bfrom (field|address)\b/i.test(message);
}

/** @returns how long everybody is to leave Resend alone; undefined where it has not asked for that. */
function holdOffOf({ error, headers }: Answer): number | undefined {
  if (error?.statusCode !== 429 || error.name === undefined || error.name in QUOTAS) return undefined;
  const seconds = Number(headers?.['retry-after']);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : HOLD_OFF_MS;
}

/** Says what a person has to mend: once an hour, for every mail would say so. What must not happen is said each time. */
function oncePerHour(log: Pick<Logger, 'error'>): (failure: Failure) => void {
  let saidAt = Number.NEGATIVE_INFINITY;
  return ({ error, fault }) => {
    if (fault === 'ours') log.error({ alert: 'mail_key_reused' }, `Resend: ${error.message}`);
    if (fault !== 'setUp' || performance.now() - saidAt < HOUR_MS) return;
    saidAt = performance.now();
    log.error(
      { alert: 'mail_not_set_up', reason: error.reason },
      'no mail can be sent: check RESEND_API_KEY and EMAIL_FROM with precall doctor; mails are tried again',
    );
  };
}
