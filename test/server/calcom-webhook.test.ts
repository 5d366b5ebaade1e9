import { describe, expect, it } from 'vitest';
import { TemporalUnavailable } from '../../src/temporal/booking-runs.ts';
import { attendee, created, fixture, fixtureNames } from '../calcom/support.ts';
import { post, SECRET, sign, useServers } from './support.ts';

const createTestServer = useServers();
const BOOKING = JSON.stringify(fixture('booking-created'));
const UID = 'zcioSE6n51cbpobbEprooE';

describe('a signed webhook', () => {
  it('about a booking is accepted once a run has it', async () => {
    const server = createTestServer();

    const response = await post(server, BOOKING);

    expect(response.statusCode).toBe(202);
    expect(response.json()).toEqual({ status: 'accepted', bookingUid: UID, workflowId: `precall/${UID}` });
    expect(server.runs.heard).toMatchObject([{ kind: 'confirmed', booking: { uid: UID } }]);
  });

  it('is answered 202, 200 or 400, whichever of its kinds Cal.com sends', async () => {
    const server = createTestServer();

    for (const name of fixtureNames) {
      const { statusCode } = await post(server, JSON.stringify(fixture(name), null, 2));
      expect([name, statusCode]).toEqual([
        name,
        name.startsWith('booking-created') ? 202 : /^odd\.(custom|empty)/.test(name) ? 400 : 200,
      ]);
    }
    expect(server.runs.heard).toHaveLength(fixtureNames.filter((name) => name.startsWith('booking-created')).length);
  });

  it.each([
    ['ping', 'connection_test'],
    ['booking-cancelled', 'trigger_not_handled'],
    ['odd.unknown-trigger', 'unknown_trigger'],
  ])('that means nothing to us is ignored, and why: %s', async (name, reason) => {
    const server = createTestServer();

    const response = await post(server, JSON.stringify(fixture(name)));

    expect([response.statusCode, response.json()]).toEqual([200, { status: 'ignored', reason }]);
    expect(server.runs.heard).toEqual([]);
    expect(server.logged()).toContain(reason);
  });

  it('about a call that is over is ignored', async () => {
    const server = createTestServer();
    server.runs.onTell = () => 'closed';

    const response = await post(server, BOOKING);

    expect([response.statusCode, response.json()]).toEqual([200, { status: 'ignored', reason: 'call_is_over' }]);
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
    expect(server.runs.heard).toEqual([]);
  });

  it('is to be sent again when Temporal did not take it', async () => {
    const server = createTestServer();
    server.runs.onTell = () => {
      throw new TemporalUnavailable(new Error('14 UNAVAILABLE'));
    };

    const response = await post(server, BOOKING);

    expect(response.statusCode).toBe(503);
    expect(response.headers['retry-after']).toMatch(/^\d+$/);
    expect(response.json()).toEqual({ status: 'unavailable', reason: 'Temporal did not take the booking' });
  });

  it('meets a fault nobody foresaw with an answer that gives nothing away', async () => {
    const server = createTestServer();
    server.runs.onTell = () => {
      throw new Error('secret of the house');
    };

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

  it.each(['', 'not JSON', 'null', 'false', '[]', '"text"', '{}', '{"triggerEvent":"BOOKING_CREATED"}'])(
    'with the body %j is refused, not failed on',
    async (body) => {
      expect((await post(createTestServer(), body)).statusCode).toBe(400);
    },
  );

  it('may be a mebibyte long, and no longer', async () => {
    const server = createTestServer();
    const ofSize = (bytes: number) => BOOKING.padEnd(bytes, ' ');

    expect((await post(server, ofSize(1024 * 1024))).statusCode).toBe(202);
    const tooLong = await post(server, ofSize(1024 * 1024 + 1));
    expect([tooLong.statusCode, tooLong.json()]).toEqual([413, { status: 'refused', reason: 'body_too_large' }]);
  });

  it('may be sent a thousand times at once', async () => {
    const server = createTestServer();

    const answers = await Promise.all(Array.from({ length: 1_000 }, () => post(server, BOOKING)));

    expect(new Set(answers.map(({ statusCode, body }) => `${statusCode} ${body}`)).size).toBe(1);
    expect(new Set(server.runs.heard.map(({ id }) => id)).size).toBe(1);
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
    expect(server.runs.heard).toEqual([]);
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
    expect((await post(server, BOOKING, { 'x-cal-signature-256': sign(BOOKING, SECRET) })).statusCode).toBe(202);
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
      expect((await post(server, BOOKING, { 'x-cal-signature-256': 'no-secret-provided', host })).statusCode).toBe(202);
      expect((await post(server, BOOKING, { 'x-cal-signature-256': sign(BOOKING, 'unknown'), host })).statusCode).toBe(
        202,
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
    expect(server.runs.heard).toEqual([]);
  });

  it('and there is a secret, a signature still counts', async () => {
    const server = createTestServer({ allowUnsigned: true });
    const throughTunnel = { host: 'abcd.ngrok.example', 'x-forwarded-for': '203.0.113.7' };

    expect((await post(server, BOOKING, throughTunnel)).statusCode).toBe(202);
    expect((await post(server, BOOKING, { ...throughTunnel, ...unsigned })).statusCode).toBe(403);
    expect((await post(server, BOOKING, unsigned)).statusCode).toBe(202);
    expect((await post(server, BOOKING, { 'x-cal-signature-256': 'no-secret-provided' })).statusCode).toBe(202);
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
      { level: 30, msg: 'booking received', bookingUid: UID, workflowId: `precall/${UID}`, result: 'accepted' },
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
      server.runs.onTell = () => {
        throw new TemporalUnavailable(new Error('14 UNAVAILABLE'));
      };
      await note(post(server, body));
      await note(post(server, body, {}, `/webhook/${CANARY}?email=${CANARY}`));
      await note(post(server, body, {}, `/webhook/%ff${CANARY}`));
      server.runs.onTell = () => 'accepted';
    }

    expect(server.logged()).not.toMatch(/canary/i);
    expect(answers.join('\n')).not.toMatch(/canary/i);
    expect(server.logged()).not.toContain(SECRET);
    expect(server.logged()).not.toMatch(new RegExp(sign(bodies[0]!)));
  });
});
