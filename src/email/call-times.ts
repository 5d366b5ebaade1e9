const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** A reminder due one minute before the call leaves a moment later, and should still say so. */
const LESS_THAN_A_MINUTE_MS = 55_000;

/** Hours are named beside the clock time when they are few enough to picture. */
const HOURS_NAMED_BELOW_MINUTES = 12 * 60;

/** An instant on the clock and calendar of one zone, in English. */
export interface LocalTime {
  /** `Thursday, 3 December 2026` */
  date: string;
  /** `09:00` */
  time: string;
  /** `Central Standard Time, America/Chicago` */
  zone: string;
}

/** @param instant epoch milliseconds. */
export function localTime(instant: number, timeZone: string): LocalTime {
  const part = partsIn(timeZone, instant);
  return {
    date: `${part('weekday')}, ${part('day')} ${part('month')} ${part('year')}`,
    time: `${part('hour')}:${part('minute')}`,
    zone: `${part('timeZoneName')}, ${timeZone}`,
  };
}

/**
 * How far away the call is, as somebody in `timeZone` would say it at `now`: `in 3 days`, `tomorrow at 09:00`,
 * `today at 17:30, in 3 hours`, `in 12 minutes`, `in less than a minute`, `now`.
 *
 * Days are those of the calendar, not spans of 24 hours: a call at nine is `tomorrow` all evening.
 *
 * @param startsAt epoch milliseconds, as is `now`.
 */
export function startsWhen({ startsAt, now, timeZone }: { startsAt: number; now: number; timeZone: string }): string {
  const remainingMs = startsAt - now;
  if (remainingMs <= 0) return 'now';
  if (remainingMs < LESS_THAN_A_MINUTE_MS) return 'in less than a minute';

  const minutes = Math.round(remainingMs / MINUTE_MS);
  if (minutes < 60) return `in ${spellOut(minutes)}`;

  const days = calendarDay(startsAt, timeZone) - calendarDay(now, timeZone);
  if (days > 1) return `in ${days} days`;

  const at = `${days === 1 ? 'tomorrow' : 'today'} at ${localTime(startsAt, timeZone).time}`;
  return minutes < HOURS_NAMED_BELOW_MINUTES ? `${at}, in ${spellOut(minutes)}` : at;
}

/** `45 minutes`, `1 hour`, `1 hour 30 minutes`. */
export function spellOut(minutes: number): string {
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  const words = [hours > 0 ? count(hours, 'hour') : '', rest > 0 || hours === 0 ? count(rest, 'minute') : ''];
  return words.filter(Boolean).join(' ');
}

function count(amount: number, unit: string): string {
  return `${amount} ${unit}${amount === 1 ? '' : 's'}`;
}

/** The day's number on the calendar of the zone: neighbours differ by one, also where a clock change makes 23 or 25 hours. */
function calendarDay(instant: number, timeZone: string): number {
  const part = partsIn(timeZone, instant, 'numeric');
  return Date.UTC(Number(part('year')), Number(part('month')) - 1, Number(part('day'))) / DAY_MS;
}

/** Making a formatter takes a hundred times longer than using it, and a burst of mails shares a few zones. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function partsIn(timeZone: string, instant: number, month: 'long' | 'numeric' = 'long') {
  const key = `${month} ${timeZone}`;
  let formatter = formatters.get(key);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      weekday: 'long',
      year: 'numeric',
      month,
      day: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
      timeZoneName: 'long',
    });
    formatters.set(key, formatter);
  }
  const parts = new Map(formatter.formatToParts(instant).map(({ type, value }) => [type, value]));
  return (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? '';
}
