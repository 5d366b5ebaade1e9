import { oneLine } from '../clean-text.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** A reminder due one minute before the call leaves a moment later, and should still say so. */
const LESS_THAN_A_MINUTE_MS = 55_000;

/** Hours are named beside the clock time when they are few enough to picture. */
const HOURS_NAMED_BELOW_MINUTES = 12 * 60;

/** What Intl has no words for. `{time}` and `{day}` are filled in. */
export interface TimeWords {
  /** How a clock time is spoken: `{time}`, `{time} Uhr`. */
  clock: string;
  /** Of today or tomorrow: `{day} at {time}`. */
  at: string;
  /** `in less than a minute` */
  soon: string;
  now: string;
}

/** Whose clock and calendar, and in which language. */
export interface Telling {
  /** BCP 47: see {@link timeLocaleOf}. */
  locale: string;
  /** IANA name. One that this machine does not know is told in UTC, and says so. */
  timeZone: string;
  words: TimeWords;
}

/** An instant on the clock and calendar of one zone. */
export interface LocalTime {
  /** `Thursday, 3 December 2026` */
  date: string;
  /** `09:00` */
  time: string;
  /** `Central Standard Time, America/Chicago` */
  zone: string;
}

/**
 * How times are spelled in a mail of this language: with 24 hours, and days before months, but for those who say that their
 * English is that of the United States.
 *
 * @param language of the mail.
 * @param locale of the reader, as it came.
 */
export function timeLocaleOf(language: string, locale: string | undefined): string {
  if (language !== 'en') return language;
  return /^en[-_]us\b/i.test(locale ?? '') ? 'en-US' : 'en-GB';
}

/** @param instant epoch milliseconds. */
export function localTime(
  instant: number,
  { locale, timeZone, words }: Omit<Telling, 'words'> & { words: Pick<TimeWords, 'clock'> },
): LocalTime {
  const clock = clockOf(locale, timeZone);
  const time = oneLine(clock.time.format(instant));
  return {
    date: oneLine(clock.date.format(instant)),
    time: filled(words.clock, { time }),
    zone: `${zoneName(clock, instant)}, ${clock.timeZone}`,
  };
}

/**
 * How far away the call is, as somebody in that zone would say it at `now`: `in 3 days`, `tomorrow at 09:00`,
 * `today at 17:30, in 3 hours`, `in 12 minutes`, `in less than a minute`, `now`.
 *
 * Days are those of the calendar, not spans of 24 hours: a call at nine is `tomorrow` all evening.
 *
 * @param startsAt epoch milliseconds, as is `now`.
 */
export function startsWhen({ startsAt, now }: { startsAt: number; now: number }, telling: Telling): string {
  const { words, locale } = telling;
  const remainingMs = startsAt - now;
  if (remainingMs <= 0) return words.now;
  if (remainingMs < LESS_THAN_A_MINUTE_MS) return words.soon;

  const minutes = Math.round(remainingMs / MINUTE_MS);
  if (minutes < 60) return inMinutes(minutes, locale);

  const spans = spansOf(locale);
  const days = calendarDay(startsAt, telling) - calendarDay(now, telling);
  if (days > 1) return oneLine(spans.ahead.format(days, 'day'));

  const day = spans.dayName.format(days, 'day');
  const at = filled(words.at, { day, time: localTime(startsAt, telling).time });
  return minutes < HOURS_NAMED_BELOW_MINUTES ? `${at}, ${inMinutes(minutes, locale)}` : at;
}

/** `45 minutes`, `1 hour`, `1 hour 30 minutes`. */
export function spellOut(minutes: number, locale: string): string {
  const { hour, minute } = spansOf(locale);
  const { hours, rest } = split(minutes);
  const words = [hours > 0 ? hour.format(hours) : '', rest > 0 || hours === 0 ? minute.format(rest) : ''];
  return oneLine(words.join(' '));
}

/** `in 45 minutes`, `in 1 hour 30 minutes`. */
function inMinutes(minutes: number, locale: string): string {
  const { ahead, minute } = spansOf(locale);
  const { hours, rest } = split(minutes);
  if (hours === 0) return oneLine(ahead.format(rest, 'minute'));
  return oneLine(`${ahead.format(hours, 'hour')} ${rest > 0 ? minute.format(rest) : ''}`);
}

function split(minutes: number): { hours: number; rest: number } {
  return { hours: Math.floor(minutes / 60), rest: minutes % 60 };
}

function filled(pattern: string, values: Record<string, string>): string {
  return pattern.replaceAll(/\{(\w+)\}/g, (place, name: string) => values[name] ?? place);
}

/** The day's number on the calendar of the zone: neighbours differ by one, also where a clock change makes 23 or 25 hours. */
function calendarDay(instant: number, { locale, timeZone }: Telling): number {
  const [year, month, date] = clockOf(locale, timeZone).day.format(instant).split('-').map(Number);
  return Date.UTC(year!, month! - 1, date) / DAY_MS;
}

function zoneName({ zone }: Clock, instant: number): string {
  return zone.formatToParts(instant).find(({ type }) => type === 'timeZoneName')?.value ?? '';
}

interface Clock {
  timeZone: string;
  date: Intl.DateTimeFormat;
  time: Intl.DateTimeFormat;
  zone: Intl.DateTimeFormat;
  /** `2026-12-03` */
  day: Intl.DateTimeFormat;
}

/** Making a formatter takes a hundred times longer than using it, and a burst of mails shares a few zones. */
const clocks = new Map<string, Clock>();
/** Far more than there are zones in use; their names come from outside. */
const CLOCKS_KEPT = 500;

function clockOf(locale: string, timeZone: string): Clock {
  const key = `${locale} ${timeZone}`;
  const known = clocks.get(key);
  if (known) return known;
  if (clocks.size >= CLOCKS_KEPT) clocks.clear();
  const clock = createClock(locale, timeZone);
  clocks.set(key, clock);
  return clock;
}

function createClock(locale: string, timeZone: string): Clock {
  try {
    return {
      timeZone,
      date: new Intl.DateTimeFormat(locale, {
        timeZone,
        weekday: 'long',
        year: 'numeric',
        month: 'long',
        day: 'numeric',
      }),
      time: new Intl.DateTimeFormat(locale, {
        timeZone,
        minute: '2-digit',
        ...(locale === 'en-US' ? { hour: 'numeric', hourCycle: 'h12' } : { hour: '2-digit', hourCycle: 'h23' }),
      }),
      zone: new Intl.DateTimeFormat(locale, { timeZone, timeZoneName: 'long' }),
      day: new Intl.DateTimeFormat('sv-SE', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }),
    };
  } catch (error) {
    if (timeZone === 'UTC') throw error;
    return createClock(locale, 'UTC');
  }
}

interface Spans {
  ahead: Intl.RelativeTimeFormat;
  /** Says `today` and `tomorrow`. */
  dayName: Intl.RelativeTimeFormat;
  hour: Intl.NumberFormat;
  minute: Intl.NumberFormat;
}

const spans = new Map<string, Spans>();

function spansOf(locale: string): Spans {
  const known = spans.get(locale);
  if (known) return known;
  const made: Spans = {
    ahead: new Intl.RelativeTimeFormat(locale, { numeric: 'always' }),
    dayName: new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }),
    hour: new Intl.NumberFormat(locale, { style: 'unit', unit: 'hour', unitDisplay: 'long' }),
    minute: new Intl.NumberFormat(locale, { style: 'unit', unit: 'minute', unitDisplay: 'long' }),
  };
  spans.set(locale, made);
  return made;
}
