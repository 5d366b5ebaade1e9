import type { Attendee, Booking, CalendarEntry, Organizer } from '../booking.ts';
import { lineageOf, type Rhythm, seriesOf, twinOf } from './booking-hashes.ts';
import { type Fields, fieldsOf, isTold } from './fields.ts';
import { readWholeNumber } from './read-number.ts';
import { firstText } from './read-text.ts';
import { readIdentifier, readUid } from './read-uid.ts';

export interface RelatedFacts {
  booker: Attendee;
  organizer: Organizer;
  /** Epoch milliseconds. */
  startsAt: number;
  isSeated: boolean;
  installationKey: string;
}

/** Reads what a booking has in common with others: hashes, of which nobody else can tell what they stand for. */
export function readRelations(
  fields: Fields,
  { booker: { email }, organizer, startsAt, isSeated, installationKey }: RelatedFacts,
): Pick<Booking, 'eventType' | 'eventTypeSlug' | 'twin' | 'series' | 'lineage'> {
  const eventTypeSlug = readSlug(fields, installationKey);
  const eventType = readUid(fields['eventTypeId'], installationKey) ?? eventTypeSlug;
  const rhythm = readRhythm(fields);
  const entry = isSeated ? undefined : readNumberedEntry(fields);
  return {
    ...(eventType && { eventType }),
    ...(eventTypeSlug && { eventTypeSlug }),
    // Whoever books a seat twice has one seat.
    ...(eventType && !isSeated && { twin: twinOf(installationKey, { eventType, email, startsAt }) }),
    ...(rhythm && { series: seriesOf(installationKey, { eventType, organizerEmail: organizer.email, email, rhythm }) }),
    ...(entry && {
      lineage: lineageOf(installationKey, { iCalUid: entry.uid, sequence: entry.sequence, eventType, email }),
    }),
  };
}

/** Where a host asked for another time, older senders write the title of the call in its place. */
function readSlug({ type, title }: Fields, installationKey: string): string | undefined {
  const slug = firstText(type);
  return slug === firstText(title) ? undefined : readUid(slug, installationKey);
}

/** How often the call recurs; undefined for one that does not. */
export function readRhythm({ recurringEvent }: Fields): Rhythm | undefined {
  const fields = isTold(recurringEvent) ? fieldsOf(recurringEvent) : undefined;
  return (
    fields && {
      freq: readWholeNumber(fields['freq']),
      interval: readWholeNumber(fields['interval']),
    }
  );
}

/** The entry in people's calendars, if its name can be written into a calendar file as it stands. */
export function readCalendarEntry(fields: Fields): CalendarEntry | undefined {
  const entry = readNumberedEntry(fields);
  return entry && entry.sequence >= 0 && /^[!-~]{1,250}$/.test(entry.uid) ? entry : undefined;
}

/** The entry in the host's calendar, which a call that is moved keeps. The calls of a series may share one without being moved. */
function readNumberedEntry(fields: Fields): CalendarEntry | undefined {
  if (isTold(fields['recurringEvent']) || isTold(fields['existingRecurringEvent'])) return undefined;
  const uid = readIdentifier(fields['iCalUID']);
  const sequence = readWholeNumber(fields['iCalSequence']);
  return uid === undefined || sequence === undefined ? undefined : { uid, sequence };
}
