import { bookingFieldsOf, deliveredFieldsOf, fieldsOf } from './fields.ts';
import { parseJson } from './parse-json.ts';
import { isOwnQuestion } from './read-answers.ts';
import { readJoinUrl, readPlace, readWebLink } from './read-location.ts';

/** The headers worth keeping beside a body: they tell its version and who sent it. */
export const KEPT_HEADERS = ['x-cal-webhook-version', 'content-type', 'user-agent'] as const;

/** Passwords that open a booking or a call, invitations that hold the links once more, and the answers to old forms. */
const DROPPED = /(password|passcode|secret|token|IcsContent)$|^(hashedLink|customInputs)$/i;
/** The answers to the form: those to the owner's own questions are kept as they stand, and no others. */
const FORMS = new Set(['responses', 'userFieldsResponses']);

/** What reading takes as it stands, whatever it looks like: another spelling would be another booking. */
const VERBATIM = new Set([
  ...['triggerEvent', 'createdAt', 'startTime', 'endTime', 'uid', 'bookingUid', 'rescheduleUid', 'rootBookingUid'],
  ...['attendeeSeatId', 'seatsPerTimeSlot', 'referenceUid', 'iCalUID', 'recurringEvent', 'existingRecurringEvent'],
  ...['eventTypeId', 'type', 'title', 'eventTitle', 'bookerUrl'],
  ...['cancellationReason', 'rejectionReason'],
  ...['name', 'firstName', 'lastName', 'email', 'timeZone', 'locale'],
]);

/** Reading looks no deeper than 7, and a body of brackets must not overflow the stack. */
const DEEPEST = 32;
const MOST_UNREADABLE_BYTES = 64 * 1024;

/**
 * A body as it may be kept on disk: without what opens anything but the call itself, and without most of what a booker
 * typed. Reading it gives what reading the body as sent gives. What is no JSON is kept up to 64 KiB.
 */
export function stripSecrets(body: Buffer): Buffer {
  const json = parseJson(body);
  return json === undefined ? withoutTail(body) : Buffer.from(JSON.stringify(strip(json, joinUrlIn(json))));
}

function strip(value: unknown, joinUrl: string | undefined, key = '', depth = 0): unknown {
  if (typeof value === 'string') return stripText(value, joinUrl, key);
  if (typeof value !== 'object' || value === null) return finite(value);
  if (depth === DEEPEST) return null;
  if (Array.isArray(value)) return value.map((child) => strip(child, joinUrl, key, depth + 1));
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !DROPPED.test(name))
      .map(([name, child]) => [name, FORMS.has(name) ? ownAnswersIn(child) : strip(child, joinUrl, name, depth + 1)])
      .filter(([, child]) => child !== undefined),
  );
}

function ownAnswersIn(form: unknown): object | undefined {
  const own = Object.entries(fieldsOf(form) ?? {}).filter(([name, entry]) => isOwnQuestion(name, entry));
  return own.length > 0 ? Object.fromEntries(own.map(([name, entry]) => [name, verbatim(entry)])) : undefined;
}

function verbatim(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return finite(value);
  if (depth === DEEPEST) return null;
  if (Array.isArray(value)) return value.map((child) => verbatim(child, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([name, child]) => [name, verbatim(child, depth + 1)]));
}

/** JSON has a spelling for numbers beyond all numbers when it is read, and none when it is written. */
function finite(value: unknown): unknown {
  return typeof value === 'number' ? Math.max(-Number.MAX_VALUE, Math.min(value, Number.MAX_VALUE)) : value;
}

function stripText(text: string, joinUrl: string | undefined, key: string): string {
  if (VERBATIM.has(key)) return text;
  // Without a link, this is where the call takes place.
  if (key === 'location' && joinUrl === undefined && readPlace(text) !== undefined) return text;
  const bare = text.includes('BEGIN:VCALENDAR') ? '' : withoutTokens(text);
  if (bare === text) return text;
  const link = readWebLink(text);
  if (link !== undefined && link === joinUrl) return text;
  // What was too long for a link must not become one, for it would be mailed.
  return link === undefined && readWebLink(bare) !== undefined ? '' : bare;
}

/** Links without what may let in whoever holds them: a user's name, a query, a fragment. */
function withoutTokens(text: string): string {
  return text.replace(/https?:[^\s"<>]+/gi, (link) =>
    link.replace(/[?#].*$/s, '').replace(/^(https?:[\\/]*)[^\\/]*@/i, '$1'),
  );
}

function joinUrlIn(json: unknown): string | undefined {
  const envelope = fieldsOf(json);
  const booking = (envelope && deliveredFieldsOf(envelope)) ?? bookingFieldsOf(envelope);
  return booking && readJoinUrl(booking.fields);
}

function withoutTail(body: Buffer): Buffer {
  if (body.length <= MOST_UNREADABLE_BYTES) return body;
  // The mark ends it, and what begins like JSON is none with it.
  const mark = Buffer.from('…');
  return Buffer.concat([body.subarray(0, MOST_UNREADABLE_BYTES - mark.length), mark]);
}
