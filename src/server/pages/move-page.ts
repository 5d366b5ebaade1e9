import type { FastifyBaseLogger } from 'fastify';
import { aboutCallAhead, type LinkPage, leadTo } from './link-page.ts';

/** Another time is chosen on Cal.com's own page, which knows the free ones. */
export function createMovePage({ log }: { log: FastifyBaseLogger }): LinkPage {
  return {
    show: (visit) => aboutCallAhead(visit, (known) => leadTo('move', known, known.words.move)),

    act: (visit) =>
      aboutCallAhead(visit, (known) => {
        const { uid, pages } = known.call.booking;
        if (pages?.move === undefined) return leadTo('move', known, known.words.move);
        log.info({ bookingUid: uid }, 'somebody goes to choose another time');
        return { redirect: pages.move };
      }),
  };
}
