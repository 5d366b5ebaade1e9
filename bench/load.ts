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
