import { calendarFile } from '../../email/calendar-file.ts';
import type { Mailbox } from '../../email/mailbox.ts';
import { aboutCall, callOnPage, type LinkPage } from './link-page.ts';

/** The entry for the reader's calendar, as the call stands now. */
export function createCalendarPage({ from }: { from: Mailbox }): LinkPage {
  return {
    show: (visit) =>
      aboutCall(visit, (known) => {
        const { call, words, language, now } = known;
        const { booking, standing } = call;
        if (standing === 'moved') return { page: { ...words.movedAlready, call: callOnPage(known) }, status: 410 };
        const method = standing === 'cancelled' || standing === 'to_be_moved' ? 'CANCEL' : 'PUBLISH';
        const file = calendarFile({ booking, method, now, language, from });
        return file ? { file } : { page: { ...words.noCalendarFile, call: callOnPage(known) }, status: 404 };
      }),
  };
}
