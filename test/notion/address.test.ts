import { describe, expect, it } from 'vitest';
import { holdsAddress, normalizeAddress } from '../../src/notion/address.ts';

describe('normalizeAddress', () => {
  it.each([
    ['Ann@Example.COM', 'ann@example.com'],
    ['  ann@example.com\u200b ', 'ann@example.com'],
    ['<ann@example.com>', 'ann@example.com'],
    ['mailto:ann@example.com', 'ann@example.com'],
    ['a.n.n+calls@example.com', 'a.n.n+calls@example.com'],
    ['re\u0301ne@example.com', 'réne@example.com'],
  ])('reads %j as %j', (text, address) => {
    expect(normalizeAddress(text)).toBe(address);
  });

  it.each(['', '   ', 'ann', '@example.com', 'ann@', 'a@b@c', 'ann @example.com', `${'a'.repeat(190)}@example.com`])(
    'takes %j for no address',
    (text) => {
      expect(normalizeAddress(text)).toBeUndefined();
    },
  );
});

describe('holdsAddress', () => {
  it.each(['ann@example.com', 'Ann <ANN@example.com> ', 'bob@x.org; ann@example.com', 'bob@x.org,ann@example.com'])(
    'finds it in %j',
    (cell) => {
      expect(holdsAddress(cell, 'ann@example.com')).toBe(true);
    },
  );

  it.each(['', 'joann@example.com', 'ann@example.com.au', 'ann@example.co'])('does not take %j for it', (cell) => {
    expect(holdsAddress(cell, 'ann@example.com')).toBe(false);
  });

  it('knows an address that holds what elsewhere separates two', () => {
    expect(holdsAddress('a/b@example.com', 'a/b@example.com')).toBe(true);
  });
});
