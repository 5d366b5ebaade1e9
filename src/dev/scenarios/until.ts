import { setTimeout as sleep } from 'node:timers/promises';

/** @returns the first look that is enough, or the last one when time is up. */
export async function until<T>(patienceMs: number, look: () => Promise<T>, isEnough: (seen: T) => boolean): Promise<T> {
  for (const deadline = Date.now() + patienceMs; ; await sleep(250)) {
    const seen = await look();
    if (isEnough(seen) || Date.now() >= deadline) return seen;
  }
}
