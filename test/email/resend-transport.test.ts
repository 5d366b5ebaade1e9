import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MailRefused, type MailTransport, MailUndelivered, sendMail } from '../../src/email/mail-transport.ts';
import { createResendTransport, MAIL_TAG, type ResendTransportOptions } from '../../src/email/resend-transport.ts';
import { createSmtpTransport } from '../../src/email/smtp-transport.ts';
import type { Pace, Turn } from '../../src/pace.ts';
import { aLog } from '../notion/asking.ts';
import { anOutgoingMail, FROM, failureOf } from './outgoing-mail.ts';
import { type Fault, type ScriptedResend, startScriptedResend } from './scripted-resend.ts';

const KEY = 're_test_0123456789';
const CALENDAR = { method: 'REQUEST' as const, content: 'BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n' };

let resend: ScriptedResend;
let log: ReturnType<typeof aLog>;
const transports: MailTransport[] = [];

beforeEach(async () => {
  resend = await startScriptedResend();
  log = aLog();
});
afterEach(async () => {
  for (const transport of transports.splice(0)) transport.close();
  await resend.stop();
});

interface NotedPace extends Pace {
  reserved: number;
  heldOff: number[];
}

/** A pace that gives each turn at once, or as the story says. */
function aPace(turns: Turn[] = []): NotedPace {
  const pace: NotedPace = {
    reserved: 0,
    heldOff: [],
    async reserve() {
      pace.reserved += 1;
      return turns.shift() ?? { waitMs: 0 };
    },
    heldForMs: async () => 0,
    holdOff: async (waitMs) => void pace.heldOff.push(waitMs),
  };
  return pace;
}

function transport(options: Partial<ResendTransportOptions> = {}): MailTransport {
  const pace = aPace();
  const made = createResendTransport({
    apiKey: KEY,
    baseUrl: resend.url,
    from: FROM,
    pace,
    log: log as never,
    ...options,
  });
  transports.push(made);
  return made;
}

const requestOf = (body: string | undefined) => JSON.parse(body ?? 'null') as Record<string, unknown>;

describe('a mail sent through Resend', () => {
  it('goes there as it was written, under its own name', async () => {
    await sendMail(
      transport(),
      anOutgoingMail({
        replyTo: { name: 'Hopper, "Grace"', email: 'grace@example.com' },
        unsubscribeUrl: 'https://precall.example/unsubscribe/t0ken',
      }),
    );

    expect(resend.requests).toMatchObject([
      { method: 'POST', path: '/emails', key: '0123abcd', authorization: `Bearer ${KEY}` },
    ]);
    expect(requestOf(resend.sent[0])).toEqual({
      from: 'Precall <calls@example.com>',
      to: ['ada@example.com'],
      reply_to: 'grace@example.com',
      subject: 'Your call tomorrow at 09:00: Café',
      text: 'Hello Ada\n.\nuntil tomorrow\n',
      html: '<p>Hello Ada</p>',
      headers: {
        'Message-ID': '<0123abcd@example.com>',
        'Auto-Submitted': 'auto-generated',
        'List-Unsubscribe': '<https://precall.example/unsubscribe/t0ken>',
        'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
      },
      tags: [{ name: MAIL_TAG, value: '0123abcd' }],
    });
  });

  it('has its calendar file with it', async () => {
    await sendMail(transport(), anOutgoingMail({ calendar: CALENDAR }));

    const { attachments } = requestOf(resend.sent[0]) as { attachments: { content: string }[] };
    expect(attachments).toEqual([
      {
        filename: 'invite.ics',
        content: expect.any(String),
        content_type: 'text/calendar; charset=utf-8; method=REQUEST',
      },
    ]);
    expect(Buffer.from(attachments[0]!.content, 'base64').toString()).toBe(CALENDAR.content);
  });

  it('is the same request, byte for byte, when it is taken up again by another process', async () => {
    const { content } = await transport().prepare(anOutgoingMail());

    for (let attempt = 1; attempt <= 2; attempt += 1) {
      await transport().resume(Buffer.from(content), 'ada@example.com').send();
    }

    expect(resend.requests.map(({ body }) => body)).toEqual([content.toString(), content.toString()]);
    expect(resend.sent).toHaveLength(1);
  });

  it.each([
    ['Acme, Inc.', '"Acme, Inc." <calls@example.com>'],
    ['The "best" calls', '"The \\"best\\" calls" <calls@example.com>'],
    ['', 'calls@example.com'],
  ])('comes from the sender by the name of %s', async (name, from) => {
    await sendMail(transport({ from: { ...FROM, name } }), anOutgoingMail());

    expect(requestOf(resend.sent[0])['from']).toBe(from);
  });

  it('gets no header and no recipient from whatever stands in its fields', async () => {
    const lines = 'x\r\nBcc: eve@example.com\r\n\r\n<b>\u202ebody</b>';
    await sendMail(transport(), anOutgoingMail({ to: { name: lines, email: 'ada@bücher.example' }, subject: lines }));

    const { to, subject, headers } = requestOf(resend.sent[0]);
    expect(to).toEqual(['ada@xn--bcher-kva.example']);
    expect(subject).toBe('x Bcc: eve@example.com <b>body</b>');
    expect(Object.keys(headers as object)).toEqual(['Message-ID', 'Auto-Submitted']);
  });

  it.each(['ada@example.com,eve@example.com', 'Ada <ada@example.com>', `${'a'.repeat(300)}@example.com`, ''])(
    'is refused, and nobody asked, when its address is %j',
    async (email) => {
      expect(await failureOf(sendMail(transport(), anOutgoingMail({ to: { name: 'Ada', email } })))).toBeInstanceOf(
        MailRefused,
      );
      expect(resend.requests).toEqual([]);
    },
  );
});

describe('an answer of Resend', () => {
  const failureAfter = async (...faults: Fault[]) => {
    resend.failNext(...faults);
    return failureOf(sendMail(transport({ timeouts: { answerMs: 300 } }), anOutgoingMail()));
  };

  it.each<[Fault, { reason: string; perhapsTaken: boolean }]>([
    [
      { answer: 429, name: 'rate_limit_exceeded' },
      { reason: 'too many requests (answer 429)', perhapsTaken: false },
    ],
    [
      { answer: 429, name: 'daily_quota_exceeded' },
      { reason: 'the daily quota is used up (answer 429)', perhapsTaken: false },
    ],
    [
      { answer: 500, name: 'application_error' },
      { reason: 'answer 500', perhapsTaken: true },
    ],
    [
      { answer: 502, body: '<html>Bad gateway</html>' },
      { reason: 'answer 502', perhapsTaken: true },
    ],
    [
      { answer: 200, body: 'not JSON' },
      { reason: 'no answer', perhapsTaken: true },
    ],
    [
      { answer: 503, body: 'null' },
      { reason: 'no answer', perhapsTaken: true },
    ],
    ['reset', { reason: 'no answer', perhapsTaken: true }],
    ['reset after taking', { reason: 'no answer', perhapsTaken: true }],
    ['silence after taking', { reason: 'no answer', perhapsTaken: true }],
    [
      { answer: 409, name: 'concurrent_idempotent_requests' },
      { reason: 'an earlier attempt is under way', perhapsTaken: true },
    ],
  ])('that is %j makes the mail worth another attempt', async (fault, told) => {
    const error = await failureAfter(fault);

    expect(error).toBeInstanceOf(MailUndelivered);
    expect(error).toMatchObject(told);
  });

  it.each<Fault>([
    { answer: 422, name: 'validation_error', message: 'Invalid `to` field.' },
    { answer: 422, name: 'invalid_attachment' },
    { answer: 400, name: 'validation_error' },
    { answer: 413, body: '<html>too large</html>' },
  ])('that refuses this very mail is final: %j', async (fault) => {
    const error = await failureAfter(fault);

    expect(error).toBeInstanceOf(MailRefused);
    expect(error).toMatchObject({ reason: 'mail_refused', responseCode: (fault as { answer: number }).answer });
    expect(log.lines).toEqual([]);
  });

  it.each<Fault>([
    { answer: 401, name: 'missing_api_key' },
    { answer: 403, name: 'invalid_api_key' },
    { answer: 403, name: 'validation_error', message: 'The example.com domain is not verified.' },
    { answer: 422, name: 'invalid_from_address' },
    { answer: 422, name: 'validation_error', message: 'Invalid `from` field.' },
    { answer: 451, name: 'security_error' },
  ])('that refuses key or sender waits for the operator, who is told once: %j', async (fault) => {
    const made = transport();
    resend.failNext(fault, fault);
    const errors = [
      await failureOf(sendMail(made, anOutgoingMail())),
      await failureOf(sendMail(made, anOutgoingMail())),
    ];

    for (const error of errors) expect(error).toBeInstanceOf(MailUndelivered);
    expect(errors[0]).toMatchObject({ perhapsTaken: false, reason: expect.stringContaining('does not take') });
    expect(log.lines).toMatchObject([{ level: 'error', facts: { alert: 'mail_not_set_up' } }]);
    await sendMail(made, anOutgoingMail());
    expect(resend.sent).toHaveLength(1);
  });

  it('that knows another mail by the same name is our fault, final and said', async () => {
    await sendMail(transport(), anOutgoingMail());

    const error = await failureOf(sendMail(transport(), anOutgoingMail({ subject: 'Another one' })));

    expect(error).toBeInstanceOf(MailRefused);
    expect(error).toMatchObject({ reason: 'key_reused', responseCode: 409 });
    expect(log.lines).toMatchObject([{ level: 'error', facts: { alert: 'mail_key_reused' } }]);
    expect(resend.sent).toHaveLength(1);
  });

  it.each<Fault>(['reset after taking', 'silence after taking', 'reset', { answer: 500 }])(
    'that is lost leads to one mail in the end, for a repeat is known for one: %j',
    async (fault) => {
      const made = transport({ timeouts: { answerMs: 300 } });
      resend.failNext(fault);
      const mail = await made.prepare(anOutgoingMail());
      await failureOf(mail.send());

      await made.resume(mail.content, 'ada@example.com').send();

      expect(resend.sent).toHaveLength(1);
      expect(made.repeatsAreHarmlessForMs).toBeGreaterThan(12 * 3_600_000);
      expect(made.repeatsAreHarmlessForMs).toBeLessThan(24 * 3_600_000);
    },
  );

  it.each<Fault>([
    { answer: 422, message: 'ada@example.com is not an address' },
    { answer: 403, message: 'ada@example.com may not be written to' },
  ])('is told without an address or Resend’s words: %j', async (fault) => {
    const error = (await failureAfter(fault)) as Error;

    expect(JSON.stringify([error, error.message, error.stack, error.cause ?? null, log.lines])).not.toContain('ada@');
  });

  it('that does not come because nobody listens is none', async () => {
    await resend.stop();

    expect(await failureOf(sendMail(transport(), anOutgoingMail()))).toMatchObject({
      name: 'MailUndelivered',
      reason: 'no answer',
    });
    resend = await startScriptedResend();
  });
});

describe('the pace', () => {
  it('gives each mail its turn before it leaves', async () => {
    const pace = aPace([{ waitMs: 60 }]);
    const began = performance.now();

    await sendMail(transport({ pace }), anOutgoingMail());

    expect(performance.now() - began).toBeGreaterThanOrEqual(59);
    expect(pace.reserved).toBe(1);
  });

  it('is waited for ahead of the send by whoever has to look at something directly before it', async () => {
    const pace = aPace();
    const mail = await transport({ pace }).prepare(anOutgoingMail());

    await mail.ready();
    expect([pace.reserved, resend.requests.length]).toEqual([1, 0]);
    await mail.send();

    expect([pace.reserved, resend.requests.length]).toEqual([1, 1]);
  });

  it('is asked again when it puts a mail off, and when everybody has been held off meanwhile', async () => {
    const pace = aPace([{ putOffMs: 20 }, { waitMs: 1 }]);
    let held = 1;
    pace.heldForMs = async () => held--;

    await sendMail(transport({ pace }), anOutgoingMail());

    expect(pace.reserved).toBe(3);
  });

  it('that is too far away makes the mail worth another attempt, and certainly not sent', async () => {
    const pace = aPace([{ putOffMs: 5_000 }]);

    const error = await failureOf(sendMail(transport({ pace, timeouts: { turnMs: 1_000 } }), anOutgoingMail()));

    expect(error).toMatchObject({ name: 'MailUndelivered', perhapsTaken: false });
    expect(resend.requests).toEqual([]);
  });

  it.each([
    [{ 'retry-after': '7' }, 7_000],
    [{}, 1_000],
  ])('holds everybody off as long as Resend asks with %j', async (headers, waitMs) => {
    const pace = aPace();
    resend.failNext({ answer: 429, name: 'rate_limit_exceeded', headers: headers as Record<string, string> });

    await failureOf(sendMail(transport({ pace }), anOutgoingMail()));

    expect(pace.heldOff).toEqual([waitMs]);
  });

  it('goes on when only a quota is used up', async () => {
    const pace = aPace();
    resend.failNext({ answer: 429, name: 'monthly_quota_exceeded', headers: { 'retry-after': '7' } });

    await failureOf(sendMail(transport({ pace }), anOutgoingMail()));

    expect(pace.heldOff).toEqual([]);
  });
});

describe('a mail that was written out for another transport', () => {
  it('is refused, whichever way the setting has changed', async () => {
    const smtp = createSmtpTransport({ smtpUrl: 'smtp://127.0.0.1:9', from: FROM });
    transports.push(smtp);
    const [mime, json] = [await smtp.prepare(anOutgoingMail()), await transport().prepare(anOutgoingMail())];

    const errors = [
      await failureOf(transport().resume(mime.content, 'ada@example.com').send()),
      await failureOf(smtp.resume(json.content, 'ada@example.com').send()),
    ];

    for (const error of errors) {
      expect(error).toBeInstanceOf(MailRefused);
      expect(error).toMatchObject({ reason: 'transport_changed' });
    }
    expect(resend.requests).toEqual([]);
  });
});

describe('close', () => {
  it('ends a send that is under way, of which nobody knows then', async () => {
    const made = transport();
    resend.failNext('silence after taking');
    const sending = failureOf(sendMail(made, anOutgoingMail()));
    await expect.poll(() => resend.requests).toHaveLength(1);

    made.close();

    expect(await sending).toMatchObject({ name: 'MailUndelivered', perhapsTaken: true });
  });

  it('ends the wait for a turn: that mail has certainly not been sent', async () => {
    const made = transport({ pace: aPace([{ waitMs: 60_000 }]) });
    const sending = failureOf(sendMail(made, anOutgoingMail()));
    await new Promise((resolve) => setTimeout(resolve, 20));

    made.close();

    expect(await sending).toMatchObject({ name: 'MailUndelivered', perhapsTaken: false });
  });
});
