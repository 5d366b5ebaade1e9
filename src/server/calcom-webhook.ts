import type { FastifyPluginAsync } from 'fastify';
import { type ReadingContext, readDelivery } from '../calcom/read-delivery.ts';
import { isSignedWith } from '../calcom/signature.ts';
import { isFromThisMachine } from '../loopback.ts';
import type { BookingRuns } from '../temporal/booking-runs.ts';

export interface CalcomWebhookOptions {
  runs: BookingRuns;
  /** One secret, or two while they are being exchanged. */
  secrets: readonly string[];
  /** Whether a webhook that brings no signature, or for want of a secret one that cannot be checked, is taken from this machine. */
  allowUnsigned: boolean;
  installationKey: ReadingContext['installationKey'];
}

const PATH = '/webhook/calcom-booking';
const BODY_LIMIT = 1024 * 1024;

/**
 * Takes one event from Cal.com.
 *
 * Replies 202 once Temporal keeps the booking, 200 to an event that means nothing to us, 400 with each fault to a booking
 * that cannot be understood, 401 to a wrong signature, 403 to an unsigned one from elsewhere, 413 above 1 MiB, and 503 when
 * Temporal did not take it: Cal.com's newer senders then try again.
 */
export const calcomWebhook: FastifyPluginAsync<CalcomWebhookOptions> = async (
  app,
  { runs, secrets, allowUnsigned, installationKey },
) => {
  // The signature covers the bytes as sent, so they are parsed only after it is checked, whatever their content type.
  app.removeAllContentTypeParsers();
  // Fastify has no parser for a content type that is none; for a missing one it takes ours.
  app.addHook('onRequest', async ({ headers }) => {
    delete headers['content-type'];
  });
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: BODY_LIMIT }, (_request, body, done) =>
    done(null, body),
  );

  app.post<{ Body: Buffer | undefined }>(PATH, async (request, reply) => {
    const body = request.body ?? Buffer.alloc(0);
    const signature = request.headers['x-cal-signature-256'];
    if (!isSignedWith(secrets, body, signature)) {
      if (!allowUnsigned || (secrets.length > 0 && claimsSignature(signature))) {
        request.log.warn('webhook refused: its signature fits none of CALCOM_WEBHOOK_SECRET');
        return reply.code(401).send({ status: 'refused', reason: 'invalid_signature' });
      }
      if (!isFromThisMachine(request.headers)) {
        request.log.warn('webhook refused: ALLOW_UNSIGNED_WEBHOOKS is for senders on this machine');
        return reply.code(403).send({ status: 'refused', reason: 'only_for_this_machine' });
      }
    }

    const reading = readDelivery(body, { receivedAt: Date.now(), installationKey });
    if (reading.verdict === 'ignored') {
      request.log.info({ reason: reading.reason }, 'webhook ignored');
      return reply.code(200).send({ status: 'ignored', reason: reading.reason });
    }
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

  // Who opens the webhook's address in a browser learns that it is the right one.
  app.route({
    method: ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    url: PATH,
    handler: (_request, reply) =>
      reply.code(405).header('allow', 'POST').send({ status: 'refused', reason: 'only_post_is_taken' }),
  });
};

function claimsSignature(header: string | string[] | undefined): boolean {
  return header !== undefined && header !== 'no-secret-provided';
}
