import { setTimeout as sleep } from 'node:timers/promises';

/** Time, as it passes for whoever waits. Milliseconds since some instant; it does not jump. */
export interface Clock {
  now(): number;
  /** Ends early, as if the time were over, when `signal` says so. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const realClock: Clock = {
  now: () => performance.now(),
  async sleep(ms, signal) {
    await sleep(ms, undefined, signal ? { signal } : {}).catch(() => {});
  },
};
