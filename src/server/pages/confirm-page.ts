import type { FastifyBaseLogger } from 'fastify';
import type { Inbox } from '../../store/inbox.ts';
import type { Dispatcher } from '../dispatcher.ts';
import { acknowledgement } from './acknowledgement.ts';
import { aboutCallAhead, type CallVisit, callOnPage, type LinkPage, type PageAnswer } from './link-page.ts';

export interface ConfirmPageOptions {
  inbox: Pick<Inbox, 'keep'>;
  dispatcher: Pick<Dispatcher, 'wake'>;
  log: FastifyBaseLogger;
}

/** "I will be there": news of the booking, like any other. */
export function createConfirmPage({ inbox, dispatcher, log }: ConfirmPageOptions): LinkPage {
  return {
    show: (visit) =>
      aboutCallAhead(visit, (known) => {
        if (known.call.isConfirmed) return confirmed(known);
        const { title, text, button } = known.words.confirm;
        return { page: { title, text, call: callOnPage(known), forms: [{ button }] } };
      }),

    act: (visit) =>
      aboutCallAhead(visit, async (known) => {
        const { call, claims, now } = known;
        const { delivery, verdict } = acknowledgement(call.booking, claims.person, new Date(now));
        const { repeated } = await inbox.keep(delivery, verdict);
        if (!repeated) {
          dispatcher.wake();
          log.info({ bookingUid: call.booking.uid }, 'somebody has said that they will be there');
        }
        return confirmed(known);
      }),
  };
}

function confirmed(visit: CallVisit): PageAnswer {
  return { page: { ...visit.words.confirmed, call: callOnPage(visit) } };
}
