import { describe, expect, it } from 'vitest';
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

describe('the journal', () => {
  it('tells of each request when it came and went, how it was met, and which page it wrote', async () => {
    const sandbox = await start();
    const id = ann(sandbox);
    sandbox.setClock(NOON);
    await book(sandbox, id);
    await book(sandbox, id, 'Nonsense');
    sandbox.advanceClock(1_000);
    await query(sandbox);

    expect(sandbox.journal).toEqual([
      {
        at: NOON,
        endedAt: NOON,
        method: 'PATCH',
        path: `/v1/pages/${id}`,
        status: 200,
        committed: true,
        abandoned: false,
        page: id,
      },
      {
        at: NOON,
        endedAt: NOON,
        method: 'PATCH',
        path: `/v1/pages/${id}`,
        status: 400,
        code: 'validation_error',
        committed: false,
        abandoned: false,
        page: id,
      },
      {
        at: NOON + 1_000,
        endedAt: NOON + 1_000,
        method: 'POST',
        path: `/v1/data_sources/${sandbox.contacts.dataSourceId}/query`,
        status: 200,
        committed: false,
        abandoned: false,
      },
    ]);
    expect(sandbox.entries()).toEqual(sandbox.journal);
  });

  it('tells what has come into being, and the page around it', async () => {
    const sandbox = await start();
    const id = ann(sandbox);

    const brief = String((await createBrief(sandbox, id)).body['id']);
    await append(sandbox, brief, 'one', 'two');
    const [, first, second] = sandbox.contacts.contentOf(brief);
    await ask(sandbox, `/v1/blocks/${first?.id}`, { method: 'DELETE' });
    await createContact(sandbox, 'zoe@example.com');

    expect(sandbox.journal.map(({ page, created }) => [page, created])).toEqual([
      [id, [brief]],
      [brief, [first?.id, second?.id]],
      [brief, undefined],
      [undefined, [sandbox.contacts.rows().at(-1)?.id]],
    ]);
  });

  it('knows a page by its id without dashes too', async () => {
    const sandbox = await start();
    const id = ann(sandbox);
    await book(sandbox, id.replaceAll('-', ''));
    expect(sandbox.journal[0]?.page).toBe(id);
  });

  it('says what went wrong on purpose', async () => {
    const sandbox = await start();
    sandbox.fail({ action: { error: 503 } });
    sandbox.fail({ action: 'drop' });
    await me(sandbox);
    await me(sandbox).catch(() => undefined);
    await me(sandbox);
    expect(sandbox.journal.map(({ fault, status }) => [fault, status])).toEqual([
      ['error 503', 503],
      ['drop', undefined],
      [undefined, 200],
    ]);
  });

  it('tells who hung up: the caller, or the sandbox', async () => {
    const sandbox = await start();
    for (const action of ['hang', 'hang-in-headers', 'hang-in-body', 'drop'] as const) {
      sandbox.fail({ action });
      await me(sandbox, { signal: AbortSignal.timeout(300) }).catch(() => undefined);
    }

    await expect
      .poll(() => sandbox.journal.map(({ abandoned, endedAt }) => [abandoned, endedAt !== undefined]))
      .toEqual([
        [true, true],
        [true, true],
        [true, true],
        [false, true],
      ]);
  });

  it('holds no token, no address and nothing that was written or looked for', async () => {
    const sandbox = await start();
    await lookFor(sandbox, 'ann@x.ca');
    await createContact(sandbox, 'zoe@example.com');
    await ask(sandbox, `/v1/pages/ann@x.ca`);
    await ask(sandbox, `/v1/pages/ann%40x.ca`);
    await ask(sandbox, `/v1/pages/${sandbox.token}`);
    await ask(sandbox, `/v1/pages/x?filter_properties=ann@x.ca`);
    const quoting = { object: 'error', status: 400, code: 'ann@x.ca', message: `${sandbox.token} ann@x.ca` };
    sandbox.fail({ action: { answer: { status: 400, body: quoting, headers: {} } } });
    await childrenOf(sandbox, ann(sandbox));

    expect(sandbox.journal).toHaveLength(7);
    for (const secret of ['ann', 'x.ca', 'zoe', sandbox.token]) {
      expect(JSON.stringify(sandbox.entries())).not.toContain(secret);
    }
  });

  it('is told to whoever wants to hear it, when a request is over', async () => {
    const heard: unknown[] = [];
    const sandbox = await start({ log: ({ path, status }) => heard.push([path, status]) });
    await me(sandbox);
    await expect.poll(() => heard).toEqual([['/v1/users/me', 200]]);
  });
});
