import { describe, expect, it } from 'vitest';
import type { Inbox } from '../../src/store/inbox.ts';
import { StoreUnavailable } from '../../src/store/store-unavailable.ts';
import { attendee, created, fixture, fixtureNames } from '../calcom/support.ts';
import { post, SECRET, sign, useServers, useStore } from './support.ts';

const stores = useStore();
const createTestServer = useServers(stores);
const kept = () => stores.store.inbox.list({ limit: 200 });
const BOOKING = JSON.stringify(fixture('booking-created'));
const UID = 'zcioSE6n51cbpobbEprooE';

describe('a signed webhook', () => {
  it('about a booking is accepted once it is on disk', async () => {
    const server = createTestServer();

    const response = await post(server, BOOKING, { 'user-agent': 'Cal/1', cookie: 'not=kept' });

    const [delivery] = await kept();
    expect(response.statusCode).toBe(202);
    expect(response.json()).toEqual({
      status: 'accepted',
      bookingUid: UID,
      workflowId: `precall/${UID}`,
      deliveryId: delivery!.id,
    });
    expect(await stores.store.inbox.find(delivery!.id)).toMatchObject({
      status: 'pending',
      source: 'calcom',
      trigger: 'BOOKING_CREATED',
      subjectUid: UID,
      signature: 'valid',
      secretNumber: 1,
      headers: { 'content-type': 'application/json', 'x-cal-webhook-version': '2021-10-20', 'user-agent': 'Cal/1' },
    });
    expect(server.woken()).toBe(1);
  });

  it.each(['booking-requested', 'booking-rejected', 'meeting-ended', 'booking-no-show-updated'])(
    'that starts no run is accepted as well: %s',
    async (name) => {
      const response = await post(createTestServer(), JSON.stringify(fixture(name)));

      const [delivery] = await kept();
      const { id: deliveryId, subjectUid: bookingUid } = delivery!;
      expect([response.statusCode, response.json()]).toEqual([
        202,
        { status: 'accepted', bookingUid, workflowId: `precall/${bookingUid}`, deliveryId },
      ]);
    },
  );

  it('about several seats names no workflow: each has its own', async () => {
    const attendees = [attendee(), attendee({ email: 'second@example.com' })];
    const body = { ...created({ seatsPerTimeSlot: 5, attendees }), triggerEvent: 'BOOKING_CANCELLED' };

    const response = await post(createTestServer(), JSON.stringify(body));

    expect([response.statusCode, response.json()]).toEqual([
      202,
      { status: 'accepted', bookingUid: UID, deliveryId: expect.any(Number) },
    ]);
  });

  it('is kept without what opens anything but the call itself', async () => {
    const body = JSON.stringify(created({ oneTimePassword: 'canary', responses: { notes: { value: 'canary' } } }));
    const { deliveryId } = (await post(createTestServer(), body)).json() as { deliveryId: number };

    const text = (await stores.store.inbox.find(deliveryId))!.body!.toString();
    expect(text).toContain(UID);
    expect(text).not.toContain('canary');
  });

  it('is answered 202, 200 or 400, whichever of its kinds Cal.com sends, and is always kept', async () => {
    const server = createTestServer();

    const answers: string[] = [];
    for (const name of fixtureNames) {
      const { statusCode, body } = await post(server, JSON.stringify(fixture(name), null, 2));
      expect([name, statusCode === 200 || statusCode === 202]).toEqual([name, true]);
      answers.push((JSON.parse(body) as { status: string }).status);
    }
    expect(new Set(answers)).toEqual(new Set(['accepted', 'ignored', 'quarantined']));
    expect(await kept()).toHaveLength(fixtureNames.length);
    const pending = await stores.store.inbox.list({ status: 'pending', limit: 200 });
    expect(pending).toHaveLength(answers.filter((status) => status === 'accepted').length);
  });

  it.each([
    ['ping', 'connection_test'],
    ['meeting-started', 'trigger_not_handled'],
    ['booking-payment-initiated', 'awaits_payment'],
    ['odd.unknown-trigger', 'unknown_trigger'],
  ])('that means nothing to us is ignored, and why: %s', async (name, reason) => {
    const server = createTestServer();

    const response = await post(server, JSON.stringify(fixture(name)));

    expect([response.statusCode, response.json()]).toEqual([200, { status: 'ignored', reason }]);
    expect(await kept()).toMatchObject([{ status: 'ignored', reason }]);
    expect(server.logged()).toContain(reason);
    expect(server.woken()).toBe(0);
  });

  it.each([
    ['a custom template', JSON.stringify(fixture('odd.custom-template')), 'custom_template'],
    ['what a broken custom template leaves', 'false', 'not_an_object'],
    ['a form', 'name=Tobias&when=tomorrow', 'not_json'],
    [
      'an unknown trigger with a booking in it',
      JSON.stringify({ ...created(), triggerEvent: 'BOOKING_TELEPORTED' }),
      'unknown_trigger_with_booking',
    ],
  ])('that cannot be read, %s, is taken and put aside for a person to look at', async (_, body, reason) => {
    const server = createTestServer();

    const response = await post(server, body);

    const [delivery] = await kept();
    expect([response.statusCode, response.json()]).toEqual([
      200,
      { status: 'quarantined', reason, deliveryId: delivery!.id },
    ]);
    expect(delivery).toMatchObject({ status: 'quarantined', reason });
    expect(server.logged()).toContain(`precall deliveries show ${delivery!.id}`);
  });

  it('that comes again is answered so, and changes nothing', async () => {
    const server = createTestServer();
    const { deliveryId } = (await post(server, BOOKING)).json() as { deliveryId: number };

    const response = await post(server, BOOKING);

    expect([response.statusCode, response.json()]).toEqual([
      200,
      { status: 'repeated', bookingUid: UID, workflowId: `precall/${UID}`, deliveryId },
    ]);
    expect(await kept()).toHaveLength(1);
    expect(server.woken()).toBe(1);
  });

  it('that was rejected before is read again when it comes again', async () => {
    const server = createTestServer();
    const body = JSON.stringify(created({ startTime: 'soon' }));

    expect((await post(server, body)).statusCode).toBe(400);
    expect((await post(server, body)).statusCode).toBe(400);
    expect(await kept()).toHaveLength(1);
  });

  it('about a booking that cannot be used is refused with every fault', async () => {
    const server = createTestServer();

    const response = await post(server, JSON.stringify(created({ startTime: 'soon', attendees: [] })));

    expect([response.statusCode, response.json()]).toEqual([
      400,
      {
        status: 'rejected',
        faults: [
          { path: 'payload.startTime', expected: 'an instant such as 2026-12-03T15:00:00Z' },
          { path: 'payload.attendees', expected: 'a list of at least one attendee with one usable e-mail address' },
        ],
      },
    ]);
    expect(await kept()).toMatchObject([{ status: 'rejected', reason: expect.stringContaining('payload.startTime') }]);
    expect(server.woken()).toBe(0);
  });

  it('is to be sent again when it could not be kept', async () => {
    const server = createTestServer({ inbox: brokenBy(new StoreUnavailable('connection refused')) });

    const response = await post(server, BOOKING);

    expect(response.statusCode).toBe(503);
    expect(response.headers['retry-after']).toMatch(/^\d+$/);
    expect(response.json()).toEqual({
      status: 'unavailable',
      reason: 'The store does not answer (connection refused).',
    });
  });

  it('meets a fault nobody foresaw with an answer that gives nothing away', async () => {
    const server = createTestServer({ inbox: brokenBy(new Error('secret of the house')) });

    const response = await post(server, BOOKING);

    expect([response.statusCode, response.json()]).toEqual([500, { status: 'failed', reason: 'internal_error' }]);
    expect(server.logged()).toContain('secret of the house');
  });

  it.each([
    undefined,
    'application/json; charset=utf-8',
    'application/json\t;x',
    'APPLICATION/JSON ; a=b',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/plain',
    'application/octet-stream',
    'application/vnd.api+json',
    'nonsense',
    '',
  ])('is read as JSON when its content type is %j', async (type) => {
    const response = await post(createTestServer(), BOOKING, { 'content-type': type });

    expect(response.statusCode).toBe(202);
  });

  it.each(['', 'not JSON', 'null', 'false', '[]', '"text"', '{}'])('with the body %j is put aside', async (body) => {
    expect((await post(createTestServer(), body)).json()).toMatchObject({ status: 'quarantined' });
  });

  it('may be a mebibyte long, and no longer', async () => {
    const server = createTestServer();
    const ofSize = (bytes: number) => BOOKING.padEnd(bytes, ' ');

    expect((await post(server, ofSize(1024 * 1024))).statusCode).toBe(202);
    const tooLong = await post(server, ofSize(1024 * 1024 + 1));
    expect([tooLong.statusCode, tooLong.json()]).toEqual([413, { status: 'refused', reason: 'body_too_large' }]);
  });

  it('may be sent hundreds of times at once', async () => {
    const server = createTestServer();

    const answers = await Promise.all(Array.from({ length: 250 }, () => post(server, BOOKING)));

    expect(answers.filter(({ statusCode }) => statusCode === 202)).toHaveLength(1);
    expect(answers.filter(({ statusCode }) => statusCode === 200)).toHaveLength(249);
    expect(await kept()).toHaveLength(1);
  });
});

describe('a webhook whose signature does not fit', () => {
  it.each([
    ['missing', undefined],
    ['that of another secret', sign(BOOKING, 'another-secret')],
    ['that of another body', sign(`${BOOKING} `)],
    ['cut short', sign(BOOKING).slice(0, 63)],
    ['twice the right one', `${sign(BOOKING)}, ${sign(BOOKING)}`],
    ['that there is no secret', 'no-secret-provided'],
  ])('is refused: it is %s', async (_, signature) => {
    const server = createTestServer();

    const response = await post(server, BOOKING, { 'x-cal-signature-256': signature });

    expect([response.statusCode, response.json()]).toEqual([401, { status: 'refused', reason: 'invalid_signature' }]);
    expect(await kept()).toEqual([]);
    expect(server.logged()).toContain('CALCOM_WEBHOOK_SECRET');
  });

  it.each(['not JSON', '', '{}', JSON.stringify(fixture('ping')), '['.repeat(500_000)])(
    'is refused before anything is read: %.20s',
    async (body) => {
      expect((await post(createTestServer(), body, { 'x-cal-signature-256': 'f'.repeat(64) })).statusCode).toBe(401);
    },
  );

  it('is refused although both of two secrets are tried', async () => {
    const server = createTestServer({ webhookSecrets: ['the-new-secret', SECRET] });

    expect((await post(server, BOOKING, { 'x-cal-signature-256': sign(BOOKING, 'the-new-secret') })).statusCode).toBe(
      202,
    );
    expect((await post(server, BOOKING, { 'x-cal-signature-256': sign(BOOKING, SECRET) })).statusCode).toBe(200);
    expect((await post(server, BOOKING, { 'x-cal-signature-256': sign(BOOKING, 'third') })).statusCode).toBe(401);
  });

  it('is refused by a server that was given no secret and not told to do without', async () => {
    for (const webhookSecrets of [[], undefined]) {
      const server = createTestServer({ webhookSecrets: webhookSecrets ?? [], allowUnsigned: false });

      for (const signature of [undefined, 'no-secret-provided', sign(BOOKING, '')]) {
        expect((await post(server, BOOKING, { 'x-cal-signature-256': signature })).statusCode).toBe(401);
      }
    }
  });
});

describe('where unsigned webhooks are allowed', () => {
  const unsigned = { 'x-cal-signature-256': undefined };

  it.each(['localhost:8000', 'localhost', '127.0.0.1:8000', '127.8.8.8', '[::1]:8000', 'LOCALHOST'])(
    'one from this machine is taken: %s',
    async (host) => {
      const server = createTestServer({ webhookSecrets: [], allowUnsigned: true });

      expect((await post(server, BOOKING, { ...unsigned, host })).statusCode).toBe(202);
      expect((await post(server, BOOKING, { 'x-cal-signature-256': 'no-secret-provided', host })).statusCode).toBe(200);
      expect((await post(server, BOOKING, { 'x-cal-signature-256': sign(BOOKING, 'unknown'), host })).statusCode).toBe(
        200,
      );
    },
  );

  it.each<[string, Record<string, string>]>([
    ['a tunnel', { host: 'abcd.ngrok.example' }],
    ['a name that was pointed at us', { host: 'localhost.evil.example' }],
    ['a name that looks like us', { host: '127.0.0.1.evil.example' }],
    ['a proxy that says Forwarded', { forwarded: 'for=203.0.113.7' }],
    ['a proxy that says X-Forwarded-For', { 'x-forwarded-for': '127.0.0.1' }],
    ['a proxy that says X-Forwarded-Host', { 'X-Forwarded-Host': 'localhost' }],
    ['a proxy that says X-Forwarded-Proto', { 'x-forwarded-proto': 'https' }],
    ['a proxy that says Via', { via: '1.1 proxy' }],
  ])('one through %s is not', async (_, headers) => {
    const server = createTestServer({ webhookSecrets: [], allowUnsigned: true });

    const response = await post(server, BOOKING, { ...unsigned, ...headers });

    expect([response.statusCode, response.json()]).toEqual([
      403,
      { status: 'refused', reason: 'only_for_this_machine' },
    ]);
    expect(await kept()).toEqual([]);
  });

  it('and there is a secret, a signature still counts', async () => {
    const server = createTestServer({ allowUnsigned: true });
    const throughTunnel = { host: 'abcd.ngrok.example', 'x-forwarded-for': '203.0.113.7' };

    expect((await post(server, BOOKING, throughTunnel)).statusCode).toBe(202);
    expect((await post(server, BOOKING, { ...throughTunnel, ...unsigned })).statusCode).toBe(403);
    expect((await post(server, BOOKING, unsigned)).statusCode).toBe(200);
    expect((await post(server, BOOKING, { 'x-cal-signature-256': 'no-secret-provided' })).statusCode).toBe(200);
    expect((await post(server, BOOKING, { 'x-cal-signature-256': sign(BOOKING, 'wrong') })).statusCode).toBe(401);
  });
});

describe('the log', () => {
  const CANARY = 'canary.person@example.com';

  it('tells of each booking in one line', async () => {
    const server = createTestServer();

    await post(server, BOOKING);

    const lines = server.logged().trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { level: 30, msg: 'booking received', bookingUid: UID, kind: 'confirmed', deliveryId: expect.any(Number) },
    ]);
  });

  it('tells of what was left out of a booking', async () => {
    const server = createTestServer();

    await post(server, JSON.stringify(created({ attendees: [attendee(), attendee({ email: `${CANARY},x@y` })] })));

    expect(server.logged()).toContain('payload.attendees[1].email is not one usable e-mail address');
  });

  it('and the answers hold no address, name, link, signature or secret, whatever comes', async () => {
    const server = createTestServer({ webhookSecrets: [SECRET, 'canary-secret'] });
    const person = { email: CANARY, name: 'Canary Person', timeZone: 'Canary/Zone' };
    const bodies = [
      created({ uid: CANARY, title: 'Canary Person', attendees: [person], organizer: person, location: 'Canary' }),
      created({ uid: undefined, seatsPerTimeSlot: 2, attendees: [person, { email: `${CANARY}, x`, name: 'Canary' }] }),
      created({ startTime: CANARY, attendees: [{ email: `Canary <${CANARY}>` }], endTime: 'Canary' }),
      { triggerEvent: CANARY, payload: person },
      { triggerEvent: 'BOOKING_CANCELLED', payload: person },
      person,
    ].map((body) => JSON.stringify(body));
    const answers: string[] = [];
    const note = async (response: ReturnType<typeof post>) => answers.push((await response).body);

    for (const body of [...bodies, CANARY, `{"email":"${CANARY}"`]) {
      await note(post(server, body));
      await note(post(server, body, { 'x-cal-signature-256': CANARY }));
      await note(post(server, body));
      await note(post(server, body, {}, `/webhook/${CANARY}?email=${CANARY}`));
      await note(post(server, body, {}, `/webhook/%ff${CANARY}`));
    }

    expect(server.logged()).not.toMatch(/canary/i);
    expect(answers.join('\n')).not.toMatch(/canary/i);
    expect(server.logged()).not.toContain(SECRET);
    expect(server.logged()).not.toMatch(new RegExp(sign(bodies[0]!)));
  });
});

/** The inbox of a store that fails. */
function brokenBy(error: Error): Inbox {
  return { ...stores.store.inbox, keep: () => Promise.reject(error) };
}
