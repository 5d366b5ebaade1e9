import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { sampleBookingCreated } from '../src/dev/sample-booking.ts';
import { type Spread, spreadOf } from './figures.ts';

export interface LoadFigures {
  count: number;
  perSecond: number;
  /** Milliseconds of one request. */
  latency: Spread;
}

const IN_FLIGHT = 8;

/** Makes each request once, eight at a time, the next as soon as one is answered. */
export async function load<T>(items: readonly T[], request: (item: T) => Promise<unknown>): Promise<LoadFigures> {
  const waiting = items.values();
  const latencies: number[] = [];
  const startedAt = performance.now();
  const lane = async () => {
    for (const item of waiting) {
      const askedAt = performance.now();
      await request(item);
      latencies.push(performance.now() - askedAt);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));

  const seconds = (performance.now() - startedAt) / 1_000;
  return { count: items.length, perSecond: items.length / seconds, latency: spreadOf(latencies)! };
}

/**
 * Keeps `inFlight` requests under way for so long, the next as soon as one is answered, and waits for the last ones.
 *
 * @param request is handed how many were made before it.
 */
export async function loadFor(
  { inFlight, seconds }: { inFlight: number; seconds: number },
  request: (index: number) => Promise<unknown>,
): Promise<Pick<LoadFigures, 'count' | 'perSecond'>> {
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

/** What Temporal alone can take: a bare loop over its client, as large a signal, and nobody who works on the runs. */
export async function loadRaw(client: Client, name: string, count: number): Promise<LoadFigures> {
  const signal = sampleBookingCreated({
    startsAt: new Date(Date.now() + 86_400_000),
    attendee: { name: 'Raw Load', email: 'raw.load@example.com' },
  });
  return load(
    Array.from({ length: count }, (_, index) => `${name}/${index}`),
    (workflowId) =>
      client.workflow.signalWithStart('nobodyRunsThis', {
        workflowId,
        taskQueue: 'nobody-polls-this',
        signal: 'bookingEvent',
        signalArgs: [signal],
      }),
  );
}
