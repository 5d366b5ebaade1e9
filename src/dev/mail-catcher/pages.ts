import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { localOnly } from '../../server/local-only.ts';
import type { CaughtMail } from './caught-mail.ts';
import type { MailStore } from './mail-store.ts';
import { LIVE_SCRIPT, renderPage, STYLE } from './page-templates.ts';

/** Nothing from elsewhere, nothing inline. */
const PAGE_POLICY =
  "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** A mail is a stranger's document: no scripts, no forms, no origin, nothing loaded. Its links may open a tab of their own. */
const MAIL_POLICY =
  "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'";

const TABS = ['html', 'text', 'headers', 'source'];

/** The catcher's pages for people, and its JSON API for tests and the demo. */
export function buildPages({ store, smtpUrl }: { store: MailStore; smtpUrl: string }): FastifyInstance {
  const app = Fastify({ forceCloseConnections: true });
  app.addHook('onRequest', localOnly);
  app.addHook('onSend', async (_request, reply) => {
    reply.headers({
      'cache-control': 'no-store',
      'content-security-policy': reply.getHeader('content-security-policy') ?? PAGE_POLICY,
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
  });

  app.get('/', async (_request, reply) =>
    reply.type('text/html').send(renderPage('list', listOf(newestFirst(store), smtpUrl))),
  );

  app.get<{ Params: MailParams; Querystring: { tab?: string } }>('/mails/:id', async ({ params, query }, reply) => {
    const mail = store.find(params.id);
    if (!mail) return notFound(reply);
    const tab = query.tab && TABS.includes(query.tab) ? query.tab : mail.html ? 'html' : 'text';
    return reply.type('text/html').send(renderPage('mail', { mail: { ...mail, ...summaryOf(mail) }, tab, tabs: TABS }));
  });

  app.get<{ Params: MailParams }>('/mails/:id/html', async ({ params }, reply) => {
    const mail = store.find(params.id);
    if (!mail) return notFound(reply);
    return reply.header('content-security-policy', MAIL_POLICY).type('text/html; charset=utf-8').send(mail.html);
  });

  app.get('/api/mails', async () => newestFirst(store).map(summaryOf));

  app.get<{ Params: MailParams }>(
    '/api/mails/:id',
    async ({ params }, reply) => store.find(params.id) ?? reply.code(404).send({ error: 'no_such_mail' }),
  );

  app.get('/style.css', async (_request, reply) => reply.type('text/css').send(STYLE));
  app.get('/live.js', async (_request, reply) => reply.type('text/javascript').send(LIVE_SCRIPT));

  return app;
}

interface MailParams {
  id: string;
}

/** One line of the list. */
function summaryOf({ id, receivedAt, receivedAtMs, envelope, messageId, subject }: CaughtMail) {
  return { id, receivedAt, receivedAtMs, from: envelope.from, to: envelope.to, messageId, subject };
}

/** The page is drawn anew every second, so it shows no more than anybody would scroll through. */
function listOf(mails: CaughtMail[], smtpUrl: string) {
  return { mails: mails.slice(0, 200).map(summaryOf), count: mails.length, smtpUrl };
}

function newestFirst(store: MailStore): CaughtMail[] {
  return store.all().reverse();
}

function notFound(reply: FastifyReply): FastifyReply {
  return reply.code(404).type('text/html').send(renderPage('not-found', {}));
}
