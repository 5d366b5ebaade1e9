import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isOneAddress } from '../../src/address.ts';
import type { Booking, BookingKey } from '../../src/booking.ts';
import type { Reading } from '../../src/calcom/read-delivery.ts';
import { stripSecrets } from '../../src/calcom/strip-secrets.ts';
import { isTimeZone } from '../../src/config.ts';
import { type Delivery, fixture, fixtureNames, type Json, read, readBody } from './support.ts';

const ISO_INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const HASH = /^[0-9a-f]{32}$/;
const UNSEEN = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

/** Bodies that say something of a booking. */
const telling = fixtureNames.map(fixture).filter((body) => read(body).verdict === 'booking');

/** What a body must have to be accepted, by its trigger; the others need a start and an attendee. */
const ESSENTIAL: Record<string, RegExp> = {
  MEETING_ENDED: /^(triggerEvent|uid)$/,
  BOOKING_NO_SHOW_UPDATED: /^(triggerEvent|payload|payload\.(bookingUid|attendees(\.0(\.(email|noShow))?)?))$/,
};
const START_AND_ATTENDEE = /^(triggerEvent|payload|payload\.(startTime|attendees(\.0(\.email)?)?))$/;

type Path = (string | number)[];

/** Every place in a body where there is a value. */
function placesIn(value: unknown, path: Path = []): Path[] {
  const inside =
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, child]) =>
          placesIn(child, [...path, Array.isArray(value) ? Number(key) : key]),
        )
      : [];
  return path.length > 0 ? [path, ...inside] : inside;
}

/** A copy with another value in one place; undefined leaves it out. */
function withValue(body: unknown, [key, ...rest]: Path, value: unknown): unknown {
  if (key === undefined) return value;
  const copy = (Array.isArray(body) ? [...body] : { ...(body as Json) }) as Json;
  copy[key] = withValue(copy[key], rest, value);
  return copy;
}

/** Values that have fooled parsers before, beside any JSON there is. */
const anyValue = fc.oneof(
  { weight: 3, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 400 }) },
  { weight: 1, arbitrary: fc.date({ noInvalidDate: true }).map((date) => date.toISOString()) },
  { weight: 1, arbitrary: fc.webUrl() },
  {
    weight: 2,
    arbitrary: fc.constantFrom<unknown>(
      'a@example.com',
      'a@example.com,b@example.com',
      '\ud800@example.com',
      'Ada <a@example.com>',
      'a@example.com\r\nBcc: b@example.com',
      '\u202eevil\u202c',
      'N'.repeat(10_000),
      '👩‍👩‍👧‍👦'.repeat(300),
      'javascript:alert(1)',
      'https://example.com/\r\nX: y',
      'Europe/Berlin',
      '2026-12-03T15:00:00+14:00',
      '0000-01-01T00:00:00Z',
      Number.MAX_VALUE,
      -1,
      [[[]]],
      { email: 'a@example.com', name: { firstName: 'A' } },
      [{ email: 'a@example.com' }, { email: 'b@example.com' }],
    ),
  },
);

/** Links and places as they are, and as they could fool whoever takes tokens out of them. */
const LINKS = [
  'https://example.zoom.us/j/82345678901?pwd=dG9rZW4',
  'HTTPS://Example.Zoom.us/j/82345678901?pwd=dG9rZW4',
  'https://user:password@example.com/room#token',
  'https:example.com?token=1',
  `https://example.com/?token=${'t'.repeat(3_000)}`,
  'https://example.com/BEGIN:VCALENDAR',
  'Room 5, or https://example.com/?token=1',
  'https://?token=1',
  'integrations:daily https://example.com/?token=1',
  'BEGIN:VCALENDAR',
  ' https://example.com/a b?token=1 ',
  null,
];

/** A real body with some of its fields replaced or left out. */
const mutated = fc.constantFrom(...telling).chain((body) =>
  fc.array(fc.tuple(fc.constantFrom(...placesIn(body)), anyValue), { minLength: 1, maxLength: 6 }).map((changes) =>
    changes.reduce<unknown>((changed, [path, value]) => {
      // An earlier change may have taken the place away.
      const parents = path.slice(0, -1);
      const parent = parents.reduce<unknown>((at, key) => (at as Json | undefined | null)?.[key], changed);
      // An earlier change may also have made a list of an object: such a one has no fields, and minds its length.
      const fits = Array.isArray(parent) ? typeof path.at(-1) === 'number' : typeof parent === 'object' && parent;
      return fits ? withValue(changed, path, value) : changed;
    }, body),
  ),
);

function expectKey({ uid, seat }: BookingKey): void {
  expect(uid).toMatch(/^[\w.-]{1,100}$/);
  if (seat !== undefined) expect(seat).toMatch(HASH);
}

/** What the booker has answered, and what Cal.com has of the booking elsewhere. */
function expectToldBeside({ answers = [], pages = {}, calendarEntry }: Booking): void {
  expect(answers.length).toBeLessThanOrEqual(30);
  for (const { question, answer } of answers) {
    expect(`${question}${answer}`).not.toMatch(UNSEEN);
    expect([question, answer].map((text) => text.trim())).toEqual([question, answer]);
    expect([question, answer]).not.toContain('');
    expect([...answer].length).toBeLessThanOrEqual(500);
  }
  for (const page of Object.values(pages) as string[]) {
    expect(new URL(page).protocol).toMatch(/^https?:$/);
    expect(page).toMatch(/^[!-~]+$/);
  }
  if (calendarEntry) expect(calendarEntry.uid).toMatch(/^[!-~]{1,250}$/);
}

function expectUsable(booking: Booking): void {
  const texts = [
    booking.title,
    booking.organizer.name,
    ...(booking.location === undefined ? [] : [booking.location]),
    ...booking.attendees.map(({ name }) => name),
  ];
  for (const text of texts) {
    expect(text).not.toMatch(UNSEEN);
    expect([...text].length).toBeLessThanOrEqual(200);
    expect(text).toBe(text.trim());
  }
  expect(booking.title).not.toBe('');
  expectToldBeside(booking);

  expect(booking.startsAt).toMatch(ISO_INSTANT);
  expect(booking.endsAt).toMatch(ISO_INSTANT);
  expect(Date.parse(booking.endsAt)).toBeGreaterThanOrEqual(Date.parse(booking.startsAt));

  expectKey(booking);
  for (const name of [booking.eventType, booking.eventTypeSlug]) {
    if (name !== undefined) expect(name).toMatch(/^[\w.-]{1,100}$/);
  }
  for (const hash of [booking.twin, booking.series, booking.lineage?.id]) {
    if (hash !== undefined) expect(hash).toMatch(HASH);
  }
  if (booking.lineage) expect(Number.isSafeInteger(booking.lineage.sequence)).toBe(true);
  if (booking.joinUrl !== undefined) {
    expect(new URL(booking.joinUrl).protocol).toMatch(/^https?:$/);
    expect(booking.joinUrl).not.toMatch(/[\s\p{Cc}\p{Cf}]/u);
  }

  const people = [booking.organizer, ...booking.attendees];
  expect(booking.attendees.length).toBeGreaterThan(0);
  for (const { email, timeZone } of people) {
    if (email !== undefined) expect(isOneAddress(email)).toBe(true);
    if (timeZone !== undefined) expect(isTimeZone(timeZone)).toBe(true);
  }
  const addresses = booking.attendees.map(({ email }) => email.toLowerCase());
  expect(new Set(addresses).size).toBe(addresses.length);
}

function expectSensible(reading: Reading): void {
  if (reading.verdict === 'rejected') {
    expect(reading.faults.length).toBeGreaterThan(0);
    for (const { path, expected } of reading.faults) {
      expect(path).toMatch(/^[a-zA-Z]+(\.[a-zA-Z]+|\[\d+\])*$/);
      expect(expected).not.toBe('');
    }
  }
  if (reading.trigger !== undefined) expect(reading.trigger).toMatch(/^[A-Z0-9_]{1,60}$/);
  if (reading.verdict === 'quarantined' || reading.verdict === 'ignored') expect(reading.reason).toMatch(/^[a-z_]+$/);
  if (reading.verdict !== 'booking') return;
  const { event } = reading;
  expect(event.occurredAt).toMatch(ISO_INSTANT);
  expect(event.id).toMatch(HASH);
  expectKey(event.booking);
  if (event.kind === 'ended' || event.kind === 'acknowledged') return;
  if (event.kind === 'no_show') {
    expect(event.attendees.length).toBeGreaterThan(0);
    for (const { email, noShow } of event.attendees)
      expect([isOneAddress(email), typeof noShow]).toEqual([true, 'boolean']);
    return;
  }
  expectUsable(event.booking);
  if ('replaced' in event && event.replaced) {
    expectKey(event.replaced);
    expect(event.replaced.uid).not.toBe(event.booking.uid);
  }
  if ('seats' in event && event.seats) {
    expect(event.booking.seat).toBeUndefined();
    expect(event.seats).toHaveLength(event.booking.attendees.length);
    for (const seat of event.seats) expect(seat).toMatch(HASH);
  }
}

describe('any real body, with any of its fields replaced by anything or left out', () => {
  it('is read without a throw, and what is accepted is fit for use', () => {
    fc.assert(
      fc.property(mutated, (body) => expectSensible(read(body))),
      { numRuns: 1_500 },
    );
  });

  it('is accepted whatever becomes of its details', () => {
    const details = (body: Delivery) =>
      placesIn(body).filter((path) => !(ESSENTIAL[body.triggerEvent] ?? START_AND_ATTENDEE).test(path.join('.')));
    const changed = fc
      .constantFrom(...telling)
      .chain((body) =>
        fc.tuple(fc.constantFrom(...details(body)), anyValue).map(([path, value]) => withValue(body, path, value)),
      );

    fc.assert(
      fc.property(changed, (body) => {
        expect(read(body).verdict).toBe('booking');
      }),
      { numRuns: 1_500 },
    );
  });

  it('says nothing of what is in a field, in faults and warnings', () => {
    const canary = 'canary.person@example.com, hidden';
    const told = (reading: Reading) => {
      if (reading.verdict === 'booking') return { warnings: reading.warnings, id: reading.event.id };
      return reading;
    };

    for (const body of telling) {
      for (const path of placesIn(body)) {
        for (const value of [canary, [canary], { [canary]: canary }, { email: canary, name: canary }]) {
          expect(JSON.stringify(told(read(withValue(body, path, value)))), path.join('.')).not.toMatch(/canary|hidden/);
        }
      }
    }
  });
});

describe('anything at all', () => {
  it('is read without a throw when it is JSON', () => {
    const triggerEvent = fc.constantFrom(...telling.map((body) => body.triggerEvent));
    const fields = { uid: anyValue, startTime: anyValue, endTime: anyValue, attendees: anyValue };
    const delivery = fc.oneof(
      fc.record({ triggerEvent, payload: anyValue }),
      fc.record(
        { triggerEvent, createdAt: anyValue, payload: anyValue, ...fields },
        { requiredKeys: ['triggerEvent'] },
      ),
      fc.record({ triggerEvent, payload: fc.record(fields, { requiredKeys: [] }) }),
    );

    fc.assert(
      fc.property(fc.oneof(anyValue, delivery), (body) => expectSensible(readBody(JSON.stringify(body) ?? ''))),
    );
  });

  it('is read without a throw when it is bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(readBody(Buffer.from(bytes)).verdict).toBe('quarantined');
      }),
    );
  });
});

describe('a body without its secrets', () => {
  const expectSameReading = (body: Buffer): void => {
    expect(readBody(stripSecrets(body))).toEqual(readBody(body));
  };

  it.each(fixtureNames)('says the same as the body that was sent: %s', (name) => {
    expectSameReading(Buffer.from(JSON.stringify(fixture(name))));
    expectSameReading(Buffer.from(JSON.stringify(fixture(name), null, 2)));
  });

  it('says the same whatever is in its fields', () => {
    fc.assert(
      fc.property(mutated, (body) => expectSameReading(Buffer.from(JSON.stringify(body) ?? ''))),
      { numRuns: 600 },
    );
  });

  it('says the same whatever has been answered, and wherever people book', () => {
    const text = fc.oneof(anyValue, fc.constantFrom<unknown>(...LINKS));
    const entry = fc.oneof(text, fc.record({ label: text, value: text, isHidden: text }, { requiredKeys: [] }));
    const name = fc.oneof(fc.string(), fc.constantFrom('notes', 'api-token', 'password', '__proto__', '7', 'budget'));
    const form = fc.oneof(text, fc.dictionary(name, entry));
    const fields = fc.record(
      { responses: form, userFieldsResponses: form, bookerUrl: text, cancellationReason: text },
      { requiredKeys: [] },
    );

    fc.assert(
      fc.property(fc.constantFrom('booking-created', 'booking-cancelled', 'booking-rejected'), fields, (of, more) => {
        const { payload, ...envelope } = fixture(of);
        expectSameReading(Buffer.from(JSON.stringify({ ...envelope, payload: { ...payload, ...more } })));
      }),
      { numRuns: 600 },
    );
  });

  it('says the same where there are several links and places', () => {
    const place = fc.oneof(anyValue, fc.constantFrom<unknown>(...LINKS));
    const placed = fc
      .record(
        {
          ...{ videoCallUrl: place, location: place, url: place, inner: place, uid: place, title: place, seats: place },
          ...{ beside: place, series: place, entry: place, seat: place, rescheduled: place },
        },
        { requiredKeys: [] },
      )
      .map(({ videoCallUrl, location, url, inner, uid, title, seats, beside, series, entry, seat, rescheduled }) => ({
        triggerEvent: 'BOOKING_CREATED',
        ...(beside !== undefined && { uid: beside, location: beside }),
        payload: {
          recurringEvent: series,
          iCalUID: entry,
          iCalSequence: 0,
          attendeeSeatId: seat,
          rescheduleUid: rescheduled,
          startTime: '2026-12-03T15:00:00Z',
          attendees: [{ email: 'a@example.com' }],
          metadata: { videoCallUrl },
          location,
          videoCallData: { url },
          ...(inner !== undefined && { booking: { location: inner, uid, title, seatsPerTimeSlot: seats } }),
        },
      }));

    fc.assert(
      fc.property(placed, (body) => expectSameReading(Buffer.from(JSON.stringify(body)))),
      { numRuns: 600 },
    );
  });

  it('says the same when it is anything at all', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => expectSameReading(Buffer.from(bytes))));
    fc.assert(fc.property(anyValue, (json) => expectSameReading(Buffer.from(JSON.stringify(json) ?? ''))));
  });
});
