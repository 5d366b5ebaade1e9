import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { loadAt, loadFor } from '../../bench/load.ts';

describe('requests at a fixed rate', () => {
  it('do not wait for each other', async () => {
    const COUNT = 20;
    let made = 0;
    let letAllEnd = () => {};
    const all = new Promise<void>((resolve) => {
      letAllEnd = resolve;
    });
    const { latency, errors } = await loadAt({ perSecond: 1_000, count: COUNT }, () => {
      made += 1;
      if (made === COUNT) letAllEnd();
      return all;
    });

    expect(errors).toEqual([]);
    expect(latency).toBeDefined();
  });

  it('count a stall from when they were to be made', async () => {
    const STALL_MS = 200;
    const { latency } = await loadAt({ perSecond: 100, count: 10 }, async (index) => {
      if (index > 0) return;
      // Nothing can be sent meanwhile, and the answers themselves take no time.
      for (const end = performance.now() + STALL_MS; performance.now() < end; );
    });

    expect(latency?.max).toBeGreaterThanOrEqual(STALL_MS);
    // The last was to be made 90 ms after the first.
    expect(latency?.min).toBeGreaterThanOrEqual(STALL_MS - 100);
  });

  it('keep what went wrong apart from what was answered', async () => {
    const { errors, latency } = await loadAt({ perSecond: 1_000, count: 2 }, async () => {
      throw new Error('refused');
    });

    expect(errors).toEqual(['refused', 'refused']);
    expect(latency).toBeUndefined();
  });
});

describe('requests for a fixed time', () => {
  it('are so many at once, each made once, and all are awaited', async () => {
    const made: number[] = [];
    let underWay = 0;
    let most = 0;
    const { count } = await loadFor({ inFlight: 4, seconds: 0.1 }, async (index) => {
      made.push(index);
      most = Math.max(most, ++underWay);
      await sleep(20);
      underWay -= 1;
    });

    expect(most).toBe(4);
    expect(underWay).toBe(0);
    expect(made).toEqual(Array.from({ length: count }, (_, index) => index));
  });
});
