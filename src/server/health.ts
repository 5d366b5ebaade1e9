import type { FastifyPluginAsync } from 'fastify';
import type { BookingRuns } from '../temporal/booking-runs.ts';

/** `/health`: this process answers. `/ready`: bookings are being looked after. */
export const health: FastifyPluginAsync<{ runs: Pick<BookingRuns, 'whyNotReady'> }> = async (app, { runs }) => {
  app.get('/health', async () => ({ status: 'ok' }));

  app.get('/ready', async (_request, reply) => {
    const reason = await runs.whyNotReady();
    return reason ? reply.code(503).send({ status: 'not_ready', reason }) : { status: 'ready' };
  });
};
