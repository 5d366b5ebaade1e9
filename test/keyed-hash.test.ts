import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { keyedHash } from '../src/keyed-hash.ts';

describe('a keyed hash', () => {
  const facts = ['zcioSE6n51cbpobbEprooE', 'ada@example.com'];

  it('is the HMAC of its purpose and facts, and must never change: ids of live bookings hang on it', () => {
    expect(keyedHash('key', 'seat', facts)).toBe(
      createHmac('sha256', 'key')
        .update('["seat","zcioSE6n51cbpobbEprooE","ada@example.com"]')
        .digest('hex')
        .slice(0, 32),
    );
    expect(keyedHash('key', 'seat', facts)).toBe('3d720c28625220a5a358f2e5acb8d35a');
  });

  it('is another one for another key, purpose or fact', () => {
    const hashes = [
      keyedHash('key', 'seat', facts),
      keyedHash('another key', 'seat', facts),
      keyedHash('key', 'uid', facts),
      keyedHash('key', 'seat', facts.toReversed()),
      keyedHash('key', 'seat', [facts.join(',')]),
      keyedHash('key', 'seat', [...facts, null]),
    ];

    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('is as long as wanted, 64 digits at most', () => {
    expect(keyedHash('key', 'seat', facts, 40)).toMatch(/^[0-9a-f]{40}$/);
    expect(keyedHash('key', 'seat', facts, 40)).toContain(keyedHash('key', 'seat', facts));
    expect(keyedHash('key', 'seat', facts, 100)).toHaveLength(64);
  });
});
