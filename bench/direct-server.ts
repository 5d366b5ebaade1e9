import Fastify, { type FastifyBaseLogger, LogController } from 'fastify';
import { readDelivery } from '../src/calcom/read-delivery.ts';
import { loadConfig } from '../src/config.ts';
import { cipherOf, installationKeyOf } from '../src/kept-secret.ts';
import { createLogger } from '../src/logger.ts';
import { secretThatSigned } from '../src/signature.ts';
import { createBookingRuns } from '../src/temporal/booking-runs.ts';
import { createDataConverter } from '../src/temporal/data-converter.ts';

/**
 * Run as a process of its own, with the settings of `precall server`: what that is compared with. It verifies and reads a
 * webhook, calls `signalWithStart` as the dispatcher does, and answers once Temporal has the booking. It keeps nothing.
 */
const config = loadConfig('server');
const log = createLogger(config.logLevel, 'direct-server');
const installationKey = installationKeyOf(config);
const runs = createBookingRuns({ config, dataConverter: createDataConverter(cipherOf(config)), log });

const app = Fastify({
  loggerInstance: log as FastifyBaseLogger,
  logController: new LogController({ disableRequestLogging: true }),
});
app.removeAllContentTypeParsers();
app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
app.get('/health', () => ({ status: 'ok' }));
app.post<{ Body: Buffer }>('/webhook/calcom-booking', async ({ body, headers }, reply) => {
  const secretNumber = secretThatSigned(config.server.webhookSecrets ?? [], body, headers['x-cal-signature-256']);
  if (secretNumber === undefined) return reply.code(401).send({ status: 'refused', reason: 'invalid_signature' });

  const reading = readDelivery(body, { receivedAt: Date.now(), installationKey });
  if (reading.verdict !== 'booking' || reading.event.kind !== 'confirmed') {
    return reply.code(400).send({ status: reading.verdict });
  }

  const bookingUid = reading.event.booking.uid;
  const result = await runs.tell(reading.event);
  log.info({ bookingUid, result }, 'booking received');
  return reply.code(202).send({ status: 'accepted', bookingUid });
});

await runs.prepare();
await app.listen({ host: config.server.host, port: config.server.port });
