import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { heldForMs, heldOff, type PaceState, reserveTurn } from '../src/gcra.ts';
import type { Lane, Turn } from '../src/pace.ts';
import { mostInAMinute } from './support/most-in-a-minute.ts';

const NOON = Date.parse('2026-11-21T12:00:00.000Z');
const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

/** One who asks for turns, at instants given in milliseconds after noon. */
function aPace(requestsPerMinute = 150) {
  let state: PaceState = {};
  return {
    reserve(at: number, { lane = 'bookings', patienceMs = 20_000 }: { lane?: Lane; patienceMs?: number } = {}): Turn {
      const reserved = reserveTurn(state, { lane, patienceMs, requestsPerMinute, now: NOON + at });
      state = reserved.state;
      return reserved.turn;
    },
    holdOff(at: number, waitMs: number) {
      state = heldOff(state, waitMs, NOON + at);
    },
    heldForMs: (at: number) => heldForMs(state, NOON + at),
  };
}

const waitOf = (turn: Turn) => ('waitMs' in turn ? turn.waitMs : expect.fail('It was put off.'));

describe('the pace', () => {
  it('lets ten through at once after a while without any, and the others evenly', () => {
    const pace = aPace(150);

    const waits = Array.from({ length: 14 }, () => waitOf(pace.reserve(0)));

    expect(waits.slice(0, 10)).toEqual(Array(10).fill(0));
    const gaps = waits.slice(9, -1).map((wait, index) => waits[index + 10]! - wait);
    for (const gap of gaps) expect(gap).toBeGreaterThan(400);
    for (const gap of gaps) expect(gap).toBeLessThan(440);
  });

  it('lets nobody through early where several at once are not allowed', () => {
    let state: PaceState = {};
    const waits = Array.from({ length: 6 }, () => {
      const reserved = reserveTurn(state, {
        lane: 'bookings',
        patienceMs: 60_000,
        requestsPerMinute: 300,
        isEven: true,
        now: NOON,
      });
      state = reserved.state;
      return waitOf(reserved.turn);
    });

    expect(waits).toEqual([0, 204, 408, 612, 816, 1_020]);
  });

  it('makes good use of the budget', () => {
    const pace = aPace(150);

    let sent = 0;
    for (let at = 0; at < 11 * MINUTE_MS; at += 20) if ('waitMs' in pace.reserve(at, { patienceMs: 0 })) sent += 1;

    expect(sent).toBeGreaterThan(1_500);
  });

  it('reserves nothing for those whom it puts off, and says when to come again', () => {
    const pace = aPace(60);
    for (let reserved = 0; reserved < 30; reserved += 1) pace.reserve(0);

    const putOff = [1, 2, 3].map(() => pace.reserve(0, { patienceMs: 5 }));

    expect(new Set(putOff.map((turn) => JSON.stringify(turn))).size).toBe(1);
    const { putOffMs } = putOff[0] as { putOffMs: number };
    expect(pace.reserve(putOffMs, { patienceMs: 5 })).toEqual({ waitMs: 0 });
  });

  describe('for work that can wait', () => {
    it('is 30 % of the whole, which leaves the rest to bookings', () => {
      const pace = aPace(150);
      const background: number[] = [];
      for (let at = 0; at < 10 * MINUTE_MS; at += 100) {
        const turn = pace.reserve(at, { lane: 'background', patienceMs: 0 });
        if ('waitMs' in turn) background.push(at);
      }

      expect(mostInAMinute(background)).toBeLessThanOrEqual(45);
      expect(background.length).toBeGreaterThan(300);
      expect(pace.reserve(10 * MINUTE_MS)).toEqual({ waitMs: 0 });
    });

    it('comes from the same budget', () => {
      const pace = aPace(150);
      for (let reserved = 0; reserved < 10; reserved += 1) pace.reserve(0, { lane: 'background' });

      expect(waitOf(pace.reserve(0))).toBeGreaterThan(0);
    });

    it('reserves no turn that would keep bookings waiting', () => {
      const pace = aPace(150);
      for (let reserved = 0; reserved < 10; reserved += 1) pace.reserve(0, { lane: 'background' });

      expect(pace.reserve(5 * SECOND_MS, { lane: 'background' })).toEqual({ waitMs: 0 });
      const next = Array.from({ length: 3 }, () => pace.reserve(5 * SECOND_MS, { lane: 'background' }));

      expect(next.at(-1)).toHaveProperty('putOffMs');
      expect(pace.reserve(5 * SECOND_MS)).toEqual({ waitMs: 0 });
    });
  });

  describe('once Notion wants to be left alone', () => {
    it('lets nobody through until then', () => {
      const pace = aPace();

      pace.holdOff(0, 40 * SECOND_MS);

      expect(pace.heldForMs(10 * SECOND_MS)).toBe(30 * SECOND_MS);
      expect(pace.reserve(10 * SECOND_MS)).toEqual({ putOffMs: 30 * SECOND_MS });
      expect(pace.reserve(30 * SECOND_MS)).toEqual({ waitMs: 10 * SECOND_MS });
      expect(pace.heldForMs(40 * SECOND_MS)).toBe(0);
    });

    it('keeps to the longest wait of several', () => {
      const pace = aPace();

      pace.holdOff(0, 40 * SECOND_MS);
      pace.holdOff(1, 2 * SECOND_MS);

      expect(pace.heldForMs(0)).toBe(40 * SECOND_MS);
    });

    it('asks again after an hour, whatever Notion said', () => {
      const pace = aPace();

      pace.holdOff(0, 86_400_000);

      expect(pace.heldForMs(0)).toBe(60 * MINUTE_MS);
    });

    it('goes at half the speed for five minutes, and then a tenth faster each minute', () => {
      const pace = aPace(150);
      pace.holdOff(0, 0);

      /** Sent in the minute that ends then, by somebody who has always something to ask. */
      const sentBefore = Array.from({ length: 12 }, (_, minute) => {
        let sent = 0;
        for (let at = minute * MINUTE_MS; at < (minute + 1) * MINUTE_MS; at += 20) {
          if ('waitMs' in pace.reserve(at, { patienceMs: 0 })) sent += 1;
        }
        return sent;
      });

      const full = sentBefore.at(-1)!;
      expect(full).toBeGreaterThan(135);
      const shares = sentBefore.map((sent) => sent / full);
      for (const share of shares.slice(1, 5)) expect(share).toBeCloseTo(0.5, 1);
      expect(shares[5]).toBeCloseTo(0.55, 1);
      expect(shares[7]).toBeCloseTo(0.75, 1);
      expect(shares[10]).toBeCloseTo(1, 1);
    });
  });

  it('is not stopped by a clock that was set back', () => {
    const pace = aPace();
    pace.reserve(86_400_000);
    pace.holdOff(86_400_000, SECOND_MS);

    expect(pace.heldForMs(0)).toBe(0);
    expect(pace.reserve(0)).toEqual({ waitMs: 0 });
    expect(pace.reserve(0, { lane: 'background' })).toEqual({ waitMs: 0 });
  });

  it('lets never more than the budget through in any 60 s, nor anybody while it is held, whatever is asked for when', () => {
    const anAct = fc.record({
      afterMs: fc.oneof(fc.nat(300), fc.nat(30_000)),
      act: fc.oneof(
        { weight: 30, arbitrary: fc.constant<Lane | 'hold'>('bookings') },
        { weight: 10, arbitrary: fc.constant<Lane | 'hold'>('background') },
        { weight: 1, arbitrary: fc.constant<Lane | 'hold'>('hold') },
      ),
      times: fc.integer({ min: 1, max: 60 }),
      patienceMs: fc.constantFrom(0, 500, 20_000, 90_000),
    });
    const budgets = fc.constantFrom(1, 2, 7, 30, 150, 600);

    fc.assert(
      fc.property(budgets, fc.array(anAct, { minLength: 20, maxLength: 120 }), (requestsPerMinute, acts) => {
        const pace = aPace(requestsPerMinute);
        let [at, heldUntil] = [0, 0];
        const turns: { lane: Lane; at: number }[] = [];
        for (const { afterMs, act, times, patienceMs } of acts) {
          at += afterMs;
          if (act === 'hold') {
            pace.holdOff(at, patienceMs);
            heldUntil = Math.max(heldUntil, at + patienceMs);
            continue;
          }
          for (let asked = 0; asked < times; asked += 1) {
            const turn = pace.reserve(at, { lane: act, patienceMs });
            if (!('waitMs' in turn)) continue;
            expect(at + turn.waitMs).toBeGreaterThanOrEqual(heldUntil);
            turns.push({ lane: act, at: at + turn.waitMs });
          }
        }

        const ofBackground = turns.filter(({ lane }) => lane === 'background');
        expect(mostInAMinute(turns.map((turn) => turn.at))).toBeLessThanOrEqual(requestsPerMinute);
        expect(mostInAMinute(ofBackground.map((turn) => turn.at))).toBeLessThanOrEqual(
          Math.max(1, requestsPerMinute * 0.3),
        );
      }),
      { numRuns: 200 },
    );
  });
});
