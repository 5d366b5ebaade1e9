import { describe, expect, it } from 'vitest';
import { type UpdatedEvent, workflowIdOf } from '../../src/booking.ts';
import {
  accepted,
  attendee,
  bookingIn,
  created,
  faultPathsIn,
  fixture,
  type Json,
  queued,
  read,
  sample,
} from './support.ts';

const HASH = expect.stringMatching(/^[0-9a-f]{32}$/);
const MARA = { name: 'Mara Lindqvist', email: 'mara.lindqvist@example.com', timeZone: 'Europe/Stockholm' };

/** The same fields under `payload.booking`, where some senders put them. */
function nested(booking: Json, beside: Json = {}) {
  return { triggerEvent: 'BOOKING_CREATED', createdAt: '2026-11-24T10:02:41.907Z', payload: { ...beside, booking } };
}

/** A booking without a uid, but for what the story is about. */
function withoutUid(fields: Json = {}) {
  return created({ uid: undefined, ...fields });
}

describe('a booking as Cal.com sends it', () => {
  it('is read in full', () => {
    expect(bookingIn(fixture('booking-created'))).toEqual({
      uid: 'zcioSE6n51cbpobbEprooE',
      title: 'Discovery call between Mara Lindqvist and Tobias Okafor',
      startsAt: '2026-12-03T15:00:00.000Z',
      endsAt: '2026-12-03T15:30:00.000Z',
      organizer: MARA,
      attendees: [
        { name: 'Tobias Okafor', email: 'tobias.okafor@example.com', timeZone: 'America/Chicago', locale: 'en' },
      ],
      joinUrl: 'https://meet.google.com/kxw-qpyd-ruv',
      eventType: '731904',
      eventTypeSlug: 'discovery-call',
      twin: HASH,
      lineage: { id: HASH, sequence: 0 },
      pages: {
        cancel: 'https://cal.com/booking/zcioSE6n51cbpobbEprooE?cancel=true',
        move: 'https://cal.com/reschedule/zcioSE6n51cbpobbEprooE',
        bookAgain: 'https://cal.com/mara-lindqvist/discovery-call',
      },
      calendarEntry: { uid: 'zcioSE6n51cbpobbEprooE@Cal.com', sequence: 0 },
    });
  });

  it('is the same one in the newest version of the webhook', () => {
    expect(accepted(fixture('booking-created.v2026-07-27'))).toEqual(accepted(fixture('booking-created')));
  });

  it('is read with its guests, a nameless one among them', () => {
    expect(bookingIn(fixture('booking-created.cal-video-guests'))).toEqual({
      uid: '5w6ma6fKep1ozQXZHt2edX',
      title: 'Onboarding session between Mara Lindqvist and Ines Carvalho',
      startsAt: '2027-03-15T14:00:00.000Z',
      endsAt: '2027-03-15T14:45:00.000Z',
      organizer: MARA,
      attendees: [
        { name: 'Ines Carvalho', email: 'ines.carvalho@example.com', timeZone: 'America/New_York', locale: 'en' },
        { name: '', email: 'dev-team@example.com', timeZone: 'America/New_York', locale: 'en' },
      ],
      joinUrl: 'https://app.cal.com/video/5w6ma6fKep1ozQXZHt2edX',
      eventType: '731911',
      eventTypeSlug: 'onboarding',
      twin: HASH,
      lineage: { id: HASH, sequence: 0 },
      pages: {
        cancel: 'https://cal.com/booking/5w6ma6fKep1ozQXZHt2edX?cancel=true',
        move: 'https://cal.com/reschedule/5w6ma6fKep1ozQXZHt2edX',
        bookAgain: 'https://cal.com/mara-lindqvist/onboarding',
      },
      calendarEntry: { uid: '5w6ma6fKep1ozQXZHt2edX@Cal.com', sequence: 0 },
    });
  });

  it('is one seat of a seated event, told apart by a hash that gives nobody away', () => {
    const booking = bookingIn(fixture('booking-created.seat-1'));

    expect(booking).toMatchObject({ uid: 'r8vnkW7ckdh1CrpwTNkm2w', seat: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect(booking.attendees.map(({ email }) => email)).toEqual(['hana.suzuki@example.com']);
    expect(workflowIdOf(booking)).toBe(`precall/${booking.uid}/${booking.seat}`);
  });

  it('is read with the placeholder address of somebody who booked by phone, and the number to call', () => {
    expect(bookingIn(fixture('booking-created.phone-only'))).toEqual({
      uid: 'ELgYvMzwrwv8WJxDPpTRL5',
      title: 'Quick call between Mara Lindqvist and Dana Whitfield',
      startsAt: '2026-12-04T17:00:00.000Z',
      endsAt: '2026-12-04T17:20:00.000Z',
      organizer: MARA,
      attendees: [
        { name: 'Dana Whitfield', email: '15550142233@sms.cal.com', timeZone: 'America/Los_Angeles', locale: 'en' },
      ],
      location: '+15550142233',
      eventType: '731933',
      eventTypeSlug: 'quick-call',
      twin: HASH,
      lineage: { id: HASH, sequence: 0 },
      pages: {
        cancel: 'https://cal.com/booking/ELgYvMzwrwv8WJxDPpTRL5?cancel=true',
        move: 'https://cal.com/reschedule/ELgYvMzwrwv8WJxDPpTRL5',
        bookAgain: 'https://cal.com/mara-lindqvist/quick-call',
      },
      calendarEntry: { uid: 'ELgYvMzwrwv8WJxDPpTRL5@Cal.com', sequence: 0 },
    });
  });

  it('is the same one from a sender with a queue', () => {
    expect(bookingIn(queued(fixture('booking-created')))).toEqual(bookingIn(fixture('booking-created')));
  });

  it('is read after the host accepted it, after it was paid, and as one of a series', () => {
    expect(bookingIn(fixture('booking-created.after-confirmation'))).toMatchObject({
      uid: 'MTKkKXPk4Hhx5Q3kLAG4Ld',
      startsAt: '2026-12-08T13:00:00.000Z',
      endsAt: '2026-12-08T13:45:00.000Z',
      attendees: [{ name: 'Amara Diallo', email: 'amara.diallo@example.com', timeZone: 'Africa/Dakar', locale: 'fr' }],
      joinUrl: 'https://app.cal.com/video/MTKkKXPk4Hhx5Q3kLAG4Ld',
    });
    expect(bookingIn(fixture('booking-created.after-payment'))).toMatchObject({
      uid: 'Bmhj4E6AYtKv3ivEmtP85p',
      endsAt: '2026-12-11T10:50:00.000Z',
      joinUrl: 'https://app.cal.com/video/Bmhj4E6AYtKv3ivEmtP85p',
    });
    expect(bookingIn(fixture('booking-created.recurring-1'))).toMatchObject({
      uid: 'zRKJAywfUx7UQo5qkgPDhH',
      startsAt: '2027-01-11T09:00:00.000Z',
    });
    expect(bookingIn(fixture('booking-created.recurring-1'))).not.toHaveProperty('seat');
  });
});

describe('a booking under payload.booking', () => {
  it('may have a start and attendees only', () => {
    const { uid, ...rest } = bookingIn(
      nested({ startTime: '2026-12-03T15:00:00Z', attendees: [{ email: 'tobias.okafor@example.com' }] }),
    );

    expect(uid).toMatch(/^[0-9a-f]{32}$/);
    expect(rest).toEqual({
      title: 'Call',
      startsAt: '2026-12-03T15:00:00.000Z',
      endsAt: '2026-12-03T15:30:00.000Z',
      organizer: { name: '' },
      attendees: [{ name: '', email: 'tobias.okafor@example.com' }],
    });
  });

  it('is read as if it lay in the payload itself', () => {
    expect(bookingIn(nested(created().payload))).toEqual(bookingIn(created()));
  });

  it('is completed by what lies beside it', () => {
    const { uid, organizer, attendees, ...rest } = created().payload;

    expect(bookingIn(nested({ ...rest, uid: null }, { uid, organizer, attendees }))).toEqual(bookingIn(created()));
  });

  it('does not hide a booking that lies beside it', () => {
    expect(bookingIn(created({ booking: { id: 20118841 } }))).toEqual(bookingIn(created()));
  });

  it.each([null, [], 'text', 7])('is not looked for when that is %j', (booking) => {
    expect(bookingIn(created({ booking }))).toEqual(bookingIn(created()));
  });
});

describe('the uid', () => {
  it('may be called bookingUid, or be a number', () => {
    expect(bookingIn(withoutUid({ bookingUid: 'zcioSE6n51cbpobbEprooE' })).uid).toBe('zcioSE6n51cbpobbEprooE');
    expect(bookingIn(created({ uid: 20118841 })).uid).toBe('20118841');
  });

  it.each([
    ['10,000 letters long', 'u'.repeat(10_000)],
    ['an address', 'tobias.okafor@example.com'],
    ['a path', '../zcioSE6n51cbpobbEprooE'],
    ['words', 'the first call'],
    ['lines', 'one\r\ntwo'],
    ['of another script', '予約-1'],
  ])('is replaced by a hash of it when it is %s', (_, uid) => {
    const hash = bookingIn(created({ uid })).uid;

    expect(hash).toMatch(/^[0-9a-f]{32}$/);
    expect(bookingIn(created({ uid, title: 'Another title' })).uid).toBe(hash);
    expect(bookingIn(created({ uid: `${uid}.` })).uid).not.toBe(hash);
  });

  describe('when there is none', () => {
    const uid = bookingIn(withoutUid()).uid;

    it('is derived, and says nothing of what it is derived from', () => {
      expect(uid).toMatch(/^[0-9a-f]{32}$/);
    });

    it.each([null, '', ' ', 0, -1, 1.5, true, {}, []])('is derived also where the field holds %j', (nothing) => {
      expect(bookingIn(created({ uid: nothing })).uid).toBe(uid);
    });

    it('is the same for the same call, whatever else is told about it', () => {
      expect(bookingIn({ ...withoutUid(), createdAt: '2026-11-25T00:00:00.000Z' }).uid).toBe(uid);
      expect(bookingIn(withoutUid({ startTime: '2026-12-03T16:00:00+01:00' })).uid).toBe(uid);
      expect(bookingIn(withoutUid({ attendees: [attendee({ email: 'Tobias.Okafor@Example.com ' })] })).uid).toBe(uid);
      expect(bookingIn(withoutUid({ title: 'Another title', metadata: {}, length: 60, eventTypeId: 1 })).uid).toBe(uid);
    });

    it.each([
      ['start', { startTime: '2026-12-03T15:15:00Z' }],
      ['attendee', { attendees: [attendee({ email: 'amara.diallo@example.com' })] }],
      ['organizer', { organizer: { ...MARA, email: 'other.host@example.com' } }],
    ])('is another one for another %s', (_, fields) => {
      expect(bookingIn(withoutUid(fields)).uid).not.toBe(uid);
    });

    it.each(['eventTypeId', 'type'])('is told apart by the %s where no organizer is known', (field) => {
      const anonymous = (value: unknown) =>
        bookingIn(withoutUid({ organizer: null, eventTypeId: undefined, type: undefined, [field]: value })).uid;

      expect(anonymous(731904)).not.toBe(anonymous(731905));
      expect(anonymous('731904')).toBe(anonymous(731904));
    });
  });
});

describe('a seat', () => {
  const seat = (fields: Json) => bookingIn(created({ seatsPerTimeSlot: 12, ...fields }));

  it('is one of its own for each attendee, and the same one for the same attendee', () => {
    const tobias = seat({}).seat;

    expect(seat({ attendees: [attendee({ email: 'TOBIAS.okafor@example.com' })] }).seat).toBe(tobias);
    expect(seat({ attendeeSeatId: '8a9e1df7-e771-476e-ad78-3715ee6f7a8f' }).seat).toBe(tobias);
    expect(seat({ attendees: [attendee({ email: 'hana.suzuki@example.com' })] }).seat).not.toBe(tobias);
    expect(seat({ uid: 'another' }).seat).not.toBe(tobias);
  });

  it('is known by its id as well, where the number of seats is not told', () => {
    expect(bookingIn(created({ seatsPerTimeSlot: undefined, attendeeSeatId: '8a9e1df7' })).seat).toBe(seat({}).seat);
  });

  it('may have its number in quotes, and is none where a template has left the quotes empty', () => {
    expect(seat({ seatsPerTimeSlot: '12', attendeeSeatId: '' }).seat).toBe(seat({}).seat);
    expect(seat({ seatsPerTimeSlot: '', attendeeSeatId: ' ' })).toEqual(bookingIn(created()));
  });
});

describe('a seated event that is told of as a whole', () => {
  const group = (fields: Json = {}) =>
    accepted(
      sample('booking-location-updated', {
        seatsPerTimeSlot: 12,
        attendees: [attendee(), attendee({ email: 'Hana.Suzuki@example.com' })],
        ...fields,
      }),
    ).event;

  it('tells the seat of each attendee, as that was told when it was booked', () => {
    const { booking, seats } = group() as UpdatedEvent;

    expect(booking).not.toHaveProperty('seat');
    expect(seats).toEqual(
      ['tobias.okafor@example.com', 'hana.suzuki@example.com'].map(
        (email) => bookingIn(created({ seatsPerTimeSlot: 12, attendees: [attendee({ email })] })).seat,
      ),
    );
  });

  it('has no seats for the hosts who are listed with the attendees', () => {
    const attendees = [attendee(), attendee({ email: MARA.email }), attendee({ email: 'hana.suzuki@example.com' })];

    expect((group({ attendees }) as UpdatedEvent).seats).toHaveLength(2);
  });

  it('is about one seat where it names that one among those it lists', () => {
    const hana = attendee({ email: 'hana.suzuki@example.com', bookingSeat: { referenceUid: 'seat-2' } });
    const attendees = [attendee({ bookingSeat: { referenceUid: 'seat-1' } }), hana];
    const event = group({ attendees, attendeeSeatId: 'seat-2' });

    expect(event).not.toHaveProperty('seats');
    expect(event.booking.attendees.map(({ email }) => email)).toEqual(['hana.suzuki@example.com']);
    expect(event.booking.seat).toBe(bookingIn(created({ seatsPerTimeSlot: 12, attendees: [hana] })).seat);
  });

  it('is about all of them where it names a seat that is none of theirs', () => {
    expect(group({ attendeeSeatId: 'seat-3' })).toMatchObject({ seats: [HASH, HASH] });
  });
});

describe('what kind of call it is', () => {
  const eventType = (fields: Json) => bookingIn(created(fields)).eventType;

  it.each<[string, Json, string | undefined]>([
    ['its id', { eventTypeId: 731904 }, '731904'],
    ['its id in quotes', { eventTypeId: '731904' }, '731904'],
    ['its slug, where there is no id', { eventTypeId: null, type: 'discovery-call' }, 'discovery-call'],
    ['nothing, where the slug is but the title', { eventTypeId: null, type: 'A call', title: 'A call ' }, undefined],
    ['nothing, where there is neither', { eventTypeId: undefined, type: undefined }, undefined],
    ['nothing, where both are junk', { eventTypeId: {}, type: ['a'] }, undefined],
  ])('is told by %s', (_, fields, expected) => {
    expect(eventType(fields)).toBe(expected);
  });

  it('is told by its slug as well', () => {
    const told = (fields: Json) => bookingIn(created({ eventTypeId: 731904, ...fields })).eventTypeSlug;

    expect(told({ type: 'discovery-call' })).toBe('discovery-call');
    expect(told({ type: 'A call', title: 'A call ' })).toBeUndefined();
    expect(told({ type: ['a'] })).toBeUndefined();
    expect(told({ type: 'tobias@example.com' })).toEqual(HASH);
  });

  it('is told by a hash where that could hold a name', () => {
    expect(eventType({ eventTypeId: null, type: 'Call with Tobias' })).toEqual(HASH);
    expect(eventType({ eventTypeId: null, type: 'tobias@example.com' })).toEqual(HASH);
  });
});

describe('a booking that was made twice by mistake', () => {
  const twin = (fields: Json = {}) => bookingIn(created(fields)).twin;

  it('shares with its twin what neither its uid nor its time of booking changes', () => {
    expect(twin({ uid: 'another', bookingId: 7, iCalUID: 'another' })).toBe(twin());
    expect(twin({ startTime: '2026-12-03T16:00:00.000+01:00' })).toBe(twin());
    expect(twin({ attendees: [attendee({ email: 'TOBIAS.okafor@example.com', name: 'T.' })] })).toBe(twin());
    expect(bookingIn({ ...created(), createdAt: '2026-11-24T10:02:44.000Z' }).twin).toBe(twin());
  });

  it.each<[string, Json]>([
    ['kind of call', { eventTypeId: 731905 }],
    ['start', { startTime: '2026-12-03T15:15:00Z' }],
    ['booker', { attendees: [attendee({ email: 'hana.suzuki@example.com' })] }],
  ])('shares it with none of another %s', (_, fields) => {
    expect(twin(fields)).toEqual(HASH);
    expect(twin(fields)).not.toBe(twin());
  });

  it('cannot be told apart where the kind of call is not known, and need not be where it is a seat', () => {
    expect(bookingIn(created({ eventTypeId: null, type: null }))).not.toHaveProperty('twin');
    expect(bookingIn(fixture('booking-created.seat-1'))).not.toHaveProperty('twin');
    expect(
      bookingIn(created({ seatsPerTimeSlot: 2, attendees: [attendee(), attendee({ email: 'b@example.com' })] })),
    ).not.toHaveProperty('twin');
  });
});

describe('a call of a recurring series', () => {
  const series = (fields: Json = {}) => bookingIn(sample('booking-created.recurring-1', fields)).series;
  const rhythm = { freq: 2, count: 4, interval: 1 };

  it('shares with the others what tells the series, also when it is called off', () => {
    expect(series()).toEqual(HASH);
    expect(series({ uid: 'another', startTime: '2027-01-18T09:00:00Z', existingRecurringEvent: {} })).toBe(series());
    expect(series({ recurringEvent: { freq: '2', count: '4', interval: '1' } })).toBe(series());
    expect(series({ recurringEvent: { ...rhythm, count: 52 } })).toBe(series());
    expect(bookingIn(fixture('booking-cancelled.whole-series')).series).toBe(series());
  });

  it.each<[string, Json]>([
    ['kind of call', { eventTypeId: 731905 }],
    ['organizer', { organizer: { ...MARA, email: 'other.host@example.com' } }],
    ['booker', { attendees: [attendee()] }],
    ['frequency', { recurringEvent: { ...rhythm, freq: 1 } }],
    ['interval', { recurringEvent: { ...rhythm, interval: 2 } }],
  ])('shares it with none of another %s', (_, fields) => {
    expect(series(fields)).toEqual(HASH);
    expect(series(fields)).not.toBe(series());
  });

  it.each([undefined, null, [], 'weekly', 7, true, {}, { freq: '', count: '', interval: '' }])(
    'is none where the rhythm is %j',
    (recurringEvent) => {
      expect(series({ recurringEvent })).toBeUndefined();
    },
  );
});

describe('a call that may be moved', () => {
  const lineage = (fields: Json = {}) => bookingIn(created(fields)).lineage;

  it('shares with what it becomes the entry in the calendar, in which the later one counts higher', () => {
    expect(lineage()).toMatchObject({ sequence: 0 });
    expect(bookingIn(fixture('booking-rescheduled')).lineage).toEqual({ id: lineage()!.id, sequence: 1 });
    expect(lineage({ iCalSequence: '2' })).toEqual({ id: lineage()!.id, sequence: 2 });
    expect(lineage({ recurringEvent: { freq: '', count: null }, existingRecurringEvent: '' })).toEqual(lineage());
    expect(lineage({ attendees: [attendee({ email: 'TOBIAS.okafor@example.com' })] })).toEqual(lineage());
  });

  it.each<[string, Json]>([
    ['entry', { iCalUID: 'another@google.com' }],
    ['kind of call', { eventTypeId: 731905 }],
    ['booker', { attendees: [attendee({ email: 'hana.suzuki@example.com' })] }],
  ])('shares it with none of another %s', (_, fields) => {
    expect(lineage(fields)).toEqual({ id: HASH, sequence: 0 });
    expect(lineage(fields)).not.toEqual(lineage());
  });

  it.each<[string, Json]>([
    ['there is no entry', { iCalUID: undefined }],
    ['the entry does not count', { iCalSequence: null }],
    ['it does not count in whole numbers', { iCalSequence: 0.5 }],
    ['it is one of a series', { recurringEvent: { freq: 2, count: 4, interval: 1 } }],
    ['it is a later one of a series', { existingRecurringEvent: { recurringEventId: 'x' } }],
    ['it is a seat', { seatsPerTimeSlot: 12 }],
  ])('has none where %s', (_, fields) => {
    expect(lineage(fields)).toBeUndefined();
  });
});

describe('the entry in people’s calendars', () => {
  const entry = (fields: Json = {}) => bookingIn(created(fields)).calendarEntry;

  it('is named and counted by Cal.com, and is the same after a move', () => {
    expect(entry()).toEqual({ uid: 'zcioSE6n51cbpobbEprooE@Cal.com', sequence: 0 });
    expect(bookingIn(fixture('booking-rescheduled')).calendarEntry).toEqual({ ...entry(), sequence: 1 });
  });

  it('is shared by the seats of a slot', () => {
    expect(entry({ seatsPerTimeSlot: 12 })).toEqual(entry());
  });

  it.each<[string, Json]>([
    ['is not named', { iCalUID: null }],
    ['does not count', { iCalSequence: undefined }],
    ['counts backwards', { iCalSequence: -1 }],
    ['has a name that would break a line', { iCalUID: 'a\r\nATTENDEE:x' }],
    ['has a name of blanks between', { iCalUID: 'a b' }],
    ['has a name without end', { iCalUID: 'a'.repeat(251) }],
    ['is one of a series, whose calls may share it', { recurringEvent: { freq: 2, count: 4, interval: 1 } }],
  ])('is none where it %s', (_, fields) => {
    expect(entry(fields)).toBeUndefined();
  });
});

describe('the end', () => {
  it.each([
    ['the length tells it', { endTime: undefined, length: 50 }, '2026-12-03T15:50:00.000Z'],
    ['half an hour is usual', { endTime: undefined, length: undefined }, '2026-12-03T15:30:00.000Z'],
    ['the length may be in quotes', { endTime: undefined, length: '50' }, '2026-12-03T15:50:00.000Z'],
    ['a length that is none is passed over', { endTime: null, length: 'fifty' }, '2026-12-03T15:30:00.000Z'],
    ['a length without end is passed over', { endTime: null, length: 1e9 }, '2026-12-03T15:30:00.000Z'],
    ['a negative length is passed over', { endTime: null, length: -30 }, '2026-12-03T15:30:00.000Z'],
  ])('need not be there: %s', (_, fields, endsAt) => {
    expect(bookingIn(created(fields)).endsAt).toBe(endsAt);
  });

  it('is passed over with a warning when it is no instant', () => {
    const { event, warnings } = accepted(created({ endTime: 'half past three', length: 45 }));

    expect(event.booking.endsAt).toBe('2026-12-03T15:45:00.000Z');
    expect(warnings).toEqual(['payload.endTime is no instant']);
  });

  it('is passed over with a warning when it is before the start', () => {
    const { event, warnings } = accepted(created({ endTime: '2026-12-03T14:59:59Z', length: 45 }));

    expect(event.booking.endsAt).toBe('2026-12-03T15:45:00.000Z');
    expect(warnings).toEqual(['payload.endTime is before startTime']);
  });

  it('may be the start, and may be on another day or in another spelling', () => {
    expect(bookingIn(created({ endTime: '2026-12-03T15:00:00Z' })).endsAt).toBe('2026-12-03T15:00:00.000Z');
    expect(bookingIn(created({ endTime: '2026-12-04T01:00:00+09:00' })).endsAt).toBe('2026-12-03T16:00:00.000Z');
  });
});

describe('the attendees', () => {
  const addressesIn = (fields: Json) => bookingIn(created(fields)).attendees.map(({ email }) => email);

  it('have each address once, as it was first spelled', () => {
    const emails = ['Tobias@Example.com', 'tobias@example.com', ' guest@example.com ', 'GUEST@example.com'];

    expect(addressesIn({ attendees: emails.map((email) => attendee({ email })) })).toEqual([
      'Tobias@Example.com',
      'guest@example.com',
    ]);
  });

  it('do not include the hosts, whom Cal.com lists among them for some team events', () => {
    const team = { id: 7, name: 'Sales', members: [{ email: 'Co.Host@example.com' }, { email: null }, 'x', null] };
    const listed = [
      'tobias.okafor@example.com',
      'co.host@example.com',
      'MARA.lindqvist@example.com',
      'guest@example.com',
    ];

    expect(addressesIn({ team, attendees: listed.map((email) => attendee({ email })) })).toEqual([
      'tobias.okafor@example.com',
      'guest@example.com',
    ]);
  });

  it('may be the organizer alone, who tries out a booking of their own', () => {
    expect(addressesIn({ attendees: [attendee({ email: MARA.email })] })).toEqual([MARA.email]);
  });

  it('may be one who is listed without a list', () => {
    expect(addressesIn({ attendees: attendee() })).toEqual(['tobias.okafor@example.com']);
  });

  it('are not just a host, when the booker cannot be used', () => {
    expect(faultPathsIn(created({ attendees: [attendee({ email: '' }), attendee({ email: MARA.email })] }))).toEqual([
      'payload.attendees[0].email',
    ]);
  });

  it.each([null, 7, 'guest@example.com', [], {}, { email: null }, { email: 7 }, { email: 'nobody' }])(
    'do without a guest that is %j, with a warning',
    (guest) => {
      const { event, warnings } = accepted(created({ attendees: [attendee(), guest] }));

      expect(event.booking.attendees).toHaveLength(1);
      expect(warnings).toEqual([
        'payload.attendees[1].email is not one usable e-mail address: the attendee is left out',
      ]);
    },
  );

  it('are warned about from where they are in the body', () => {
    const { warnings } = accepted(
      nested({
        startTime: '2026-12-03T15:00:00Z',
        attendees: [attendee(), {}, attendee({ email: 'a@b.example', timeZone: 'Mars' })],
      }),
    );

    expect(warnings).toEqual([
      'payload.booking.attendees[2].timeZone is no IANA time zone',
      'payload.booking.attendees[1].email is not one usable e-mail address: the attendee is left out',
    ]);
  });

  it.each([
    [{ name: 'Ada Lovelace', firstName: 'Augusta', lastName: 'King' }, 'Ada Lovelace'],
    [{ name: '', firstName: 'Ada', lastName: 'Lovelace' }, 'Ada Lovelace'],
    [{ name: undefined, firstName: 'Ada', lastName: '' }, 'Ada'],
    [{ name: { firstName: 'Ada', lastName: 'Lovelace' } }, 'Ada Lovelace'],
    [{ name: { firstName: 'Ada' } }, 'Ada'],
    [{ name: null }, ''],
    [{ name: 7 }, ''],
    [{ name: ['Ada'] }, ''],
    [{ name: '  Ada\r\nBcc: x@example.com\t Lovelace ' }, 'Ada Bcc: x@example.com Lovelace'],
    [{ name: '\u202eecalevoL adA\u202c' }, 'ecalevoL adA'],
    [{ name: 'N'.repeat(10_000) }, `${'N'.repeat(199)}…`],
  ])('are called by whatever name is told: %j', (fields, name) => {
    expect(bookingIn(created({ attendees: [attendee(fields)] })).attendees[0].name).toBe(name);
  });

  it.each([
    [{ timeZone: 'Mars/Olympus_Mons' }, undefined],
    [{ timeZone: '+02:00' }, undefined],
    [{ timeZone: '' }, undefined],
    [{ timeZone: 7 }, undefined],
    [{ timeZone: null }, undefined],
    [{ timeZone: 'Asia/Kathmandu' }, 'Asia/Kathmandu'],
  ])('live in a zone that exists, or in none: %j', (fields, timeZone) => {
    expect(bookingIn(created({ attendees: [attendee(fields)] })).attendees[0].timeZone).toBe(timeZone);
  });

  it('speak the language that is told in either place', () => {
    const localeOf = (fields: Json) => bookingIn(created({ attendees: [attendee(fields)] })).attendees[0].locale;

    expect(localeOf({ language: { locale: 'pt-BR' } })).toBe('pt-BR');
    expect(localeOf({ language: undefined, locale: 'de' })).toBe('de');
    expect(localeOf({ language: 'de' })).toBeUndefined();
  });
});

describe('the organizer', () => {
  it.each([undefined, null, 7, 'Mara', [], {}])('need not be known: %j', (organizer) => {
    expect(bookingIn(created({ organizer })).organizer).toEqual({ name: '' });
  });

  it('may be known in part', () => {
    expect(bookingIn(created({ organizer: { name: 'Mara', email: 'a@b, c@d', timeZone: 'Mars' } })).organizer).toEqual({
      name: 'Mara',
    });
  });
});

describe('the title', () => {
  it.each([
    [{ title: 'A call', eventTitle: 'An event' }, 'A call'],
    [{ title: ' \u200b', eventTitle: 'An event' }, 'An event'],
    [{ title: null, eventTitle: null }, 'Call'],
    [{ title: { text: 'A call' }, eventTitle: 7 }, 'Call'],
    [{ title: 'A\u0000 call\nwith\u2028lines\ud800' }, 'A call with lines'],
  ])('is one clean line: %j', (fields, title) => {
    expect(bookingIn(created(fields)).title).toBe(title);
  });
});

describe('where the call takes place', () => {
  const place = (fields: Json) => {
    const { joinUrl, location } = bookingIn(created({ metadata: {}, location: null, videoCallData: null, ...fields }));
    return { ...(joinUrl && { joinUrl }), ...(location && { location }) };
  };

  it('is the link for attendees, before the location, before the room that needs a token', () => {
    const metadata = { videoCallUrl: 'https://example.com/attendees' };
    const location = 'https://example.com/location';
    const videoCallData = { url: 'https://example.com/room', password: 'a-secret' };

    expect(place({ metadata, location, videoCallData })).toEqual({ joinUrl: 'https://example.com/attendees' });
    expect(place({ location, videoCallData })).toEqual({ joinUrl: 'https://example.com/location' });
    expect(place({ location: 'integrations:daily', videoCallData })).toEqual({ joinUrl: 'https://example.com/room' });
  });

  it.each([
    'javascript:alert(1)',
    'data:text/html,hello',
    'file:///etc/passwd',
    'ftp://example.com',
    'https://',
    'http:example',
    `https://example.com/${'x'.repeat(2_000)}`,
  ])('is no link that says %.40s', (url) => {
    expect(place({ metadata: { videoCallUrl: url }, videoCallData: { url } })).toEqual({});
  });

  it('is a link as a browser would spell it', () => {
    expect(place({ location: ' HTTPS://Example.com/a\nb\u202e ' })).toEqual({
      joinUrl: 'https://example.com/ab%E2%80%AE',
    });
  });

  it.each([
    ['12 St James’s Square, London', { location: '12 St James’s Square, London' }],
    ['+15550142233', { location: '+15550142233' }],
    ['Room 7\r\nsecond floor', { location: 'Room 7 second floor' }],
    ['integrations:zoom', {}],
    ['conferencing:meet', {}],
    ['', {}],
    [7, {}],
    [{ value: 'here' }, {}],
  ])('may be a place in words: %j', (location, expected) => {
    expect(place({ location })).toEqual(expected);
  });
});

describe('a booking that cannot be used', () => {
  it.each<[string, Json, string[]]>([
    ['without a start', { startTime: undefined }, ['payload.startTime']],
    ['whose start is no instant', { startTime: 'tomorrow at nine' }, ['payload.startTime']],
    ['whose start has no offset', { startTime: '2026-12-03T15:00:00' }, ['payload.startTime']],
    ['whose start is a number', { startTime: 1_796_310_000_000 }, ['payload.startTime']],
    ['without attendees', { attendees: undefined }, ['payload.attendees']],
    ['whose attendees are null', { attendees: null }, ['payload.attendees']],
    ['whose attendees are none', { attendees: [] }, ['payload.attendees']],
    [
      'whose one attendee has no address',
      { attendees: { name: 'Ada', email: 'nobody' } },
      ['payload.attendees[0].email'],
    ],
    ['whose attendees are no list', { attendees: { 0: attendee() } }, ['payload.attendees']],
    ['whose attendee has no address', { attendees: [attendee({ email: undefined })] }, ['payload.attendees[0].email']],
    ['whose attendee is nothing', { attendees: [null] }, ['payload.attendees[0].email']],
    [
      'with two addresses in each field',
      { attendees: ['a@example.com,b@example.com', 'a@example.com b@example.com'].map((email) => attendee({ email })) },
      ['payload.attendees[0].email', 'payload.attendees[1].email'],
    ],
    [
      'with every fault there is',
      { startTime: 'soon', attendees: [{}, attendee({ email: '@' })] },
      ['payload.startTime', 'payload.attendees[0].email', 'payload.attendees[1].email'],
    ],
  ])('is refused, naming each field at fault: one %s', (_, fields, paths) => {
    expect(faultPathsIn(created(fields))).toEqual(paths);
  });

  it('is refused with paths into payload.booking where that is where it lies', () => {
    expect(faultPathsIn(nested({}))).toEqual(['payload.booking.startTime', 'payload.booking.attendees']);
    expect(faultPathsIn(nested({ startTime: 'x', attendees: [{}] }))).toEqual([
      'payload.booking.startTime',
      'payload.booking.attendees[0].email',
    ]);
    expect(faultPathsIn(nested({ startTime: null }, { startTime: 'x', attendees: [{}] }))).toEqual([
      'payload.startTime',
      'payload.attendees[0].email',
    ]);
  });

  it('is refused in words that help to mend it', () => {
    expect(read(created({ startTime: 'x', endTime: 'y', attendees: [] }))).toEqual({
      verdict: 'rejected',
      trigger: 'BOOKING_CREATED',
      faults: [
        { path: 'payload.startTime', expected: 'an instant such as 2026-12-03T15:00:00Z' },
        { path: 'payload.attendees', expected: 'a list of at least one attendee with one usable e-mail address' },
      ],
    });
  });
});
