import { setTimeout as sleep } from 'node:timers/promises';
import { type Spread, spreadOf } from './figures.ts';

const IN_FLIGHT = 8;

/** Makes each request once, eight at a time, the next as soon as one is answered. */
export async function load<T>(items: readonly T[], request: (item: T) => Promise<unknown>): Promise<void> {
  const waiting = items.values();
  const lane = async () => {
    for (const item of waiting) await request(item);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
}

/**
 * Keeps `inFlight` requests under way for so long, the next as soon as one is answered, and waits for the last ones.
 *
 * @param request is handed how many were made before it.
 */
export async function loadFor(
  { inFlight, seconds }: { inFlight: number; seconds: number },
  request: (index: number) => Promise<unknown>,
): Promise<{ count: number; perSecond: number }> {
  let count = 0;
  const startedAt = performance.now();
  const lane = async () => {
    while (performance.now() - startedAt < seconds * 1_000) await request(count++);
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return { count, perSecond: count / ((performance.now() - startedAt) / 1_000) };
}

/**
 * Makes requests at their times, whether those before them have been answered or not. Latency counts from when a request was
 * to be made: a stall is felt by all that fall into it.
 *
 * @param request is handed how many were made before it.
 * @returns `latency` of those that were answered; undefined if none was.
 */
export async function loadAt(
  { perSecond, count }: { perSecond: number; count: number },
  request: (index: number) => Promise<unknown>,
): Promise<{ latency: Spread | undefined; errors: string[] }> {
  const latencies: number[] = [];
  const errors: string[] = [];
  const startedAt = performance.now();
  const make = async (index: number) => {
    const intendedAt = startedAt + (index * 1_000) / perSecond;
    await sleep(Math.max(0, intendedAt - performance.now()));
    try {
      await request(index);
      latencies.push(performance.now() - intendedAt);
    } catch (error) {
      errors.push((error as Error).message);
    }
  };
  await Promise.all(Array.from({ length: count }, (_, index) => make(index)));
  return { latency: spreadOf(latencies), errors };
}
