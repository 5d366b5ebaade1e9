import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createControlClient, type RemoteControl } from '../../../src/dev/notion-sandbox/control-client.ts';
import { demoSeed, type NotionSandbox, startNotionSandbox } from '../../../src/dev/notion-sandbox/sandbox.ts';
import { ann, book, createContact, lookFor, me, NOON, statusOf } from './server-support.ts';

let sandbox: NotionSandbox;
let control: RemoteControl;
beforeEach(async () => {
  sandbox = await startNotionSandbox({ seed: 'W1' });
  control = createControlClient(sandbox.control);
});
afterEach(() => sandbox.stop());

/** An operation as somebody sends it who may have no business here. */
async function order(body: unknown, { secret = sandbox.control.secret, method = 'POST' } = {}) {
  const response = await fetch(sandbox.control.url, {
    method,
    headers: { authorization: `Bearer ${secret}` },
    ...(method === 'POST' && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as { result?: unknown; error?: string } };
}

const names = async () => (await control.rowsOf('contacts')).map(({ cells }) => cells['Name']);

describe('the control', () => {
  it('has a door and a secret of its own, which the API knows nothing of', async () => {
    expect(new URL(sandbox.control.url).port).not.toBe(new URL(sandbox.url).port);
    expect(new URL(sandbox.control.url).hostname).toBe('127.0.0.1');

    const now = { operation: 'now', arguments: [] };
    expect(await order(now, { secret: sandbox.token })).toMatchObject({ status: 401 });
    expect(await order(now, { secret: '' })).toMatchObject({ status: 401 });
    expect(await order(now)).toMatchObject({ status: 200 });
    expect(await me(sandbox, { token: sandbox.control.secret })).toMatchObject({ status: 401 });
  });

  it('leaves no trace in the journal', async () => {
    await control.rowsOf('contacts');
    expect(await control.entries()).toEqual([]);
  });

  it.each<[string, unknown]>([
    ['no JSON', '{'],
    ['nothing it knows', { operation: 'explode', arguments: [] }],
    ['something every object has', { operation: 'constructor', arguments: [] }],
    ['no arguments', { operation: 'now' }],
    ['arguments it has no use for', { operation: 'now', arguments: [1] }],
    ['a fault that does not exist', { operation: 'fail', arguments: [{ action: 'burn' }] }],
    ['a misspelt match', { operation: 'fail', arguments: [{ macth: {}, action: 'drop' }] }],
    ['a change that does not exist', { operation: 'change', arguments: [{ kind: 'rename_propetry' }] }],
    ['a world that does not exist', { operation: 'seed', arguments: ['W99'] }],
    ['a change of what is not there', { operation: 'change', arguments: [{ kind: 'trash', id: 'nope' }] }],
    ['a snapshot that was not taken', { operation: 'restore', arguments: ['nope'] }],
  ])('refuses %s, and says why', async (_, body) => {
    const answer = await order(body);
    expect(answer.status).toBe(400);
    expect(answer.body.error).toMatch(/\w/);
    expect(answer.body).not.toHaveProperty('result');
  });

  it('wants operations to be posted', async () => {
    expect(await order(undefined, { method: 'GET' })).toMatchObject({ status: 400 });
  });

  it('tells its client what it has refused', async () => {
    await expect(control.restore('nope')).rejects.toThrow(
      'The sandbox does not restore: Error: the sandbox has no snapshot',
    );
  });
});

describe('from another process', () => {
  it('the workspace is seeded, changed, noted, and made what it was', async () => {
    expect(await names()).toEqual(['Ann', 'Joann']);
    const id = await control.change({ kind: 'add_row', in: sandbox.contacts.databaseId, cells: { Name: 'Zoe' } });
    expect(id).toBe(sandbox.contacts.rows().at(-1)?.id);
    await control.snapshot('with Zoe');
    await control.change({ kind: 'trash', id: ann(sandbox) });
    await control.change({ kind: 'add_row', in: sandbox.contacts.databaseId, cells: { Name: 'Kim' } });

    await control.restore('with Zoe');
    expect(await names()).toEqual(['Ann', 'Joann', 'Zoe']);
    expect((await control.rowsOf('contacts')).some(({ inTrash }) => inTrash)).toBe(false);

    await control.reset();
    expect(await names()).toEqual(['Ann', 'Joann']);

    await control.seed('W4');
    expect(await names()).toEqual(['Ann, gone', 'Ann', 'Ann again']);
    await expect(control.restore('with Zoe')).rejects.toThrow('no snapshot');

    const { contacts, sequence } = demoSeed();
    await control.seed({ contacts: { ...contacts, rows: [{ Name: 'Only me' }] }, sequence });
    expect(await names()).toEqual(['Only me']);
  });

  it('a snapshot can be gone back to as often as one likes', async () => {
    const id = ann(sandbox);
    await control.snapshot('fresh');
    for (const status of ['Booked', 'Cancelled']) {
      await book(sandbox, id, status);
      expect(statusOf(sandbox, id)).toBe(status);
      await control.restore('fresh');
      expect(statusOf(sandbox, id)).toBe('Not booked');
    }
  });

  it('requests fail, with patterns and for good if need be', async () => {
    await control.fail({ path: /users\/me$/, times: Number.POSITIVE_INFINITY, action: { error: 503 } });
    await control.fail({
      match: { method: 'PATCH', nth: 2 },
      phase: 'after',
      action: { rateLimit: { retryAfterS: 1 } },
    });
    const id = ann(sandbox);

    expect([(await me(sandbox)).status, (await me(sandbox)).status]).toEqual([503, 503]);
    expect([(await book(sandbox, id)).status, (await book(sandbox, id, 'Cancelled')).status]).toEqual([200, 429]);
    expect(statusOf(sandbox, id)).toBe('Cancelled');

    await control.heal();
    expect((await me(sandbox)).status).toBe(200);
  });

  it('the clock is set, and requests are limited by it', async () => {
    await control.setClock(NOON);
    await control.advanceClock(5_000);
    expect(await control.now()).toBe(NOON + 5_000);

    await control.limit({ perToken: 2, perWorkspace: 10 });
    await control.spendElsewhere(9);
    expect([(await me(sandbox)).status, (await me(sandbox)).status]).toEqual([200, 429]);

    await control.runClock();
    await expect.poll(() => control.now()).toBeGreaterThan(NOON + 5_000);
  });

  it('the journal and what was wrong are read', async () => {
    await lookFor(sandbox, 'ann@x.ca');
    await createContact(sandbox, 'zoe@example.com');

    expect(await control.entries()).toEqual([...sandbox.journal]);
    expect(await control.violations({ budget: 1, burst: 0, graceMs: 0, log: 'ann@x.ca' })).toEqual([
      expect.stringMatching(/^2 requests within 60 s/),
      expect.stringContaining('adds without a look'),
      "Line 1 of the log holds somebody's address.",
    ]);
  });

  it('resetting forgets faults and the journal, but not the clock', async () => {
    await control.setClock(NOON);
    await control.fail({ times: Number.POSITIVE_INFINITY, action: { error: 503 } });
    await me(sandbox);

    await control.reset();

    expect(await control.entries()).toEqual([]);
    expect((await me(sandbox)).status).toBe(200);
    expect(await control.now()).toBe(NOON);
  });
});

describe('stopping', () => {
  it('does not wait for requests that hang', async () => {
    sandbox.fail({ action: 'hang' });
    const pending = me(sandbox).catch(() => 'closed');
    await expect.poll(() => sandbox.journal.length).toBe(1);

    await sandbox.stop();

    await expect(pending).resolves.toBe('closed');
  });

  it('closes both doors', async () => {
    await sandbox.stop();
    await expect(fetch(sandbox.url)).rejects.toThrow();
    await expect(control.now()).rejects.toThrow();
  });
});
