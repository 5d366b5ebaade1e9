import { describe, expect, it } from 'vitest';
import type { Reading } from '../../src/calcom/read-delivery.ts';
import { accepted, attendee, bookingIn, created, fixture, fixtureNames, type Json, read, readBody } from './support.ts';

/** What each sample body means: what happened to a booking, or why it is nothing to us. */
const VERDICTS: Record<string, string> = {
  'after-hosts-cal-video-no-show': 'trigger_not_handled',
  'booking-cancelled': 'cancelled',
  'booking-cancelled.one-seat': 'cancelled',
  'booking-cancelled.request-reschedule': 'cancelled',
  'booking-cancelled.whole-series': 'cancelled',
  'booking-created': 'confirmed',
  'booking-created.after-confirmation': 'confirmed',
  'booking-created.after-payment': 'confirmed',
  'booking-created.cal-video-guests': 'confirmed',
  'booking-created.phone-only': 'confirmed',
  'booking-created.recurring-1': 'confirmed',
  'booking-created.seat-1': 'confirmed',
  'booking-created.v2026-07-27': 'confirmed',
  'booking-location-updated': 'updated',
  'booking-no-show-updated': 'no_show',
  'booking-paid': 'confirmed',
  'booking-payment-initiated': 'awaits_payment',
  'booking-reassigned': 'updated',
  'booking-rejected': 'rejected',
  'booking-requested': 'requested',
  'booking-requested.reschedule': 'requested',
  'booking-rescheduled': 'rescheduled',
  'booking-rescheduled.seat': 'rescheduled',
  'form-submitted': 'trigger_not_handled',
  'instant-meeting': 'trigger_not_handled',
  'instant-meeting-accepted': 'trigger_not_handled',
  'meeting-ended': 'ended',
  'meeting-started': 'trigger_not_handled',
  'odd.custom-template': 'custom_template',
  'odd.empty-object': 'custom_template',
  'odd.unknown-trigger': 'unknown_trigger',
  'ooo-created': 'trigger_not_handled',
  ping: 'connection_test',
  'recording-ready': 'trigger_not_handled',
};

function verdictOf(reading: Reading): string {
  if (reading.verdict === 'booking') return reading.event.kind;
  return reading.verdict === 'rejected' ? 'refused' : reading.reason;
}

describe('a delivery', () => {
  it.each(fixtureNames)('of each kind that Cal.com sends is understood: %s', (name) => {
    expect(verdictOf(read(fixture(name)))).toBe(VERDICTS[name]);
  });

  it.each([
    ['BOOKING_PAYMENT_INITIATED', 'awaits_payment'],
    ['MEETING_STARTED', 'trigger_not_handled'],
    ['RECORDING_READY', 'trigger_not_handled'],
  ])('is ignored for its trigger before its payload is looked at: %s', (trigger, reason) => {
    for (const payload of [undefined, null, 7, 'text', [], { attendees: 'nobody' }, created().payload]) {
      expect(read({ triggerEvent: trigger, payload })).toEqual({ verdict: 'ignored', trigger, reason });
    }
  });

  it('may begin with a byte order mark', () => {
    expect(verdictOf(readBody(`\ufeff${JSON.stringify(created())}`))).toBe('confirmed');
  });

  it('may hold bytes that are no UTF-8 in a text', () => {
    const [before = '', after = ''] = JSON.stringify(created()).split('Discovery call between');
    const body = Buffer.concat([Buffer.from(before), Buffer.from([0xc3, 0x28, 0xff]), Buffer.from(after)]);

    expect(verdictOf(readBody(body))).toBe('confirmed');
  });
});

describe('the trigger', () => {
  it.each(fixtureNames.filter((name) => !name.startsWith('odd.')))('is told as Cal.com names it: %s', (name) => {
    expect(read(fixture(name)).trigger).toBe(fixture(name).triggerEvent);
  });

  it.each(['booking_created', 'CANARY CREATED', 'canary@example.com', 'A'.repeat(61), 'É'])(
    'is not told when it is no name of one: %s',
    (triggerEvent) => {
      expect(read({ triggerEvent })).toEqual({ verdict: 'ignored', reason: 'unknown_trigger' });
    },
  );

  it.each(['constructor', '__proto__', 'toString'])('is nothing that any object has: %s', (triggerEvent) => {
    expect(read({ triggerEvent })).toEqual({ verdict: 'ignored', reason: 'unknown_trigger' });
  });
});

describe('a trigger that nobody knows', () => {
  const unknown = (body: Json) => read({ triggerEvent: 'BOOKING_SOMETHING_NEW', ...body });
  const attendees = [attendee()];

  it.each<[string, Json]>([
    ['with a uid and attendees', { payload: { uid: 'zcioSE6n51cbpobbEprooE', attendees } }],
    ['with a bookingUid and attendees', { payload: { bookingUid: 'zcioSE6n51cbpobbEprooE', attendees } }],
    ['with a start and attendees', { payload: { startTime: '2026-12-03T15:00:00Z', attendees } }],
    ['whose start is spelled in a new way', { payload: { startTime: 1_796_310_000, attendees } }],
    ['under payload.booking', { payload: { booking: { uid: 'zcioSE6n51cbpobbEprooE', attendees } } }],
    ['without a payload around it', { uid: 'zcioSE6n51cbpobbEprooE', attendees }],
    ['beside a payload', { payload: { note: 'new' }, uid: 'zcioSE6n51cbpobbEprooE', attendees }],
    ['in full', { payload: created().payload }],
  ])('is quarantined when there is a booking in it: %s', (_, body) => {
    expect(unknown(body)).toEqual({
      verdict: 'quarantined',
      trigger: 'BOOKING_SOMETHING_NEW',
      reason: 'unknown_trigger_with_booking',
    });
  });

  it.each<[string, Json]>([
    ['nothing', {}],
    ['a text', { payload: 'a booking' }],
    ['a uid alone', { payload: { uid: 'zcioSE6n51cbpobbEprooE' } }],
    ['attendees alone', { payload: { attendees } }],
    ['nobody', { payload: { uid: 'zcioSE6n51cbpobbEprooE', attendees: [] } }],
    ['no list of attendees', { payload: { uid: 'zcioSE6n51cbpobbEprooE', attendees: {} } }],
  ])('is ignored when there is no booking in it, but %s', (_, body) => {
    expect(verdictOf(unknown(body))).toBe('unknown_trigger');
  });

  it('is quarantined when it is a known one in another spelling', () => {
    expect(read({ ...created(), triggerEvent: 'booking.created' })).toEqual({
      verdict: 'quarantined',
      reason: 'unknown_trigger_with_booking',
    });
  });
});

describe('a body that is not a delivery', () => {
  it.each([
    ['nothing', ''],
    ['a blank', ' '],
    ['no JSON', 'hello'],
    ['half a JSON', '{"triggerEvent":"BOOKING_CREATED","payload":{'],
    ['two JSONs', '{}{}'],
    ['a form', 'triggerEvent=BOOKING_CREATED&payload=1'],
    ['a NUL', '\0'],
    ['a raw NUL in a text', '{"triggerEvent":"BOOKING\0CREATED"}'],
    ['bytes that are no UTF-8', Buffer.from([0xff, 0xfe, 0x00, 0x80])],
    ['UTF-16', Buffer.from(JSON.stringify({ triggerEvent: 'PING' }), 'utf16le')],
  ])('such as %s is quarantined as no JSON', (_, body) => {
    expect(readBody(body)).toEqual({ verdict: 'quarantined', reason: 'not_json' });
  });

  it.each(['null', 'false', 'true', '7', '1e400', '"BOOKING_CREATED"', '[]', '[{"triggerEvent":"BOOKING_CREATED"}]'])(
    'such as %s is quarantined as no JSON object',
    (body) => {
      expect(readBody(body)).toEqual({ verdict: 'quarantined', reason: 'not_an_object' });
    },
  );

  it.each(['{}', '{"triggerEvent":null}', '{"triggerEvent":""}', '{"triggerEvent":7}', '{"triggerEvent":["PING"]}'])(
    'such as %s is quarantined because no trigger is named',
    (body) => {
      expect(readBody(body)).toEqual({ verdict: 'quarantined', reason: 'custom_template' });
    },
  );

  it('but a booking written by a custom template is quarantined', () => {
    const { startTime, uid, attendees } = created().payload;

    expect(read({ startTime, uid, attendees })).toEqual({ verdict: 'quarantined', reason: 'custom_template' });
  });

  it.each([undefined, null, false, 7, 'text', []])('such as a booking event about %j is refused', (payload) => {
    for (const trigger of ['BOOKING_CREATED', 'BOOKING_REQUESTED', 'BOOKING_NO_SHOW_UPDATED', 'MEETING_ENDED']) {
      expect(read({ ...created(), triggerEvent: trigger, payload })).toEqual({
        verdict: 'rejected',
        trigger,
        faults: [{ path: 'payload', expected: 'an object with the booking' }],
      });
    }
  });
});

describe('a hostile body', () => {
  const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  const plain = JSON.stringify(created());
  /** The plain booking with one more field in its payload, as text: JSON.stringify could not write it. */
  const withField = (field: string) => plain.replace('"payload":{', `"payload":{${field},`);

  it.each([
    [
      'with keys that could reach the prototype',
      withField('"__proto__":{"uid":"polluted"},"constructor":{"prototype":{}}'),
    ],
    ['with the same key a second time', withField('"title":"the first one counts for nothing"')],
    ['with a number beyond all numbers', withField('"bookingId":1e400,"length":-1e400')],
    ['with 60,000 keys', withField(Array.from({ length: 60_000 }, (_, key) => `"k${key}":0`).join(','))],
    ['with brackets nested half a million deep', withField(`"responses":${nested(500_000)}`)],
    ['with lone surrogates', withField('"eventTitle":"\\ud800","location":"\\udfff"')],
  ])('%s is read as the booking it is', (_, body) => {
    const before = performance.now();

    const reading = readBody(body);

    expect(reading).toMatchObject({ verdict: 'booking', event: { booking: { uid: 'zcioSE6n51cbpobbEprooE' } } });
    expect(performance.now() - before).toBeLessThan(2_000);
    expect(({} as { uid?: unknown }).uid).toBeUndefined();
  });

  it.each([
    ...['uid', 'bookingUid', 'eventTypeId', 'type', 'title', 'organizer', 'location', 'metadata', 'team', 'length'],
    ...['recurringEvent', 'iCalUID', 'iCalSequence', 'rescheduleUid', 'rootBookingUid', 'attendeeSeatId'],
  ])('with brackets nested half a million deep as its %s does not overflow anything', (name) => {
    const { uid: _, organizer: __, ...payload } = created().payload;
    const body = JSON.stringify({ ...created(), payload: { ...payload, [name]: 'HERE' } });

    expect(verdictOf(readBody(body.replace('"HERE"', nested(500_000))))).toBe('confirmed');
  });

  it('that names attendees without end is read within bounds', () => {
    const before = performance.now();
    const many = Array.from({ length: 30_000 }, (_, at) => ({ email: `guest-${at}@example.com`, timeZone: 'x' }));

    const { event, warnings } = accepted(created({ attendees: many }));

    expect(event.booking.attendees).toHaveLength(100);
    expect(warnings[0]).toBe('payload.attendees has more than 100 entries: the others are left out');
    expect(warnings.length).toBeLessThan(200);
    expect(performance.now() - before).toBeLessThan(2_000);
  });

  it('that names unusable attendees without end is refused in few words', () => {
    const reading = read(created({ attendees: Array.from({ length: 300_000 }, () => 0) }));

    expect(JSON.stringify(reading).length).toBeLessThan(20_000);
  });

  it('with megabytes in a field is read at once', () => {
    for (const text of ['a', ' ', '\u200b', 'a@', '@', '.', '👩‍🚀', 'https://']) {
      const long = text.repeat(900_000 / Buffer.byteLength(text));
      const before = performance.now();

      bookingIn(
        created({
          title: long,
          uid: long,
          location: long,
          attendees: [{ ...created().payload }, { email: 'a@example.com', name: long, timeZone: long }],
        }),
      );

      expect(performance.now() - before, text).toBeLessThan(2_000);
    }
  });
});
