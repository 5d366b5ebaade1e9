import type { Clock } from './clock.ts';

/** How many requests are on their way at once. First come, first served. */
export interface InFlight {
  /** @returns gives the place back; undefined if none came free in time. */
  enter(patienceMs: number): Promise<(() => void) | undefined>;
}

export function createInFlight(places: number, clock: Clock): InFlight {
  const waiting = new Set<() => void>();
  let free = places;

  function leave(): void {
    const [first] = waiting;
    if (first) first();
    else free += 1;
  }

  return {
    async enter(patienceMs) {
      if (free > 0) {
        free -= 1;
        return leave;
      }
      const enough = new AbortController();
      let hasPlace = false;
      const takeOver = () => {
        hasPlace = true;
        waiting.delete(takeOver);
        enough.abort();
      };
      waiting.add(takeOver);
      await clock.sleep(patienceMs, enough.signal);
      waiting.delete(takeOver);
      return hasPlace ? leave : undefined;
    },
  };
}
