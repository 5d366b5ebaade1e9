import { describe, expect, it } from 'vitest';
import { createPersonOf } from '../../src/person.ts';
import { INSTALLATION_KEY } from '../calcom/support.ts';
import { useServers, useStore } from './support.ts';

const stores = useStore();
const createTestServer = useServers(stores);
const personOf = createPersonOf(INSTALLATION_KEY);
const HERE = { host: 'localhost:8000' };
const ADDRESS = 'tobias.okafor@example.com';
const AT = '2026-12-01T10:00:00.000Z';

const hasBounced = () =>
  stores.store.suppressions.suppress({ person: personOf(ADDRESS), reason: 'hard_bounce', address: ADDRESS, at: AT });

const lift = (payload: object, { app } = createTestServer()) =>
  app.inject({ method: 'POST', url: '/api/suppressions/lift', headers: HERE, payload });

describe('the list of those who get no mails', () => {
  it('tells why and since when, and of an address only enough to know it again', async () => {
    await hasBounced();
    const later = '2026-12-02T10:00:00.000Z';
    await stores.store.suppressions.suppress({
      person: personOf('ada@example.com'),
      reason: 'unsubscribed',
      booking: { uid: 'zcioSE6n51cbpobbEprooE' },
      at: later,
    });

    const response = await createTestServer().app.inject({ url: '/api/suppressions', headers: HERE });

    expect(response.json()).toEqual({
      suppressions: [
        { reason: 'unsubscribed', at: later, bookingUid: 'zcioSE6n51cbpobbEprooE' },
        { reason: 'hard_bounce', at: AT, address: 't…@example.com' },
      ],
    });
    expect(response.headers['cache-control']).toBe('no-store');
  });

  it('is for the operator', async () => {
    const { app } = createTestServer({ operatorToken: 'the-token-of-the-operator' });

    for (const request of [
      { method: 'GET', url: '/api/suppressions' },
      { method: 'POST', url: '/api/suppressions/lift', payload: { address: ADDRESS } },
    ] as const) {
      expect((await app.inject({ ...request, headers: HERE })).statusCode).toBe(401);
    }
  });
});

describe('lifting what stands against an address', () => {
  it('lets mails go to it again, in whatever case it is written', async () => {
    await hasBounced();
    const server = createTestServer();

    const response = await lift({ address: ADDRESS.toUpperCase() }, server);

    expect(response.json()).toEqual({ lifted: true });
    expect(await stores.store.suppressions.list()).toEqual([]);
    expect(server.logged()).not.toMatch(/tobias/i);
    expect((await lift({ address: ADDRESS })).json()).toEqual({ lifted: false });
  });

  it.each([{}, { address: 'nobody' }, { address: 'a@example.com,b@example.com' }, { person: 'x' }])(
    'is refused for %j',
    async (payload) => {
      expect((await lift(payload)).statusCode).toBe(400);
    },
  );
});
