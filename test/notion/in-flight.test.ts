import { describe, expect, it } from 'vitest';
import { realClock } from '../../src/notion/clock.ts';
import { createInFlight } from '../../src/notion/in-flight.ts';

describe('the places for requests', () => {
  it('are given to whoever comes, as long as there are any', async () => {
    const places = createInFlight(2, realClock);

    expect(await places.enter(0)).toBeTypeOf('function');
    expect(await places.enter(0)).toBeTypeOf('function');
    expect(await places.enter(5)).toBeUndefined();
  });

  it('go to those who wait, in the order in which they came', async () => {
    const places = createInFlight(1, realClock);
    const leave = await places.enter(0);
    const order: string[] = [];
    const visit = async (name: string) => {
      const leaveAgain = await places.enter(5_000);
      order.push(name);
      leaveAgain!();
    };

    const visits = Promise.all(['first', 'second', 'third'].map(visit));
    leave!();
    await visits;

    expect(order).toEqual(['first', 'second', 'third']);
    expect(await places.enter(0)).toBeDefined();
  });

  it('are not kept for those who have stopped waiting', async () => {
    const places = createInFlight(1, realClock);
    const leave = await places.enter(0);
    await places.enter(1);

    leave!();

    expect(await places.enter(0)).toBeDefined();
  });
});
