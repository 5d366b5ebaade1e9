import { describe, expect, it } from 'vitest';
import { patienceWith, shareOf, turnsOf } from '../../../bench/peers/peers.ts';

describe('the turns of peers', () => {
  it('go forth and back', () => {
    expect(turnsOf(['timers', 'bullmq', 'precall'], 3)).toEqual([
      ...['timers', 'bullmq', 'precall'],
      ...['precall', 'bullmq', 'timers'],
      ...['timers', 'bullmq', 'precall'],
    ]);
  });
});

describe('what takes one job every two seconds', () => {
  it('is given as many as it can send in minutes, and the time that they take', () => {
    expect(shareOf('pg-boss-defaults', 1_000)).toBe(50);
    expect(patienceWith('pg-boss-defaults', 50)).toBe(patienceWith('pg-boss', 50) + 100_000);
  });

  it('is given what all are given when that is less', () => {
    expect(shareOf('pg-boss-defaults', 20)).toBe(20);
  });

  it('leaves the others their share', () => {
    expect(shareOf('pg-boss', 1_000)).toBe(1_000);
  });
});
