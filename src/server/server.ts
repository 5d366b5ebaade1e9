import Fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import type { Logger } from 'pino';
import { readDelivery } from '../calcom/read-delivery.ts';
import type { Config } from '../config.ts';
import { LONGEST_TOKEN } from '../link.ts';
import { createPersonOf } from '../person.ts';
import type { Inbox } from '../store/inbox.ts';
import type { MailEvents } from '../store/mail-events.ts';
import type { Suppressions } from '../store/suppressions.ts';
import type { BookingRuns } from '../temporal/booking-runs.ts';
import { calcomWebhook } from './calcom-webhook.ts';
import type { Dispatcher } from './dispatcher.ts';
import { health } from './health.ts';
import type { Restorer } from './lost-runs.ts';
import { mailEvents } from './mail-events.ts';
import { operatorApi } from './operator-api.ts';
import { type MailPagesOptions, mailPages } from './pages/mail-pages.ts';
import { type ReconcileNow, reconcileApi } from './reconcile-api.ts';
import { suppressionsApi } from './suppressions-api.ts';
import type { ReadBody } from './verdict.ts';

export interface ServerOptions {
  config: Pick<
    Config['server'],
    'webhookSecrets' | 'allowUnsigned' | 'operatorToken' | 'resendWebhookSecrets' | 'mailEventsSecrets'
  >;
  inbox: Inbox;
  mailEvents: MailEvents;
  suppressions: Suppressions;
  runs: Pick<BookingRuns, 'whyNotReady'>;
  dispatcher: Pick<Dispatcher, 'wake'>;
  restorer: Restorer;
  /** Undefined where there is no key to ask Cal.com with. */
  reconcile?: ReconcileNow | undefined;
  installationKey: string;
  /** Where people book, for webhooks that do not say: see {@link siteOfApi}. */
  site?: string | undefined;
  /** What the pages behind the links in mails need beside the rest. */
  pages: Omit<MailPagesOptions, 'inbox' | 'suppressions' | 'dispatcher' | 'personOf'>;
  /** How bodies are read; as this version does it by default. */
  read?: ReadBody;
  log: Logger;
}

/**
 * The whole web server, ready to listen.
 *
 * No answer holds anything of its request, or of an error nobody foresaw.
 */
export function createServer(options: ServerOptions): FastifyInstance {
  const { config, inbox, suppressions, runs, dispatcher, restorer, reconcile, installationKey, site, log } = options;
  const app = Fastify({
    loggerInstance: log as FastifyBaseLogger,
    // One line for each booking says what a normal day needs.
    logController: new LogController({ disableRequestLogging: true }),
    // A sender that dawdles must not hold a connection for ever; Node looks for such ones only every 30 s by default.
    requestTimeout: 5_000,
    connectionTimeout: 10_000,
    http: { headersTimeout: 5_000, connectionsCheckingInterval: 1_000 },
    // Addresses that cannot even be routed, such as /%ff.
    frameworkErrors: answerError,
    routerOptions: { maxParamLength: LONGEST_TOKEN },
  });
  const {
    read = (body, receivedAt) => readDelivery(body, { receivedAt: receivedAt.getTime(), installationKey, site }),
  } = options;

  app.setErrorHandler(answerError);
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ status: 'refused', reason: 'not_found' }));

  app.register(health, { inbox, runs });
  app.register(calcomWebhook, {
    inbox,
    dispatcher,
    secrets: config.webhookSecrets ?? [],
    allowUnsigned: config.allowUnsigned,
    read,
  });
  app.register(operatorApi, { inbox, dispatcher, restorer, read, token: config.operatorToken });
  const personOf = createPersonOf(installationKey);
  app.register(mailEvents, {
    mailEvents: options.mailEvents,
    personOf,
    resendSecrets: config.resendWebhookSecrets,
    secrets: config.mailEventsSecrets,
  });
  app.register(suppressionsApi, { suppressions, personOf, token: config.operatorToken });
  app.register(mailPages, { ...options.pages, inbox, suppressions, dispatcher, personOf });
  app.register(reconcileApi, { reconcile, dispatcher, token: config.operatorToken });
  return app;
}

function answerError(error: FastifyError, { log }: FastifyRequest, reply: FastifyReply): void {
  const statusCode = error.statusCode ?? 500;
  if (statusCode >= 500) log.error({ err: error }, 'request failed');
  if (statusCode === 503) {
    reply.code(503).header('retry-after', '10').send({ status: 'unavailable', reason: error.message });
  } else if (statusCode >= 500) {
    reply.code(500).send({ status: 'failed', reason: 'internal_error' });
  } else {
    reply.code(statusCode).send({ status: 'refused', reason: REASONS[statusCode] ?? 'bad_request' });
  }
}

const REASONS: Record<number, string> = {
  404: 'not_found',
  408: 'too_slow',
  413: 'body_too_large',
  414: 'url_too_long',
};
