import { heldForMs, heldOff, type PaceState, reserveTurn } from './gcra.ts';
import type { Pace } from './pace.ts';

export interface LocalPaceOptions {
  requestsPerMinute: number;
  /** Never several at once. */
  isEven?: boolean | undefined;
  /** Milliseconds of any clock that does not jump. */
  now?: () => number;
}

/** The pace of one process by itself, where there is nobody to share it with, or no store to share it through. */
export function createLocalPace({ requestsPerMinute, isEven, now = () => performance.now() }: LocalPaceOptions): Pace {
  let known: PaceState = {};
  return {
    async reserve(lane, patienceMs) {
      const { turn, state } = reserveTurn(known, { lane, patienceMs, requestsPerMinute, isEven, now: now() });
      known = state;
      return turn;
    },
    async heldForMs() {
      return heldForMs(known, now());
    },
    async holdOff(waitMs) {
      known = heldOff(known, waitMs, now());
    },
  };
}
