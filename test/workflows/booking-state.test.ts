import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BookingEvent } from '../../src/booking.ts';
import { type BookingState, hear, merge } from '../../src/workflows/booking-state.ts';
import { aBooking, cancelled, confirmed, rescheduled } from '../support/a-booking.ts';

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

    it('remembers whether the host only asks for another time', () => {
      const asked = cancelled(aBooking(), T2, { requestReschedule: true });

      expect(addUp([confirmed(aBooking(), T1), asked])?.requestReschedule).toBe(true);
      expect(addUp([confirmed(aBooking(), T1), asked, cancelled(aBooking(), T3)])?.requestReschedule).toBe(false);
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

    it('confirms the new one', () => {
      expect(addUp([moved])).toMatchObject({ standing: 'live', booking: { uid: 'the-new-one' }, confirmedAt: T2 });
    });
  });

  it('is the same in any order and with any repetition', () => {
    const second = fc.nat(5).map((nat) => `2026-11-24T10:00:0${nat}.000Z`);
    const anEvent = fc.oneof(
      fc
        .tuple(fc.constantFrom('a', 'b'), second)
        .map(([id, at]) => confirmed(aBooking({ title: `${id}${at}` }), at, id + at)),
      fc
        .tuple(fc.constantFrom('c', 'd'), second, fc.boolean())
        .map(([id, at, requestReschedule]) =>
          cancelled(aBooking({ title: `${id}${at}` }), at, { id: `${id}${at}${requestReschedule}`, requestReschedule }),
        ),
      second.map((at) => rescheduled(aBooking({ uid: 'the-new-one' }), aBooking().uid, at)),
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
          const own = shuffled.findIndex(({ booking }) => booking.uid === aBooking().uid);
          const [start] = shuffled.splice(own, 1);

          expect(addUp([start!, ...shuffled])).toEqual(addUp(some));
          const [left, right] = [addUp([start!, ...shuffled.slice(0, cut)])!, addUp([start!, ...shuffled.slice(cut)])!];
          expect(merge(left, right)).toEqual(addUp(some));
        },
      ),
    );
  });
});
