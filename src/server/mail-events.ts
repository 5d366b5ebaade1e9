import { createHash } from 'node:crypto';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { secretThatSigned } from '../signature.ts';
import type { MailEvents } from '../store/mail-events.ts';
import { type MailEventReading, readPlainEvent, readResendEvent } from './read-mail-event.ts';
import { type RawBody, takeRawBodies } from './take-raw-bodies.ts';

export interface MailEventsOptions {
  mailEvents: MailEvents;
  /** Names whom an address belongs to. */
  personOf: (address: string) => string;
  /** Of the webhook at Resend; none where there is none. One, or two while they are being exchanged. */
  resendSecrets: readonly string[];
  /** Of whatever posts the plain shape. */
  secrets: readonly string[];
}

type Posted = FastifyRequest<RawBody>;

const BODY_LIMIT = 256 * 1024;

/**
 * Takes what mail servers tell of mails after they were sent: `POST /webhook/resend`, as Resend's webhooks tell it (Standard
 * Webhooks), and `POST /webhook/mail-events`, a plain shape for any other.
 *
 * Replies 200 once an event is on disk, to one that is there already, and to one that means nothing to us; 400 to one that cannot
 * be read; 401 to one that is not signed, or that Resend has signed more than five minutes ago; 503 when it could not be kept: it is
 * told again then. A path whose secret is not set does not exist.
 *
 * @see https://resend.com/docs/webhooks/introduction
 */
export const mailEvents: FastifyPluginAsync<MailEventsOptions> = async (app, options) => {
  const { resendSecrets, secrets } = options;
  // A signature is checked before anything is parsed.
  takeRawBodies(app, BODY_LIMIT);

  if (resendSecrets.length > 0) {
    const webhooks = resendSecrets.map((secret) => new Webhook(secret));
    app.post('/webhook/resend', async (request: Posted, reply) => {
      const body = request.body ?? Buffer.alloc(0);
      if (!isSignedByResend(request, body, webhooks)) return refuse(request, reply, 'RESEND_WEBHOOK_SECRET');
      const id = `resend/${request.headers['svix-id']}`;
      return note(request, reply, { id, reading: readResendEvent(body), ...options });
    });
  }

  if (secrets.length > 0) {
    app.post('/webhook/mail-events', async (request: Posted, reply) => {
      const body = request.body ?? Buffer.alloc(0);
      const signature = request.headers['x-precall-signature'];
      if (secretThatSigned(secrets, body, signature) === undefined) return refuse(request, reply, 'MAIL_EVENTS_SECRET');
      return note(request, reply, { id: `plain/${sha256(body)}`, reading: readPlainEvent(body), ...options });
    });
  }
};

interface Told extends Pick<MailEventsOptions, 'mailEvents' | 'personOf'> {
  id: string;
  reading: MailEventReading;
}

async function note({ log }: FastifyRequest, reply: FastifyReply, { id, reading, mailEvents, personOf }: Told) {
  if (reading.verdict === 'rejected') {
    log.warn({ faults: reading.faults }, 'mail event rejected: it cannot be read');
    return reply.code(400).send({ status: 'rejected', faults: reading.faults });
  }
  if (reading.verdict === 'ignored') return { status: 'ignored', reason: reading.reason };

  const { event } = reading;
  const noted = await mailEvents.note({ ...event, id, person: personOf(event.address) });
  if (noted.repeated) return { status: 'repeated' };
  const facts = { type: event.type, ...noted.mail };
  if (event.type === 'soft_bounce') log.info(facts, 'a mail has not arrived yet');
  else log.warn(facts, 'an address gets no more mails: precall suppressions list shows whose');
  return { status: 'noted' };
}

function isSignedByResend({ headers }: FastifyRequest, body: Buffer, webhooks: readonly Webhook[]): boolean {
  const signed = {
    'webhook-id': textOf(headers['svix-id']),
    'webhook-timestamp': textOf(headers['svix-timestamp']),
    'webhook-signature': textOf(headers['svix-signature']),
  };
  return webhooks.some((webhook) => isSigned(webhook, body, signed));
}

function isSigned(webhook: Webhook, body: Buffer, headers: Record<string, string>): boolean {
  try {
    webhook.verify(body, headers, { jsonParse: false });
    return true;
  } catch (error) {
    if (error instanceof WebhookVerificationError) return false;
    throw error;
  }
}

function textOf(header: string | string[] | undefined): string {
  return typeof header === 'string' ? header : '';
}

function refuse({ log }: FastifyRequest, reply: FastifyReply, setting: string) {
  log.warn(`mail event refused: its signature fits none of ${setting}, or is too old`);
  return reply.code(401).send({ status: 'refused', reason: 'invalid_signature' });
}

function sha256(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex');
}
