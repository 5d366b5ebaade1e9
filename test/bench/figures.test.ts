import { describe, expect, it } from 'vitest';
import {
  compareMails,
  compareNeighbours,
  slopeOf,
  spreadOf,
  type Window,
  whyCountsDiffer,
  whyVoid,
} from '../../bench/figures.ts';

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

describe('the windows of an interleaved run', () => {
  const windows = (...rates: number[]): Window[] =>
    rates.map((perSecond, index) => ({
      of: index % 4 === 0 || index % 4 === 3 ? 'subject' : 'baseline',
      perSecond,
    }));

  it('are compared with their neighbours, so that a drift does not count', () => {
    // The machine gets slower by half from one pair to the next.
    expect(compareNeighbours(windows(800, 100, 50, 400)).ratios).toEqual([8, 8]);
  });

  it('have two of the subject side by side for a control', () => {
    const { ratios, control } = compareNeighbours(windows(500, 100, 100, 500, 400, 100, 100, 600));

    expect(ratios).toEqual([5, 5, 4, 6]);
    expect(control).toEqual([0.8]);
  });

  it('tell nothing while there is but one', () => {
    expect(compareNeighbours(windows(500))).toEqual({ ratios: [], control: [] });
  });
});

describe('the counts of a run', () => {
  const all = { posted: 10, accepted: 10, kept: 10, dispatched: 10, runs: 10 };

  it('are right when they are all the same', () => {
    expect(whyCountsDiffer(all)).toBeUndefined();
  });

  it.each([
    ['was refused', { accepted: 9 }, '10 posted, 9 accepted'],
    ['was lost', { dispatched: 9, runs: 9 }, '10 posted, 9 dispatched, 9 runs'],
    ['came of nothing', { kept: 11 }, '10 posted, 11 kept'],
  ])('void it when one %s', (_fault, counts, why) => {
    expect(whyCountsDiffer({ ...all, ...counts })).toBe(why);
  });
});

describe('the slope of a growth', () => {
  const sizes = [1_000, 3_000, 10_000];

  it.each([
    ['what stays as it is', () => 4, 0],
    ['what grows in proportion', (size: number) => size / 50, 1],
    ['what grows with the root', (size: number) => 3 * Math.sqrt(size), 0.5],
  ])('of %s', (_growth, timeOf, slope) => {
    expect(slopeOf(sizes.map((x) => ({ x, y: timeOf(x) })))).toBeCloseTo(slope, 10);
  });
});
