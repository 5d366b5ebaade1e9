import type { ApplicationFailure } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger, type LogEntry } from '@temporalio/worker';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type BriefReport, type BriefRequest, createBriefActivities } from '../../src/activities/brief.ts';
import { NotionUnavailable } from '../../src/notion/errors.ts';
import type { BriefPublisher } from '../../src/notion/publish-brief.ts';
import type { Contacts } from '../../src/store/contacts.ts';
import { pagesUnder, paragraphs, readingOf } from '../notion/a-brief.ts';
import { ANN, addAnn, connect, rejectionOf, useSandbox } from '../notion/support.ts';
import { anAttempt } from './an-attempt.ts';
import { useBriefs } from './use-briefs.ts';

const startSandbox = useSandbox();
const kept = useBriefs();

const BOOKING = { uid: 'a-booking' };
const PERSON = `hash of ${ANN}`;

function activityOn(
  notion: BriefPublisher | undefined,
  options: { timeZone?: string; contacts?: Pick<Contacts, 'lease' | 'giveBack'>; now?: () => number } = {},
) {
  const { publishBrief } = createBriefActivities({
    notion,
    contacts: kept.contacts,
    briefs: kept.briefs,
    personOf: (email) => `hash of ${email.toLowerCase()}`,
    timeZone: 'UTC',
    ...options,
  });
  return (request: Partial<BriefRequest> = {}, attempt = anAttempt()) =>
    attempt.run(publishBrief, {
      booking: BOOKING,
      email: ANN,
      startsAt: '2026-12-03T23:30:00.000Z',
      blocks: paragraphs(2),
      ...request,
    }) as Promise<BriefReport>;
}

/** One that always does this. */
function publisher(publishBrief: BriefPublisher['publishBrief']): BriefPublisher {
  return { publishBrief };
}

/** Her contact has been found there. */
async function keepPage(pageId: string): Promise<void> {
  const lease = await kept.contacts.lease(PERSON, 60_000);
  await kept.contacts.giveBack(PERSON, lease!.token, { pageId });
}

const isFree = async () => {
  const lease = await kept.contacts.lease(PERSON, 60_000);
  if (lease) await kept.contacts.giveBack(PERSON, lease.token);
  return lease !== undefined;
};

describe('a brief', () => {
  it('becomes a page under the contact with the address, with the day of the call in its time zone', async () => {
    const sandbox = await startSandbox();
    const ann = addAnn(sandbox, { email: 'Ann@Example.com' });

    const report = await activityOn(connect(sandbox), { timeZone: 'Asia/Tokyo' })();

    const [page] = pagesUnder(sandbox, ann);
    expect(report).toEqual({ outcome: 'published', pageId: page!.id });
    expect(page!.text).toMatch(/^Call prep 2026-12-04 \[[0-9a-f]{10}\]$/);
    expect(readingOf(sandbox, page!.id)).toEqual(['fact 1', 'fact 2']);
  });

  it('is made with two requests where the contact was looked for lately', async () => {
    const sandbox = await startSandbox();
    const ann = addAnn(sandbox);
    const notion = connect(sandbox);
    await keepPage(ann);

    await activityOn(notion)();

    expect(notion.requests.map(({ method }) => method)).toEqual(['GET', 'POST']);
    expect(pagesUnder(sandbox, ann)).toHaveLength(1);
  });

  it('is under the contact that has the address now, where that was looked for long ago', async () => {
    const sandbox = await startSandbox();
    const before = sandbox.contacts.add({ Name: 'Somebody', email: 'somebody@example.com' });
    const ann = addAnn(sandbox);
    await keepPage(before);
    await kept.passADay();

    await activityOn(connect(sandbox))();

    expect(pagesUnder(sandbox, before)).toEqual([]);
    expect(pagesUnder(sandbox, ann)).toHaveLength(1);
  });

  it('is left alone when it is told again, and becomes another text when it has one', async () => {
    const sandbox = await startSandbox();
    const ann = addAnn(sandbox);
    const notion = connect(sandbox);
    const publish = activityOn(notion);
    await publish();
    const { length } = notion.requests;

    expect(await publish()).toMatchObject({ outcome: 'unchanged' });
    expect(notion.requests).toHaveLength(length);
    expect(await publish({ blocks: paragraphs(3) })).toMatchObject({ outcome: 'updated' });

    const [page, ...others] = pagesUnder(sandbox, ann);
    expect(others).toEqual([]);
    expect(readingOf(sandbox, page!.id)).toEqual(['fact 1', 'fact 2', 'fact 3']);
    expect(sandbox.violations({})).toEqual([]);
  });

  it('goes on in the next attempt where Notion was lost in the middle of it', async () => {
    const sandbox = await startSandbox();
    const ann = addAnn(sandbox);
    const publish = activityOn(connect(sandbox));
    sandbox.fail({ method: 'PATCH', times: 4, action: 'drop' });

    expect(await rejectionOf(publish({ blocks: paragraphs(150) }))).toMatchObject({ nonRetryable: false });
    expect(await kept.briefs.read(BOOKING)).toMatchObject({ state: 'publishing' });
    sandbox.heal();
    await publish({ blocks: paragraphs(150) });

    expect(pagesUnder(sandbox, ann)).toHaveLength(1);
    expect(await kept.briefs.read(BOOKING)).toMatchObject({ state: 'published' });
  });

  it('tells that it is still at it', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    let beats = 0;
    const attempt = anAttempt().on('heartbeat', () => {
      beats += 1;
    });
    const notion = publisher(async () => {
      vi.advanceTimersByTime(60_000);
      return { outcome: 'published', pageId: 'a-page' };
    });

    await activityOn(notion)({}, attempt);
    vi.advanceTimersByTime(60_000);

    expect(beats).toBe(12);
  });

  it('is none where the operator does without Notion', async () => {
    expect(await activityOn(undefined)()).toEqual({ outcome: 'skipped', reason: 'notion_off' });
    expect(await kept.briefs.read(BOOKING)).toBeUndefined();
  });

  it('names nobody in what it reports or fails with', async () => {
    const sandbox = await startSandbox();
    const publish = activityOn(connect(sandbox));
    sandbox.fail({ times: 9, action: { validation: `body.${ANN} should be defined` } });

    const failure = await rejectionOf(publish());

    expect(`${failure.message}${JSON.stringify(failure)}`).not.toContain(ANN);
  });
});

describe('a brief that cannot become a page yet', () => {
  it.each([
    ['nobody has the address', 0, 'contact_not_found'],
    ['several have it', 2, 'contact_ambiguous'],
  ])('because %s is kept, and reported', async (_, contacts, reason) => {
    const sandbox = await startSandbox();
    for (let count = 0; count < contacts; count++) addAnn(sandbox);

    expect(await activityOn(connect(sandbox))()).toEqual({ outcome: 'pending', reason });

    expect(await kept.briefs.read(BOOKING)).toMatchObject({
      state: 'failed',
      reason,
      pending: { text: { blocks: paragraphs(2) } },
    });
    expect(await isFree()).toBe(true);
  });

  it('because Notion lets nothing be added is kept, reported, and told the operator once an hour', async () => {
    const sandbox = await startSandbox();
    const ann = addAnn(sandbox);
    sandbox.change({ kind: 'limit', blockCap: 0 });
    let now = 0;
    const publish = activityOn(connect(sandbox), { now: () => now });
    const alerts: LogEntry[] = [];
    const logger = new DefaultLogger('ERROR', (entry) => alerts.push(entry));
    const attempt = () => new MockActivityEnvironment({}, { logger });

    for (const uid of ['one', 'two']) {
      const report = await publish({ booking: { uid } }, attempt());
      expect(report).toEqual({ outcome: 'pending', reason: 'creates_blocked' });
    }
    expect(alerts).toMatchObject([
      { message: expect.stringContaining('insert content'), meta: { alert: 'notion_creates_blocked' } },
    ]);
    now += 3_600_000;
    await publish({ booking: { uid: 'two' } }, attempt());
    expect(alerts).toHaveLength(2);

    expect(await kept.briefs.read({ uid: 'one' })).toMatchObject({ state: 'blocked', reason: 'creates_blocked' });
    sandbox.change({ kind: 'limit', blockCap: Number.POSITIVE_INFINITY });
    expect(await publish({ booking: { uid: 'one' } })).toMatchObject({ outcome: 'published' });
    expect(pagesUnder(sandbox, ann)).toHaveLength(1);
  });
});

describe('the contact', () => {
  it('is had by nobody else meanwhile, and free afterwards', async () => {
    let wasFree: boolean | undefined;
    const notion = publisher(async () => {
      wasFree = await isFree();
      return { outcome: 'published', pageId: 'a-page' };
    });

    await activityOn(notion)();

    expect(wasFree).toBe(false);
    expect(await isFree()).toBe(true);
  });

  it('is free again when it has failed', async () => {
    const notion = publisher(async () => {
      throw new NotionUnavailable('Notion is away', 1_000);
    });

    expect(await rejectionOf(activityOn(notion)())).toMatchObject({ type: 'NotionUnavailable', nextRetryDelay: 1_000 });

    expect(await isFree()).toBe(true);
  });

  it('is waited for while somebody else writes to it', async () => {
    await kept.contacts.lease(PERSON, 60_000);
    const notion = publisher(async () => expect.fail('It is taken.'));

    const failure = (await rejectionOf(activityOn(notion)())) as ApplicationFailure;

    expect(failure).toMatchObject({ type: 'contact_busy', nonRetryable: false, nextRetryDelay: 1_000 });
  });

  it('may be given back in vain: what became of the brief is what counts', async () => {
    const contacts = {
      lease: async () => ({ token: 'a token', page: undefined }),
      giveBack: async () => {
        throw new Error('the store is away');
      },
    };
    const notion = publisher(async () => ({ outcome: 'published', pageId: 'a-page' }));

    expect(await activityOn(notion, { contacts })()).toEqual({ outcome: 'published', pageId: 'a-page' });
  });
});
