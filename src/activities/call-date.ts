import { formatInTimeZone } from 'date-fns-tz';

/** The calendar day of an instant in a zone, YYYY-MM-DD. */
export function callDate(startsAt: string, timeZone: string): string {
  return formatInTimeZone(startsAt, timeZone, 'yyyy-MM-dd');
}
