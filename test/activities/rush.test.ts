import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createRush } from '../../src/activities/rush.ts';
import { withResolvers } from '../support/with-resolvers.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Mails that leave when they are told to, and those that have settled so far. */
function leaving(count: number) {
  const inRush = createRush();
  const settled: unknown[] = [];
  const ends = Array.from({ length: count }, (_, index) => {
    const { promise, resolve, reject } = withResolvers();
    inRush(() => promise).then(
      () => settled.push(index),
      (error: Error) => settled.push(error.message),
    );
    return { leave: () => resolve(), fail: (message: string) => reject(new Error(message)) };
  });
  return { ends, settled };
}

describe('mails that leave', () => {
  it('settle one by one when they are few', async () => {
    const { ends, settled } = leaving(10);

    for (const index of [3, 1]) {
      ends[index]!.leave();
      await vi.advanceTimersByTimeAsync(0);
    }

    expect(settled).toEqual([3, 1]);
  });

  it('settle together when there are many, once few are left', async () => {
    const { ends, settled } = leaving(20);

    for (const { leave } of ends.slice(0, 10)) leave();
    await vi.advanceTimersByTimeAsync(4_999);
    expect(settled).toEqual([]);

    ends[10]!.leave();
    await vi.advanceTimersByTimeAsync(0);
    expect(settled).toHaveLength(11);
  });

  it('settle after five seconds, however many are left', async () => {
    const { ends, settled } = leaving(20);

    ends[0]!.leave();
    await vi.advanceTimersByTimeAsync(5_000);

    expect(settled).toEqual([0]);
  });

  it('fail as they would on their own', async () => {
    const { ends, settled } = leaving(20);

    ends[0]!.fail('refused');
    await vi.advanceTimersByTimeAsync(5_000);

    expect(settled).toEqual(['refused']);
  });
});
