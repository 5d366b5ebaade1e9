import { bookingKeyOf } from '../booking.ts';
import type { MailLinks } from '../email/mail-renderer.ts';
import type { LinkPurpose, Links } from '../link.ts';
import type { MailToSend } from './mail-sender.ts';

const DAY_MS = 24 * 3_600_000;
/** After the end of the call. */
const LINKS_LAST_MS = 30 * DAY_MS;
const UNSUBSCRIBING_LASTS_MS = 365 * DAY_MS;

/** Mails of a call that is not to come: there is nothing left to confirm, to move or to cancel. */
const OF_WHAT_IS_OVER = ['cancelled', 'no-show'];
const NONE: MailLinks = { confirm: null, move: null, cancel: null, calendar: null, unsubscribe: null, bookAgain: null };

/** The reader's own links. Hosts have none: they see to their bookings at the provider. */
export function linksFor(
  { booking, reader, template, isToBeMoved }: Pick<MailToSend, 'booking' | 'reader' | 'template' | 'isToBeMoved'>,
  { links, personOf, language }: { links: Links; personOf: (address: string) => string; language: string },
): MailLinks {
  if (reader.role === 'host') return NONE;
  const endsAt = Date.parse(booking.endsAt);
  const link = (purpose: LinkPurpose, lastsMs = LINKS_LAST_MS) =>
    links.urlOf({
      purpose,
      booking: bookingKeyOf(booking),
      person: personOf(reader.email),
      language,
      expiresAt: endsAt + lastsMs,
    });
  const { pages } = booking;
  // Where the host asks for another time, it is chosen where the call would have been moved.
  const bookAgain = (isToBeMoved ? pages?.move : undefined) ?? pages?.bookAgain ?? null;
  const always = { ...NONE, unsubscribe: link('unsubscribe', UNSUBSCRIBING_LASTS_MS), bookAgain };
  if (OF_WHAT_IS_OVER.includes(template)) return always;
  return {
    ...always,
    confirm: link('confirm'),
    cancel: link('cancel'),
    move: pages?.move ? link('move') : null,
    calendar: booking.calendarEntry ? link('calendar') : null,
  };
}
