import type { FastifyPluginAsync } from 'fastify';
import { type ReadingContext, readDelivery } from '../calcom/read-delivery.ts';
import { isSignedWith } from '../calcom/signature.ts';
import type { BookingRuns } from '../temporal/booking-runs.ts';

export interface CalcomWebhookOptions {
  runs: BookingRuns;
  /** One secret, or two while they are being exchanged; none where unsigned webhooks are allowed. */
  secrets: readonly string[];
  installationKey: ReadingContext['installationKey'];
}

const BODY_LIMIT = 1024 * 1024;

/**
 * Takes one event from Cal.com.
 *
 * Replies 202 once Temporal keeps the booking, 200 to an event that means nothing to us, 400 with each fault to a booking
 * that cannot be understood, 401 to a wrong signature, 413 above 1 MiB, and 503 when Temporal did not take it: Cal.com's
 * newer senders then try again.
 */
export const calcomWebhook: FastifyPluginAsync<CalcomWebhookOptions> = async (
  app,
  { runs, secrets, installationKey },
) => {
  // The signature covers the bytes as sent, so they are parsed only after it is checked, whatever their content type.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: BODY_LIMIT }, (_request, body, done) =>
    done(null, body),
  );

  app.post<{ Body: Buffer | undefined }>('/webhook/calcom-booking', async (request, reply) => {
    const body = request.body ?? Buffer.alloc(0);
    if (secrets.length > 0 && !isSignedWith(secrets, body, request.headers['x-cal-signature-256'])) {
      request.log.warn('webhook refused: its signature fits none of CALCOM_WEBHOOK_SECRET');
      return reply.code(401).send({ status: 'refused', reason: 'invalid_signature' });
    }

    const reading = readDelivery(body, { receivedAt: Date.now(), installationKey });
    if (reading.verdict === 'ignored') return reply.code(200).send({ status: 'ignored', reason: reading.reason });
    if (reading.verdict === 'rejected') {
      request.log.warn({ faults: reading.faults }, 'webhook rejected: it is not a booking we can read');
      return reply.code(400).send({ status: 'rejected', faults: reading.faults });
    }

    const { uid: bookingUid } = reading.event.booking;
    const { workflowId, result } = await runs.tell(reading.event);
    request.log.info(
      { bookingUid, workflowId, result, ...(reading.warnings.length > 0 && { warnings: reading.warnings }) },
      'booking received',
    );
    return result === 'closed'
      ? reply.code(200).send({ status: 'ignored', reason: 'call_is_over' })
      : reply.code(202).send({ status: 'accepted', bookingUid, workflowId });
  });
};
