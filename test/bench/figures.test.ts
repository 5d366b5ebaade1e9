import { describe, expect, it } from 'vitest';
import { compareMails, spreadOf, whyVoid } from '../../bench/figures.ts';

const expected = [
  { messageId: '<a>', dueAt: 1_000 },
  { messageId: '<b>', dueAt: 2_000 },
];
const accepted = [
  { messageId: '<b>', acceptedAt: 2_030 },
  { messageId: '<a>', acceptedAt: 1_010 },
];

describe('the mails of a run', () => {
  it('are late by what lies between due and accepted', () => {
    const mails = compareMails(expected, accepted);

    expect(mails.lateness).toEqual({ min: 10, p50: 10, p99: 30, max: 30 });
    expect(whyVoid(mails)).toBeUndefined();
  });

  it.each([
    ['missing', accepted.slice(1), '1 missing'],
    ['doubled', [...accepted, { messageId: '<a>', acceptedAt: 1_020 }], '1 doubled'],
    ['foreign', [...accepted, { messageId: '<c>', acceptedAt: 1_020 }], '1 foreign'],
    ['early', [accepted[0]!, { messageId: '<a>', acceptedAt: 999 }], '1 early'],
    ['all missing', [], '2 missing'],
  ])('void it when one is %s', (_fault, mails, why) => {
    expect(whyVoid(compareMails(expected, mails))).toBe(why);
  });
});

describe('a spread', () => {
  it('counts by rank', () => {
    const values = Array.from({ length: 1_000 }, (_, index) => 1_000 - index);

    expect(spreadOf(values)).toEqual({ min: 1, p50: 500, p99: 990, max: 1_000 });
  });

  it('of nothing is none', () => {
    expect(spreadOf([])).toBeUndefined();
  });
});
