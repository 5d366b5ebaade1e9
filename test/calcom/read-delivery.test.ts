import { describe, expect, it } from 'vitest';
import type { Reading } from '../../src/calcom/read-delivery.ts';
import { accepted, bookingIn, created, fixture, fixtureNames, RECEIVED_AT, read, readBody } from './support.ts';

/** What each sample body means; the reason, where it is ignored. */
const VERDICTS: Record<string, string> = {
  'after-hosts-cal-video-no-show': 'trigger_not_handled',
  'booking-cancelled': 'trigger_not_handled',
  'booking-cancelled.one-seat': 'trigger_not_handled',
  'booking-cancelled.request-reschedule': 'trigger_not_handled',
  'booking-cancelled.whole-series': 'trigger_not_handled',
  'booking-created': 'booking',
  'booking-created.after-confirmation': 'booking',
  'booking-created.after-payment': 'booking',
  'booking-created.cal-video-guests': 'booking',
  'booking-created.phone-only': 'booking',
  'booking-created.recurring-1': 'booking',
  'booking-created.seat-1': 'booking',
  'booking-created.v2026-07-27': 'booking',
  'booking-location-updated': 'trigger_not_handled',
  'booking-no-show-updated': 'trigger_not_handled',
  'booking-paid': 'trigger_not_handled',
  'booking-payment-initiated': 'trigger_not_handled',
  'booking-reassigned': 'trigger_not_handled',
  'booking-rejected': 'trigger_not_handled',
  'booking-requested': 'trigger_not_handled',
  'booking-requested.reschedule': 'trigger_not_handled',
  'booking-rescheduled': 'trigger_not_handled',
  'booking-rescheduled.seat': 'trigger_not_handled',
  'form-submitted': 'trigger_not_handled',
  'instant-meeting': 'trigger_not_handled',
  'instant-meeting-accepted': 'trigger_not_handled',
  'meeting-ended': 'trigger_not_handled',
  'meeting-started': 'trigger_not_handled',
  'odd.custom-template': 'rejected',
  'odd.empty-object': 'rejected',
  'odd.unknown-trigger': 'unknown_trigger',
  'ooo-created': 'trigger_not_handled',
  ping: 'connection_test',
  'recording-ready': 'trigger_not_handled',
};

function verdictOf(reading: Reading): string {
  return reading.verdict === 'ignored' ? reading.reason : reading.verdict;
}

describe('a delivery', () => {
  it.each(fixtureNames)('of each kind that Cal.com sends is understood: %s', (name) => {
    expect(verdictOf(read(fixture(name)))).toBe(VERDICTS[name]);
  });

  it('is ignored for its trigger before its payload is looked at', () => {
    for (const payload of [undefined, null, 7, 'text', [], { attendees: 'nobody' }]) {
      expect(read({ triggerEvent: 'BOOKING_CANCELLED', payload })).toEqual({
        verdict: 'ignored',
        reason: 'trigger_not_handled',
      });
    }
  });

  it('may begin with a byte order mark', () => {
    expect(verdictOf(readBody(`\ufeff${JSON.stringify(created())}`))).toBe('booking');
  });

  it('may hold bytes that are no UTF-8 in a text', () => {
    const [before = '', after = ''] = JSON.stringify(created()).split('Discovery call between');
    const body = Buffer.concat([Buffer.from(before), Buffer.from([0xc3, 0x28, 0xff]), Buffer.from(after)]);

    expect(verdictOf(readBody(body))).toBe('booking');
  });
});

describe('the event', () => {
  it('happened when Cal.com says it did', () => {
    expect(accepted(fixture('booking-created')).event).toMatchObject({
      kind: 'confirmed',
      occurredAt: '2026-11-24T10:02:41.907Z',
    });
  });

  it('happened when it arrived, if the sender says nothing that can be understood, or a time to come', () => {
    for (const createdAt of [undefined, null, '', 'yesterday', 7, {}, '2026-13-01T00:00:00Z', '2030-01-01T00:00:00Z']) {
      expect(accepted({ ...created(), createdAt }).event.occurredAt).toBe(new Date(RECEIVED_AT).toISOString());
    }
  });

  it('is the same one however often, whenever and however spelled it arrives', () => {
    const body = created();
    const { id } = accepted(body).event;

    expect(accepted(body).event.id).toBe(id);
    expect(accepted({ ...body, createdAt: '2026-11-24T11:02:41.907+01:00' }).event.id).toBe(id);
    expect(accepted(created({ startTime: '2026-12-03T16:00:00+01:00', additionalNotes: 'other' })).event.id).toBe(id);
  });

  it('is another one when anything of the booking, or its time, is another', () => {
    const ids = [
      created(),
      created({ startTime: '2026-12-03T14:30:00Z' }),
      created({ title: 'Another title' }),
      created({ metadata: { videoCallUrl: 'https://meet.google.com/another' } }),
      { ...created(), createdAt: '2026-11-24T10:02:41.908Z' },
    ].map((body) => accepted(body).event.id);

    expect(new Set(ids).size).toBe(ids.length);
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
  ])('such as %s is refused as no JSON', (_, body) => {
    expect(readBody(body)).toEqual({ verdict: 'rejected', faults: [{ path: 'body', expected: 'JSON' }] });
  });

  it.each(['null', 'false', 'true', '7', '1e400', '"BOOKING_CREATED"', '[]', '[{"triggerEvent":"BOOKING_CREATED"}]'])(
    'such as %s is refused as no JSON object',
    (body) => {
      expect(readBody(body)).toEqual({
        verdict: 'rejected',
        faults: [{ path: 'body', expected: 'a JSON object with triggerEvent and payload' }],
      });
    },
  );

  it.each(['{}', '{"triggerEvent":null}', '{"triggerEvent":""}', '{"triggerEvent":7}', '{"triggerEvent":["PING"]}'])(
    'such as %s is refused because no trigger is named',
    (body) => {
      expect(readBody(body)).toMatchObject({ verdict: 'rejected', faults: [{ path: 'triggerEvent' }] });
    },
  );

  it.each([undefined, null, false, 7, 'text', []])('such as a booking event about %j is refused', (payload) => {
    expect(read({ ...created(), payload })).toEqual({
      verdict: 'rejected',
      faults: [{ path: 'payload', expected: 'an object with the booking' }],
    });
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

  it.each(['uid', 'bookingUid', 'eventTypeId', 'type', 'title', 'organizer', 'location', 'metadata', 'team', 'length'])(
    'with brackets nested half a million deep as its %s does not overflow anything',
    (name) => {
      const { uid: _, organizer: __, ...payload } = created().payload;
      const body = JSON.stringify({ ...created(), payload: { ...payload, [name]: 'HERE' } });

      expect(verdictOf(readBody(body.replace('"HERE"', nested(500_000))))).toBe('booking');
    },
  );

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
