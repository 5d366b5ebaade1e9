import { describe, expect, it } from 'vitest';
import type { CancelledEvent, RescheduledEvent, TellingEvent } from '../../src/booking.ts';
import {
  accepted,
  attendee,
  bookingIn,
  cancelled,
  created,
  type Delivery,
  faultPathsIn,
  fixture,
  heard,
  type Json,
  queued,
  RECEIVED_AT,
  requested,
  rescheduled,
  sample,
} from './support.ts';

const HASH = expect.stringMatching(/^[0-9a-f]{32}$/);

function eventIn(delivery: unknown): TellingEvent {
  return accepted(delivery).event;
}

/** The same fields under `payload.booking`, where some senders put them. */
function nested({ payload, ...envelope }: Delivery): Delivery {
  return { ...envelope, payload: { booking: payload } };
}

/** The same instant, in another of Cal.com's spellings. */
function respelled(instant: unknown): string {
  const spelled = new Date(String(instant)).toISOString();
  return spelled === instant ? spelled.replace('Z', '+00:00') : spelled;
}

/** The addresses of the seats in a seated event, as the bodies of its bookings list them. */
function seated(...emails: string[]): Json {
  return { seatsPerTimeSlot: 12, attendees: emails.map((email) => attendee({ email })) };
}

function seatIn(uid: unknown, email: string): string | undefined {
  return bookingIn(created({ uid, ...seated(email) })).seat;
}

const HANA = 'hana.suzuki@example.com';
const RUI = 'rui.mendes@example.com';

describe.each<[string, (fields?: Json) => Delivery]>([
  ['confirmed', created],
  ['confirmed', (fields) => sample('booking-created.after-confirmation', fields)],
  ['confirmed', (fields) => sample('booking-paid', fields)],
  ['rescheduled', rescheduled],
  ['requested', requested],
  ['requested', (fields) => sample('booking-requested.reschedule', fields)],
  ['rejected', (fields) => sample('booking-rejected', fields)],
  ['updated', (fields) => sample('booking-location-updated', fields)],
  ['updated', (fields) => sample('booking-reassigned', fields)],
  ['cancelled', cancelled],
])('an event that is %s', (kind, body) => {
  it('happened when Cal.com says it did', () => {
    expect(eventIn(body())).toMatchObject({ kind, occurredAt: body()['createdAt'] });
  });

  it('happened when it arrived, if the sender says nothing that can be understood, or a time to come', () => {
    for (const createdAt of [undefined, null, '', 'yesterday', 7, {}, '2026-13-01T00:00:00Z', '2030-01-01T00:00:00Z']) {
      expect(eventIn({ ...body(), createdAt }).occurredAt).toBe(new Date(RECEIVED_AT).toISOString());
    }
  });

  it('is the same one however often, whenever and however spelled it arrives', () => {
    const { id } = eventIn(body());

    expect(heard(body(), RECEIVED_AT + 60_000).event.id).toBe(id);
    expect(eventIn(nested(body())).id).toBe(id);
    expect(eventIn(queued(body())).id).toBe(id);
    expect(eventIn({ ...body(), createdAt: respelled(body().createdAt) }).id).toBe(id);
    expect(eventIn(body({ startTime: respelled(body().payload['startTime']) })).id).toBe(id);
    expect(eventIn(body({ additionalNotes: 'other', status: 'PENDING' })).id).toBe(id);
    // What other versions of the webhook add.
    expect(eventIn(body({ attendeeIcsContent: 'BEGIN:VCALENDAR', assignmentReason: ['x'], hosts: [] })).id).toBe(id);
  });

  it('is the same one whenever it arrives also where it does not tell when it was sent', () => {
    const undated = { ...body(), createdAt: null };

    expect(heard(undated, RECEIVED_AT + 60_000).event.id).toBe(heard(undated).event.id);
  });

  it('is another one when anything of the booking, or its time, is another', () => {
    const ids = [
      body(),
      body({ startTime: '2026-12-03T14:30:00Z' }),
      body({ title: 'Another title' }),
      body({ metadata: { videoCallUrl: 'https://meet.google.com/another' } }),
      { ...body(), createdAt: '2026-11-24T10:02:41.908Z' },
    ].map((delivery) => eventIn(delivery).id);

    expect(new Set(ids).size).toBe(ids.length);
  });

  it('is refused for want of a start or an attendee', () => {
    expect(faultPathsIn(body({ startTime: null, attendees: [] }))).toEqual(['payload.startTime', 'payload.attendees']);
  });
});

describe('events about the same booking', () => {
  it('are told apart by what happened to it', () => {
    const triggers = ['CREATED', 'RESCHEDULED', 'REQUESTED', 'REJECTED', 'CANCELLED', 'LOCATION_UPDATED'];
    const ids = triggers.map((name) => eventIn({ ...created(), triggerEvent: `BOOKING_${name}` }).id);

    // One that moves nothing is no more than confirmed.
    expect(new Set(ids).size).toBe(5);
    expect(ids[1]).toBe(ids[0]);
  });
});

describe('a body without a payload around it', () => {
  it('is read as if there were one', () => {
    const { payload, ...envelope } = created();

    expect(eventIn({ ...payload, ...envelope })).toEqual(eventIn(created()));
  });

  it('is at fault where its fields are', () => {
    const { payload, ...envelope } = created({ startTime: 'soon', attendees: [] });

    expect(faultPathsIn({ ...payload, ...envelope })).toEqual(['startTime', 'attendees']);
  });
});

describe('a call that was booked', () => {
  it.each([
    'booking-created',
    'booking-created.after-confirmation',
    'booking-created.after-payment',
    'booking-created.recurring-1',
    'booking-created.seat-1',
    'booking-paid',
  ])('stands: %s', (name) => {
    expect(accepted(fixture(name))).toMatchObject({ warnings: [], event: { kind: 'confirmed' } });
    expect(eventIn(fixture(name))).not.toHaveProperty('replaced');
  });

  it('takes the place of another where the body says so', () => {
    expect(eventIn(created({ rescheduleUid: 'CFwWiYmeAuzfVdSJhtWY7H' }))).toMatchObject({
      kind: 'rescheduled',
      replaced: { uid: 'CFwWiYmeAuzfVdSJhtWY7H' },
    });
    expect(eventIn(created({ rootBookingUid: 'CFwWiYmeAuzfVdSJhtWY7H' }))).toMatchObject({
      kind: 'rescheduled',
      replaced: { uid: 'CFwWiYmeAuzfVdSJhtWY7H' },
    });
  });

  it('takes no place where it is the first of its own chain', () => {
    expect(accepted(fixture('booking-created.cal-video-guests'))).toMatchObject({
      warnings: [],
      event: { kind: 'confirmed' },
    });
  });
});

describe('a seat that was booked', () => {
  it('is told apart from the others, whose uid it shares', () => {
    const events = [HANA, RUI].map((email) => eventIn(sample('booking-created.seat-1', seated(email))));

    expect(new Set(events.map(({ booking: { uid } }) => uid)).size).toBe(1);
    expect(events).toMatchObject([
      { kind: 'confirmed', booking: { seat: seatIn('r8vnkW7ckdh1CrpwTNkm2w', HANA) } },
      { kind: 'confirmed', booking: { seat: seatIn('r8vnkW7ckdh1CrpwTNkm2w', RUI) } },
    ]);
  });

  it('takes no place because somebody had moved to its event before', () => {
    expect(eventIn(sample('booking-created.seat-1', { rootBookingUid: 'another' })).kind).toBe('confirmed');
  });

  it('does not take up others again that had been called off, where it is not told which one is new', () => {
    const event = eventIn(sample('booking-created.seat-1', { ...seated(HANA, RUI), attendeeSeatId: undefined }));

    expect(event).toMatchObject({ kind: 'updated', seats: [HASH, HASH] });
  });
});

describe('a call that is asked for', () => {
  it('has yet to be accepted', () => {
    expect(accepted(fixture('booking-requested'))).toMatchObject({
      trigger: 'BOOKING_REQUESTED',
      warnings: [],
      event: { kind: 'requested', booking: { uid: 'MTKkKXPk4Hhx5Q3kLAG4Ld' } },
    });
    expect(eventIn(fixture('booking-requested'))).not.toHaveProperty('replaced');
  });

  it('names the one that is gone for it', () => {
    const replaced = { uid: 'MTKkKXPk4Hhx5Q3kLAG4Ld' };

    expect(eventIn(fixture('booking-requested.reschedule'))).toMatchObject({ kind: 'requested', replaced });
    expect(eventIn(requested({ uid: 'b', rescheduleUid: null, rootBookingUid: replaced.uid }))).toMatchObject({
      replaced,
    });
  });

  it.each(['MTKkKXPk4Hhx5Q3kLAG4Ld', '', {}])('names none where that is %j', (uid) => {
    expect(eventIn(requested({ rescheduleUid: uid, rootBookingUid: uid }))).not.toHaveProperty('replaced');
  });

  it('belongs to the one it replaces, also where it does not name it', () => {
    const { lineage } = bookingIn(fixture('booking-created.after-confirmation'));
    const unnamed = { rescheduleUid: undefined, rescheduleId: undefined, rescheduleStartTime: undefined };

    expect(lineage).toMatchObject({ sequence: 0 });
    expect(bookingIn(sample('booking-requested.reschedule', unnamed)).lineage).toEqual({ ...lineage, sequence: 1 });
  });

  it('may be one seat, which leaves the others', () => {
    const seat = requested({ uid: 'new', rescheduleUid: 'old', ...seated(HANA) });

    expect(eventIn(seat)).toMatchObject({ replaced: { uid: 'old', seat: seatIn('old', HANA) } });
  });
});

describe('a call that the host does not accept', () => {
  it('is the one that was asked for', () => {
    expect(accepted(fixture('booking-rejected'))).toMatchObject({
      trigger: 'BOOKING_REJECTED',
      warnings: [],
      event: {
        kind: 'rejected',
        reason: 'Fully booked that week',
        booking: { uid: bookingIn(fixture('booking-requested')).uid },
      },
    });
  });
});

describe('a booking that has changed', () => {
  it('has another link', () => {
    expect(accepted(fixture('booking-location-updated'))).toMatchObject({
      warnings: [],
      event: { kind: 'updated', booking: { joinUrl: 'https://example.zoom.us/j/89990001112' } },
    });
  });

  it('has another host', () => {
    expect(accepted(fixture('booking-reassigned'))).toMatchObject({
      warnings: [],
      event: {
        kind: 'updated',
        booking: {
          organizer: { name: 'Jonas Eriksen', email: 'jonas.eriksen@example.com', timeZone: 'Europe/Oslo' },
          attendees: [{ email: 'tobias.okafor@example.com' }],
        },
      },
    });
  });

  it('may have seats: then it is about each, or about the one that is listed', () => {
    const uid = 'zcioSE6n51cbpobbEprooE';

    expect(eventIn(sample('booking-location-updated', seated(HANA, RUI)))).toMatchObject({
      kind: 'updated',
      seats: [seatIn(uid, HANA), seatIn(uid, RUI)],
    });
    const one = eventIn(sample('booking-location-updated', seated(HANA)));
    expect(one).toMatchObject({ booking: { seat: seatIn(uid, HANA) } });
    expect(one).not.toHaveProperty('seats');
  });
});

describe('a call that was moved', () => {
  it('is the new booking, and names the one it replaces', () => {
    expect(accepted(fixture('booking-rescheduled'))).toMatchObject({
      trigger: 'BOOKING_RESCHEDULED',
      warnings: [],
      event: {
        kind: 'rescheduled',
        replaced: { uid: 'zcioSE6n51cbpobbEprooE' },
        booking: { uid: 'CFwWiYmeAuzfVdSJhtWY7H', startsAt: '2026-12-05T16:00:00.000Z' },
      },
    });
  });

  it('names the replaced booking as that was named when it was made, also by an odd uid', () => {
    for (const uid of ['tobias.okafor@example.com', 'the first call', '予約-1', 20118841, ' zcioSE6n51cbpobbEprooE ']) {
      expect(eventIn(rescheduled({ rescheduleUid: uid }))).toMatchObject({
        replaced: { uid: bookingIn(created({ uid })).uid },
      });
    }
  });

  it('names the replaced booking also from within payload.booking, or from beside it', () => {
    const { rescheduleUid, ...booking } = rescheduled().payload;

    expect(eventIn(nested(rescheduled()))).toEqual(eventIn(rescheduled()));
    expect(eventIn({ ...rescheduled(), payload: { rescheduleUid, booking } })).toEqual(eventIn(rescheduled()));
  });

  it('is another event when it replaces another booking', () => {
    expect(eventIn(rescheduled({ rescheduleUid: 'another' })).id).not.toBe(eventIn(rescheduled()).id);
  });

  it.each([undefined, null, '', ' ', 0, true, {}, [], 'CFwWiYmeAuzfVdSJhtWY7H'])(
    'stands as any booking, and replaces none, when it says it replaces %j',
    (rescheduleUid) => {
      const { event, warnings } = accepted(rescheduled({ rescheduleUid }));

      expect(event).toMatchObject({ kind: 'confirmed', booking: { uid: 'CFwWiYmeAuzfVdSJhtWY7H' } });
      expect(event).not.toHaveProperty('replaced');
      expect(warnings).toEqual(['payload.rescheduleUid names no other booking: none is replaced']);
    },
  );

  it('names the first of its chain where the last is not told', () => {
    expect(eventIn(rescheduled({ rescheduleUid: undefined, rootBookingUid: 'first' }))).toMatchObject({
      kind: 'rescheduled',
      replaced: { uid: 'first' },
    });
    expect(eventIn(rescheduled({ rootBookingUid: 'first' }))).toMatchObject({
      replaced: { uid: 'zcioSE6n51cbpobbEprooE' },
    });
  });

  describe('and is a seat', () => {
    const moved = (fields: Json = {}) => sample('booking-rescheduled.seat', fields);
    const OLD = 'r8vnkW7ckdh1CrpwTNkm2w';

    it('leaves the seat of the same person, and the others stay', () => {
      expect(accepted(moved())).toMatchObject({
        warnings: [],
        event: {
          kind: 'rescheduled',
          booking: { uid: '9ygQZtyUpJDGiq5BTRofKY', seat: seatIn('9ygQZtyUpJDGiq5BTRofKY', RUI) },
          replaced: { uid: OLD, seat: seatIn(OLD, RUI) },
        },
      });
    });

    it('is told apart from the others that are listed, by its id', () => {
      const seatOfRui = { referenceUid: moved().payload['attendeeSeatId'] };
      const attendees = [attendee({ email: HANA }), attendee({ email: RUI, bookingSeat: seatOfRui })];

      expect(eventIn(moved({ attendees }))).toMatchObject({
        booking: { attendees: [{ email: RUI }] },
        replaced: { uid: OLD, seat: seatIn(OLD, RUI) },
      });
    });

    it('replaces none where it cannot be told from the others, with a warning', () => {
      const { event, warnings } = accepted(moved(seated(HANA, RUI)));

      expect(event).toMatchObject({ kind: 'updated', seats: [HASH, HASH] });
      expect(warnings.join()).toMatch(/^payload\.attendeeSeatId .*which one has moved is not known/);
    });

    it('has moved with all others where the host moves them, to another event or with their own', () => {
      const all = { ...seated(HANA, RUI), attendeeSeatId: undefined };
      const toAnother = eventIn(moved(all)) as RescheduledEvent;
      const { event, warnings } = accepted(moved({ ...all, uid: OLD }));

      expect(toAnother.replaced).toEqual({ uid: OLD });
      expect(eventIn(moved({ ...all, attendeeSeatId: '' }))).toEqual(toAnother);
      expect(toAnother.booking).toMatchObject({ seat: HASH, attendees: [{ email: HANA }, { email: RUI }] });
      expect(event).toMatchObject({
        kind: 'updated',
        booking: { uid: OLD, startsAt: '2026-12-17T16:00:00.000Z' },
        seats: [seatIn(OLD, HANA), seatIn(OLD, RUI)],
      });
      expect(warnings).toEqual([]);
    });
  });
});

describe('a call that was called off', () => {
  it('is over for good', () => {
    expect(accepted(fixture('booking-cancelled'))).toMatchObject({
      trigger: 'BOOKING_CANCELLED',
      warnings: [],
      event: { kind: 'cancelled', requestReschedule: false, booking: { uid: 'CFwWiYmeAuzfVdSJhtWY7H' } },
    });
  });

  it('is not the end of the matter when the host asks for another time', () => {
    expect(eventIn(fixture('booking-cancelled.request-reschedule'))).toMatchObject({
      kind: 'cancelled',
      requestReschedule: true,
    });
    expect(eventIn(cancelled({ requestReschedule: true })).id).not.toBe(eventIn(cancelled()).id);
    expect(eventIn(cancelled({ requestReschedule: 'true' }))).toEqual(eventIn(cancelled({ requestReschedule: true })));
  });

  it.each<[unknown, string | undefined]>([
    ['Project is\non hold\u202e', 'Project is on hold'],
    ['Please reschedule. I am ill today', 'I am ill today'],
    ['Please reschedule. ', undefined],
    ['R'.repeat(600), `${'R'.repeat(499)}…`],
    ['', undefined],
    [undefined, undefined],
    [{ text: 'x' }, undefined],
  ])('is called off for the reason that is given, as one clean line: %j', (cancellationReason, reason) => {
    expect(eventIn(cancelled({ cancellationReason }))).toMatchObject({ kind: 'cancelled' });
    expect((eventIn(cancelled({ cancellationReason })) as CancelledEvent).reason).toBe(reason);
  });

  it.each([undefined, null, 'false', '', 'perhaps', 1, {}])(
    'is over for good where it says %j of another time',
    (requestReschedule) => {
      expect(eventIn(cancelled({ requestReschedule }))).toMatchObject({ requestReschedule: false });
    },
  );

  it('without a uid is the call that was booked without one', () => {
    const { startTime, attendees, organizer } = created({ uid: undefined }).payload;

    expect(bookingIn(cancelled({ uid: undefined, startTime, attendees, organizer })).uid).toBe(
      bookingIn(created({ uid: undefined })).uid,
    );
  });

  it.each<[string, Json]>([
    ['an end', { endTime: undefined }],
    ['an end that can be', { endTime: '2020-01-01T00:00:00Z' }],
    ['an organizer', { organizer: null }],
    ['a title', { title: null }],
    ['a place', { location: null }],
  ])('is called off without %s', (_, fields) => {
    expect(eventIn(cancelled(fields))).toMatchObject({ kind: 'cancelled', booking: { uid: 'CFwWiYmeAuzfVdSJhtWY7H' } });
  });

  it('takes the rest of its series with it where the body tells of the series', () => {
    expect(accepted(fixture('booking-cancelled.whole-series'))).toMatchObject({
      warnings: [],
      event: { kind: 'cancelled', wholeSeries: true, booking: { uid: 'zRKJAywfUx7UQo5qkgPDhH', series: HASH } },
    });
  });

  it.each([undefined, null, [], 'weekly', 4, true, {}, { freq: '', count: '', interval: '' }])(
    'leaves the rest of its series where that says %j',
    (recurringEvent) => {
      expect(eventIn(sample('booking-cancelled.whole-series', { recurringEvent }))).not.toHaveProperty('wholeSeries');
    },
  );

  describe('and has seats', () => {
    it('is the one seat that was booked, where one attendee is listed', () => {
      const { uid, seat } = bookingIn(fixture('booking-created.seat-1'));

      expect(seat).toBeDefined();
      expect(eventIn(fixture('booking-cancelled.one-seat'))).toMatchObject({
        kind: 'cancelled',
        booking: { uid, seat },
      });
    });

    it('is that seat also where the hosts are listed with it', () => {
      const seat = attendee({ email: 'hana.suzuki@example.com' });
      const host = attendee({ email: 'mara.lindqvist@example.com' });

      expect(eventIn(sample('booking-cancelled.one-seat', { attendees: [seat, host] }))).toMatchObject({
        booking: { seat: bookingIn(fixture('booking-created.seat-1')).seat },
      });
    });

    it('is each of them, where several attendees are listed', () => {
      const event = eventIn(sample('booking-cancelled.one-seat', { ...seated(HANA, RUI), requestReschedule: false }));

      expect(event).toMatchObject({
        kind: 'cancelled',
        requestReschedule: false,
        seats: [seatIn('r8vnkW7ckdh1CrpwTNkm2w', HANA), seatIn('r8vnkW7ckdh1CrpwTNkm2w', RUI)],
        booking: { attendees: [{ email: HANA }, { email: RUI }] },
      });
      expect(event.booking).not.toHaveProperty('seat');
    });

    it('is another event where other seats are listed', () => {
      const idOf = (...emails: string[]) => eventIn(sample('booking-cancelled.one-seat', seated(...emails))).id;

      expect(new Set([idOf(HANA, RUI), idOf(RUI, HANA), idOf(HANA)]).size).toBe(3);
    });
  });
});
