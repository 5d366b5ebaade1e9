import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import type { ReconcilePass } from '../workflows/reconcile.ts';
import { operatorOnly } from './operator-only.ts';

/** Compares Cal.com's bookings with ours now. A dry run writes nothing. */
export type ReconcileNow = (options: { dryRun: boolean }) => Promise<ReconcilePass>;

export interface ReconcileApiOptions {
  /** Undefined where there is no key to ask Cal.com with. */
  reconcile: ReconcileNow | undefined;
  dispatcher: { wake(): void };
  /** Without one, the API is for this machine only. */
  token: string | undefined;
}

const Body = z.strictObject({ dryRun: z.boolean().default(false) }).nullish();

/** What `precall reconcile` asks for: `POST /api/reconcile`. */
export const reconcileApi: FastifyPluginAsync<ReconcileApiOptions> = async (app, { reconcile, dispatcher, token }) => {
  app.addHook('onRequest', operatorOnly(token));

  app.post('/api/reconcile', async ({ body }, reply) => {
    const { data, success } = Body.safeParse(body);
    if (!success) {
      return reply
        .code(400)
        .send({ status: 'refused', reason: 'bad_request', hint: 'expected {"dryRun": true} at most' });
    }
    if (!reconcile) {
      return reply.code(409).send({
        status: 'refused',
        reason: 'no_api_key',
        hint: 'Set CALCOM_API_KEY: without it there is nothing to compare with.',
      });
    }
    // Thousands of bookings take longer than a connection may be idle.
    reply.raw.setTimeout(0);
    const pass = await reconcile({ dryRun: data?.dryRun ?? false });
    dispatcher.wake();
    return pass;
  });
};
