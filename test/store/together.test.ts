import { describe, expect, it } from 'vitest';
import { together } from '../../src/store/together.ts';

/** Doubles numbers, and keeps how many came together each time. */
function doubling(options?: Parameters<typeof together>[1]) {
  const sizes: number[] = [];
  const double = together(async (numbers: readonly number[]) => {
    sizes.push(numbers.length);
    return numbers.map((number) => number * 2);
  }, options);
  return { double, sizes };
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('what comes at the same moment', () => {
  it('goes together, a hundred at most, and each gets its own answer', async () => {
    const { double, sizes } = doubling();

    const answers = await Promise.all(upTo(250).map(double));

    expect(answers).toEqual(upTo(250).map((number) => number * 2));
    expect(sizes).toEqual([100, 100, 50]);
  });

  it('goes together also when it was woken by as many timers', async () => {
    const { double, sizes } = doubling();
    const at = Date.now() + 100;

    await Promise.all(
      upTo(100).map(async (number) => {
        await new Promise((resolve) => setTimeout(resolve, at - Date.now()));
        return double(number);
      }),
    );

    expect(sizes.length).toBeLessThan(10);
  });

  it('waits for what comes after it, where there is time', async () => {
    const { double, sizes } = doubling({ gatherMs: 1_000 });

    await Promise.all(
      upTo(10).map(async (number) => {
        await new Promise((resolve) => setTimeout(resolve, number * 5));
        return double(number);
      }),
    );

    expect(sizes).toEqual([10]);
  });

  it('hears of the same failure', async () => {
    const fail = together(() => Promise.reject(new Error('no connection')));

    const outcomes = await Promise.allSettled(upTo(3).map(fail));

    expect(outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason.message)).toEqual(
      Array(3).fill('no connection'),
    );
  });

  it('is asked anew when it comes again', async () => {
    const { double, sizes } = doubling();

    await Promise.all([double(1), double(1)]);
    await double(1);

    expect(sizes).toEqual([2, 1]);
  });
});
