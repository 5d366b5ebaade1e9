import { describe, expect, it } from 'vitest';
import { isSameName } from '../src/same-name.ts';

describe('two names', () => {
  it.each([
    ['Cancelled', 'cancelled'],
    ['Christmas 2025', 'Christmas2025'],
    ['Christmas 2025', ' christmas  2025\u00a0'],
    ['Caf\u00e9', 'Cafe\u0301'],
  ])('are the same: %j and %j', (one, other) => {
    expect(isSameName(one, other)).toBe(true);
  });

  it.each([
    ['Christmas 2025', 'Christmas 2025 B'],
    ['No-Show', 'No Show'],
    ['Appelé', 'Appele'],
  ])('are not: %j and %j', (one, other) => {
    expect(isSameName(one, other)).toBe(false);
  });
});
