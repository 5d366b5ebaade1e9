import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import { workflowIdOf } from '../booking.ts';
import type { Reading } from '../calcom/read-delivery.ts';
import { KEPT_HEADERS, stripSecrets } from '../calcom/strip-secrets.ts';
import { isFromThisMachine } from '../loopback.ts';
import { secretThatSigned } from '../signature.ts';
import type { Inbox } from '../store/inbox.ts';
import type { Dispatcher } from './dispatcher.ts';
import { type RawBody, takeRawBodies } from './take-raw-bodies.ts';
import { type ReadBody, verdictOn } from './verdict.ts';

export interface CalcomWebhookOptions {
  inbox: Pick<Inbox, 'keep'>;
  dispatcher: Pick<Dispatcher, 'wake'>;
  /** One secret, or two while they are being exchanged. */
  secrets: readonly string[];
  /** Whether a webhook that brings no signature, or for want of a secret one that cannot be checked, is taken from this machine. */
  allowUnsigned: boolean;
  read: ReadBody;
}

const PATH = '/webhook/calcom-booking';
const BODY_LIMIT = 1024 * 1024;
/** They are kept to understand a delivery by, and are chosen by whoever sends it. */
const LONGEST_KEPT_HEADER = 200;

/**
 * Takes one event from Cal.com.
 *
 * Replies 202 once a booking's event is on disk; 200 to one that is there already, that means nothing to us, or that a person
 * must look at; 400 with each fault to a booking that cannot be understood; 401 to a wrong signature, 403 to an unsigned one
 * from elsewhere, 413 above 1 MiB; and 503 when it could not be kept: Cal.com's newer senders then try again. Temporal is not
 * waited for.
 */
export const calcomWebhook: FastifyPluginAsync<CalcomWebhookOptions> = async (
  app,
  { inbox, dispatcher, secrets, allowUnsigned, read },
) => {
  // A signature is checked before anything is parsed.
  takeRawBodies(app, BODY_LIMIT);

  app.post<RawBody>(PATH, async (request, reply) => {
    const receivedAt = new Date();
    const body = request.body ?? Buffer.alloc(0);
    const signature = request.headers['x-cal-signature-256'];
    const secretNumber = secretThatSigned(secrets, body, signature);
    if (secretNumber === undefined) {
      if (!allowUnsigned || (secrets.length > 0 && claimsSignature(signature))) {
        request.log.warn('webhook refused: its signature fits none of CALCOM_WEBHOOK_SECRET');
        return reply.code(401).send({ status: 'refused', reason: 'invalid_signature' });
      }
      if (!isFromThisMachine(request)) {
        request.log.warn('webhook refused: ALLOW_UNSIGNED_WEBHOOKS is for senders on this machine');
        return reply.code(403).send({ status: 'refused', reason: 'only_for_this_machine' });
      }
    }

    const reading = read(body, receivedAt);
    const kept = await inbox.keep(
      {
        source: 'calcom',
        body,
        keptBody: stripSecrets(body),
        headers: keptHeadersOf(request),
        ...(secretNumber === undefined
          ? { signature: 'unsigned' as const }
          : { signature: 'valid' as const, secretNumber }),
        receivedAt,
      },
      verdictOn(reading),
    );
    if (kept.repeated) {
      request.log.info({ deliveryId: kept.id }, 'delivery repeated: it is known already');
      return reply.code(200).send({ status: 'repeated', ...bookingIn(reading), deliveryId: kept.id });
    }
    if (reading.verdict === 'booking') dispatcher.wake();

    logReading(request, kept.id, reading);
    const { code, answer } = answerTo(reading, kept.id);
    return reply.code(code).send(answer);
  });

  // Who opens the webhook's address in a browser learns that it is the right one.
  app.route({
    method: ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    url: PATH,
    handler: (_request, reply) =>
      reply.code(405).header('allow', 'POST').send({ status: 'refused', reason: 'only_post_is_taken' }),
  });
};

function answerTo(reading: Reading, deliveryId: number): { code: number; answer: object } {
  switch (reading.verdict) {
    case 'booking':
      return { code: 202, answer: { status: 'accepted', ...bookingIn(reading), deliveryId } };
    case 'rejected':
      return { code: 400, answer: { status: 'rejected', faults: reading.faults } };
    case 'ignored':
      return { code: 200, answer: { status: 'ignored', reason: reading.reason } };
    case 'quarantined':
      return { code: 200, answer: { status: 'quarantined', reason: reading.reason, deliveryId } };
  }
}

/** Where to look for the booking in Temporal, unless it is about several seats, each with a run of its own. */
function bookingIn(reading: Reading): { bookingUid: string; workflowId?: string } | undefined {
  if (reading.verdict !== 'booking') return undefined;
  const { event } = reading;
  const isAboutSeats = 'seats' in event && event.seats !== undefined;
  return { bookingUid: event.booking.uid, ...(!isAboutSeats && { workflowId: workflowIdOf(event.booking) }) };
}

function logReading({ log }: FastifyRequest, deliveryId: number, reading: Reading): void {
  if (reading.verdict === 'booking') {
    const { event, warnings } = reading;
    const { uid: bookingUid } = event.booking;
    const facts = { deliveryId, bookingUid, kind: event.kind, ...(warnings.length > 0 && { warnings }) };
    log.info(facts, 'booking received');
  } else if (reading.verdict === 'ignored') {
    log.info({ deliveryId, reason: reading.reason }, 'webhook ignored');
  } else if (reading.verdict === 'rejected') {
    log.warn({ deliveryId, faults: reading.faults }, 'webhook rejected: it is not a booking we can read');
  } else {
    log.warn(
      { deliveryId, reason: reading.reason },
      `webhook quarantined: it may be a booking; look at it with precall deliveries show ${deliveryId}`,
    );
  }
}

function claimsSignature(header: string | string[] | undefined): boolean {
  return header !== undefined && header !== 'no-secret-provided';
}

/** From the headers as they came: the content type is hidden from Fastify. */
function keptHeadersOf({ raw: { rawHeaders } }: FastifyRequest): Record<string, string> {
  const kept: Record<string, string> = {};
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!.toLowerCase();
    if (KEPT.has(name)) kept[name] = rawHeaders[index + 1]!.slice(0, LONGEST_KEPT_HEADER);
  }
  return kept;
}

const KEPT = new Set<string>(KEPT_HEADERS);
