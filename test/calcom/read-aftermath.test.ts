import { describe, expect, it } from 'vitest';
import type { NoShowEvent } from '../../src/booking.ts';
import {
  attendee,
  bookingIn,
  created,
  faultPathsIn,
  fixture,
  heard,
  type Json,
  RECEIVED_AT,
  sample,
} from './support.ts';

const UID = 'CFwWiYmeAuzfVdSJhtWY7H';
const HASH = /^[0-9a-f]{32}$/;

/** The flat body of a meeting that has ended, field by field; a field that is undefined is left out. */
function meetingEnded(fields: Json = {}): Json {
  return { ...fixture('meeting-ended'), ...fields };
}

function noShow(fields: Json = {}) {
  return sample('booking-no-show-updated', fields);
}

describe('a meeting that has ended', () => {
  it('names its booking, and ended when it ended, not when it was booked', () => {
    expect(heard(meetingEnded())).toEqual({
      verdict: 'booking',
      trigger: 'MEETING_ENDED',
      warnings: [],
      event: {
        kind: 'ended',
        id: expect.stringMatching(HASH),
        occurredAt: '2026-12-05T16:30:00.000Z',
        booking: { uid: UID },
      },
    });
  });

  it('is the same under a payload, however its end is spelled, and whatever else is told', () => {
    const { triggerEvent, createdAt, ...payload } = meetingEnded();
    const { event } = heard(meetingEnded());

    expect(heard({ triggerEvent, createdAt, payload }).event).toEqual(event);
    expect(heard({ triggerEvent, payload: { booking: payload } }).event).toEqual(event);
    expect(heard(meetingEnded({ payload: {} })).event).toEqual(event);
    expect(heard(meetingEnded({ endTime: '2026-12-05T17:30:00+01:00', createdAt: null })).event).toEqual(event);
    expect(heard({ triggerEvent, uid: UID, endTime: '2026-12-05T16:30:00Z' }).event).toEqual(event);
  });

  it('ended at a time to come if it says so', () => {
    expect(heard(meetingEnded({ endTime: '2028-01-01T00:00:00.000Z' })).event.occurredAt).toBe(
      '2028-01-01T00:00:00.000Z',
    );
  });

  it.each([undefined, null, '', 'soon', 7, {}])('ended when that was told, where it says %j', (endTime) => {
    const { event } = heard(meetingEnded({ endTime }));

    expect(event.occurredAt).toBe(new Date(RECEIVED_AT).toISOString());
    expect(event.id).toBe(heard(meetingEnded({ endTime: undefined }), RECEIVED_AT + 60_000).event.id);
  });

  it('is another event for another booking, and another end', () => {
    const ids = [{}, { uid: 'another' }, { endTime: '2026-12-05T16:45:00.000Z' }].map(
      (fields) => heard(meetingEnded(fields)).event.id,
    );

    expect(new Set(ids).size).toBe(3);
  });

  it('is that of the call that was booked without a uid', () => {
    const { startTime, endTime, organizer } = created().payload;
    const ended = { uid: undefined, startTime, endTime, user: organizer, attendees: [attendee()] };

    expect(heard(meetingEnded(ended)).event.booking.uid).toBe(bookingIn(created({ uid: undefined })).uid);
  });

  it('cannot be told of a call that is not named', () => {
    expect(faultPathsIn(meetingEnded({ uid: null, attendees: [] }))).toEqual(['uid']);
    expect(faultPathsIn({ triggerEvent: 'MEETING_ENDED', payload: { note: 'x' } })).toEqual(['payload.uid']);
    expect(faultPathsIn({ triggerEvent: 'MEETING_ENDED' })).toEqual(['payload']);
  });
});

describe('the host telling who did not come', () => {
  it('names the booking, and each attendee of whom that is said', () => {
    expect(heard(noShow())).toEqual({
      verdict: 'booking',
      trigger: 'BOOKING_NO_SHOW_UPDATED',
      warnings: [],
      event: {
        kind: 'no_show',
        id: expect.stringMatching(HASH),
        occurredAt: '2026-12-05T17:10:00.230Z',
        booking: { uid: UID },
        attendees: [{ email: 'tobias.okafor@example.com', noShow: true }],
      },
    });
  });

  it('may take it back, which is other news', () => {
    const taken = noShow({ attendees: [{ email: 'tobias.okafor@example.com', noShow: false }] });

    expect(heard(taken).event).toMatchObject({ attendees: [{ noShow: false }] });
    expect(heard(taken).event.id).not.toBe(heard(noShow()).event.id);
  });

  it('may say it in quotes', () => {
    const quoted = noShow({ attendees: [{ email: 'tobias.okafor@example.com', noShow: 'true' }] });

    expect(heard(quoted).event).toEqual(heard(noShow()).event);
  });

  it('may name the booking by its uid', () => {
    expect(heard(noShow({ bookingUid: undefined, uid: UID })).event).toEqual(heard(noShow()).event);
    expect(heard(noShow({ uid: 'another' })).event.booking).toEqual({ uid: UID });
  });

  it('is taken at its last word about an address', () => {
    const attendees = [true, false].map((value) => ({
      email: value ? 'Ada@example.com' : 'ada@example.com',
      noShow: value,
    }));

    expect((heard(noShow({ attendees })).event as NoShowEvent).attendees).toEqual([
      { email: 'ada@example.com', noShow: false },
    ]);
  });

  it('is heard of those who can be used, with a warning about the others', () => {
    const usable = { email: 'tobias.okafor@example.com', noShow: true };
    const unusable = [
      null,
      7,
      {},
      { email: 'ada@example.com' },
      { email: 'ada@example.com', noShow: 'yes' },
      { noShow: true },
    ];
    const { event, warnings } = heard(noShow({ attendees: [usable, ...unusable] }));

    expect(event).toMatchObject({ attendees: [usable] });
    expect(warnings).toHaveLength(unusable.length);
    expect(warnings[0]).toMatch(/^payload\.attendees\[1\] has not one usable e-mail address and a noShow/);
  });

  it.each<[string, Json, string[]]>([
    ['the booking', { bookingUid: null }, ['payload.bookingUid']],
    ['the attendees', { attendees: undefined }, ['payload.attendees']],
    ['anybody who can be used', { attendees: [{ email: 'nobody', noShow: true }] }, ['payload.attendees']],
    ['anything', { bookingUid: {}, attendees: {} }, ['payload.bookingUid', 'payload.attendees']],
  ])('is refused without %s', (_, fields, paths) => {
    expect(faultPathsIn(noShow(fields))).toEqual(paths);
  });

  it('is refused in few words, however many there are', () => {
    const attendees = Array.from({ length: 300_000 }, () => 0);

    expect(faultPathsIn(noShow({ attendees }))).toEqual(['payload.attendees']);
    expect(heard(noShow({ attendees: [attendee({ noShow: true }), ...attendees] })).warnings.length).toBeLessThan(200);
  });
});
