import getPort from 'get-port';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkCalcom } from '../../src/calcom/check-calcom.ts';
import type { Check } from '../../src/check.ts';
import {
  type CalcomSandbox,
  edgeAnswer,
  errorAnswer,
  type FaultAction,
  startCalcomSandbox,
} from '../../src/dev/calcom-sandbox/sandbox.ts';

const SERVER = 'https://precall.example.com';

let sandbox: CalcomSandbox;
beforeEach(async () => {
  sandbox = await startCalcomSandbox({ webhook: { url: SERVER, secret: undefined } });
});
afterEach(() => sandbox.stop());

function check(options: Partial<Parameters<typeof checkCalcom>[0]> = {}): Promise<Check[]> {
  return checkCalcom({ apiKey: sandbox.apiKey, baseUrl: sandbox.url, patienceMs: 1_000, ...options });
}

function found(checks: readonly Check[], what: string): Check | undefined {
  return checks.find((one) => one.what === what);
}

/** The account's webhooks as Cal.com lists them. */
function haveWebhooks(...webhooks: Record<string, unknown>[]): void {
  const body = { status: 'success', data: webhooks };
  answer('/v2/webhooks', { answer: { status: 200, body, headers: { 'content-type': 'application/json' } } });
}

function answer(path: string, action: FaultAction): void {
  sandbox.fail({ path: new RegExp(path), action });
}

const OURS = {
  id: 'a1',
  subscriberUrl: `${SERVER}/webhook/calcom-booking`,
  active: true,
  payloadTemplate: null,
  triggers: [
    'BOOKING_CREATED',
    'BOOKING_RESCHEDULED',
    'BOOKING_CANCELLED',
    'BOOKING_REQUESTED',
    'BOOKING_REJECTED',
    'BOOKING_PAID',
  ],
};

describe('Cal.com', () => {
  it('is well when it takes the key and sends all that is needed', async () => {
    const checks = await check();

    expect(checks.map(({ part, what, verdict }) => [part, what, verdict])).toEqual([
      ['calcom', 'API key', 'ok'],
      ['calcom', 'webhook', 'ok'],
      ['calcom', 'triggers', 'ok'],
      ['clock', 'Cal.com', 'ok'],
    ]);
  });

  it('is asked two questions, and nothing is changed', async () => {
    await check();

    expect(sandbox.journal.map(({ method, path, status }) => [method, path, status])).toEqual([
      ['GET', '/v2/me', 200],
      ['GET', '/v2/webhooks', 200],
    ]);
  });
});

describe('the API key', () => {
  it('is wrong: a new one is to be copied, and nothing else is asked', async () => {
    expect(await check({ apiKey: 'cal_live_wrong0000' })).toEqual([
      {
        part: 'calcom',
        what: 'API key',
        verdict: 'error',
        message: expect.stringMatching(/copy it to CALCOM_API_KEY/),
      },
      expect.objectContaining({ part: 'clock' }),
    ]);
  });

  it.each<[string, FaultAction]>([
    ['an error', { answer: errorAnswer(503) }],
    ['an error page', { answer: edgeAnswer(502) }],
    ['nothing at all', 'hang'],
  ])('cannot be tried while Cal.com answers %s', async (_what, action) => {
    answer('/v2/me', action);

    const [key] = await check();

    expect(key).toMatchObject({ what: 'API key', verdict: 'error', message: expect.stringContaining('try again') });
  });

  it('cannot be tried where nobody listens', async () => {
    const baseUrl = `http://127.0.0.1:${await getPort()}`;

    expect(await check({ baseUrl })).toMatchObject([
      { verdict: 'error', message: expect.stringContaining('ECONNREFUSED') },
    ]);
  });
});

describe('the webhook', () => {
  it('lacks a trigger without which a call is reminded of although it is off', async () => {
    haveWebhooks({ ...OURS, triggers: ['BOOKING_CREATED', 'BOOKING_RESCHEDULED'] });

    expect(found(await check(), 'triggers')).toMatchObject({
      verdict: 'error',
      message: expect.stringMatching(/lacks BOOKING_CANCELLED, BOOKING_REQUESTED, .*tick them in Cal.com/),
    });
  });

  it('lacks a trigger without which a call is dealt with late', async () => {
    haveWebhooks({ ...OURS, triggers: OURS.triggers.filter((trigger) => trigger !== 'BOOKING_REQUESTED') });

    expect(found(await check(), 'triggers')).toMatchObject({ verdict: 'warning' });
  });

  it('needs not have what not every Cal.com offers', async () => {
    haveWebhooks(OURS);

    expect(found(await check(), 'triggers')).toMatchObject({
      verdict: 'ok',
      message: expect.stringContaining('where Cal.com offers them: BOOKING_LOCATION_UPDATED'),
    });
  });

  it('may be several, which have all triggers together', async () => {
    const [created, ...others] = OURS.triggers;
    haveWebhooks({ ...OURS, triggers: [created] }, { ...OURS, id: 'a2', triggers: others });

    expect(found(await check(), 'triggers')).toMatchObject({ verdict: 'ok' });
  });

  it('is switched off', async () => {
    haveWebhooks({ ...OURS, active: false });

    expect(found(await check(), 'webhook')).toMatchObject({
      verdict: 'error',
      message: expect.stringMatching(/switched off.*Settings → Developer → Webhooks/),
    });
  });

  it('has a custom payload template', async () => {
    haveWebhooks({ ...OURS, payloadTemplate: '{"title":"{{title}}"}' });

    expect(found(await check(), 'webhook')).toMatchObject({
      verdict: 'error',
      message: expect.stringContaining('template'),
    });
  });

  it('is not there, or belongs to a team', async () => {
    haveWebhooks({ ...OURS, subscriberUrl: 'https://elsewhere.example.com/hook' });

    const webhook = found(await check(), 'webhook');

    expect(webhook).toMatchObject({ verdict: 'warning' });
    expect(webhook?.message).toMatch(/goes to https:\/\/<your host>\/webhook\/calcom-booking: make one.*of a team/);
  });

  it('goes to another host than PUBLIC_URL says', async () => {
    const checks = await check({ publicUrl: 'https://calls.example.com' });

    expect(found(checks, 'webhook')).toMatchObject({
      verdict: 'warning',
      message: expect.stringContaining('another host than PUBLIC_URL'),
    });
  });

  it('may not be listed with this key', async () => {
    answer('/v2/webhooks', { answer: errorAnswer(403) });

    expect(found(await check(), 'webhook')).toMatchObject({ verdict: 'warning' });
  });

  it('is listed in a way that cannot be read', async () => {
    answer('/v2/webhooks', {
      answer: { status: 200, body: { status: 'success', data: {} }, headers: { 'content-type': 'application/json' } },
    });

    expect(found(await check(), 'webhook')).toMatchObject({ verdict: 'error' });
  });
});
