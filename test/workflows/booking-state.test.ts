import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BookingEvent } from '../../src/booking.ts';
import { type BookingState, hear } from '../../src/workflows/booking-state.ts';
import { aBooking, confirmed } from '../support/a-booking.ts';

const T1 = '2026-11-24T10:00:00.000Z';
const T2 = '2026-11-24T10:00:01.000Z';

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

  it('is the same in any order and with any repetition', () => {
    const anEvent = fc
      .record({ title: fc.string(), second: fc.nat(5), id: fc.constantFrom('a', 'b', 'c') })
      .map(({ title, second, id }) =>
        confirmed(aBooking({ title: `${title}${id}${second}` }), `2026-11-24T10:00:0${second}.000Z`, `${id}${title}`),
      );
    const events = fc.array(anEvent, { minLength: 1, maxLength: 6 });

    fc.assert(
      fc.property(
        events.chain((some) =>
          fc.tuple(fc.constant(some), fc.shuffledSubarray([...some, ...some], { minLength: 2 * some.length })),
        ),
        ([some, shuffled]) => {
          expect(addUp(shuffled)).toEqual(addUp(some));
        },
      ),
    );
  });
});
