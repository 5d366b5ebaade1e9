import type { Booking } from '../../booking.ts';
import type { CalendarFile } from '../../email/calendar-file.ts';
import { localTime, timeLocaleOf } from '../../email/call-times.ts';
import type { LinkClaims } from '../../link.ts';
import type { KnownCall } from './known-call.ts';
import type { CallOnPage, Page, PageWords } from './page-renderer.ts';

/** Somebody has opened a link that is good. */
export interface Visit {
  claims: LinkClaims;
  /** Undefined where nothing is known of the booking, or nothing any more. */
  call: KnownCall | undefined;
  /** Of the claims' language, or English. */
  language: string;
  words: PageWords;
  /** Epoch milliseconds. */
  now: number;
  /** IANA name: for whoever has none of their own. */
  fallbackTimeZone: string;
}

/** A visit whose call is known. */
export type CallVisit = Visit & { call: KnownCall };

/** What somebody is answered. */
export type PageAnswer =
  | {
      page: Page;
      /** 200 by default. */
      status?: number;
      /** Where the page's button leads, if that is elsewhere: an origin. */
      leadsTo?: string;
    }
  | { redirect: string }
  | { file: CalendarFile };

/** What is behind the links of one purpose. */
export interface LinkPage {
  /** Says what can be done. It changes nothing: the programs that look at mails follow every link. */
  show(visit: Visit): Promise<PageAnswer>;
  /** Does it. Done twice, it is done once. */
  act?(visit: Visit, form: URLSearchParams): Promise<PageAnswer>;
}

/** Says what there is to say of a call that is known; of another, that the link no longer works. */
export async function aboutCall(
  visit: Visit,
  answer: (visit: CallVisit) => PageAnswer | Promise<PageAnswer>,
): Promise<PageAnswer> {
  const { call, words } = visit;
  return call ? answer({ ...visit, call }) : { page: words.gone, status: 410 };
}

/** Says why nothing can be done about a call any more; does `otherwise` while something can. */
export async function aboutCallAhead(
  visit: Visit,
  otherwise: (visit: CallVisit) => PageAnswer | Promise<PageAnswer>,
): Promise<PageAnswer> {
  return aboutCall(visit, (known) => {
    const { call } = known;
    if (call.standing === 'ahead') return otherwise(known);
    return { page: { ...whyNotAhead(known, call.standing), call: callOnPage(known) } };
  });
}

function whyNotAhead({ call, words }: CallVisit, standing: Exclude<KnownCall['standing'], 'ahead'>): Page {
  const { pages } = call.booking;
  switch (standing) {
    case 'moved':
      return words.movedAlready;
    case 'begun':
      return words.begun;
    case 'cancelled':
      return { ...words.offAlready, ...linkTo(pages?.bookAgain, words.bookAgain) };
    case 'to_be_moved': {
      const link = linkTo(pages?.move ?? pages?.bookAgain, words.move.button);
      return link.link ? { ...words.toBeMoved, ...link } : { ...words.toBeMoved, text: words.noWay.text };
    }
  }
}

/** The call with its time on the reader's clock. */
export function callOnPage({ call, claims, language, words, fallbackTimeZone }: CallVisit): CallOnPage {
  const { booking, reader } = call;
  const time = localTime(Date.parse(booking.startsAt), {
    locale: timeLocaleOf(language, reader?.locale ?? claims.language),
    timeZone: reader?.timeZone ?? booking.organizer.timeZone ?? fallbackTimeZone,
    words,
  });
  return { title: booking.title, ...time, organizer: booking.organizer.name };
}

/** @param href http(s), if there is such a page. */
export function linkTo(href: string | undefined, text: string): Pick<Page, 'link'> {
  return href === undefined ? {} : { link: { href, text } };
}

/** A button that leads to one of Cal.com's own pages; where none is known, to answer the mail is what is left. */
export function leadTo(
  page: keyof NonNullable<Booking['pages']>,
  visit: CallVisit,
  says: { title: string; text: string; button: string },
): PageAnswer {
  const url = visit.call.booking.pages?.[page];
  if (url === undefined) return { page: { ...visit.words.noWay, call: callOnPage(visit) } };
  const { title, text, button } = says;
  return { page: { title, text, call: callOnPage(visit), forms: [{ button }] }, leadsTo: new URL(url).origin };
}
