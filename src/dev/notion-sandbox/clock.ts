/** The sandbox's own time, for whatever is dated, counted per minute or shown late. Instants are epoch milliseconds. */
export interface SandboxClock {
  now(): number;
  /** Stands still at this instant from now on. */
  set(at: number): void;
  /** Goes on by so much at once, standing or not. */
  advance(ms: number): void;
  /** Goes again by itself, from where it is. */
  run(): void;
}

/** @param time what it goes by while it goes by itself. */
export function createClock(time: () => number): SandboxClock {
  let aheadMs = 0;
  let standsAt: number | undefined;
  return {
    now: () => standsAt ?? time() + aheadMs,
    set: (at) => {
      standsAt = at;
    },
    advance: (ms) => {
      if (standsAt === undefined) aheadMs += ms;
      else standsAt += ms;
    },
    run: () => {
      if (standsAt !== undefined) aheadMs = standsAt - time();
      standsAt = undefined;
    },
  };
}
