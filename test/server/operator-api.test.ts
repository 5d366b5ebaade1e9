import { setTimeout as sleep } from 'node:timers/promises';
import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { readDelivery } from '../../src/calcom/read-delivery.ts';
import { operatorApi } from '../../src/server/operator-api.ts';
import type { ReadBody } from '../../src/server/verdict.ts';
import { TemporalUnavailable } from '../../src/temporal/booking-runs.ts';
import { fixture, INSTALLATION_KEY } from '../calcom/support.ts';
import { aBooking, cancelled } from '../support/a-booking.ts';
import { post, useServers, useStore } from './support.ts';

const stores = useStore();
const createTestServer = useServers(stores);
const TOKEN = 'the-token-of-the-operator';
const HERE = { host: 'localhost:8000' };
const BOOKING = JSON.stringify(fixture('booking-created'));
const BOOKED_AT = '2026-11-24T10:00:00.000Z';
const TEMPLATE = 'Tobias has booked';

describe('the way in', () => {
  const ask = (operatorToken: string | undefined, headers: Record<string, string>) =>
    createTestServer({ operatorToken }).app.inject({ url: '/api/deliveries', headers });

  it.each([`Bearer ${TOKEN}`, `bearer ${TOKEN}`])('is open with the token: %s', async (authorization) => {
    expect((await ask(TOKEN, { host: 'precall.example.com', authorization })).statusCode).toBe(200);
  });

  it.each(['', 'Bearer', 'Bearer wrong', `Basic ${TOKEN}`, TOKEN, `Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(0, -1)}`])(
    'is closed without it, even from this machine: %j',
    async (authorization) => {
      const response = await ask(TOKEN, { ...HERE, authorization });

      expect(response.statusCode).toBe(401);
      expect(response.json()).toMatchObject({ reason: 'invalid_operator_token', hint: expect.any(String) });
    },
  );

  it('is open to this machine where there is no token', async () => {
    expect((await ask(undefined, HERE)).statusCode).toBe(200);
    expect((await ask(undefined, { ...HERE, origin: 'http://localhost:8000' })).statusCode).toBe(200);
  });

  it.each<[string, Record<string, string>]>([
    ['a tunnel', { host: 'abcd.ngrok.example' }],
    ['a proxy', { ...HERE, 'x-forwarded-for': '203.0.113.7' }],
    ["somebody's page in a browser here", { ...HERE, origin: 'https://evil.example' }],
    ["somebody's page that hides its origin", { ...HERE, 'sec-fetch-site': 'cross-site' }],
  ])('is closed to %s then', async (_, headers) => {
    expect((await ask(undefined, headers)).statusCode).toBe(403);
  });

  it('is closed to another machine then, whatever host it says it asks', async () => {
    const { app } = createTestServer({ operatorToken: undefined });
    const answer = await app.inject({ url: '/api/deliveries', headers: HERE, remoteAddress: '203.0.113.7' });
    expect(answer.statusCode).toBe(403);
  });
});

describe('the list of deliveries', () => {
  it('is told by page, newest first, without what people wrote', async () => {
    const server = createTestServer();
    for (const body of [BOOKING, 'false', TEMPLATE]) await post(server, body);
    const list = async (query: string) =>
      (await server.app.inject({ url: `/api/deliveries?${query}`, headers: HERE })).json();

    const first = await list('limit=2');
    expect(first.deliveries).toMatchObject([{ reason: 'not_json' }, { reason: 'not_an_object' }]);
    const second = await list(`limit=2&before=${first.next}`);
    expect(second.deliveries).toMatchObject([{ status: 'pending', trigger: 'BOOKING_CREATED' }]);
    expect(second.next).toBeUndefined();
    expect((await list('status=quarantined')).deliveries).toHaveLength(2);
    expect(JSON.stringify([first, second])).not.toMatch(/tobias/i);
  });

  it.each(['status=lost', 'limit=0', 'limit=1000', 'before=x', 'colour=red'])('is refused for %s', async (query) => {
    const response = await createTestServer().app.inject({ url: `/api/deliveries?${query}`, headers: HERE });

    expect([response.statusCode, response.json().reason]).toEqual([400, 'bad_request']);
    expect(response.json().hint).toMatch(/\w/);
  });
});

describe('one delivery', () => {
  it('is shown with its body', async () => {
    const server = createTestServer();
    const { deliveryId } = (await post(server, TEMPLATE)).json();

    const response = await server.app.inject({ url: `/api/deliveries/${deliveryId}`, headers: HERE });

    expect(response.json()).toMatchObject({ id: deliveryId, status: 'quarantined', body: TEMPLATE });
    expect(response.headers['cache-control']).toBe('no-store');
  });

  it.each(['999', '0', '-1', 'x', '1e400'])('that is not there is not found: %s', async (id) => {
    const { app } = createTestServer();

    for (const request of [
      { method: 'GET', url: `/api/deliveries/${id}` },
      { method: 'POST', url: `/api/deliveries/${id}/redeliver` },
    ] as const) {
      const response = await app.inject({ ...request, headers: HERE });
      expect([response.statusCode, response.json().reason]).toEqual([404, 'no_such_delivery']);
    }
  });
});

describe('redelivering', () => {
  /** Reads the text of the house's own template since it was taught to. */
  const taught: ReadBody = (body, receivedAt) =>
    readDelivery(body.toString() === TEMPLATE ? Buffer.from(BOOKING) : body, {
      receivedAt: receivedAt.getTime(),
      installationKey: INSTALLATION_KEY,
    });

  function api(read: ReadBody) {
    let wakes = 0;
    const app = Fastify();
    app.register(operatorApi, {
      inbox: stores.store.inbox,
      dispatcher: { wake: () => void wakes++ },
      restorer: { restoreLost: () => Promise.reject(new Error('not part of this')) },
      read,
      token: undefined,
    });
    return { app, woken: () => wakes };
  }

  it('hands on what was quarantined, once it can be read', async () => {
    const { deliveryId } = (await post(createTestServer(), TEMPLATE)).json();
    const { app, woken } = api(taught);

    const response = await app.inject({
      method: 'POST',
      url: `/api/deliveries/${deliveryId}/redeliver`,
      headers: HERE,
    });

    expect(response.json()).toEqual({ deliveryId, status: 'pending' });
    expect(woken()).toBe(1);
    expect(await stores.store.inbox.claim(5, 1_000)).toMatchObject([
      { id: deliveryId, event: { kind: 'confirmed', booking: { uid: 'zcioSE6n51cbpobbEprooE' } } },
    ]);
  });

  it('says so when it still cannot be read', async () => {
    const server = createTestServer();
    const { deliveryId } = (await post(server, TEMPLATE)).json();

    const url = `/api/deliveries/${deliveryId}/redeliver`;
    const response = await server.app.inject({ method: 'POST', url, headers: HERE });

    expect(response.json()).toEqual({ deliveryId, status: 'quarantined', reason: 'not_json' });
    expect(server.woken()).toBe(0);
  });
});

describe('a delivery that Precall has written itself', () => {
  it('cannot be read again: it was no webhook', async () => {
    const booking = aBooking();
    const body = Buffer.from('{"cancelledWith":"event-1"}');
    const { id } = await stores.store.inbox.keep(
      { source: 'series', body, keptBody: body, headers: {}, signature: 'unsigned', receivedAt: new Date() },
      { status: 'pending', trigger: 'BOOKING_CANCELLED', event: cancelled(booking, BOOKED_AT), warnings: [] },
    );
    const server = createTestServer();

    const url = `/api/deliveries/${id}/redeliver`;
    const response = await server.app.inject({ method: 'POST', url, headers: HERE });

    expect([response.statusCode, response.json().reason]).toEqual([409, 'no_webhook']);
    expect(await stores.store.inbox.find(id)).toMatchObject({ status: 'pending', source: 'series' });
  });
});

describe('rebuilding', () => {
  async function rebuild({ app }: ReturnType<typeof createTestServer>, payload?: object) {
    const url = app.server.listening ? app.listeningOrigin : await app.listen({ host: '127.0.0.1', port: 0 });
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${url}/api/rebuild`, {
      method: 'POST',
      ...(payload && { headers, body: JSON.stringify(payload) }),
    });
    return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
  }

  it('answers with what was found', async () => {
    const report = { live: 3, missing: 2, restored: 1, closed: 1, failed: 0 };
    const server = createTestServer({ restorer: { restoreLost: async () => report } });

    expect((await rebuild(server)).answer).toEqual(report);
    expect(server.woken()).toBe(1);
  });

  it('tells again what was delivered since an instant', async () => {
    const server = createTestServer();
    await post(server, BOOKING);
    const [claimed] = await stores.store.inbox.claim(1, 1_000);
    await stores.store.inbox.markDispatched(claimed!, { outcome: 'told', started: [] });

    const since = (agoMs: number) => ({ since: new Date(Date.now() - agoMs).toISOString() });
    expect((await rebuild(server, since(-60_000))).answer).toMatchObject({ toldAgain: 0 });
    expect((await rebuild(server, since(60_000))).answer).toMatchObject({ toldAgain: 1 });
    expect(await stores.store.inbox.backlog()).toMatchObject({ pending: 1 });
  });

  it('may take longer than a connection may be idle', { timeout: 20_000 }, async () => {
    const report = { live: 0, missing: 0, restored: 0, closed: 0, failed: 0 };
    const server = createTestServer({ restorer: { restoreLost: () => sleep(11_500, report) } });

    expect((await rebuild(server)).status).toBe(200);
  });

  it('is refused for an instant that is none', async () => {
    expect((await rebuild(createTestServer(), { since: 'yesterday' })).status).toBe(400);
  });

  it('is to be asked for again when Temporal does not answer', async () => {
    const restoreLost = () => Promise.reject(new TemporalUnavailable(new Error('14')));
    const { status, answer } = await rebuild(createTestServer({ restorer: { restoreLost } }));

    expect([status, answer['reason']]).toEqual([503, 'temporal_does_not_answer']);
  });
});
