import { type EventReading, eventOf, type ReadingContext, sentEvent } from './event-reading.ts';
import { type BookingFields, fieldsOf, withoutNulls } from './fields.ts';
import { type Fault, listedIn, MOST_ATTENDEES } from './read-attendees.ts';
import { readBooking } from './read-booking.ts';
import { readFlag } from './read-flag.ts';
import { readInstant } from './read-instant.ts';
import { readAddress } from './read-person.ts';
import { readUid } from './read-uid.ts';

/** Reads that a call has ended, which happened when the call ended: `createdAt` tells when it was booked. */
export function readEnd(source: BookingFields, _createdAt: number | undefined, context: ReadingContext): EventReading {
  const uid = readNamedUid(source, context) ?? readDerivedUid(source, context);
  if (uid === undefined) return { verdict: 'rejected', faults: [missingUid(source, 'uid')] };

  const endedAt = readInstant(source.fields['endTime']);
  const event = eventOf({ kind: 'ended', booking: { uid } }, endedAt, endedAt ?? context.receivedAt);
  return { verdict: 'booking', event, warnings: [] };
}

/** Reads who did not come, as the host says. */
export function readNoShow(
  source: BookingFields,
  createdAt: number | undefined,
  context: ReadingContext,
): EventReading {
  const { fields, at } = source;
  const faults: Fault[] = [];
  const warnings: string[] = [];
  const expected = 'one usable e-mail address and a noShow of true or false';
  const byAddress = new Map<string, { email: string; noShow: boolean }>();
  listedIn(fields)
    .slice(0, MOST_ATTENDEES)
    .forEach((row, index) => {
      const email = readAddress(fieldsOf(row)?.['email']);
      const noShow = readFlag(fieldsOf(row)?.['noShow']);
      if (email && noShow !== undefined) byAddress.set(email.toLowerCase(), { email, noShow });
      else warnings.push(`${at('attendees')}[${index}] has not ${expected}: the attendee is left out`);
    });

  const uid = readNamedUid(source, context);
  if (uid === undefined) faults.push(missingUid(source, 'bookingUid'));
  if (byAddress.size === 0) {
    faults.push({ path: at('attendees'), expected: `a list of at least one attendee with ${expected}` });
  }
  if (uid === undefined || faults.length > 0) return { verdict: 'rejected', faults };
  const news = { kind: 'no_show' as const, booking: { uid }, attendees: [...byAddress.values()] };
  return { verdict: 'booking', event: sentEvent(news, createdAt, context), warnings };
}

function readNamedUid({ fields }: BookingFields, { installationKey }: ReadingContext): string | undefined {
  return readUid(fields['bookingUid'], installationKey) ?? readUid(fields['uid'], installationKey);
}

/** As it was derived when the call was booked without one. */
function readDerivedUid({ fields, at }: BookingFields, context: ReadingContext): string | undefined {
  return readBooking({ fields: { organizer: fields['user'], ...withoutNulls(fields) }, at }, context).booking?.uid;
}

function missingUid({ at }: BookingFields, name: string): Fault {
  return { path: at(name), expected: 'the uid of a booking' };
}
