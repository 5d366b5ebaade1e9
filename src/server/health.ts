import type { FastifyPluginAsync } from 'fastify';
import type { Store } from '../store/store.ts';
import { StoreUnavailable } from '../store/store-unavailable.ts';
import type { BookingRuns } from '../temporal/booking-runs.ts';

export interface HealthOptions {
  inbox: Pick<Store['inbox'], 'backlog'>;
  runs: Pick<BookingRuns, 'whyNotReady'>;
}

/** A delivery that waits longer than this is not on its way any more. */
const BACKLOG_TOO_OLD_MS = 60_000;

/** `/health`: this process answers. `/ready`: bookings are being looked after. */
export const health: FastifyPluginAsync<HealthOptions> = async (app, { inbox, runs }) => {
  app.get('/health', async () => ({ status: 'ok' }));

  app.get('/ready', async (_request, reply) => {
    const reasons = await Promise.all([whatIsWrongWith(inbox), runs.whyNotReady()]);
    const reason = reasons.filter((words) => words !== undefined).join('; ');
    return reason ? reply.code(503).send({ status: 'not_ready', reason }) : { status: 'ready' };
  });
};

async function whatIsWrongWith(inbox: HealthOptions['inbox']): Promise<string | undefined> {
  try {
    const { pending, oldestReceivedAt } = await inbox.backlog();
    const waitsTooLong = oldestReceivedAt && Date.now() - oldestReceivedAt.getTime() > BACKLOG_TOO_OLD_MS;
    return waitsTooLong
      ? `deliveries have waited for more than a minute to be dispatched (${pending} are pending)`
      : undefined;
  } catch (error) {
    if (error instanceof StoreUnavailable) return 'the store does not answer: webhooks are answered 503';
    throw error;
  }
}
