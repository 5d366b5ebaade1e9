import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { BriefBlock } from '../../src/brief.ts';
import {
  type FaultAction,
  type NotionSandbox,
  rateLimited,
  startNotionSandbox,
} from '../../src/dev/notion-sandbox/sandbox.ts';
import type { Ask } from '../../src/notion/ask.ts';
import { refOf } from '../../src/notion/brief-page.ts';
import { NotionRefusal } from '../../src/notion/errors.ts';
import { publishBrief } from '../../src/notion/publish-brief.ts';
import {
  aBrief,
  aLedger,
  askingOf,
  counting,
  dyingAt,
  Killed,
  pagesUnder,
  paragraphs,
  readingOf,
  withoutClosingLines,
} from './a-brief.ts';
import { aJumpingClock } from './asking.ts';
import { emptySeed, rejectionOf } from './support.ts';

const NOW = Date.parse('2026-12-01T10:00:00.000Z');

let sandbox: NotionSandbox;
let begin: () => Ask;
beforeAll(async () => {
  const clock = aJumpingClock();
  sandbox = await startNotionSandbox({ seed: emptySeed(), now: () => NOW + clock.now() });
  begin = askingOf(sandbox, { clock });
});
afterEach(() => {
  const violations = sandbox.violations({});
  sandbox.reset();
  expect(violations).toEqual([]);
});
afterAll(() => sandbox.stop());

let stories = 0;

/** A contact, and the brief of a booking of theirs. */
function aStory() {
  stories += 1;
  const booking = { uid: `booking-${stories}` };
  const contactId = sandbox.contacts.add({ Name: 'Ann' });
  const ledger = aLedger();
  const publish = (blocks: readonly BriefBlock[], ask: Ask = begin()) =>
    publishBrief(aBrief(blocks, { booking }), { ask, ledger, findContact: async () => contactId });
  const pages = () => pagesUnder(sandbox, contactId);
  return {
    booking,
    contactId,
    ledger,
    publish,
    pages,
    /** All that a person reads on the only page. */
    reading: () => {
      const [page, ...others] = pages();
      expect(others).toEqual([]);
      return readingOf(sandbox, page!.id);
    },
    page: () => pages()[0]!.id,
    write: (...texts: string[]) => sandbox.contacts.fill(pages()[0]!.id, { paragraphs: texts, childPages: [] }),
  };
}

type Story = ReturnType<typeof aStory>;

const nothing = async () => undefined;
const noContact = async () => {
  throw new NotionRefusal('contact_not_found', 'There is none.');
};
const textsOf = (blocks: readonly BriefBlock[]) => blocks.map(({ text }) => text);

/** Which blocks are ours is noted, or, of a text that came with its page, found out when there is another one. */
async function expectOursKnown({ ledger, page, publish, reading }: Story): Promise<void> {
  const noted = ledger.notes()?.blocks;
  const ids = sandbox.contacts.contentOf(page()).map(({ id }) => id);
  if (noted?.length !== 0) return expect(noted).toEqual(ids);
  await publish(paragraphs(1, 'next'));
  expect(reading()).toEqual(['next 1']);
}

/** How many requests a publishing takes, told by one that nothing interrupts. */
async function requestsOf(prepare: (story: Story) => Promise<unknown>, blocks: BriefBlock[]) {
  const story = aStory();
  await prepare(story);
  const ask = counting(begin());
  await story.publish(blocks, ask);
  return ask.requests();
}

describe('a brief that is published', () => {
  it('is a page under the contact, with the day and the reference of its booking in the title', async () => {
    const story = aStory();

    const published = await story.publish(paragraphs(2));

    const ref = refOf(story.booking);
    expect(ref).toMatch(/^[0-9a-f]{10}$/);
    expect(refOf({ ...story.booking, seat: 'seat' })).not.toBe(ref);
    expect(story.pages()).toMatchObject([{ text: `Call prep 2026-12-03 [${ref}]` }]);
    expect(story.reading()).toEqual(['fact 1', 'fact 2']);
    expect(published).toEqual({ outcome: 'published', pageId: story.page() });
  });

  it.each([0, 1, 99, 100, 101, 198, 199, 400])('of %i blocks has each once and in order', async (count) => {
    const story = aStory();

    await story.publish(paragraphs(count));

    expect(withoutClosingLines(story.reading())).toEqual(textsOf(paragraphs(count)));
  });

  it.each([1_999, 2_000, 2_001])('keeps a text of %i characters whole, and an emoji at the cut', async (length) => {
    const story = aStory();
    const texts = ['👨‍👩‍👧‍👦', '🇨🇦'].map(
      (emoji) => 'x'.repeat(1_898) + emoji + 'y'.repeat(length - 1_898 - emoji.length),
    );

    await story.publish(texts.map((text) => ({ kind: 'paragraph', text })));

    expect(story.reading()).toEqual(texts);
  });

  it('keeps what is below a block', async () => {
    const story = aStory();

    await story.publish([{ kind: 'to_do', text: 'Ask', children: paragraphs(2) }]);

    expect(sandbox.contacts.contentOf(story.page())).toMatchObject([
      { type: 'to_do', checked: false, children: [{ text: 'fact 1' }, { text: 'fact 2' }] },
    ]);
  });

  it('closes its parts, where it has several, with a line of its own each', async () => {
    const story = aStory();

    await story.publish(paragraphs(101));

    const ref = refOf(story.booking);
    expect(story.reading()[99]).toMatch(new RegExp(`^${ref} part 1/2 [0-9a-f]{6}$`));
    expect(story.reading().at(-1)).toMatch(new RegExp(`^${ref} part 2/2 [0-9a-f]{6}$`));
  });

  it('takes two requests, a look and the page, and none when it is published again', async () => {
    const story = aStory();
    const [first, second] = [counting(begin()), counting(begin())];

    await story.publish(paragraphs(99), first);
    const again = await story.publish(paragraphs(99), second);

    expect(first.requests()).toBe(2);
    expect(second.requests()).toBe(0);
    expect(again).toEqual({ outcome: 'unchanged', pageId: story.page() });
  });

  it.each([99, 101])('forgets its text of %i blocks when it is on its page', async (count) => {
    const story = aStory();

    await story.publish(paragraphs(count));

    expect(story.ledger.notes()).toEqual({
      state: 'published',
      pageId: story.page(),
      textHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      // Which blocks came with the page nobody has had to ask.
      blocks: count > 99 ? sandbox.contacts.contentOf(story.page()).map(({ id }) => id) : [],
    });
  });

  it('has a page of its own for each booking of a person', async () => {
    const story = aStory();
    await story.publish(paragraphs(1));

    await publishBrief(aBrief(paragraphs(2), { booking: { uid: 'another' } }), {
      ask: begin(),
      ledger: aLedger(),
      findContact: async () => story.contactId,
    });

    expect(story.pages().map(({ text }) => text)).toEqual(
      [story.booking, { uid: 'another' }].map((booking) => `Call prep 2026-12-03 [${refOf(booking)}]`),
    );
  });

  it('is found again among all that is on the contact, when nobody has noted where it is', async () => {
    const story = aStory();
    const others = Array.from({ length: 250 }, (_, index) => `note ${index}`);
    sandbox.contacts.fill(story.contactId, { paragraphs: others, childPages: ['A page of mine'] });
    await story.publish(paragraphs(3));

    const again = await publishBrief(aBrief(paragraphs(3), { booking: story.booking }), {
      ask: begin(),
      ledger: aLedger(),
      findContact: async () => story.contactId,
    });

    expect(again.outcome).toBe('published');
    expect(story.pages()).toHaveLength(2);
    expect(readingOf(sandbox, again.pageId!)).toEqual(textsOf(paragraphs(3)));
  });
});

describe('a brief with a new text', () => {
  const before = paragraphs(5, 'old');
  const after = paragraphs(7, 'new');

  it('is on the same page, and the old text is not', async () => {
    const story = aStory();
    const { pageId } = await story.publish(before);

    const updated = await story.publish(after);

    expect(updated).toEqual({ outcome: 'updated', pageId });
    expect(story.reading()).toEqual(textsOf(after));
    expect(story.ledger.notes()?.blocks).toHaveLength(7);
  });

  it('may be longer than a request, or nothing', async () => {
    const story = aStory();
    await story.publish(before);

    await story.publish(paragraphs(150, 'long'));
    expect(withoutClosingLines(story.reading())).toEqual(textsOf(paragraphs(150, 'long')));
    await story.publish([]);
    expect(story.reading()).toEqual([]);
    await story.publish(after);
    expect(story.reading()).toEqual(textsOf(after));
  });

  it('may be the old text with one block more or less: what is the same is told apart', async () => {
    const story = aStory();
    await story.publish(paragraphs(3));

    await story.publish(paragraphs(4));
    expect(story.reading()).toEqual(textsOf(paragraphs(4)));
    await story.publish(paragraphs(2));

    expect(story.reading()).toEqual(textsOf(paragraphs(2)));
  });

  it('leaves what a person has added as it is, also where it looks like ours', async () => {
    const story = aStory();
    await story.publish(before);
    story.write('My own notes', 'new 1', 'old 1');

    await story.publish(after);
    expect(story.reading()).toEqual([...textsOf(after), 'My own notes', 'new 1', 'old 1']);
    await story.publish(before);

    expect(story.reading()).toEqual([...textsOf(before), 'My own notes', 'new 1', 'old 1']);
  });

  it('leaves what a person has added, also where it looks like a text that was never sent', async () => {
    const story = aStory();
    await story.publish(before);
    story.write('new 1');
    await expect(story.publish(after, dyingAt(begin(), 1, 'after'))).rejects.toThrow(Killed);

    await story.publish(paragraphs(2, 'newest'));

    expect(story.reading()).toEqual(['newest 1', 'newest 2', 'new 1']);
  });

  it('leaves a block of ours that a person has changed', async () => {
    const story = aStory();
    await story.publish(before);
    const [changed] = sandbox.contacts.contentOf(story.page());

    await story.publish(after, editedByOthers(begin(), changed!.id));

    expect(story.reading()).toEqual(['old 1', ...textsOf(after)]);
    await story.publish(before);
    expect(story.reading()).toEqual(['old 1', ...textsOf(before)]);
  });

  it('does without blocks of ours that a person has removed', async () => {
    const story = aStory();
    await story.publish(before);
    for (const { id } of sandbox.contacts.contentOf(story.page())) sandbox.change({ kind: 'trash', id });

    await story.publish(after);

    expect(story.reading()).toEqual(textsOf(after));
  });
});

describe('a brief that is to come after a block of ours', () => {
  const blocks = paragraphs(150);
  const texts = textsOf(blocks);

  /** The page holds the first part, and a person's note below it; the second part is added next. */
  async function inTheMiddle() {
    const story = aStory();
    await expect(story.publish(blocks, dyingAt(begin(), 4, 'before'))).rejects.toThrow(Killed);
    story.write('My own note');
    return story;
  }
  const lastOfOurs = (story: Story) => sandbox.contacts.contentOf(story.page()).at(-2)!.id;
  const removing = (id: string) => ({ method: 'PATCH', action: { change: { kind: 'trash', id } } }) as const;

  it('comes after the one before, where a person removes that block at this moment', async () => {
    const story = await inTheMiddle();
    sandbox.fail(removing(lastOfOurs(story)));

    await expect(story.publish(blocks)).resolves.toMatchObject({ outcome: 'published' });

    expect(withoutClosingLines(story.reading())).toEqual([...texts, 'My own note']);
    expect(story.ledger.notes()).toMatchObject({ state: 'published' });
  });

  it('comes after all others, where nothing of ours is left', async () => {
    const story = await inTheMiddle();
    const [last, ...others] = sandbox.contacts.contentOf(story.page()).slice(0, -1).reverse();
    for (const { id } of others) sandbox.change({ kind: 'trash', id });
    sandbox.fail(removing(last!.id));

    await story.publish(blocks);

    expect(withoutClosingLines(story.reading())).toEqual(['My own note', ...texts.slice(99)]);
  });

  it('is given up where Notion does not understand it although that block is there', async () => {
    const story = await inTheMiddle();
    sandbox.fail({ method: 'PATCH', times: 9, action: { validation: 'body failed validation.' } });

    expect(await rejectionOf(story.publish(blocks))).toMatchObject({ reason: 'invalid_request' });
  });
});

describe('a brief under a contact that was looked for lately', () => {
  const noLook = async () => expect.fail('It is known.');
  const publishFor = ({ booking, ledger }: Story, contactId: string, findContact: () => Promise<string> = noLook) =>
    publishBrief(aBrief(paragraphs(2), { booking }), { ask: begin(), ledger, contactId, findContact });

  it('is published without looking for it again', async () => {
    const story = aStory();

    await publishFor(story, story.contactId);

    expect(story.reading()).toEqual(textsOf(paragraphs(2)));
  });

  it.each([
    ['thrown away', (id: string) => sandbox.contacts.trashRow(id)],
    ['taken out of our reach', (id: string) => void sandbox.change({ kind: 'unshare', id })],
  ])('goes to the one that is found, if that one was %s', async (_, takeAway) => {
    const story = aStory();
    takeAway(story.contactId);
    const another = sandbox.contacts.add({ Name: 'Ann' });

    await publishFor(story, story.contactId, async () => another);

    const [page] = pagesUnder(sandbox, another);
    expect(readingOf(sandbox, page!.id)).toEqual(textsOf(paragraphs(2)));
    expect(story.ledger.notes()).toMatchObject({ state: 'published', pageId: page!.id });
  });

  it('waits, if there is no other', async () => {
    const story = aStory();
    sandbox.contacts.trashRow(story.contactId);

    expect(await rejectionOf(publishFor(story, story.contactId, noContact))).toMatchObject({
      reason: 'contact_not_found',
    });
  });
});

describe('a page that a person has thrown away', () => {
  it('stays away as long as the text is the same, and comes anew with another', async () => {
    const story = aStory();
    await story.publish(paragraphs(2));
    sandbox.change({ kind: 'trash', id: story.page() });

    await expect(story.publish(paragraphs(2))).resolves.toMatchObject({ outcome: 'unchanged' });
    expect(story.pages()).toEqual([]);
    await expect(story.publish(paragraphs(3))).resolves.toMatchObject({ outcome: 'published' });

    expect(story.reading()).toEqual(textsOf(paragraphs(3)));
  });

  it('stays away also when it was not finished', async () => {
    const story = aStory();
    await expect(story.publish(paragraphs(101), dyingAt(begin(), 4, 'before'))).rejects.toThrow(Killed);
    sandbox.change({ kind: 'trash', id: story.page() });

    await expect(story.publish(paragraphs(101))).resolves.toEqual({ outcome: 'unchanged', pageId: undefined });

    expect(story.pages()).toEqual([]);
    expect(story.ledger.notes()?.state).toBe('published');
  });

  it('comes anew with another text also when that was interrupted before it could be written', async () => {
    const story = aStory();
    await story.publish(paragraphs(2));
    sandbox.change({ kind: 'trash', id: story.page() });
    await expect(story.publish(paragraphs(3), dyingAt(begin(), 1, 'after'))).rejects.toThrow(Killed);

    await story.publish(paragraphs(3));

    expect(story.reading()).toEqual(textsOf(paragraphs(3)));
  });

  it('comes anew also when it is thrown away while it gets another text', async () => {
    const story = aStory();
    await story.publish(paragraphs(2));
    sandbox.fail({ method: 'PATCH', action: { change: { kind: 'trash', id: story.page() } } });

    await expect(story.publish(paragraphs(3))).resolves.toMatchObject({ outcome: 'published' });

    expect(story.reading()).toEqual(textsOf(paragraphs(3)));
  });
});

describe('a contact that a person has thrown away', () => {
  it('takes its page along: another text waits for another contact', async () => {
    const { booking, contactId, ledger, publish } = aStory();
    await publish(paragraphs(2));
    sandbox.contacts.trashRow(contactId);
    const publishFor = (findContact: () => Promise<string>) =>
      publishBrief(aBrief(paragraphs(3), { booking }), { ask: begin(), ledger, findContact });

    expect(await rejectionOf(publishFor(noContact))).toMatchObject({ reason: 'contact_not_found' });
    const another = sandbox.contacts.add({ Name: 'Ann' });
    await publishFor(async () => another);

    const [page] = pagesUnder(sandbox, another);
    expect(readingOf(sandbox, page!.id)).toEqual(textsOf(paragraphs(3)));
  });

  it('in the middle of it is looked for again', async () => {
    const story = aStory();
    sandbox.fail({ method: 'POST', action: { change: { kind: 'trash', id: story.contactId } } });

    expect(await rejectionOf(story.publish(paragraphs(3)))).toMatchObject({ name: 'NotionUnavailable' });
    sandbox.contacts.restoreRow(story.contactId);
    await story.publish(paragraphs(3));

    expect(story.reading()).toEqual(textsOf(paragraphs(3)));
  });
});

describe('a brief that cannot become a page', () => {
  it('is kept where Notion lets nothing be added, and published once it does', async () => {
    const story = aStory();
    sandbox.change({ kind: 'limit', blockCap: 0 });

    expect(await rejectionOf(story.publish(paragraphs(2)))).toMatchObject({ reason: 'creates_blocked' });
    expect(story.ledger.notes()).toMatchObject({ state: 'blocked', reason: 'creates_blocked' });
    expect(JSON.stringify(story.ledger.notes()?.pending)).toContain('fact 2');
    sandbox.change({ kind: 'limit', blockCap: Number.POSITIVE_INFINITY });
    await story.publish(paragraphs(2));

    expect(story.reading()).toEqual(textsOf(paragraphs(2)));
    expect(story.ledger.notes()).not.toHaveProperty('reason');
  });

  it('is kept where the contact is not to be found, and its newer text in its place', async () => {
    const { booking, contactId, ledger, reading } = aStory();
    const publish = (blocks: BriefBlock[], findContact: () => Promise<string>) =>
      publishBrief(aBrief(blocks, { booking }), { ask: begin(), ledger, findContact });

    for (const blocks of [paragraphs(1), paragraphs(2)]) {
      expect(await rejectionOf(publish(blocks, noContact))).toMatchObject({ reason: 'contact_not_found' });
    }
    expect(ledger.notes()).toMatchObject({ state: 'failed', reason: 'contact_not_found' });
    await publish(paragraphs(2), async () => contactId);

    expect(reading()).toEqual(textsOf(paragraphs(2)));
  });

  it('is taken up where the workspace ran out of room in the middle of it', async () => {
    const story = aStory();
    sandbox.fail({ method: 'PATCH', times: 1, action: { error: 403 } });

    expect(await rejectionOf(story.publish(paragraphs(150)))).toMatchObject({ reason: 'creates_blocked' });
    await story.publish(paragraphs(150));

    expect(withoutClosingLines(story.reading())).toEqual(textsOf(paragraphs(150)));
  });
});

/** Nothing that is under way is lost or doubled, whenever the process ends. */
describe('a publishing that is killed', () => {
  const older = (story: Story) => story.publish(paragraphs(5, 'old'));

  it.each([
    ['the first text', 1, nothing],
    ['the first text', 99, nothing],
    ['the first text', 100, nothing],
    ['the first text', 101, nothing],
    ['the first text', 400, nothing],
    ['a new text', 7, older],
    ['a new text', 150, older],
  ] as const)('in the middle of %s of %i blocks goes on where it was', async (_, count, prepare) => {
    const blocks = paragraphs(count);
    const requests = await requestsOf(prepare, blocks);
    expect(requests).toBeGreaterThanOrEqual(2);

    for (let nth = 1; nth <= requests; nth++) {
      for (const moment of ['before', 'after'] as const) {
        const story = aStory();
        await prepare(story);
        await expect(story.publish(blocks, dyingAt(begin(), nth, moment))).rejects.toThrow(Killed);

        await story.publish(blocks);

        expect(withoutClosingLines(story.reading()), `${moment} request ${nth}`).toEqual(textsOf(blocks));
        await expectOursKnown(story);
      }
    }
  });

  it('goes on with a text that is newer than the one it was killed with, and with that one again', async () => {
    const newest = paragraphs(4, 'newest');
    const requests = await requestsOf(older, paragraphs(7));

    for (let nth = 1; nth <= requests; nth++) {
      for (const moment of ['before', 'after'] as const) {
        const story = aStory();
        await older(story);
        await expect(story.publish(paragraphs(7), dyingAt(begin(), nth, moment))).rejects.toThrow(Killed);
        await expect(story.publish(newest, dyingAt(begin(), 3, moment))).rejects.toThrow(Killed);

        await story.publish(newest);
        expect(story.reading(), `${moment} request ${nth}`).toEqual(textsOf(newest));
        await story.publish(paragraphs(7));

        expect(story.reading(), `${moment} request ${nth}`).toEqual(textsOf(paragraphs(7)));
      }
    }
  });

  it('goes on with another text where the first one may or may not have become a page', async () => {
    const requests = await requestsOf(nothing, paragraphs(101));
    const another = [...paragraphs(1), ...paragraphs(2, 'other')];

    for (let nth = 1; nth <= requests; nth++) {
      for (const moment of ['before', 'after'] as const) {
        const story = aStory();
        await expect(story.publish(paragraphs(101), dyingAt(begin(), nth, moment))).rejects.toThrow(Killed);
        await expect(story.publish(another, dyingAt(begin(), 2, 'after'))).rejects.toThrow(Killed);

        await story.publish(another);

        expect(story.reading(), `${moment} request ${nth}`).toEqual(textsOf(another));
      }
    }
  });
});

describe('a publishing that Notion troubles', () => {
  const faults: [string, FaultAction][] = [
    ['saves and answers 503', 'commit-then-503'],
    ['saves and hangs up', 'commit-then-drop'],
    ['hangs up before it saves', 'drop'],
    ['saves and answers half', 'truncated'],
    ['answers 500', { error: 500 }],
    ['answers 503', { error: 503 }],
    ['answers 409', { error: 409 }],
    ['answers 429', { answer: rateLimited({ retryAfter: '1' }) }],
    ['has its network answer 502', { edge: 502 }],
  ];

  it.each(faults)('at any of its requests, when it %s, ends with each block once and in order', async (_, action) => {
    const blocks = paragraphs(101);
    const older = (story: Story) => story.publish(paragraphs(2, 'old'));
    for (const prepare of [nothing, older]) {
      const requests = await requestsOf(prepare, blocks);
      for (let nth = 1; nth <= requests; nth++) {
        const story = aStory();
        await prepare(story);
        sandbox.fail({ match: { nth }, action });

        await story.publish(blocks);

        sandbox.heal();
        expect(withoutClosingLines(story.reading()), `request ${nth}`).toEqual(textsOf(blocks));
        expect(story.ledger.notes()?.blocks).toHaveLength(story.reading().length);
      }
    }
  });

  it('with something different each time ends all the same', async () => {
    for (let seed = 1; seed <= 8; seed++) {
      const story = aStory();
      for (const [index, [, action]] of faults.entries()) {
        sandbox.fail({ match: { probability: 0.05, seed: seed * faults.length + index }, action });
      }

      for (const texts of [paragraphs(6, 'first'), paragraphs(3, 'second'), paragraphs(101, 'third')]) {
        await untilDone(() => story.publish(texts));
        expect(withoutClosingLines(story.reading()), `seed ${seed}`).toEqual(textsOf(texts));
      }
      sandbox.heal();
    }
  });

  it('takes no longer than one piece of work may, and goes on in the next', async () => {
    const story = aStory();
    await story.publish(paragraphs(300));
    const slowly = askingOf(sandbox, { requestsPerMinute: 100 });

    expect(await rejectionOf(story.publish(paragraphs(2), slowly()))).toMatchObject({ name: 'NotionUnavailable' });
    await untilDone(() => story.publish(paragraphs(2), slowly()));

    expect(story.reading()).toEqual(textsOf(paragraphs(2)));
  });

  /** As Temporal tries again. */
  async function untilDone(publish: () => Promise<unknown>): Promise<void> {
    for (;;) {
      try {
        await publish();
        return;
      } catch (error) {
        if (!['NotionUnavailable', 'NotionBusy'].includes((error as Error).name)) throw error;
      }
    }
  }
});

/** As if a person had changed this block: the sandbox does not tell people apart. */
function editedByOthers(ask: Ask, blockId: string): Ask {
  return {
    ...ask,
    read: async (call) => {
      const answer = await ask.read(call);
      for (const block of (answer as { results?: { id: string; last_edited_by: { id: string } }[] }).results ?? []) {
        if (block.id === blockId) block.last_edited_by = { id: 'a person' };
      }
      return answer;
    },
  };
}
