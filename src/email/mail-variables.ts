import type { Answer, Booking } from '../booking.ts';
import { oneLine } from '../clean-text.ts';
import { type LocalTime, localTime, spellOut, startsWhen, type Telling, timeLocaleOf } from './call-times.ts';
import type { Words } from './template-files.ts';

/** A mail to be written. Instants are ISO 8601 but for `now`. */
export interface MailToWrite {
  template: string;
  booking: Booking;
  /** When the mail goes out, epoch milliseconds: it says how far away the call is then. */
  now: number;
  reader: MailReader;
  links: MailLinks;
  /** The reader has said that they will be there. */
  isConfirmed: boolean;
  /** The booker has said that they will be there: for hosts. */
  acknowledged?: boolean;
  /** When the call was to start before it was moved. */
  previousStartsAt?: string;
  /** Why it is called off, as given. */
  reason?: string;
  /** When all the calls start that were booked with it, itself among them. */
  seriesStartsAt?: readonly string[];
}

/** Whom a mail is to. */
export interface MailReader {
  name: string;
  email: string;
  /** IANA name. */
  timeZone?: string;
  /** BCP 47. */
  locale?: string;
  /** An attendee reads times on their own clock; a host (the organizer or the owner) on the organizer's. */
  role: 'attendee' | 'host';
}

/** Where the reader can act, http(s); what there is no link for is null. */
export interface MailLinks {
  confirm: string | null;
  move: string | null;
  cancel: string | null;
  calendar: string | null;
  unsubscribe: string | null;
  bookAgain: string | null;
}

/**
 * Everything a mail template can say, named as templates name it. Text is one clean line each; escaping is the template
 * engine's. What is not known is `null`, so that `{% if call.joinUrl %}` asks for it; nothing is ever missing.
 */
export interface MailVariables {
  /** Of the mail. BCP 47. */
  language: string;
  /** Whom the mail is to. */
  reader: { name: string | null; isHost: boolean; isConfirmed: boolean };
  /** Who booked the call. The times are set where the reader's clock shows other ones. */
  booker: {
    name: string | null;
    email: string;
    isConfirmed: boolean;
    date: string | null;
    time: string | null;
    zone: string | null;
  };
  /** Who else comes along. */
  guests: { name: string | null; email: string }[];
  organizer: { name: string | null };
  call: LocalTime & {
    title: string;
    /** How far away it is: see {@link startsWhen}. */
    when: string;
    /** `30 minutes` */
    duration: string | null;
    /** An http or https URL, and nothing else. */
    joinUrl: string | null;
    /** Where it takes place, in words. */
    location: string | null;
    /** When it was to start before it was moved. */
    previous: { date: string | null; time: string | null };
  };
  /** What the booker answered to the host's questions. */
  answers: Answer[];
  /** When the calls of a series start that were booked, or cancelled, at once, soonest first; empty for a call that stands alone. */
  calls: Pick<LocalTime, 'date' | 'time'>[];
  /** Why the call is off, as given. */
  reason: string | null;
  links: MailLinks;
}

/** What the mail says at the moment it goes out. */
export function mailVariables(
  mail: MailToWrite,
  { language, words, fallbackTimeZone }: { language: string; words: Words; fallbackTimeZone: string },
): MailVariables {
  const {
    booking,
    reader,
    now,
    isConfirmed,
    acknowledged = false,
    previousStartsAt,
    reason,
    seriesStartsAt = [],
  } = mail;
  const telling: Telling = {
    locale: timeLocaleOf(language, reader.locale),
    timeZone: timeZoneOf(mail) ?? fallbackTimeZone,
    words: words.times,
  };
  const startsAt = Date.parse(booking.startsAt);
  const starts = localTime(startsAt, telling);
  const previous = previousStartsAt && localTime(Date.parse(previousStartsAt), telling);
  const [, ...guests] = booking.attendees;

  return {
    language,
    reader: { name: textOrNull(reader.name, 80), isHost: reader.role === 'host', isConfirmed },
    booker: { ...bookerOf(booking, starts, telling), isConfirmed: acknowledged },
    guests: guests.map(({ name, email }) => ({ name: textOrNull(name, 80), email: oneLine(email) })),
    organizer: { name: textOrNull(booking.organizer.name, 80) },
    call: {
      title: textOrNull(booking.title, 150) ?? words.untitled,
      when: startsWhen({ startsAt, now }, telling),
      ...starts,
      duration: durationOf(booking, telling.locale),
      joinUrl: webLink(booking.joinUrl),
      location: textOrNull(booking.location, 300),
      previous: previous ? { date: previous.date, time: previous.time } : { date: null, time: null },
    },
    answers: (booking.answers ?? []).map(({ question, answer }) => ({
      question: oneLine(question),
      answer: oneLine(answer, 500),
    })),
    calls: seriesStartsAt.map((instant) => {
      const { date, time } = localTime(Date.parse(instant), telling);
      return { date, time };
    }),
    reason: textOrNull(reason, 500),
    links: usable(mail),
  };
}

function timeZoneOf({ booking: { organizer }, reader }: MailToWrite): string | undefined {
  return reader.role === 'host' ? (organizer.timeZone ?? reader.timeZone) : (reader.timeZone ?? organizer.timeZone);
}

function bookerOf({ attendees: [booker], startsAt }: Booking, starts: LocalTime, telling: Telling) {
  const { name, email, timeZone = telling.timeZone } = booker;
  const theirs = timeZone === telling.timeZone ? starts : localTime(Date.parse(startsAt), { ...telling, timeZone });
  const differs = theirs.date !== starts.date || theirs.time !== starts.time;
  return {
    name: textOrNull(name, 80),
    email: oneLine(email),
    ...(differs ? theirs : { date: null, time: null, zone: null }),
  };
}

function durationOf({ startsAt, endsAt }: Booking, locale: string): string | null {
  const minutes = Math.round((Date.parse(endsAt) - Date.parse(startsAt)) / 60_000);
  return minutes > 0 ? spellOut(minutes, locale) : null;
}

/** Nobody is asked to confirm twice, and hosts do not unsubscribe from their own bookings. */
function usable({ links, isConfirmed, reader }: MailToWrite): MailLinks {
  return {
    confirm: isConfirmed ? null : webLink(links.confirm),
    move: webLink(links.move),
    cancel: webLink(links.cancel),
    calendar: webLink(links.calendar),
    unsubscribe: reader.role === 'host' ? null : webLink(links.unsubscribe),
    bookAgain: webLink(links.bookAgain),
  };
}

function textOrNull(text: string | undefined, maxLength: number): string | null {
  return oneLine(text ?? '', maxLength) || null;
}

/** Anything but http and https (javascript:, data:, …) is not a link that may be clicked. */
function webLink(text: string | null | undefined): string | null {
  const url = text && URL.canParse(text) ? new URL(text) : undefined;
  return url && /^https?:$/.test(url.protocol) ? url.href : null;
}
