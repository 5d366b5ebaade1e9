import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkResend, type ResendCheckOptions } from '../../src/email/check-resend.ts';
import { FROM } from './outgoing-mail.ts';
import { type ScriptedResend, startScriptedResend } from './scripted-resend.ts';

const ADA = { name: '', email: 'ada@example.com' };

let resend: ScriptedResend;
beforeEach(async () => {
  resend = await startScriptedResend();
});
afterEach(() => resend.stop());

const check = (options: Partial<ResendCheckOptions> = {}) =>
  checkResend({ apiKey: 're_test_0123456789', baseUrl: resend.url, from: FROM, patienceMs: 500, ...options });

const aDomain = (facts: object = {}) => ({
  id: 'd1',
  name: 'example.com',
  status: 'verified',
  capabilities: { sending: 'enabled', receiving: 'disabled' },
  ...facts,
});

describe('Resend', () => {
  it('is well when it takes the key and has verified the sender’s domain', async () => {
    resend.domains = [aDomain({ name: 'other.example' }), aDomain({ name: 'Example.com' })];

    expect(await check()).toMatchObject([
      { part: 'mail', what: 'key', verdict: 'ok' },
      { part: 'mail', what: 'sender', verdict: 'ok', message: expect.stringContaining('example.com, is verified') },
    ]);
    expect(resend.sent).toEqual([]);
  });

  it.each([
    [[], /does not know example\.com, the domain of EMAIL_FROM/],
    [[aDomain({ name: 'calls.example.com' })], /does not know example\.com/],
    [[aDomain({ status: 'pending' })], /is not verified \(pending\)/],
    [[aDomain({ capabilities: { sending: 'disabled' } })], /may not send/],
  ])('is not set up while the domain is not: %j', async (domains, words) => {
    resend.domains = domains;

    expect(await check({ sendTo: ADA })).toMatchObject([
      { what: 'key', verdict: 'ok' },
      { what: 'sender', verdict: 'error', message: expect.stringMatching(words) },
    ]);
    expect(resend.sent).toEqual([]);
  });

  it('says nothing of the domain to a key that may only send', async () => {
    resend.failNext({ answer: 401, name: 'restricted_api_key' });

    expect(await check()).toMatchObject([
      { what: 'key', verdict: 'ok' },
      { what: 'sender', verdict: 'ok', message: expect.stringContaining('--send-to') },
    ]);
  });

  it.each([
    [{ answer: 401, name: 'missing_api_key' }, 'key', /make a new one/],
    [{ answer: 403, name: 'invalid_api_key' }, 'key', /make a new one/],
    [{ answer: 500 }, 'connection', /Resend answers 500/],
    ['reset', 'connection', /Resend does not answer/],
    ['silence after taking', 'connection', /Resend does not answer/],
  ] as const)('has %j to say', async (fault, what, words) => {
    resend.failNext(fault);

    expect(await check()).toMatchObject([{ what, verdict: 'error', message: expect.stringMatching(words) }]);
  });
});

describe('a test mail through Resend', () => {
  beforeEach(() => {
    resend.domains = [aDomain()];
  });

  it('is sent to whom it is asked for', async () => {
    const checks = await check({ sendTo: ADA });

    expect(checks.at(-1)).toMatchObject({ what: 'test mail', verdict: 'ok' });
    expect(resend.sent.map((body) => JSON.parse(body))).toMatchObject([
      { to: [ADA.email], subject: 'Precall: a test mail' },
    ]);
  });

  it('that is refused is told of, without Resend’s words', async () => {
    const domains = { answer: 200, body: JSON.stringify({ object: 'list', has_more: false, data: [aDomain()] }) };
    resend.failNext(domains, { answer: 422, name: 'validation_error', message: 'ada@example.com is none' });

    const checks = await check({ sendTo: ADA });

    expect(checks.at(-1)).toMatchObject({ verdict: 'error', message: expect.stringContaining('(422)') });
    expect(JSON.stringify(checks)).not.toContain('ada@');
  });
});
