import { ApplicationFailure } from '@temporalio/activity';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type MailSent, sendClaimed, sentOrOpen } from '../../src/activities/claimed-mail.ts';
import { createCipher } from '../../src/cipher.ts';
import type { MailTransport } from '../../src/email/mail-transport.ts';
import { createResendTransport } from '../../src/email/resend-transport.ts';
import { createSmtpTransport } from '../../src/email/smtp-transport.ts';
import { createLocalPace } from '../../src/local-pace.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { type Ending, startBreakingServer } from '../email/breaking-server.ts';
import { anOutgoingMail, FROM } from '../email/outgoing-mail.ts';
import { type Fault, type ScriptedResend, startScriptedResend } from '../email/scripted-resend.ts';
import { aBooking } from '../support/a-booking.ts';
import { aKey } from '../support/a-key.ts';
import { usePostgres } from '../support/postgres.ts';
import { silent } from '../support/silent.ts';

const postgres = usePostgres();
const booking = aBooking();
const DUE_AT = '2026-12-02T15:00:00.000Z';
const MESSAGE_ID = '<0123abcd@example.com>';
const ATTEMPTS = 5;

let store: Store;
let databaseUrl: string;
const transports: MailTransport[] = [];

beforeAll(async () => {
  databaseUrl = await postgres.createDatabase();
  store = await openStore({ databaseUrl, dataDir: '', cipher: createCipher([aKey('tests')]), log: silent });
});
afterAll(() => store.close());
afterEach(async () => {
  for (const transport of transports.splice(0)) transport.close();
  await query('truncate reminders');
});

async function query(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}

/** One attempt, as an activity makes it; each renders the mail a little differently. */
async function attempt(transport: MailTransport, nth: number, ambiguous: 'resend' | 'never'): Promise<MailSent> {
  const mails = store.mailsUnder({ ambiguous, harmlessForMs: transport.repeatsAreHarmlessForMs });
  const { content } = await transport.prepare(anOutgoingMail({ messageId: MESSAGE_ID, text: `Rendered ${nth} times` }));
  const key = { booking, startsAt: booking.startsAt, step: 'reminder/24h', recipient: 'ada@example.com' };
  const found = sentOrOpen(await mails.claim(key, { dueAt: DUE_AT, messageId: MESSAGE_ID, content }));
  if ('sent' in found) return found.sent;
  const mail = transport.resume(found.open.mail, 'ada@example.com');
  const about = { bookingUid: booking.uid, step: 'reminder/24h' };
  return sendClaimed(found.open, mail, { mails, about, now: Date.now });
}

/** Tries as Temporal does, until it is sent or has failed for good. @returns what came of it in the end. */
async function tryUntilDecided(transport: MailTransport, ambiguous: 'resend' | 'never' = 'resend'): Promise<string> {
  transports.push(transport);
  for (let nth = 1; nth <= ATTEMPTS; nth += 1) {
    try {
      const { possibleDuplicate } = await attempt(transport, nth, ambiguous);
      return possibleDuplicate ? 'sent, flagged' : 'sent';
    } catch (error) {
      if (error instanceof ApplicationFailure && error.nonRetryable) return error.type ?? '';
    }
  }
  return 'undecided';
}

describe('a mail over SMTP', () => {
  const timeouts = { connectMs: 1_000, answerMs: 500, mailMs: 2_000 };

  /** @returns what came of it, and the copies that the mail server has read to their end and not refused. */
  async function sendTo(
    fault: { at: string; ending?: Ending; words?: string; times?: number },
    ambiguous?: 'resend' | 'never',
  ) {
    const { at, ending = 'close', words = '', times = 1 } = fault;
    const server = await startBreakingServer(at, ending, words, times);
    const transport = createSmtpTransport({ smtpUrl: server.smtpUrl, from: FROM, timeouts });
    const outcome = await tryUntilDecided(transport, ambiguous);
    server.stop();
    const copies = at === '.' && words ? server.taken.slice(times) : server.taken;
    return { outcome, copies };
  }

  const BEFORE_THE_END = ['greeting', 'EHLO', 'MAIL', 'RCPT', 'DATA'];
  const ENDINGS: Ending[] = ['close', 'reset', 'silence'];

  it.each(BEFORE_THE_END.flatMap((at) => ENDINGS.map((ending) => ({ at, ending }))))(
    'is one in the end when the connection is lost before the last byte: $at, $ending',
    async (fault) => {
      const { outcome, copies } = await sendTo(fault);

      expect([outcome, copies.length]).toEqual(['sent', 1]);
      // Nothing was on the wire, so what goes out is what was rendered last.
      expect(copies[0]).toContain('Rendered 2 times');
    },
  );

  it.each([...BEFORE_THE_END, '.'].flatMap((at) => ['421 closing', '451 later'].map((words) => ({ at, words }))))(
    'is one in the end when it is put off: $at, $words',
    async (fault) => {
      const { outcome, copies } = await sendTo(fault);

      expect([outcome, copies.length]).toEqual(['sent', 1]);
    },
  );

  it.each(['RCPT', '.'])('is none when it is refused at %s', async (at) => {
    const { outcome, copies } = await sendTo({ at, words: '550 no' });

    expect([outcome, copies.length]).toEqual(['mail_refused', 0]);
  });

  it.each(ENDINGS)('is two at most, the same and flagged, when the answer to it is lost: %s', async (ending) => {
    const { outcome, copies } = await sendTo({ at: '.', ending });

    expect([outcome, copies.length]).toEqual(['sent, flagged', 2]);
    expect(copies[1]).toBe(copies[0]);
    expect(copies[0]).toMatch(new RegExp(`^Message-ID: ${MESSAGE_ID}$`, 'm'));
  });

  it('is two, and given up, when the answer to the repeat is lost as well', async () => {
    const { outcome, copies } = await sendTo({ at: '.', times: 9 });

    expect([outcome, copies.length, new Set(copies).size]).toEqual(['delivery_uncertain', 2, 1]);
  });

  it('is one, and given up, when the answer is lost and none is to be sent again', async () => {
    const { outcome, copies } = await sendTo({ at: '.' }, 'never');

    expect([outcome, copies.length]).toEqual(['delivery_uncertain', 1]);
  });
});

describe('a mail through Resend', () => {
  let resend: ScriptedResend;
  afterEach(() => resend.stop());

  async function sendThrough(faults: Fault[], ambiguous?: 'resend' | 'never') {
    resend = await startScriptedResend();
    resend.failNext(...faults);
    const outcome = await tryUntilDecided(transport(), ambiguous);
    return { outcome, copies: resend.sent.length };
  }

  function transport(): MailTransport {
    const pace = createLocalPace({ requestsPerMinute: 3_000 });
    const timeouts = { answerMs: 500 };
    const baseUrl = resend.url;
    return createResendTransport({ apiKey: 're_test_0123456789', baseUrl, from: FROM, pace, log: silent, timeouts });
  }

  it.each<{ faults: Fault[] }>([
    { faults: [{ answer: 429, name: 'rate_limit_exceeded', headers: { 'retry-after': '1' } }] },
    { faults: [{ answer: 500 }, { answer: 503, body: 'down' }] },
    { faults: ['reset'] },
    { faults: ['reset after taking'] },
    { faults: ['silence after taking', 'reset after taking', 'reset', 'reset after taking'] },
    { faults: ['reset after taking', { answer: 409, name: 'concurrent_idempotent_requests' }] },
    { faults: [{ answer: 403, name: 'invalid_api_key' }] },
  ])('is one in the end, and not flagged: $faults', async ({ faults }) => {
    expect(await sendThrough(faults)).toEqual({ outcome: 'sent', copies: 1 });
  });

  it('is one in the end also where none is to be sent again: a repeat makes no second copy', async () => {
    expect(await sendThrough(['reset after taking'], 'never')).toEqual({ outcome: 'sent', copies: 1 });
  });

  it('is none when it is refused', async () => {
    expect(await sendThrough([{ answer: 422, name: 'validation_error' }])).toEqual({
      outcome: 'mail_refused',
      copies: 0,
    });
  });

  it('is two at most, and flagged, when nobody has tried again before Resend has forgotten it', async () => {
    expect(await sendThrough(Array.from({ length: ATTEMPTS }, () => 'reset after taking' as const))).toEqual({
      outcome: 'undecided',
      copies: 1,
    });
    resend.forgetKeys();
    await query(
      `update reminders set updated_at = updated_at - interval '25 hours', unknown_since = unknown_since - interval '25 hours'`,
    );

    expect(await tryUntilDecided(transport())).toBe('sent, flagged');
    expect(resend.sent).toHaveLength(2);
    expect(resend.sent[1]).toBe(resend.sent[0]);
  });

  it('is not sent by SMTP as well, when the setting changes while nobody knows', async () => {
    await sendThrough(Array.from({ length: ATTEMPTS }, () => 'reset after taking' as const));
    const server = await startBreakingServer('never', 'close');

    const outcome = await tryUntilDecided(createSmtpTransport({ smtpUrl: server.smtpUrl, from: FROM }));

    expect([outcome, server.taken.length]).toEqual(['transport_changed', 0]);
    server.stop();
  });
});
