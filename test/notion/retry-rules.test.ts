import { describe, expect, it } from 'vitest';
import { type FailureFacts, NotionUnavailable } from '../../src/notion/errors.ts';
import { type Kind, nextStep } from '../../src/notion/retry-rules.ts';

const failure = (facts: FailureFacts, retryAfterMs?: number) => new NotionUnavailable('It failed', retryAfterMs, facts);

/** The step after the first try, with half of what chance may do. */
const stepAfter = (kind: Kind, facts: FailureFacts, tries = 1) => nextStep(kind, tries, failure(facts), 0.5);

describe('the step after a request that failed', () => {
  it.each<[FailureFacts['fate'] & string, Kind, ReturnType<typeof stepAfter>]>([
    ['limited', 'read', { do: 'repeat', waitMs: 0 }],
    ['limited', 'set', { do: 'repeat', waitMs: 0 }],
    ['limited', 'add', { do: 'repeat', waitMs: 0 }],
    ['overloaded', 'read', { do: 'repeat', waitMs: 0 }],
    ['overloaded', 'set', { do: 'repeat', waitMs: 0 }],
    ['overloaded', 'add', { do: 'repeat', waitMs: 0 }],
    ['conflict', 'read', { do: 'repeat', waitMs: 2_250 }],
    ['conflict', 'set', { do: 'look', waitMs: 2_250, mayRepeat: true }],
    ['conflict', 'add', { do: 'look', waitMs: 2_250, mayRepeat: true }],
    ['open', 'read', { do: 'repeat', waitMs: 250 }],
    ['open', 'set', { do: 'look', waitMs: 250, mayRepeat: true }],
    ['open', 'add', { do: 'look', waitMs: 2_000, mayRepeat: true }],
    ['turned_away', 'read', { do: 'give_up' }],
    ['turned_away', 'set', { do: 'give_up' }],
    ['turned_away', 'add', { do: 'give_up' }],
  ])('%s, of kind %s', (fate, kind, step) => {
    expect(stepAfter(kind, { fate })).toEqual(step);
  });

  it('is never to add again what Notion says is saved; to set it again does no harm', () => {
    expect(stepAfter('add', { saved: [] })).toMatchObject({ do: 'look', mayRepeat: false });
    expect(stepAfter('set', { saved: [] })).toMatchObject({ do: 'look', mayRepeat: true });
  });

  it.each<[Kind, number, 'give_up' | 'look']>([
    ['read', 5, 'give_up'],
    ['set', 6, 'look'],
    ['add', 4, 'look'],
  ])('is the last of kind %s after %i tries, which still may have worked', (kind, tries, last) => {
    expect(stepAfter(kind, {}, tries - 1)).not.toMatchObject({ mayRepeat: false });
    expect(stepAfter(kind, {}, tries - 1)).not.toEqual({ do: 'give_up' });
    expect(stepAfter(kind, {}, tries)).toMatchObject(
      last === 'look' ? { do: 'look', mayRepeat: false } : { do: 'give_up' },
    );
    expect(stepAfter(kind, { fate: 'limited' }, tries)).toEqual({ do: 'give_up' });
  });

  it('comes later after each try, up to half a minute, and any time before by chance', () => {
    const latest = [1, 2, 3, 5, 9].map((tries) => nextStep('set', tries, failure({}), 1));

    expect(latest.map((step) => 'waitMs' in step && step.waitMs)).toEqual([500, 1_000, 2_000, 8_000, 30_000]);
    expect(nextStep('set', 4, failure({}), 0)).toMatchObject({ waitMs: 0 });
  });

  it('comes when Notion says, if it says', () => {
    expect(nextStep('read', 1, failure({}, 12_000), 0.5)).toEqual({ do: 'repeat', waitMs: 12_000 });
    expect(nextStep('add', 1, failure({}, 0), 0.5)).toMatchObject({ waitMs: 2_000 });
  });
});
