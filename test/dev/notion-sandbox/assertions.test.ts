import { describe, expect, it } from 'vitest';
import type { NotionSandbox } from '../../../src/dev/notion-sandbox/sandbox.ts';
import {
  ann,
  append,
  ask,
  book,
  childrenOf,
  createBrief,
  createContact,
  lookFor,
  me,
  NOON,
  query,
  useSandbox,
} from './server-support.ts';

const start = useSandbox();

/** A sandbox whose clock stands still at the start of a minute. */
async function startAtNoon(): Promise<NotionSandbox> {
  const sandbox = await start();
  sandbox.setClock(NOON);
  return sandbox;
}

describe('whoever does all of it well', () => {
  it('has violated nothing', async () => {
    const sandbox = await start();
    const id = ann(sandbox);

    await lookFor(sandbox, 'ann@x.ca');
    await book(sandbox, id);
    await childrenOf(sandbox, id);
    const brief = String((await createBrief(sandbox, id)).body['id']);
    await append(sandbox, brief, 'one');
    await append(sandbox, brief, 'two');
    await lookFor(sandbox, 'zoe@example.com');
    await createContact(sandbox, 'zoe@example.com');

    expect(sandbox.journal.violations({ budget: 8, burst: 0, log: '{"msg":"ann, example.com, ntn_"}' })).toEqual([]);
  });
});

describe('the budget', () => {
  it('is violated by one request too many in any minute, wherever it begins', async () => {
    const sandbox = await startAtNoon();
    for (const atMs of [0, 50_000, 70_000, 100_000, 109_999]) {
      sandbox.setClock(NOON + atMs);
      await me(sandbox);
    }

    expect(sandbox.violations({ budget: 2, burst: 2 })).toEqual([]);
    expect(sandbox.violations({ budget: 2, burst: 1 })).toEqual([
      '4 requests within 60 s from 2026-01-05T12:00:50.000Z, where 3 are allowed.',
    ]);
  });

  it('counts what is exactly a minute apart as two minutes', async () => {
    const sandbox = await startAtNoon();
    await me(sandbox);
    sandbox.advanceClock(60_000);
    await me(sandbox);
    expect(sandbox.violations({ budget: 1 })).toEqual([]);
    sandbox.advanceClock(59_999);
    await me(sandbox);
    expect(sandbox.violations({ budget: 1 })).toHaveLength(1);
  });

  it('counts those that are refused as well, and everybody’s', async () => {
    const sandbox = await startAtNoon();
    await me(sandbox, { token: 'ntn_other' });
    await ask(sandbox, '/v1/nowhere');
    expect(sandbox.violations({ budget: 1 })).toHaveLength(1);
  });
});

describe('a wait that Notion has asked for', () => {
  it.each<[string, Parameters<NotionSandbox['fail']>[0]['action']]>([
    ['in seconds', { rateLimit: { retryAfterS: 60 } }],
    ['as a date', { rateLimit: { retryAfterS: 60, as: 'date' } }],
    ['for the whole workspace', { rateLimit: { retryAfterS: 60, reason: 'workspace' } }],
    ['with a 529', { answer: { status: 529, body: {}, headers: { 'retry-after': '60' } } }],
  ])('%s is violated by a request before it is over', async (_, action) => {
    const sandbox = await startAtNoon();
    sandbox.fail({ action });
    await me(sandbox);
    sandbox.advanceClock(60_000);
    await me(sandbox);
    expect(sandbox.violations({})).toEqual([]);

    sandbox.setClock(NOON + 59_999);
    await me(sandbox);
    expect(sandbox.violations({})).toEqual([
      'GET /v1/users/me at 2026-01-05T12:00:59.999Z was sent although Notion had asked to be left alone until 2026-01-05T12:01:00.000Z.',
    ]);
  });

  it('that only the body tells is one too', async () => {
    const sandbox = await startAtNoon();
    sandbox.fail({ action: { rateLimit: {} } });
    await me(sandbox);
    sandbox.advanceClock(30_999);
    await me(sandbox);
    expect(sandbox.violations({})).toHaveLength(1);
  });

  it('is not violated by what was on its way, nor by another integration', async () => {
    const sandbox = await startAtNoon();
    sandbox.fail({ action: { rateLimit: { retryAfterS: 60 } } });
    await me(sandbox);
    sandbox.advanceClock(200);
    await me(sandbox);
    sandbox.advanceClock(1_000);
    await me(sandbox, { token: 'ntn_other' });

    expect(sandbox.violations({})).toEqual([]);
    expect(sandbox.violations({ graceMs: 100 })).toHaveLength(1);
  });

  it('that was for the workspace binds another integration too', async () => {
    const sandbox = await startAtNoon();
    sandbox.fail({ action: { rateLimit: { retryAfterS: 60, reason: 'workspace' } } });
    await me(sandbox);
    sandbox.advanceClock(1_000);
    await me(sandbox, { token: 'ntn_other' });
    expect(sandbox.violations({})).toHaveLength(1);
  });

  it.each(['blocked', 'connection'] as const)('is none where nothing was asked: %s', async (reason) => {
    const sandbox = await startAtNoon();
    sandbox.fail({ action: { rateLimit: { reason, retryAfterS: reason === 'blocked' ? 60 : null } } });
    await me(sandbox);
    sandbox.advanceClock(1_000);
    await me(sandbox);
    expect(sandbox.violations({})).toEqual([]);
  });
});

describe('two writes to one page', () => {
  it('must not overlap, even where the clock stands still', async () => {
    const sandbox = await startAtNoon();
    const id = ann(sandbox);
    sandbox.fail({ method: 'PATCH', action: { delayMs: 150 } });

    const slow = book(sandbox, id);
    await expect.poll(() => sandbox.journal.length).toBe(1);
    await append(sandbox, id, 'meanwhile');
    await slow;

    expect(sandbox.violations({})).toEqual([
      `PATCH /v1/blocks/${id}/children at 2026-01-05T12:00:00.000Z overlaps PATCH /v1/pages/${id} at 2026-01-05T12:00:00.000Z, which writes to the same page.`,
    ]);
  });

  it('may follow each other, and be beside a write to another page or a look', async () => {
    const sandbox = await start();
    const [one, other] = sandbox.contacts.rows();
    sandbox.fail({ method: 'PATCH', action: { delayMs: 150 } });

    const slow = book(sandbox, `${one?.id}`);
    await expect.poll(() => sandbox.journal.length).toBe(1);
    await book(sandbox, `${other?.id}`);
    await childrenOf(sandbox, `${one?.id}`);
    await slow;
    await book(sandbox, `${one?.id}`, 'Cancelled');

    expect(sandbox.violations({})).toEqual([]);
  });

  it('end when the caller gives up', async () => {
    const sandbox = await start();
    const id = ann(sandbox);
    sandbox.fail({ method: 'PATCH', action: 'hang' });
    await book(sandbox, id, 'Booked', { signal: AbortSignal.timeout(100) }).catch(() => undefined);
    await expect.poll(() => sandbox.journal[0]?.abandoned).toBe(true);
    await book(sandbox, id);
    expect(sandbox.violations({})).toEqual([]);
  });
});

describe('a contact', () => {
  const address = 'zoe@example.com';
  const twice = 'adds again without a look whether it is there';

  it('must be looked for before it is created', async () => {
    const sandbox = await startAtNoon();
    await createContact(sandbox, address);
    expect(sandbox.violations({})).toEqual(['POST /v1/pages at 2026-01-05T12:00:00.000Z adds without a look.']);
  });

  it.each<[string, (sandbox: NotionSandbox) => Promise<unknown>]>([
    ['somebody else', (sandbox) => lookFor(sandbox, 'ann@x.ca')],
    [
      'whoever is not that one',
      (sandbox) => query(sandbox, { filter: { property: 'email', email: { does_not_equal: address } } }),
    ],
    ['a few of them', (sandbox) => query(sandbox, { page_size: 1 })],
    [
      'as many as there are to be seen at once',
      (sandbox) => {
        sandbox.limitQueries(1);
        return query(sandbox);
      },
    ],
    [
      'them in vain',
      (sandbox) => {
        sandbox.fail({ action: { error: 503 } });
        return lookFor(sandbox, address);
      },
    ],
    [
      'them elsewhere',
      (sandbox) =>
        ask(sandbox, `/v1/data_sources/${sandbox.sequence.dataSourceId}/query`, {
          method: 'POST',
          body: { filter: { property: 'Email', email: { contains: address } } },
        }),
    ],
  ])('is not looked for by looking for %s', async (_, look) => {
    const sandbox = await start();
    await look(sandbox);
    await createContact(sandbox, address);
    expect(sandbox.violations({})).toHaveLength(1);
  });

  it.each<[string, (sandbox: NotionSandbox) => Promise<unknown>]>([
    ['by address, however it is spelled', (sandbox) => lookFor(sandbox, 'ZOE@example.com')],
    [
      'by address among others',
      (sandbox) => query(sandbox, { filter: { or: [{ property: 'email', email: { equals: address } }] } }),
    ],
    ['by seeing all there are', (sandbox) => query(sandbox)],
  ])('is looked for %s', async (_, look) => {
    const sandbox = await start();
    await look(sandbox);
    await createContact(sandbox, address);
    expect(sandbox.violations({})).toEqual([]);
  });

  it('may have the name of another, who was created in between', async () => {
    const sandbox = await start();
    await lookFor(sandbox, address);
    await lookFor(sandbox, 'other.zoe@example.com');
    await createContact(sandbox, address);
    await createContact(sandbox, 'other.zoe@example.com');
    expect(sandbox.violations({})).toEqual([]);
  });

  it.each<[string, Parameters<NotionSandbox['fail']>[0]]>([
    ['closes the connection', { action: 'commit-then-drop' }],
    ['answers 503', { action: 'commit-then-503' }],
    ['answers 409', { action: { error: 409 } }],
    ['answers 200 with half of it', { action: 'truncated' }],
    ['answers that all is well', { match: { nth: 99 }, action: 'drop' }],
  ])('must be looked for again where Notion %s', async (_, fault) => {
    const sandbox = await start();
    sandbox.fail({ path: /pages$/, ...fault });
    await lookFor(sandbox, address);
    await createContact(sandbox, address).catch(() => undefined);
    await createContact(sandbox, address);
    expect(sandbox.violations({})).toEqual([expect.stringContaining(twice)]);

    await lookFor(sandbox, address);
    await createContact(sandbox, address);
    expect(sandbox.violations({})).toHaveLength(1);
  });

  it.each([429, 529, 400, 403])(
    'need not be looked for again where Notion has refused it with a %i',
    async (status) => {
      const sandbox = await start();
      sandbox.fail({ path: /pages$/, action: { error: status } });
      await lookFor(sandbox, address);
      await createContact(sandbox, address);
      await createContact(sandbox, address);
      expect(sandbox.violations({})).toEqual([]);
    },
  );
});

describe('a brief', () => {
  it('must be looked for among the children of its contact, to the end', async () => {
    const sandbox = await start({ seed: 'W8' });
    const id = ann(sandbox);
    await childrenOf(sandbox, id, '?page_size=100');
    await createBrief(sandbox, id);
    expect(sandbox.violations({})).toEqual([expect.stringContaining('adds without a look')]);
  });

  it('is looked for once the last of the children is seen', async () => {
    const sandbox = await start({ seed: 'W8' });
    const id = ann(sandbox);
    let cursor: unknown;
    do {
      const { body } = await childrenOf(sandbox, id, cursor ? `?start_cursor=${cursor}` : '');
      cursor = body['next_cursor'];
    } while (cursor);

    await createBrief(sandbox, id, 'Call prep 2026-01-05 [ab12cd34ef]');
    await createBrief(sandbox, id, 'Call prep 2026-01-06 [0f9e8d7c6b]');

    expect(sandbox.violations({})).toEqual([]);
  });

  it('must be looked for again before a second attempt, whatever its title says besides', async () => {
    const sandbox = await start();
    const id = ann(sandbox);
    await childrenOf(sandbox, id);
    sandbox.fail({ method: 'POST', action: 'drop' });
    await createBrief(sandbox, id, 'Call prep 2026-01-05 [ab12cd34ef]').catch(() => undefined);
    await createBrief(sandbox, id, 'Call prep 2026-01-06 [ab12cd34ef]');
    expect(sandbox.violations({})).toEqual([expect.stringContaining('adds again without a look')]);
  });

  it('must be there once', async () => {
    const sandbox = await start();
    const id = ann(sandbox);
    for (let times = 0; times < 2; times += 1) {
      await childrenOf(sandbox, id);
      await createBrief(sandbox, id);
    }
    expect(sandbox.violations({})).toEqual(['2 pages for [ab12cd34ef], where one is enough.']);

    sandbox.change({ kind: 'trash', id: sandbox.contacts.contentOf(id)[0]?.id ?? '' });
    expect(sandbox.violations({})).toEqual([]);
  });

  it('of a contact in the trash does not count', async () => {
    const sandbox = await start();
    for (const { id } of sandbox.contacts.rows()) {
      await childrenOf(sandbox, id);
      await createBrief(sandbox, id);
    }
    sandbox.contacts.trashRow(ann(sandbox));
    expect(sandbox.violations({})).toEqual([]);
  });

  it('must be looked at before blocks are appended again that are perhaps there', async () => {
    const sandbox = await start();
    const id = ann(sandbox);
    sandbox.fail({ method: 'PATCH', times: 2, action: 'commit-then-drop' });
    await append(sandbox, id, 'one').catch(() => undefined);
    sandbox.fail({ method: 'GET', action: { error: 503 } });
    await childrenOf(sandbox, id);
    await append(sandbox, id, 'one').catch(() => undefined);
    expect(sandbox.violations({})).toEqual([expect.stringContaining('adds again without a look')]);

    await childrenOf(sandbox, id, '?page_size=1');
    await append(sandbox, id, 'two');
    expect(sandbox.violations({})).toHaveLength(1);
  });
});

describe('what is never done', () => {
  it.each<[string, unknown]>([
    ['a condition', { property: 'email', rich_text: { contains: '' } }],
    ['a condition with nothing but space', { property: 'email', email: { equals: ' ' } }],
    ['a negated condition', { property: 'email', email: { does_not_contain: '' } }],
    ['a condition inside others', { and: [{ or: [{ property: 'Name', title: { starts_with: '' } }] }] }],
  ])('is to look for an empty text, in %s', async (_, filter) => {
    const sandbox = await start();
    await query(sandbox, { filter });
    expect(sandbox.violations({})).toEqual([expect.stringContaining('looks for an empty text')]);
  });

  it('is to write to a schema, even where Notion would not let us', async () => {
    const sandbox = await start();
    const { databaseId, dataSourceId } = sandbox.contacts;
    await ask(sandbox, `/v1/data_sources/${dataSourceId}`, { method: 'PATCH', body: { properties: {} } });
    await ask(sandbox, `/v1/databases/${databaseId}`, { method: 'PATCH', body: {} });
    await ask(sandbox, '/v1/data_sources', { method: 'POST', body: {} });
    await ask(sandbox, `/v1/data_sources/${dataSourceId}`);
    await query(sandbox);

    const violations = sandbox.violations({});
    expect(violations).toHaveLength(3);
    expect(violations).toEqual(violations.map(() => expect.stringMatching(/writes to a schema\.$/)));
  });

  it('is to make an option, which a person may', async () => {
    const sandbox = await start();
    sandbox.contacts.addOption('Christmas Campaign Status', 'Thinking');
    expect(sandbox.violations({})).toEqual([]);

    await ask(sandbox, `/v1/pages/${ann(sandbox)}`, {
      method: 'PATCH',
      body: { properties: { 'Christmas Campaign Status': { select: { name: 'Stray' } } } },
    });
    expect(sandbox.violations({})).toEqual([expect.stringContaining('has changed the options of a property')]);
  });
});

describe('a log', () => {
  it.each<[string, string]>([
    ['an address of the workspace', 'to Ann <ann@x.ca>.'],
    ['however it is spelled', '{"email":"ANN@X.CA"}'],
    ['an address inside a query', 'GET /find?email=joann@x.ca&page=1'],
    ['at the end of a sentence', 'Nobody is called ann@x.ca.'],
    ['an address that was looked for in vain', 'contact zoe@example.com is not there'],
  ])('must not hold %s', async (_, line) => {
    const sandbox = await start();
    await lookFor(sandbox, 'zoe@example.com');

    const violations = sandbox.violations({ log: `all is well\n${line}\nother@example.com` });

    expect(violations).toEqual(["Line 2 of the log holds somebody's address."]);
  });

  it('must not hold the token', async () => {
    const sandbox = await start();
    expect(sandbox.violations({ log: `auth: Bearer ${sandbox.token}` })).toEqual([
      'Line 1 of the log holds the token.',
    ]);
  });
});

describe('a violation', () => {
  it('is forgotten with the journal', async () => {
    const sandbox = await start();
    await createContact(sandbox, 'zoe@example.com');
    expect(sandbox.violations({})).toHaveLength(1);
    sandbox.reset();
    expect(sandbox.violations({ budget: 0 })).toEqual([]);
  });
});
