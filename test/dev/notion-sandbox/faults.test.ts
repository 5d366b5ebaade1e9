import { Client } from '@notionhq/client';
import { describe, expect, it } from 'vitest';
import { createFaults, type Fault } from '../../../src/dev/notion-sandbox/faults.ts';
import { edgeAnswer, type FaultAction, type NotionSandbox } from '../../../src/dev/notion-sandbox/sandbox.ts';
import {
  ann,
  append,
  ask,
  book,
  childrenOf,
  createBrief,
  me,
  NOON,
  query,
  statusOf,
  useSandbox,
} from './server-support.ts';

const start = useSandbox();

/** Asks with little patience: what never ends, ends as an error. */
const hastily = () => ({ signal: AbortSignal.timeout(400) });

const additionalData = ({ body }: { body: Record<string, unknown> }) => body['additional_data'];

describe('which requests a fault is for', () => {
  const get = { method: 'GET', path: '/v1/pages/1', token: 'ours' };

  /** Which of so many requests run into it, counted from 1. */
  function hitsOf(fault: Omit<Fault, 'action'>, count: number, request = get): number[] {
    const faults = createFaults();
    faults.add({ ...fault, action: 'drop' });
    return Array.from({ length: count }, (_, index) => index + 1).filter(() => faults.take(request));
  }

  it('is the next one, or so many, if nothing else is said', () => {
    expect(hitsOf({}, 4)).toEqual([1]);
    expect(hitsOf({ times: 2 }, 4)).toEqual([1, 2]);
    expect(hitsOf({ times: Number.POSITIVE_INFINITY }, 4)).toEqual([1, 2, 3, 4]);
  });

  it('is the n-th, or each n-th', () => {
    expect(hitsOf({ match: { nth: 3 } }, 8)).toEqual([3]);
    expect(hitsOf({ match: { everyNth: 3 } }, 8)).toEqual([3, 6]);
    expect(hitsOf({ match: { everyNth: 3 }, times: 1 }, 8)).toEqual([3]);
  });

  it('is what chance picks, which is the same for the same seed', () => {
    const hits = hitsOf({ match: { probability: 0.25, seed: 7 } }, 400);
    expect(hits.length).toBeGreaterThan(70);
    expect(hits.length).toBeLessThan(130);
    expect(hitsOf({ match: { probability: 0.25, seed: 7 } }, 400)).toEqual(hits);
    expect(hitsOf({ match: { probability: 0.25, seed: 8 } }, 400)).not.toEqual(hits);
    expect(hitsOf({ match: { probability: 1 } }, 3)).toEqual([1, 2, 3]);
    expect(hitsOf({ match: { probability: 0 } }, 3)).toEqual([]);
  });

  it.each<[string, Omit<Fault, 'action'>]>([
    ['another method', { method: 'PATCH' }],
    ['another path', { path: /^\/v1\/blocks/ }],
    ['another path, told as text', { match: { path: '^/v1/blocks' } }],
    ['another token', { match: { token: 'theirs' } }],
  ])('is none of %s, which it does not count either', (_, fault) => {
    expect(hitsOf(fault, 3)).toEqual([]);

    const faults = createFaults();
    faults.add({ ...fault, match: { ...fault.match, nth: 2 }, action: 'drop' });
    faults.take(get);
    const meant = { method: fault.method ?? 'GET', path: '/v1/blocks/1', token: 'theirs' };
    expect([faults.take(meant), faults.take(meant)].map(Boolean)).toEqual([false, true]);
  });

  it('is found by a pattern that remembers where it was', () => {
    expect(hitsOf({ path: /pages/g, times: 3 }, 3)).toEqual([1, 2, 3]);
  });

  it('goes by the order in which they were ordered, while each counts all requests', () => {
    const faults = createFaults();
    faults.add({ action: 'hang' });
    faults.add({ match: { nth: 2 }, action: 'drop' });
    faults.add({ times: 2, action: 'empty' });

    const met = Array.from({ length: 5 }, () => faults.take(get)?.action);

    expect(met).toEqual(['hang', 'drop', 'empty', 'empty', undefined]);
  });

  it('is nobody’s any more once they are cleared', () => {
    const faults = createFaults();
    faults.add({ action: 'drop' });
    faults.clear();
    expect(faults.take(get)).toBeUndefined();
  });
});

describe('a refusal', () => {
  it.each<[FaultAction, number, string]>([
    [{ error: 409 }, 409, 'conflict_error'],
    [{ error: 409, code: 'row_limit_exceeded' }, 409, 'row_limit_exceeded'],
    [{ error: 500 }, 500, 'internal_server_error'],
    [{ error: 502 }, 502, 'bad_gateway'],
    [{ error: 503 }, 503, 'service_unavailable'],
    [{ error: 503, code: 'database_connection_unavailable' }, 503, 'database_connection_unavailable'],
    [{ error: 504 }, 504, 'gateway_timeout'],
    [{ error: 529 }, 529, 'service_overload'],
    [{ error: 403 }, 403, 'restricted_resource'],
    [{ validation: 'body.x should be not present.' }, 400, 'validation_error'],
    [{ rateLimit: {} }, 429, 'rate_limited'],
  ])('%j changes nothing, and says so in Notion’s shape', async (action, status, code) => {
    const sandbox = await start();
    sandbox.fail({ method: 'PATCH', action });

    const answer = await book(sandbox, ann(sandbox));

    expect(answer).toMatchObject({ status, body: { object: 'error', status, code } });
    expect(answer.body['request_id']).toBe(answer.headers.get('x-notion-request-id'));
    expect(statusOf(sandbox, ann(sandbox))).toBe('Not booked');
    expect((await book(sandbox, ann(sandbox))).status).toBe(200);
  });

  it('says what it was told to say', async () => {
    const sandbox = await start();
    sandbox.fail({ action: { validation: 'X is not a property that exists.' } });
    expect((await query(sandbox)).body['message']).toBe('X is not a property that exists.');
  });

  it.each([403, 502])('of %i at the edge is a page without a request id', async (status) => {
    const sandbox = await start();
    sandbox.fail({ action: { edge: status } });

    const { headers, text, ...answer } = await me(sandbox);

    expect(answer.status).toBe(status);
    expect(text).toContain('<!DOCTYPE html>');
    expect(headers.get('cf-ray')).toMatch(/-FRA$/);
    expect(headers.get('x-notion-request-id')).toBeNull();
  });

  it('can be any answer at all', async () => {
    const sandbox = await start();
    sandbox.fail({ action: { answer: { status: 418, body: { a: 1 }, headers: { 'x-a': 'b' } } } });
    const { status, body, headers } = await me(sandbox);
    expect([status, body, headers.get('x-a')]).toEqual([418, { a: 1 }, 'b']);
  });
});

describe('a 429', () => {
  it.each([0, 1, 59, 120])('asks for %i seconds, in the header and in the body', async (retryAfterS) => {
    const sandbox = await start();
    sandbox.fail({ action: { rateLimit: { retryAfterS } } });

    const answer = await me(sandbox);

    expect(answer.headers.get('retry-after')).toBe(String(retryAfterS));
    expect(additionalData(answer)).toMatchObject({ retry_after: String(retryAfterS) });
  });

  it('says it as a date of its own clock', async () => {
    const sandbox = await start();
    sandbox.setClock(NOON);
    sandbox.fail({ action: { rateLimit: { retryAfterS: 120, as: 'date' } } });

    const answer = await me(sandbox);

    expect(answer.headers.get('retry-after')).toBe('Mon, 05 Jan 2026 12:02:00 GMT');
    expect(additionalData(answer)).toMatchObject({ retry_after: '120' });
  });

  it('leaves the header out, and the body’s word too if asked to', async () => {
    const sandbox = await start();
    sandbox.fail({ action: { rateLimit: {} } });
    sandbox.fail({ action: { rateLimit: { retryAfterS: null } } });

    const [inBody, nowhere] = [await me(sandbox), await me(sandbox)];

    expect([inBody.headers.get('retry-after'), nowhere.headers.get('retry-after')]).toEqual([null, null]);
    expect(additionalData(inBody)).toHaveProperty('retry_after', '31');
    expect(additionalData(nowhere)).not.toHaveProperty('retry_after');
  });

  it.each([
    ['connection', 'public_api_request_rate_limit'],
    ['workspace', 'public_api_space_request_rate_limit'],
    ['blocked', 'public_api_request_blocked'],
    ['unknown', expect.stringMatching(/^public_api_/)],
  ] as const)('names the reason: %s', async (reason, word) => {
    const sandbox = await start();
    sandbox.fail({ action: { rateLimit: { reason } } });
    expect(additionalData(await me(sandbox))).toMatchObject({ rate_limit_reason: word });
  });
});

describe('a write that is saved although it does not look so', () => {
  it('answers 503 and names the page that has come into being', async () => {
    const sandbox = await start();
    sandbox.fail({ method: 'POST', action: 'commit-then-503' });

    const answer = await createBrief(sandbox, ann(sandbox));

    expect(answer).toMatchObject({ status: 503, body: { code: 'service_unavailable' } });
    const [brief] = sandbox.contacts.contentOf(ann(sandbox));
    expect(additionalData(answer)).toEqual({ committed_resource_id: brief?.id, retry_guidance: expect.any(String) });
  });

  it('answers 503 and names the blocks that were appended', async () => {
    const sandbox = await start();
    sandbox.fail({ method: 'PATCH', action: 'commit-then-503' });

    const answer = await append(sandbox, ann(sandbox), 'one', 'two');

    const ids = sandbox.contacts.contentOf(ann(sandbox)).map(({ id }) => id);
    expect(ids).toHaveLength(2);
    expect(additionalData(answer)).toEqual({ committed_child_ids: ids, retry_guidance: expect.any(String) });
  });

  it('answers 503 and names nothing where the caller can name it', async () => {
    const sandbox = await start();
    sandbox.fail({ method: 'PATCH', action: 'commit-then-503' });

    const answer = await book(sandbox, ann(sandbox));

    expect(additionalData(answer)).toEqual({ retry_guidance: expect.any(String) });
    expect(statusOf(sandbox, ann(sandbox))).toBe('Booked');
  });

  it('reaches the real client as an error with all that', async () => {
    const sandbox = await start();
    const client = new Client({ auth: sandbox.token, baseUrl: sandbox.url, retry: false, logger: () => {} });
    sandbox.fail({ method: 'POST', action: 'commit-then-503' });

    const creation = client.pages.create({
      parent: { page_id: ann(sandbox) },
      properties: { title: { title: [{ text: { content: 'Call prep' } }] } },
    });

    await expect(creation).rejects.toMatchObject({
      status: 503,
      code: 'service_unavailable',
      additional_data: { committed_resource_id: expect.any(String) },
    });
  });

  it('does not claim that a refused write was saved, or that a look-up is a write', async () => {
    const sandbox = await start();
    sandbox.fail({ times: 2, action: 'commit-then-503' });

    expect(await book(sandbox, ann(sandbox), 'Nonsense')).toMatchObject({ status: 400 });
    const looked = await query(sandbox);
    expect(looked.status).toBe(503);
    expect(additionalData(looked)).toBeUndefined();
  });

  it.each<[string, Fault]>([
    ['a closed connection', { action: 'commit-then-drop' }],
    ['the same, said by phase', { action: 'drop', phase: 'after' }],
    ['any refusal', { action: { error: 500 }, phase: 'after' }],
    ['any answer', { action: { commitThenAnswer: edgeAnswer(502) } }],
    ['half an answer', { action: 'hang-in-body' }],
    ['headers that stop', { action: 'hang-in-headers' }],
    ['silence', { action: 'hang', phase: 'after' }],
    ['half of the JSON', { action: 'truncated' }],
    ['an empty answer', { action: 'empty' }],
  ])('may be followed by %s', async (_, fault) => {
    const sandbox = await start();
    sandbox.fail({ method: 'PATCH', ...fault });

    const id = ann(sandbox);
    const answer = await book(sandbox, id, 'Booked', hastily()).catch(() => undefined);

    expect(answer?.body['object']).not.toBe('page');
    expect(statusOf(sandbox, id)).toBe('Booked');
    expect(sandbox.journal).toMatchObject([{ committed: true }]);
  });

  it.each<[string, Fault]>([
    ['a closed connection', { action: 'drop' }],
    ['silence', { action: 'hang' }],
    ['an empty answer', { action: 'empty', phase: 'before' }],
    ['headers that stop', { action: 'hang-in-headers', phase: 'before' }],
  ])('is not saved where %s comes first', async (_, fault) => {
    const sandbox = await start();
    const id = ann(sandbox);
    sandbox.fail({ method: 'PATCH', ...fault });

    await book(sandbox, id, 'Booked', hastily()).catch(() => undefined);

    expect(statusOf(sandbox, id)).toBe('Not booked');
    expect(sandbox.journal).toMatchObject([{ committed: false }]);
  });
});

describe('an answer that takes its time', () => {
  it('comes after the delay, before or after the request is carried out', async () => {
    const sandbox = await start();
    for (const phase of ['before', 'after'] as const) {
      sandbox.fail({ method: 'PATCH', phase, action: { delayMs: 120 } });
      const startedAt = performance.now();
      const answer = book(sandbox, ann(sandbox), phase === 'before' ? 'Booked' : 'Cancelled');
      await new Promise((resolve) => setTimeout(resolve, 60));

      expect(statusOf(sandbox, ann(sandbox))).toBe(phase === 'before' ? 'Not booked' : 'Cancelled');
      expect((await answer).status).toBe(200);
      expect(performance.now() - startedAt).toBeGreaterThan(110);
      if (phase === 'before') expect(statusOf(sandbox, ann(sandbox))).toBe('Booked');
    }
  });

  it('may stop in its headers: no status ever arrives', async () => {
    const sandbox = await start();
    sandbox.fail({ action: 'hang-in-headers' });
    await expect(me(sandbox, hastily())).rejects.toThrow(/timeout/);
    expect(sandbox.journal[0]).not.toHaveProperty('status');
  });

  it('may stop in its body: the status arrives, the rest does not', async () => {
    const sandbox = await start();
    sandbox.fail({ action: 'hang-in-body' });
    const headers = { authorization: `Bearer ${sandbox.token}`, 'notion-version': '2026-03-11' };
    const response = await fetch(`${sandbox.url}/v1/users/me`, { headers, ...hastily() });
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow(/timeout|aborted/);
  });

  it('may be whole and yet too short', async () => {
    const sandbox = await start();
    sandbox.fail({ action: 'truncated' });
    sandbox.fail({ action: 'empty' });

    const [truncated, empty] = [await me(sandbox), await me(sandbox)];

    expect([truncated.status, empty.status]).toEqual([200, 200]);
    expect(truncated.text).toMatch(/^\{"object":"user"/);
    expect(() => JSON.parse(truncated.text)).toThrow(SyntaxError);
    expect(empty.text).toBe('');
  });
});

describe('a change of the workspace between two requests', () => {
  const propertiesOf = ({ body }: { body: Record<string, unknown> }) =>
    (body['results'] as { properties: Record<string, unknown> }[])[0]?.properties ?? {};

  it('happens directly before the request that it is for', async () => {
    const sandbox = await start();
    const { dataSourceId } = sandbox.contacts;
    const change = { kind: 'rename_property', in: dataSourceId, property: 'Booking Status', to: 'State' } as const;
    sandbox.fail({ match: { nth: 2 }, action: { change } });

    const [before, after] = [propertiesOf(await query(sandbox)), propertiesOf(await query(sandbox))];

    expect(Object.keys(before)).toContain('Booking Status');
    expect(Object.keys(after)).toContain('State');
  });

  it.each<[string, (sandbox: NotionSandbox) => FaultAction, (sandbox: NotionSandbox) => Promise<unknown>, unknown]>([
    [
      'a property that is removed',
      ({ contacts }) => ({
        change: { kind: 'remove_property', in: contacts.dataSourceId, property: 'Booking Status' },
      }),
      (sandbox) => book(sandbox, ann(sandbox)),
      { status: 400, body: { message: 'Booking Status is not a property that exists.' } },
    ],
    [
      'a property of another type',
      ({ contacts }) => ({
        change: { kind: 'retype_property', in: contacts.dataSourceId, property: 'Booking Status', type: 'rich_text' },
      }),
      (sandbox) => book(sandbox, ann(sandbox)),
      { status: 400, body: { message: 'Booking Status is expected to be rich_text.' } },
    ],
    [
      'an option that is removed',
      ({ contacts }) => ({
        change: { kind: 'remove_option', in: contacts.dataSourceId, property: 'Booking Status', option: 'Booked' },
      }),
      (sandbox) => book(sandbox, ann(sandbox)),
      { status: 400, body: { message: expect.stringContaining('Invalid status option.') } },
    ],
    [
      'a page put in the trash',
      (sandbox) => ({ change: { kind: 'trash', id: ann(sandbox) } }),
      (sandbox) => book(sandbox, ann(sandbox)),
      { status: 400, body: { message: expect.stringMatching(/^Can't edit block that is archived/) } },
    ],
    [
      'a page that is shared no more',
      (sandbox) => ({ change: { kind: 'unshare', id: ann(sandbox) } }),
      (sandbox) => book(sandbox, ann(sandbox)),
      { status: 404, body: { code: 'object_not_found' } },
    ],
    [
      'a token that is revoked',
      () => ({ change: { kind: 'revoke_token' } }),
      (sandbox) => me(sandbox),
      { status: 401, body: { code: 'unauthorized' } },
    ],
  ])('can be %s', async (_, actionIn, request, expected) => {
    const sandbox = await start();
    sandbox.fail({ action: actionIn(sandbox) });
    expect(await request(sandbox)).toMatchObject(expected as object);
  });

  it('can be a second contact who says the same, or a second data source', async () => {
    const sandbox = await start();
    const rows = sandbox.contacts.rows().length;
    sandbox.fail({ action: { change: { kind: 'duplicate_row', id: ann(sandbox) } } });
    sandbox.fail({ action: { change: { kind: 'add_data_source', in: sandbox.contacts.databaseId, name: 'More' } } });

    expect((await query(sandbox)).body['results']).toHaveLength(rows + 1);
    const { body } = await ask(sandbox, `/v1/databases/${sandbox.contactsDatabaseId}`);
    expect(body).toMatchObject({ data_sources: [{}, { name: 'More' }] });
  });

  it('that finds nothing left to change is noted, and the request goes on', async () => {
    const sandbox = await start();
    const change = { kind: 'remove_property', in: sandbox.contacts.dataSourceId, property: 'Nope' } as const;
    sandbox.fail({ action: { change } });

    expect((await me(sandbox)).status).toBe(200);
    expect(sandbox.journal[0]?.fault).toMatch(/^change remove_property: .*"Nope"/);
  });
});

describe('healing', () => {
  it('forgets every fault still in wait', async () => {
    const sandbox = await start();
    sandbox.fail({ times: Number.POSITIVE_INFINITY, action: 'drop' });
    sandbox.heal();
    expect((await childrenOf(sandbox, ann(sandbox))).status).toBe(200);
  });
});
