import type { Socket } from 'node:net';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { CalcomApi } from '../../calcom/api.ts';
import type { Mailbox } from '../../email/mailbox.ts';
import type { LinkClaims, LinkPurpose, Links } from '../../link.ts';
import type { Findings } from '../../store/findings.ts';
import type { Inbox } from '../../store/inbox.ts';
import { StoreUnavailable } from '../../store/store-unavailable.ts';
import type { Suppressions } from '../../store/suppressions.ts';
import type { Dispatcher } from '../dispatcher.ts';
import { type RawBody, takeRawBodies } from '../take-raw-bodies.ts';
import { createCalendarPage } from './calendar-page.ts';
import { createCancelPage } from './cancel-page.ts';
import { createConfirmPage } from './confirm-page.ts';
import { createFindCall } from './known-call.ts';
import type { LinkPage, PageAnswer, Visit } from './link-page.ts';
import { createMovePage } from './move-page.ts';
import { createPageRenderer } from './page-renderer.ts';
import { createUnsubscribePage } from './unsubscribe-page.ts';

export interface MailPagesOptions {
  links: Links;
  /** See {@link createPersonOf}. */
  personOf: (address: string) => string;
  findings: Pick<Findings, 'kept'>;
  inbox: Pick<Inbox, 'keep'>;
  suppressions: Pick<Suppressions, 'suppress'>;
  dispatcher: Pick<Dispatcher, 'wake'>;
  /** Undefined without a key to Cal.com's API. */
  calcom?: Pick<CalcomApi, 'cancel'> | undefined;
  /** Whom calendar files are from, where a booking names no organizer. */
  calendarFrom: Mailbox;
  fallbackTimeZone: string;
  now?: () => number;
}

const BODY_LIMIT = 10 * 1024;
/** Seconds. */
const TRY_AGAIN_AFTER = '60';

const HEADERS = {
  'cache-control': 'no-store',
  // Whoever has the address may do what it is good for.
  'referrer-policy': 'no-referrer',
  'x-robots-tag': 'noindex, nofollow',
  'x-content-type-options': 'nosniff',
};

interface LinkRequest extends RawBody {
  Params: { token: string };
}

/**
 * What is behind the links in mails: a page with what it is about and a button (GET), and what the button does (POST).
 *
 * Replies 404 to a link that we have not made, 410 to one that has expired, or whose booking is gone, and 503 when the store or Cal.com
 * does not answer.
 */
export const mailPages: FastifyPluginAsync<MailPagesOptions> = async (app, options) => {
  const { links, now = Date.now, fallbackTimeZone } = options;
  const { log } = app;
  const renderer = createPageRenderer();
  const findCall = createFindCall(options);
  const pages: Record<LinkPurpose, LinkPage> = {
    confirm: createConfirmPage({ ...options, log }),
    cancel: createCancelPage({ calcom: options.calcom, log }),
    move: createMovePage({ log }),
    unsubscribe: createUnsubscribePage({ ...options, log }),
    calendar: createCalendarPage({ from: options.calendarFrom }),
  };

  // Mail programs post as they like, and what cannot be read says no more than the link itself.
  takeRawBodies(app, BODY_LIMIT);
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers(HEADERS);
  });

  for (const [purpose, page] of Object.entries(pages) as [LinkPurpose, LinkPage][]) {
    const { show, act } = page;
    app.get<LinkRequest>(`/${purpose}/:token`, (request, reply) => answer(purpose, request, reply, show));
    if (!act) continue;
    app.post<LinkRequest>(`/${purpose}/:token`, (request, reply) => {
      waitFor(reply);
      return answer(purpose, request, reply, (visit) => act(visit, new URLSearchParams(request.body?.toString())));
    });
  }

  async function answer(
    purpose: LinkPurpose,
    request: FastifyRequest<LinkRequest>,
    reply: FastifyReply,
    answerOf: (visit: Visit) => Promise<PageAnswer>,
  ) {
    const claims = links.read(purpose, request.params.token, now());
    // Nothing that it says can be trusted, not even in which language.
    if (claims === 'forged') return send(reply, 'en', { page: renderer.wordsIn('en').words.unknown, status: 404 });
    if (claims === 'expired') return send(reply, 'en', { page: renderer.wordsIn('en').words.expired, status: 410 });
    const { language, words } = renderer.wordsIn(claims.language);
    try {
      return send(reply, language, await answerOf(await visitOf(claims)));
    } catch (error) {
      const isStore = error instanceof StoreUnavailable;
      request.log.error({ err: error, bookingUid: claims.booking.uid }, 'a link in a mail could not be answered');
      return send(reply, language, { page: words.unavailable, status: isStore ? 503 : 500 });
    }
  }

  async function visitOf(claims: LinkClaims): Promise<Visit> {
    const at = now();
    const call = await findCall(claims.booking, claims.person, at);
    return { claims, call, ...renderer.wordsIn(claims.language), now: at, fallbackTimeZone };
  }

  /** Cal.com may take longer than a connection may be idle. One that is injected has no end of its own. */
  function waitFor({ raw }: FastifyReply) {
    const { socket }: { socket: Partial<Socket> | null } = raw;
    socket?.setTimeout?.(0);
  }

  function send(reply: FastifyReply, language: string, answered: PageAnswer) {
    if ('redirect' in answered) return reply.redirect(answered.redirect, 303);
    if ('file' in answered) {
      const { method, content } = answered.file;
      return reply
        .header('content-disposition', 'attachment; filename="call.ics"')
        .type(`text/calendar; charset=utf-8; method=${method}`)
        .send(content);
    }
    const { page, status = 200, leadsTo } = answered;
    if (status === 503) reply.header('retry-after', TRY_AGAIN_AFTER);
    return reply
      .code(status)
      .header('content-security-policy', policyFor(leadsTo))
      .type('text/html; charset=utf-8')
      .send(renderer.render(language, page));
  }

  /** A browser that is led elsewhere by a button asks the page with the button whether that is meant. */
  function policyFor(leadsTo: string | undefined): string {
    const targets = leadsTo === undefined ? "'self'" : `'self' ${leadsTo}`;
    return [
      "default-src 'none'",
      `style-src '${renderer.styleHash}'`,
      'img-src data:',
      `form-action ${targets}`,
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ].join('; ');
  }
};
