import { createHmac } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { createPersonOf } from '../../src/person.ts';
import { StoreUnavailable } from '../../src/store/store-unavailable.ts';
import { INSTALLATION_KEY } from '../calcom/support.ts';
import { aBooking } from '../support/a-booking.ts';
import { useServers, useStore } from './support.ts';

const stores = useStore();
const createTestServer = useServers(stores);

const SECRET = `whsec_${Buffer.from('a secret of the tests, 32 bytes.').toString('base64')}`;
const OTHER_SECRET = `whsec_${Buffer.from('the next secret of the tests....').toString('base64')}`;
const PLAIN_SECRET = 'a-plain-secret-of-the-tests';
const personOf = createPersonOf(INSTALLATION_KEY);
const booking = aBooking();
const ADDRESS = 'tobias.okafor@example.com';
const AT = '2026-12-02T15:01:00.000Z';

type Server = ReturnType<typeof createTestServer>;

const aServer = (config: Parameters<typeof createTestServer>[0] = {}) =>
  createTestServer({ resendWebhookSecrets: [SECRET], mailEventsSecrets: [PLAIN_SECRET], ...config });

/** What Resend tells of a mail, as its documentation shows it. */
function aResendEvent(facts: { type?: string; data?: object } = {}): string {
  return JSON.stringify({
    type: 'email.bounced',
    created_at: '2026-12-02T15:01:00.000000+00:00',
    ...facts,
    data: {
      created_at: '2026-12-02T15:00:00.000Z',
      email_id: '56761188-7520-42d8-8898-ff6fc54ce618',
      message_id: '<111-222-333@email.example.com>',
      from: 'Precall <calls@example.com>',
      to: [ADDRESS],
      subject: 'Your call tomorrow',
      tags: { precall_mail: '0123abcd' },
      bounce: { message: 'No such user', subType: 'General', type: 'Permanent' },
      ...facts.data,
    },
  });
}

interface Signing {
  id?: string;
  at?: Date;
  secret?: string;
  headers?: Record<string, string | undefined>;
}

function postToResend(
  { app }: Server,
  body: string,
  { id = 'msg_1', at = new Date(), secret = SECRET, headers }: Signing = {},
) {
  const signed = {
    'content-type': 'application/json',
    'svix-id': id,
    'svix-timestamp': `${Math.floor(at.getTime() / 1_000)}`,
    'svix-signature': new Webhook(secret).sign(id, at, body),
    ...headers,
  };
  const given = Object.fromEntries(Object.entries(signed).filter(([, value]) => value !== undefined));
  return app.inject({ method: 'POST', url: '/webhook/resend', payload: body, headers: given });
}

const aPlainEvent = (facts: object = {}) =>
  JSON.stringify({ type: 'hard_bounce', recipient: ADDRESS, at: AT, ...facts });

function postPlain({ app }: Server, body: string, signature = hmac(body)) {
  const headers = { 'content-type': 'application/json', 'x-precall-signature': signature };
  return app.inject({ method: 'POST', url: '/webhook/mail-events', payload: body, headers });
}

function hmac(body: string, secret = PLAIN_SECRET): string {
  return createHmac('sha256', secret).update(body).digest('hex');
}

const reason = () => stores.store.suppressions.reasonFor(personOf(ADDRESS), booking);

/** A mail that has gone to Tobias. */
async function aSentMail(): Promise<void> {
  const { mails } = stores.store;
  const claim = await mails.claim(
    { booking, startsAt: booking.startsAt, step: 'reminder/24h', recipient: ADDRESS },
    { dueAt: AT, messageId: '<0123abcd@example.com>', content: Buffer.from('Dear Tobias') },
  );
  const { token } = claim as { token: string };
  await mails.startSending(token);
  await mails.markSent(token, AT);
}

const repeatedClaim = () =>
  stores.store.mailEvents.note({ id: 'resend/msg_1', type: 'hard_bounce', person: '', address: '', at: AT });

describe('an event of Resend', () => {
  it.each([
    [{}, 'hard_bounce'],
    [{ data: { bounce: undefined } }, 'hard_bounce'],
    [{ type: 'email.complained', data: { bounce: undefined } }, 'complaint'],
    [
      { type: 'email.suppressed', data: { suppressed: { message: '', type: 'OnAccountSuppressionList' } } },
      'hard_bounce',
    ],
    [{ data: { to: [`Tobias <${ADDRESS.toUpperCase()}>`] } }, 'hard_bounce'],
  ])('ends all mails to the address once it is on disk: %j', async (facts, told) => {
    const response = await postToResend(aServer(), aResendEvent(facts));

    expect([response.statusCode, response.json()]).toEqual([200, { status: 'noted' }]);
    expect(await reason()).toBe(told);
    expect(await repeatedClaim()).toEqual({ repeated: true });
  });

  it('is noted at its mail, which is found by the tag', async () => {
    await aSentMail();
    const server = aServer();

    await postToResend(server, aResendEvent());

    expect(server.logged()).toContain(`"bookingUid":"${booking.uid}","step":"reminder/24h"`);
    expect(server.logged()).not.toMatch(/tobias|No such user/i);
  });

  it.each(['Transient', 'Undetermined'])('about a bounce that is %s ends nothing', async (type) => {
    const response = await postToResend(aServer(), aResendEvent({ data: { bounce: { type } } }));

    expect(response.json()).toEqual({ status: 'noted' });
    expect(await reason()).toBeUndefined();
  });

  it.each([
    aResendEvent({ type: 'email.delivered' }),
    aResendEvent({ type: 'contact.created', data: { to: undefined } }),
    aResendEvent({ data: { to: [ADDRESS, 'guest@example.com'] } }),
  ])('that means nothing to us is not told again: %s', async (body) => {
    const response = await postToResend(aServer(), body);

    expect([response.statusCode, response.json()]).toMatchObject([200, { status: 'ignored' }]);
    expect(await reason()).toBeUndefined();
  });

  it('that comes again changes nothing, also when it is signed anew', async () => {
    const server = aServer();
    await postToResend(server, aResendEvent());
    await stores.store.suppressions.lift(personOf(ADDRESS));

    const response = await postToResend(server, aResendEvent(), { at: new Date(Date.now() - 60_000) });

    expect([response.statusCode, response.json()]).toEqual([200, { status: 'repeated' }]);
    expect(await reason()).toBeUndefined();
  });

  it.each(['', 'false', '{}', 'no JSON', JSON.stringify({ type: 'email.bounced' })])(
    'that cannot be read is refused, with what is wrong and not what stood there: %j',
    async (body) => {
      const response = await postToResend(aServer(), body);

      expect([response.statusCode, response.json()]).toMatchObject([400, { status: 'rejected' }]);
      expect(response.json().faults.length).toBeGreaterThan(0);
    },
  );

  it('that cannot be kept is told again', async () => {
    const mailEvents = { note: () => Promise.reject(new StoreUnavailable('ECONNREFUSED')) };

    const response = await postToResend(aServer({ mailEvents }), aResendEvent());

    expect(response.statusCode).toBe(503);
    expect(response.headers['retry-after']).toBeDefined();
  });
});

describe('the signature of an event of Resend', () => {
  const body = aResendEvent();
  const right = new Webhook(SECRET);
  const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);
  const at = new Date();
  const signature = right.sign('msg_1', at, body);

  it.each<[string, Signing]>([
    ['is right', {}],
    ['is of the next secret', { secret: OTHER_SECRET }],
    ['is one of several', { at, headers: { 'svix-signature': `v1,Zm9v v1a,YmFy ${signature} v1,YmF6` } }],
    ['is four minutes old', { at: minutesAgo(4) }],
    ['is of a clock that is four minutes ahead', { at: minutesAgo(-4) }],
  ])('that %s is taken', async (_what, signing) => {
    const server = aServer({ resendWebhookSecrets: [SECRET, OTHER_SECRET] });

    expect((await postToResend(server, body, signing)).statusCode).toBe(200);
  });

  it.each<[string, Signing]>([
    ['is missing', { headers: { 'svix-signature': undefined } }],
    ['has no id', { headers: { 'svix-id': undefined } }],
    ['has another id', { headers: { 'svix-id': 'msg_2' } }],
    ['has no timestamp', { headers: { 'svix-timestamp': undefined } }],
    ['has a timestamp that is none', { headers: { 'svix-timestamp': 'yesterday' } }],
    ['has another timestamp', { headers: { 'svix-timestamp': `${Math.floor(Date.now() / 1_000) - 60}` } }],
    ['is empty', { headers: { 'svix-signature': '' } }],
    ['is only its version', { headers: { 'svix-signature': 'v1' } }],
    ['is an empty one', { headers: { 'svix-signature': 'v1,' } }],
    ['is cut off', { at, headers: { 'svix-signature': signature.slice(0, -4) } }],
    ['is of another version', { at, headers: { 'svix-signature': signature.replace('v1,', 'v2,') } }],
    ['is of another secret', { secret: OTHER_SECRET }],
    ['is six minutes old', { at: minutesAgo(6) }],
    ['is of a clock that is six minutes ahead', { at: minutesAgo(-6) }],
  ])('that %s is refused, and nothing is kept', async (_what, signing) => {
    const response = await postToResend(aServer(), body, signing);

    expect([response.statusCode, response.json().reason]).toEqual([401, 'invalid_signature']);
    expect(await reason()).toBeUndefined();
  });

  it('that is of another body is refused', async () => {
    const headers = { 'svix-signature': signature };

    expect((await postToResend(aServer(), body.replace('Permanent', 'permanent'), { at, headers })).statusCode).toBe(
      401,
    );
  });
});

describe('an event in the plain shape', () => {
  it.each([
    [{}, 'hard_bounce'],
    [{ type: 'complaint', messageId: '<0123abcd@example.com>', at: '2026-12-02T16:01:00+01:00' }, 'complaint'],
    [{ type: 'soft_bounce' }, undefined],
  ])('is noted once it is on disk: %j', async (facts, told) => {
    const server = aServer();
    const body = aPlainEvent(facts);

    expect((await postPlain(server, body)).json()).toEqual({ status: 'noted' });
    expect(await reason()).toBe(told);
    expect((await postPlain(server, body)).json()).toEqual({ status: 'repeated' });
    expect(await stores.store.suppressions.list()).toMatchObject(told ? [{ at: AT }] : []);
  });

  it.each([
    [{ type: 'bounce' }, 'type: expected hard_bounce, soft_bounce or complaint'],
    [{ recipient: 'a@example.com, b@example.com' }, 'recipient: expected one address'],
    [{ recipient: undefined }, 'recipient: expected an address'],
    [{ at: 'yesterday' }, 'at: expected an instant such as 2026-12-03T15:00:00Z'],
  ])('that cannot be read is refused with what is wrong: %j', async (facts, fault) => {
    const response = await postPlain(aServer(), aPlainEvent(facts));

    expect([response.statusCode, response.json()]).toEqual([400, { status: 'rejected', faults: [fault] }]);
  });

  it.each(['', 'sha256=', hmac(aPlainEvent(), 'another-secret'), hmac(aPlainEvent()).slice(0, -2), hmac('')])(
    'that is not signed is refused: %j',
    async (signature) => {
      expect((await postPlain(aServer(), aPlainEvent(), signature)).statusCode).toBe(401);
      expect(await reason()).toBeUndefined();
    },
  );

  it('may be signed with either of two secrets', async () => {
    const server = aServer({ mailEventsSecrets: ['the-old-secret', PLAIN_SECRET] });

    expect((await postPlain(server, aPlainEvent())).statusCode).toBe(200);
  });
});

describe('without its secret', () => {
  it.each(['/webhook/resend', '/webhook/mail-events'])('there is no %s', async (url) => {
    const { app } = createTestServer();

    const response = await app.inject({ method: 'POST', url, payload: aPlainEvent() });

    expect(response.statusCode).toBe(404);
  });
});
