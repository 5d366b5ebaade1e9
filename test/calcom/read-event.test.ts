import { describe, expect, it } from 'vitest';
import type { BookingEvent } from '../../src/booking.ts';
import {
  accepted,
  attendee,
  bookingIn,
  cancelled,
  created,
  type Delivery,
  faultPathsIn,
  fixture,
  type Json,
  RECEIVED_AT,
  read,
  rescheduled,
  sample,
} from './support.ts';

function eventIn(delivery: unknown): BookingEvent {
  return accepted(delivery).event;
}

/** The same fields under `payload.booking`, where some senders put them. */
function nested({ payload, ...envelope }: Delivery): Delivery {
  return { ...envelope, payload: { booking: payload } };
}

const NOT_HANDLED = { verdict: 'ignored', reason: 'trigger_not_handled' };

describe.each([
  ['confirmed', created],
  ['rescheduled', rescheduled],
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

    expect(eventIn(body()).id).toBe(id);
    expect(eventIn(nested(body())).id).toBe(id);
    expect(eventIn({ ...body(), createdAt: String(body().createdAt).replace('Z', '+00:00') }).id).toBe(id);
    expect(eventIn(body({ startTime: String(body().payload['startTime']).replace('Z', '.000Z') })).id).toBe(id);
    expect(eventIn(body({ additionalNotes: 'other', status: 'PENDING' })).id).toBe(id);
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
    const ids = ['BOOKING_CREATED', 'BOOKING_RESCHEDULED', 'BOOKING_CANCELLED'].map(
      (triggerEvent) => eventIn({ ...rescheduled(), triggerEvent }).id,
    );

    expect(new Set(ids).size).toBe(3);
  });
});

describe('a call that was moved', () => {
  it('is the new booking, and names the one it replaces', () => {
    expect(accepted(fixture('booking-rescheduled'))).toMatchObject({
      trigger: 'BOOKING_RESCHEDULED',
      warnings: [],
      event: {
        kind: 'rescheduled',
        replacedUid: 'zcioSE6n51cbpobbEprooE',
        booking: { uid: 'CFwWiYmeAuzfVdSJhtWY7H', startsAt: '2026-12-05T16:00:00.000Z' },
      },
    });
  });

  it('names the replaced booking as that was named when it was made, also by an odd uid', () => {
    for (const uid of ['tobias.okafor@example.com', 'the first call', '予約-1', 20118841, ' zcioSE6n51cbpobbEprooE ']) {
      expect(eventIn(rescheduled({ rescheduleUid: uid }))).toMatchObject({
        replacedUid: bookingIn(created({ uid })).uid,
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
      expect(event).not.toHaveProperty('replacedUid');
      expect(warnings).toEqual(['payload.rescheduleUid names no other booking: none is replaced']);
    },
  );

  it('is not handled when it is one seat, for the others stay', () => {
    expect(read(fixture('booking-rescheduled.seat'))).toMatchObject(NOT_HANDLED);
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
  });

  it.each([undefined, null, 'true', 1, {}])(
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

  it('with the rest of its series is called off itself, with a warning about the others', () => {
    const { event, warnings } = accepted(fixture('booking-cancelled.whole-series'));

    expect(event).toMatchObject({ kind: 'cancelled', booking: { uid: 'zRKJAywfUx7UQo5qkgPDhH' } });
    expect(warnings).toEqual(['payload.recurringEvent: later calls of the series are cancelled too, but not named']);
  });

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

    it('is not handled where several attendees are listed', () => {
      const attendees = [attendee(), attendee({ email: 'hana.suzuki@example.com' })];

      expect(read(sample('booking-cancelled.one-seat', { attendees }))).toEqual({
        ...NOT_HANDLED,
        trigger: 'BOOKING_CANCELLED',
      });
    });
  });
});
