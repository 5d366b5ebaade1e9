import type { FastifyBaseLogger } from 'fastify';
import { type CalcomApi, CalcomRefused, CalcomUnavailable } from '../../calcom/api.ts';
import { isMadeUid } from '../../calcom/read-uid.ts';
import { oneLine } from '../../clean-text.ts';
import { aboutCallAhead, type CallVisit, callOnPage, type LinkPage, leadTo, linkTo } from './link-page.ts';

export interface CancelPageOptions {
  /** Undefined without a key to Cal.com's API: it is then cancelled on Cal.com's own page. */
  calcom: Pick<CalcomApi, 'cancel'> | undefined;
  log: FastifyBaseLogger;
}

const LONGEST_REASON = 500;
/** Cal.com wants to hear one from a host, and it is with the host's key that the call is cancelled. */
const NO_REASON_GIVEN = 'Cancelled by an attendee';

/** Calls are cancelled at Cal.com, whose webhook tells us: so both say the same. */
export function createCancelPage({ calcom, log }: CancelPageOptions): LinkPage {
  /** With a host's key, Cal.com cancels all the seats of a slot at once. */
  const isOurs = ({ call: { booking } }: CallVisit) => booking.seat === undefined && !isMadeUid(booking.uid);

  return {
    show: (visit) =>
      aboutCallAhead(visit, (known) => {
        const { words } = known;
        if (!calcom || !isOurs(known)) return leadTo('cancel', known, words.cancelElsewhere);
        const { title, text, button, reason: label, hint } = words.cancel;
        return { page: { title, text, call: callOnPage(known), forms: [{ button, reason: { label, hint } }] } };
      }),

    act: (visit, form) =>
      aboutCallAhead(visit, async (known) => {
        const { call, words } = known;
        const { uid, pages } = call.booking;
        if (!calcom || !isOurs(known)) {
          return pages?.cancel === undefined
            ? leadTo('cancel', known, words.cancelElsewhere)
            : { redirect: pages.cancel };
        }
        const reason = oneLine(form.get('reason') ?? '', LONGEST_REASON) || NO_REASON_GIVEN;
        try {
          await calcom.cancel(uid, { reason });
        } catch (error) {
          if (!(error instanceof CalcomUnavailable || error instanceof CalcomRefused)) throw error;
          log.warn({ bookingUid: uid, reason: error.message }, 'a call could not be cancelled for an attendee');
          const again = { ...words.failed, call: callOnPage(known), forms: [{ button: words.again }] };
          return { page: { ...again, ...linkTo(pages?.cancel, words.elsewhere) }, status: 503 };
        }
        log.info({ bookingUid: uid }, 'a call was cancelled by a link');
        return { page: { ...words.cancelled, call: callOnPage(known), ...linkTo(pages?.bookAgain, words.bookAgain) } };
      }),
  };
}
