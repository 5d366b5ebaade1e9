import { fixture, type Json, queued } from '../calcom/support.ts';

/** Whoever writes a webhook's body: versions, installations and operators of Cal.com tell the same in ways of their own. */
export interface Sender {
  name: string;
  headers: Readonly<Record<string, string>>;
  /** @returns the text that goes over the wire. */
  write(body: unknown): string;
}

/** A body with a payload, or the end of a meeting, which has none. */
interface Body extends Json {
  triggerEvent: string;
  payload?: Json;
}

type Rewrite = (fields: Json) => Json;

export const USUAL_SENDER: Sender = {
  name: 'the usual sender',
  headers: { 'x-cal-webhook-version': '2021-10-20' },
  write: (body) => JSON.stringify(body),
};

export const OTHER_SENDERS: readonly Sender[] = [
  {
    name: 'the newest version, which tells all that it can tell',
    headers: { 'x-cal-webhook-version': '2026-07-27' },
    write: (body) => JSON.stringify(respelled(withSample(body as Body), (instant) => instant.replace('.000Z', 'Z'))),
  },
  {
    name: 'a version to come, with its fields in another order',
    headers: { 'x-cal-webhook-version': '2031-01-01' },
    write: (body) => JSON.stringify(backwards(withUnknown(body as Body)), null, 2),
  },
  {
    name: 'a queue, where the way into the call is its location',
    headers: {},
    write: (body) => JSON.stringify(inPayload(body as Body, fromDatabase)),
  },
  {
    name: 'a server of their own, east of Greenwich, that has no details',
    headers: { 'user-agent': 'node' },
    write: (body) => JSON.stringify(respelled(inPayload(body as Body, withoutDetails), withOffset)),
  },
  {
    name: 'one that wraps the booking once more',
    headers: { 'x-cal-webhook-version': '2025-01-01' },
    write: (body) => JSON.stringify(inPayload(body as Body, (payload) => ({ booking: payload }))),
  },
  {
    name: 'an operator with a template of their own',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    write: (body) => JSON.stringify(filledIn(body as Body)),
  },
];

/** The sample that has all documented fields of a trigger. */
const SAMPLE_OF: Record<string, string> = {
  BOOKING_CREATED: 'booking-created.v2026-07-27',
  BOOKING_RESCHEDULED: 'booking-rescheduled',
  BOOKING_REQUESTED: 'booking-requested',
  BOOKING_REJECTED: 'booking-rejected',
  BOOKING_CANCELLED: 'booking-cancelled',
  BOOKING_PAYMENT_INITIATED: 'booking-payment-initiated',
  BOOKING_PAID: 'booking-paid',
  BOOKING_LOCATION_UPDATED: 'booking-location-updated',
  BOOKING_REASSIGNED: 'booking-reassigned',
  BOOKING_NO_SHOW_UPDATED: 'booking-no-show-updated',
  MEETING_ENDED: 'meeting-ended',
};

function withSample(body: Body): Body {
  const sample: Body = fixture(SAMPLE_OF[body.triggerEvent]!);
  return { ...sample, ...body, ...(body.payload && { payload: { ...sample.payload, ...body.payload } }) };
}

function withUnknown(body: Body): Body {
  const told = inPayload(body, (payload) => ({
    ...payload,
    ...{ status: 'SETTLED', hosts: [{ seat: 4 }], assignmentReason: ['round robin'], length: 'half an hour' },
  }));
  return { ...told, apiVersion: 3, trace: { id: 'b1946ac9', attempt: 1 } };
}

const fromDatabase: Rewrite = (payload) => {
  const { metadata, ...rest } = payload;
  const link = (metadata as Json | undefined)?.['videoCallUrl'];
  const told = link ? { ...rest, location: link } : payload;
  return queued({ triggerEvent: '', payload: told }).payload;
};

/** What the booking itself does not need is not told, or is told to be nothing. */
const withoutDetails: Rewrite = (payload) => {
  const { organizer, attendees = [], seatsPerTimeSlot = null, recurringEvent = null, rescheduleUid = null } = payload;
  const { name, email, timeZone } = (organizer ?? {}) as Json;
  return {
    ...payload,
    ...(organizer !== undefined && { organizer: { name, email, timeZone, language: null, username: null } }),
    attendees: (attendees as Json[]).map(({ firstName: _, lastName: __, language: ___, ...row }) => row),
    ...{ seatsPerTimeSlot, recurringEvent, rescheduleUid },
    ...{ responses: null, userFieldsResponses: null, customInputs: null, length: null, description: null },
    ...{ status: null, bookingId: null, eventTitle: null, oneTimePassword: null, bookerUrl: null },
  };
};

const TEMPLATE_FIELDS = [
  ...['uid', 'bookingUid', 'title', 'type', 'eventTypeId', 'startTime', 'endTime', 'length', 'location', 'status'],
  ...['iCalUID', 'iCalSequence', 'rescheduleUid', 'rescheduleStartTime', 'requestReschedule'],
  ...['seatsPerTimeSlot', 'attendeeSeatId'],
];
const TEMPLATE_ATTENDEES = 4;

/**
 * One template serves all triggers, so everything in it is in quotes: where a body has nothing, there is an empty text. The end of a
 * meeting goes by no template.
 */
function filledIn({ triggerEvent, createdAt, payload, ...flat }: Body): Json {
  if (!payload) return { triggerEvent, createdAt, ...flat };
  const text = (...path: (string | number)[]) => {
    const value = path.reduce<unknown>((at, key) => (at as Json | null | undefined)?.[key], payload);
    return value == null ? '' : String(value);
  };
  const texts = (names: readonly string[], ...path: (string | number)[]) =>
    Object.fromEntries(names.map((name) => [name, text(...path, name)]));
  return {
    triggerEvent,
    createdAt,
    ...texts(TEMPLATE_FIELDS),
    organizer: texts(['name', 'email', 'timeZone'], 'organizer'),
    attendees: Array.from({ length: TEMPLATE_ATTENDEES }, (_, index) =>
      texts(['name', 'email', 'timeZone', 'noShow'], 'attendees', index),
    ),
    metadata: texts(['videoCallUrl'], 'metadata'),
    recurringEvent: texts(['freq', 'interval', 'count'], 'recurringEvent'),
  };
}

function inPayload(body: Body, rewrite: Rewrite): Body {
  return body.payload ? { ...body, payload: rewrite(body.payload) } : body;
}

/** Every instant, wherever it is, in another spelling. */
function respelled(value: unknown, spell: (instant: string) => string): unknown {
  if (typeof value === 'string') return /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) ? spell(value) : value;
  if (Array.isArray(value)) return value.map((child) => respelled(child, spell));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, respelled(child, spell)]));
}

function withOffset(instant: string): string {
  return new Date(Date.parse(instant) + 3_600_000).toISOString().replace('Z', '+01:00');
}

function backwards(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(backwards);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, child]) => [key, backwards(child)]),
  );
}
