import { describe, expect, it } from 'vitest';
import { useServers } from './support.ts';

const createTestServer = useServers();

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
