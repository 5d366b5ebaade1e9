import Fastify, { type FastifyBaseLogger, type FastifyError, type FastifyInstance, LogController } from 'fastify';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import type { BookingRuns } from '../temporal/booking-runs.ts';
import { calcomWebhook } from './calcom-webhook.ts';
import { health } from './health.ts';
import { localOnly } from './local-only.ts';

export interface ServerOptions {
  config: Pick<Config['server'], 'webhookSecrets' | 'allowUnsigned'>;
  runs: BookingRuns;
  installationKey: string;
  log: Logger;
}

/** The whole web server, ready to listen. */
export function createServer({ config, runs, installationKey, log }: ServerOptions): FastifyInstance {
  const app = Fastify({
    loggerInstance: log as FastifyBaseLogger,
    // One line for each booking says what a normal day needs.
    logController: new LogController({ disableRequestLogging: true }),
    // A sender that dawdles must not hold a connection for ever; Node looks for such ones only every 30 s by default.
    requestTimeout: 5_000,
    connectionTimeout: 10_000,
    http: { headersTimeout: 5_000, connectionsCheckingInterval: 1_000 },
  });

  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const statusCode = error.statusCode ?? 500;
    if (statusCode >= 500) request.log.error({ err: error }, 'request failed');
    if (statusCode === 503) reply.header('retry-after', '10');
    return reply
      .code(statusCode)
      .send({ status: statusCode === 503 ? 'unavailable' : 'refused', reason: error.message });
  });

  app.register(health, { runs });
  app.register(async (hooks) => {
    if (config.allowUnsigned) hooks.addHook('onRequest', localOnly);
    await hooks.register(calcomWebhook, { runs, secrets: config.webhookSecrets ?? [], installationKey });
  });
  return app;
}
