import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BookingEvent } from '../../src/booking.ts';
import { type BookingState, hear, isNoShow, merge } from '../../src/workflows/booking-state.ts';
import {
  aBooking,
  acknowledged,
  cancelled,
  confirmed,
  ended,
  noShow,
  rejected,
  requested,
  rescheduled,
  updated,
} from '../support/a-booking.ts';

const T1 = '2026-11-24T10:00:00.000Z';
const T2 = '2026-11-24T10:00:01.000Z';
const T3 = '2026-11-24T10:00:02.000Z';

function addUp(events: readonly BookingEvent[]): BookingState | undefined {
  return events.reduce<BookingState | undefined>(hear, undefined);
}

describe('what the events add up to', () => {
  it('changes nothing when the same booking is confirmed again', () => {
    const state = hear(undefined, confirmed(aBooking(), T1));

    expect(hear(state, confirmed(aBooking(), T1))).toBe(state);
  });

  it('takes the facts from the newest event, but keeps the moment of the first confirmation', () => {
    const renamed = aBooking({ title: 'Discovery call, renamed' });
    const state = addUp([confirmed(aBooking(), T1), confirmed(renamed, T2)]);

    expect(state).toMatchObject({ booking: renamed, confirmedAt: T1 });
  });

  it('is not changed back by an older event that arrives late', () => {
    const renamed = aBooking({ title: 'Discovery call, renamed' });
    const state = addUp([confirmed(renamed, T2), confirmed(aBooking(), T1)]);

    expect(state).toMatchObject({ booking: renamed, confirmedAt: T1 });
  });

  describe('when it is cancelled', () => {
    it('stands no more, and keeps the details that are known: a cancelling event tells less of them', () => {
      const { joinUrl: _, ...poorer } = aBooking();
      const state = addUp([confirmed(aBooking(), T1), cancelled(poorer, T2)]);

      expect(state).toMatchObject({
        standing: 'cancelled',
        booking: aBooking(),
        confirmedAt: T1,
        heard: [`cancel-${T2}`],
      });
    });

    it('takes the details from the cancelling event while no other has come', () => {
      const state = addUp([cancelled(aBooking({ title: 'Cancelled call' }), T2)]);
      expect(state).toMatchObject({ standing: 'cancelled', booking: { title: 'Cancelled call' } });

      expect(addUp([cancelled(aBooking({ title: 'Cancelled call' }), T2), confirmed(aBooking(), T1)])).toMatchObject({
        standing: 'cancelled',
        booking: aBooking(),
        confirmedAt: T1,
      });
    });

    it('knows the reason that the newest cancelling event gives', () => {
      const because = cancelled(aBooking(), T2, { reason: 'I have a cold.' });

      expect(addUp([confirmed(aBooking(), T1), because])?.reason).toBe('I have a cold.');
      expect(addUp([because, cancelled(aBooking(), T3)])).not.toHaveProperty('reason');
      expect(addUp([because, confirmed(aBooking(), T3)])).not.toHaveProperty('reason');
    });

    it('remembers whether the host only asks for another time', () => {
      const asked = cancelled(aBooking(), T2, { requestReschedule: true });

      expect(addUp([confirmed(aBooking(), T1), asked])?.calledOffAs).toBe('reschedule_requested');
      expect(addUp([confirmed(aBooking(), T1), asked, cancelled(aBooking(), T3)])?.calledOffAs).toBeUndefined();
    });

    it('stands again once it is confirmed later, not by an older confirmation', () => {
      const before = [confirmed(aBooking(), T1), cancelled(aBooking(), T2)];

      expect(addUp([...before, confirmed(aBooking(), T3)])).toMatchObject({ standing: 'live', confirmedAt: T1 });
      expect(addUp([...before, confirmed(aBooking(), T1, 'late')])).toMatchObject({ standing: 'cancelled' });
    });

    it('is cancelled if both happened at the same instant', () => {
      expect(addUp([cancelled(aBooking(), T1), confirmed(aBooking(), T1)])?.standing).toBe('cancelled');
    });
  });

  describe('when another booking takes its place', () => {
    const moved = rescheduled(aBooking({ uid: 'the-new-one' }), aBooking().uid, T2);

    it('is superseded for good, with its own details', () => {
      const state = addUp([confirmed(aBooking(), T1), moved, confirmed(aBooking(), T3)]);

      expect(state).toMatchObject({ standing: 'superseded', booking: aBooking(), heard: [`move-${T2}`] });
    });

    it('is superseded by one that is only asked for as well', async () => {
      const request = requested(aBooking({ uid: 'the-new-one' }), aBooking(), T2);

      expect(addUp([confirmed(aBooking(), T1), request])).toMatchObject({
        standing: 'superseded',
        heard: [`request-${T2}`],
      });
    });

    it('confirms the new one, which knows whose place it took', () => {
      expect(addUp([moved])).toMatchObject({
        standing: 'live',
        booking: { uid: 'the-new-one' },
        confirmedAt: T2,
        replaced: { uid: aBooking().uid },
      });
    });
  });

  it('knows nothing from what is only asked for, or from what names nothing but the booking', () => {
    for (const event of [
      requested(aBooking(), { uid: 'the-old-one' }, T1),
      ended(aBooking(), T1),
      noShow(aBooking(), T1),
      acknowledged(aBooking(), 'ada', T1),
    ]) {
      expect(hear(undefined, event)).toBeUndefined();
    }
  });

  describe('when its link or its host changes', () => {
    const elsewhere = aBooking({ joinUrl: 'https://example.com/another-room' });

    it('goes by the new one, and was confirmed when it was', () => {
      expect(addUp([updated(elsewhere, T2), confirmed(aBooking(), T1)])).toMatchObject({
        booking: elsewhere,
        confirmedAt: T1,
        standing: 'live',
      });
    });

    it('stands if nothing else was heard of it, and not once it is cancelled, however late the change was', () => {
      expect(addUp([updated(elsewhere, T2)])?.standing).toBe('live');
      expect(addUp([updated(elsewhere, T3), cancelled(aBooking(), T2)])?.standing).toBe('cancelled');
    });

    it('keeps the link that is known when a later event tells none', () => {
      const { joinUrl: _, ...poorer } = aBooking({ title: 'Paid call' });

      expect(addUp([confirmed(elsewhere, T1), confirmed(poorer, T2)])?.booking).toMatchObject({
        title: 'Paid call',
        joinUrl: elsewhere.joinUrl,
      });
      const atHome = { ...poorer, location: '1 Main Street' };
      const moved = addUp([updated(atHome, T2), confirmed(elsewhere, T1)]);
      expect(moved?.booking.location).toBe('1 Main Street');
      expect(moved?.booking).not.toHaveProperty('joinUrl');
    });
  });

  describe('when the host does not accept it', () => {
    it('stands no more, and says why', () => {
      expect(addUp([confirmed(aBooking(), T1), rejected(aBooking(), T2)])).toMatchObject({
        standing: 'cancelled',
        calledOffAs: 'rejected',
        heard: [`rejection-${T2}`],
      });
    });

    it('says so when it was to take the place of another, also if that turns out later', () => {
      const known = rejected(aBooking(), T2, { uid: 'the-old-one' });

      expect(addUp([known])?.calledOffAs).toBe('move_rejected');
      expect(addUp([rejected(aBooking(), T2), known])?.calledOffAs).toBe('move_rejected');
      expect(addUp([known, rejected(aBooking(), T2)])?.calledOffAs).toBe('move_rejected');
    });
  });

  it('knows who will be there, and nothing else changes', () => {
    const said = [acknowledged(aBooking(), 'bob', T3), acknowledged(aBooking(), 'ada', T2)];
    const before = addUp([confirmed(aBooking(), T1)])!;
    const state = addUp([confirmed(aBooking(), T1), ...said])!;

    expect(state).toEqual({ ...before, acknowledgedBy: ['ada', 'bob'] });
    expect(hear(state, acknowledged(aBooking(), 'ada', T3))).toBe(state);
  });

  describe('after the call', () => {
    it('knows that it has ended', () => {
      expect(addUp([confirmed(aBooking(), T1), ended(aBooking(), T3)])?.hasEnded).toBe(true);
    });

    it('knows whether the booker came, as the host said last', () => {
      const said = [confirmed(aBooking(), T1), noShow(aBooking(), T2), noShow(aBooking(), T3, false)];

      expect(isNoShow(addUp(said.slice(0, 2))!)).toBe(true);
      expect(isNoShow(addUp(said)!)).toBe(false);
      expect(isNoShow(addUp([said[0]!, said[2]!, said[1]!])!)).toBe(false);
    });
  });

  it('is the same in any order and with any repetition', () => {
    const second = fc.nat(5).map((nat) => `2026-11-24T10:00:0${nat}.000Z`);
    const anEvent = fc.oneof(
      fc
        .tuple(fc.constantFrom('a', 'b'), second)
        .map(([id, at]) => confirmed(aBooking({ title: `${id}${at}` }), at, id + at)),
      fc.tuple(fc.constantFrom('c', 'd'), second, fc.boolean()).map(([id, at, requestReschedule]) =>
        cancelled(aBooking({ title: `${id}${at}` }), at, {
          id: `${id}${at}${requestReschedule}`,
          requestReschedule,
          ...(id === 'd' && { reason: `${id}${at}` }),
        }),
      ),
      second.map((at) => rescheduled(aBooking({ uid: 'the-new-one' }), aBooking().uid, at)),
      second.map((at) => requested(aBooking({ uid: 'the-new-one' }), aBooking(), at)),
      second.map((at) => updated(aBooking({ title: at, joinUrl: `https://example.com/${at}` }), at)),
      fc
        .tuple(second, fc.boolean())
        .map(([at, isMove]) => rejected(aBooking({ title: at }), at, isMove ? { uid: 'the-old-one' } : undefined)),
      second.map((at) => ended(aBooking(), at)),
      fc.tuple(second, fc.boolean()).map(([at, isOne]) => noShow(aBooking(), at, isOne)),
      fc.tuple(fc.constantFrom('ada', 'bob'), second).map(([who, at]) => acknowledged(aBooking(), who, at)),
    );
    // The replaced booking's run is told of the new one, never started by it.
    const events = fc
      .tuple(second, fc.array(anEvent, { maxLength: 6 }))
      .map(([at, more]) => [confirmed(aBooking(), at, `first${at}`), ...more]);

    fc.assert(
      fc.property(
        events.chain((some) =>
          fc.tuple(
            fc.constant(some),
            fc.shuffledSubarray([...some, ...some], { minLength: 2 * some.length }),
            fc.nat(some.length),
          ),
        ),
        ([some, shuffled, cut]) => {
          const own = shuffled.findIndex((event) => event.booking.uid === aBooking().uid && 'title' in event.booking);
          const [start] = shuffled.splice(own, 1);

          expect(addUp([start!, ...shuffled])).toEqual(addUp(some));
          const [left, right] = [addUp([start!, ...shuffled.slice(0, cut)])!, addUp([start!, ...shuffled.slice(cut)])!];
          expect(merge(left, right)).toEqual(addUp(some));
        },
      ),
    );
  });
});
