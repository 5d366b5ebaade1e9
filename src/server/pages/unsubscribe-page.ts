import type { FastifyBaseLogger } from 'fastify';
import type { Suppressions } from '../../store/suppressions.ts';
import { callOnPage, type LinkPage, type PageAnswer, type Visit } from './link-page.ts';
import type { Page } from './page-renderer.ts';

export interface UnsubscribePageOptions {
  suppressions: Pick<Suppressions, 'suppress'>;
  log: FastifyBaseLogger;
}

const ALL = 'all';

/**
 * No more mails: about this call, or at all. It works for a call of which nothing is known as well, and takes effect at once. A mail
 * program that posts `List-Unsubscribe=One-Click` by itself means this call.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8058
 */
export function createUnsubscribePage({ suppressions, log }: UnsubscribePageOptions): LinkPage {
  return {
    async show(visit) {
      const { unsubscribe, unsubscribeAll } = visit.words;
      const { title, text, button } = unsubscribe;
      return about(visit, { title, text, forms: [{ button }, { ...unsubscribeAll, scope: ALL }] });
    },

    async act(visit, form) {
      const { claims, now, words } = visit;
      const { booking, person } = claims;
      const fromAll = form.get('scope') === ALL;
      const at = new Date(now).toISOString();
      await suppressions.suppress({ person, reason: 'unsubscribed', at, ...(!fromAll && { booking }) });
      log.info({ bookingUid: booking.uid, scope: fromAll ? 'all mails' : 'this call' }, 'somebody has unsubscribed');
      return about(visit, fromAll ? words.unsubscribedAll : words.unsubscribed);
    },
  };
}

function about(visit: Visit, page: Page): PageAnswer {
  const { call } = visit;
  return { page: call ? { ...page, call: callOnPage({ ...visit, call }) } : page };
}
