import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type FaultAction, rateLimited, startNotionSandbox } from '../../src/dev/notion-sandbox/sandbox.ts';
import { NotionBusy, NotionParked, NotionUnavailable } from '../../src/notion/notion.ts';
import { createVirtualTime, type VirtualTime } from '../support/virtual-time.ts';
import { aJumpingClock } from './asking.ts';
import { ANN, addAnn, addToCampaign, connect, emptySeed, rowOf } from './support.ts';
import { isHanging } from './virtual-world.ts';

const NEW = 'nobody@example.com';
const STARTED_AT = Date.parse('2025-12-01T09:00:00Z');
/** So many requests the story below takes when nothing goes wrong. */
const REQUESTS = 10;

const FAULTS: [string, FaultAction][] = [
  ['a 429 that says how long', { answer: rateLimited({ retryAfter: '59' }) }],
  ['a 429 that does not', { rateLimit: { retryAfterS: null } }],
  ['a 529', { error: 529 }],
  ['a 409', { error: 409 }],
  ['a 500', { error: 500 }],
  ['a 503', { error: 503 }],
  ['a 502 in HTML', { edge: 502 }],
  ['a 403 in HTML', { edge: 403 }],
  ['a 400', { validation: 'body failed validation' }],
  ['a 401', { error: 401 }],
  ['a 404', { error: 404 }],
  ['a write that is saved, and a 503', 'commit-then-503'],
  ['a connection that closes before', 'drop'],
  ['a connection that closes after', 'commit-then-drop'],
  ['silence', 'hang'],
  ['half the headers', 'hang-in-headers'],
  ['half an answer and no end', 'hang-in-body'],
  ['half an answer', 'truncated'],
  ['an empty answer', 'empty'],
];

/** What Temporal does with work that failed: it comes again, minutes later, unless only a person can help. */
async function untilDone<T>(time: VirtualTime, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const passes = error instanceof NotionUnavailable || error instanceof NotionBusy || error instanceof NotionParked;
      if (!passes || attempt === 10) throw error;
      await time.sleep(240_000);
    }
  }
}

/** Ann books and cancels, and somebody books who is new, while the n-th request meets a fault. */
async function live(action: FaultAction, nth: number) {
  const time = createVirtualTime({
    startsAt: STARTED_AT,
    isHanging: (method, path) => isHanging(sandbox, method, path),
  });
  vi.stubGlobal('fetch', time.fetch);
  const sandbox = await startNotionSandbox({ seed: emptySeed(), now: time.now });
  onTestFinished(() => sandbox.stop());
  const ann = addAnn(sandbox);
  addToCampaign(sandbox, ANN);
  const notion = connect(sandbox, { clock: { ...aJumpingClock(), ...time } });
  const booked = { bookingStatus: 'Booked', callDate: '2025-12-10' } as const;
  const cancelled = { bookingStatus: 'Cancelled', callDate: '2025-12-10' } as const;
  sandbox.fail({ match: { nth }, action });

  await untilDone(time, () => notion.updateContact(ANN, { ...booked, campaignStatus: 'Pre-Call Prep' }));
  const membership = await untilDone(time, () => notion.findMembership(ANN));
  await untilDone(time, () => notion.updateContact(NEW, booked, { create: { name: 'New' } }));
  await untilDone(time, () => notion.updateContact(ANN, cancelled, { ours: [booked, cancelled], onlyWhileOurs: true }));
  return { sandbox, ann, membership };
}

afterEach(() => void vi.unstubAllGlobals());

describe('whatever goes wrong with one request', () => {
  it.each(FAULTS)(
    'every row ends right, nothing is doubled and no option is made: %s',
    async (_, action) => {
      for (let nth = 1; nth <= REQUESTS; nth += 1) {
        const { sandbox, ann, membership } = await live(action, nth);

        expect(membership).toMatchObject({ state: 'member' });
        expect(rowOf(sandbox, ann), `request ${nth}`).toMatchObject({
          'Booking Status': 'Cancelled',
          'Diagnostic Call Date': '2025-12-10',
          'Christmas Campaign Status': 'Pre-Call Prep',
        });
        const added = sandbox.contacts.rows().filter(({ id }) => id !== ann);
        expect(added.map(({ cells }) => [cells['email'], cells['Booking Status']])).toEqual([[NEW, 'Booked']]);
        expect(sandbox.violations({ budget: 150, burst: 10 }), `request ${nth}`).toEqual([]);
      }
    },
    120_000,
  );
});
