import { describe, expect, it } from 'vitest';
import { looksLike, nearestTo } from '../src/alike.ts';

describe('two names', () => {
  it.each([
    ['Booked', 'booked '],
    ['Pre-Call Prep', 'Pre-call  prep'],
    ['Appelé', 'APPELE'],
    ['Caf\u00e9', 'Cafe\u0301'],
  ])('look alike: %j and %j', (one, other) => {
    expect(looksLike(one, other)).toBe(true);
  });

  it.each([
    ['Booked', 'Booking'],
    ['Christmas 2025', 'Christmas 2025 B'],
  ])('do not: %j and %j', (one, other) => {
    expect(looksLike(one, other)).toBe(false);
  });
});

describe('what somebody may have meant', () => {
  const NAMES = ['Name', 'E-Mail', 'Bookings', 'Booking status', 'Diagnostic call', 'Phone'];

  it('is named nearest first', () => {
    expect(nearestTo('Booking Status', NAMES)).toEqual(['Booking status', 'Bookings']);
    expect(nearestTo('email', NAMES)).toEqual(['E-Mail']);
  });

  it('is nothing where no name comes near', () => {
    expect(nearestTo('Christmas Campaign Status', ['Name', 'Phone'])).toEqual([]);
  });
});
