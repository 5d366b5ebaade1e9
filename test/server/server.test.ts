import { describe, expect, it } from 'vitest';
import { StoreUnavailable } from '../../src/store/store-unavailable.ts';
import { useServers, useStore } from './support.ts';

const stores = useStore();
const createTestServer = useServers(stores);

describe('/health', () => {
  it('says that the process answers, whether bookings are looked after or not', async () => {
    const { app, runs } = createTestServer();
    runs.notReady = 'no worker is polling';

    const response = await app.inject('/health');

    expect([response.statusCode, response.json()]).toEqual([200, { status: 'ok' }]);
  });
});

describe('/ready', () => {
  it('says that bookings are looked after', async () => {
    const response = await createTestServer().app.inject('/ready');

    expect([response.statusCode, response.json()]).toEqual([200, { status: 'ready' }]);
  });

  it('says what keeps them from it', async () => {
    const { app, runs } = createTestServer();
    runs.notReady = 'no worker is polling';

    const response = await app.inject('/ready');

    expect([response.statusCode, response.json()]).toEqual([
      503,
      { status: 'not_ready', reason: 'no worker is polling' },
    ]);
  });
});

describe('/ready, as the store sees it,', () => {
  it('says that deliveries have waited for too long', async () => {
    const inbox = { ...stores.store.inbox, backlog: async () => ({ pending: 7, oldestReceivedAt: minutesAgo(2) }) };
    const response = await createTestServer({ inbox }).app.inject('/ready');

    expect([response.statusCode, response.json().reason]).toEqual([
      503,
      'deliveries have waited for more than a minute to be dispatched (7 are pending)',
    ]);
  });

  it('says that the store does not answer, beside whatever else is wrong', async () => {
    const backlog = () => Promise.reject(new StoreUnavailable('connection refused'));
    const { app, runs } = createTestServer({ inbox: { ...stores.store.inbox, backlog } });
    runs.notReady = 'no worker is polling';

    expect((await app.inject('/ready')).json()).toEqual({
      status: 'not_ready',
      reason: 'the store does not answer: webhooks are answered 503; no worker is polling',
    });
  });
});

describe('any other address', () => {
  it.each(['/', '/webhook', '/webhook/calcom-booking/', '/webhook/calcom', '/nothing?email=x', '/../etc/passwd'])(
    'is not found: %s',
    async (url) => {
      for (const method of ['GET', 'POST', 'DELETE'] as const) {
        const response = await createTestServer().app.inject({ method, url });
        expect([response.statusCode, response.json()]).toEqual([404, { status: 'refused', reason: 'not_found' }]);
      }
    },
  );

  it('that cannot be one at all is a bad request, and is not repeated in the answer', async () => {
    const response = await createTestServer().app.inject('/webhook/%ff-somebody');

    expect([response.statusCode, response.json()]).toEqual([400, { status: 'refused', reason: 'bad_request' }]);
  });
});

describe('another method', () => {
  it.each(['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const)(
    'than POST is not for the webhook: %s',
    async (method) => {
      const response = await createTestServer().app.inject({ method, url: '/webhook/calcom-booking' });

      expect([response.statusCode, response.headers['allow'], response.json()]).toEqual([
        405,
        'POST',
        { status: 'refused', reason: 'only_post_is_taken' },
      ]);
    },
  );

  it('than GET or HEAD finds nothing at the health addresses', async () => {
    const { app } = createTestServer();

    expect((await app.inject({ method: 'HEAD', url: '/health' })).statusCode).toBe(200);
    expect((await app.inject({ method: 'POST', url: '/health' })).statusCode).toBe(404);
  });
});

function minutesAgo(minutes: number): Date {
  return new Date(Date.now() - minutes * 60_000);
}
