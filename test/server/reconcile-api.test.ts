import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { type ReconcileNow, reconcileApi } from '../../src/server/reconcile-api.ts';
import type { ReconcilePass } from '../../src/workflows/reconcile.ts';

const PASS: ReconcilePass = {
  report: { status: 'done', listed: 1, unreadable: 0, compared: 1, repaired: { unannounced: 1 }, noted: 0 },
  differences: [
    { bookingUid: 'abc', finding: 'unannounced', outcome: 'repaired', foundAt: '2026-12-02T12:00:00.000Z' },
  ],
};

const running: FastifyInstance[] = [];
afterEach(() => Promise.all(running.splice(0).map((app) => app.close())));

function createApi({ canReconcile = true, token }: { canReconcile?: boolean; token?: string } = {}) {
  const asked: object[] = [];
  let wakes = 0;
  const reconcile: ReconcileNow = async (options) => {
    asked.push(options);
    return PASS;
  };
  const app = Fastify();
  app.register(reconcileApi, {
    reconcile: canReconcile ? reconcile : undefined,
    dispatcher: { wake: () => void wakes++ },
    token,
  });
  running.push(app);
  return {
    asked,
    woken: () => wakes,
    async post(body?: object): Promise<[number, unknown]> {
      const url = await app.listen({ host: '127.0.0.1', port: 0 });
      const response = await fetch(`${url}/api/reconcile`, {
        method: 'POST',
        ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      });
      return [response.status, await response.json()];
    },
  };
}

describe('POST /api/reconcile', () => {
  it('has a pass made now, and answers with what it has found', async () => {
    const { post, asked, woken } = createApi();

    expect(await post()).toEqual([200, PASS]);

    expect(asked).toEqual([{ dryRun: false }]);
    expect(woken()).toBe(1);
  });

  it('has a pass made that changes nothing', async () => {
    const { post, asked } = createApi();

    await post({ dryRun: true });

    expect(asked).toEqual([{ dryRun: true }]);
  });

  it.each([{ dryRun: 'yes' }, { dry: true }])('is refused for %j', async (payload) => {
    const { post, asked } = createApi();

    expect(await post(payload)).toMatchObject([400, { reason: 'bad_request' }]);
    expect(asked).toEqual([]);
  });

  it('is refused where there is no key to ask Cal.com with', async () => {
    expect(await createApi({ canReconcile: false }).post()).toEqual([
      409,
      { status: 'refused', reason: 'no_api_key', hint: expect.stringContaining('CALCOM_API_KEY') },
    ]);
  });

  it('is for the operator only', async () => {
    expect(await createApi({ token: 'the-token-of-the-operator' }).post()).toMatchObject([401, {}]);
  });
});
