import { inspect } from 'node:util';
import getPort from 'get-port';
import { describe, expect, it } from 'vitest';
import { createClient } from '../../src/notion/client.ts';
import { meaningOf } from '../../src/notion/failures.ts';
import { addPage, anAsking, readPage, setTitle } from './asking.ts';
import { edge, limited, type Move, PAGE_ID, refused, useScriptedNotion } from './scripted-notion.ts';
import { rejectionOf } from './support.ts';

const ANN = 'ann@example.com';
const TOKEN = 'ntn_secret';
const HASTY = { read: 200, write: 200 };

describe('an answer', () => {
  const start = useScriptedNotion();

  /** What it means that a request is answered so. */
  async function meaning(move: Move): Promise<Error> {
    const notion = await start();
    notion.script(move);
    // A busy machine may be slow to answer.
    const client = createClient({
      token: TOKEN,
      baseUrl: notion.url,
      ...(typeof move === 'string' && { timeoutsMs: HASTY }),
    });
    return meaningOf(await rejectionOf(readPage(client, 1))) as Error;
  }

  it.each<[string, Move, string, string]>([
    ['a 401', refused(401, 'unauthorized'), 'unauthorized', 'NOTION_TOKEN'],
    ['a 403', refused(403, 'restricted_resource'), 'forbidden', 'capability'],
    [
      'a 403 for want of blocks',
      refused(403, 'restricted_resource', { data: { block_limit: '1000' } }),
      'creates_blocked',
      'plan',
    ],
    ['a 404', refused(404, 'object_not_found'), 'not_shared', 'shared with the integration'],
    ['a 404 that is not Notion’s', edge(404), 'invalid_request', '404'],
    [
      'a page in the trash',
      refused(400, 'validation_error', {
        message: "Can't edit block that is archived. You must unarchive the block before editing.",
      }),
      'archived',
      'restore it',
    ],
    ['a 400', refused(400, 'validation_error'), 'invalid_request', '400 validation_error'],
    ['a 413', edge(413), 'invalid_request', '413'],
    [
      'a redirect',
      { status: 308, body: '', headers: { location: 'https://www.notion.so/' } },
      'invalid_request',
      '308',
    ],
    ['a full database', refused(409, 'row_limit_exceeded'), 'row_limit', 'archive some'],
    ['a 429 that blocks', limited('1', 'public_api_request_blocked'), 'blocked', 'support'],
  ])('that only a person can change is %s', async (_, move, reason, words) => {
    expect(await meaning(move)).toMatchObject({
      name: 'NotionRefusal',
      reason,
      message: expect.stringContaining(words),
    });
  });

  it.each<[string, Move, string]>([
    ['a 429', limited(), 'limited'],
    ['a 429 in HTML', edge(429), 'limited'],
    ['a 429 for a reason that we do not know', limited('1', 'mcp_tool_rate_limit'), 'limited'],
    ['a 529', refused(529, 'service_overload'), 'overloaded'],
    ['a 403 in HTML', edge(403), 'turned_away'],
    ['a 409', refused(409, 'conflict_error'), 'conflict'],
    ['a 408', edge(408), 'open'],
    ['a 500', refused(500, 'internal_server_error'), 'open'],
    ['a 599', edge(599), 'open'],
    ['a 200 in HTML', edge(200), 'open'],
    ['none', 'drop', 'open'],
    ['one that comes too late', 'hang', 'open'],
    ['one that does not end', 'hang_in_body', 'open'],
  ])('that may be another one later is %s', async (_, move, fate) => {
    expect(await meaning(move)).toMatchObject({ name: 'NotionUnavailable', fate, saved: undefined });
  });

  it.each<[string, object, readonly string[] | undefined]>([
    ['a page', { committed_resource_id: PAGE_ID }, [PAGE_ID]],
    ['blocks', { committed_resource_id: PAGE_ID, committed_child_ids: ['b1', 'b2'] }, ['b1', 'b2']],
    ['a change', { retry_guidance: ['Read the object again.', 'Do not repeat the write.'] }, []],
    ['nothing', { retry_guidance: ['Try again with a smaller page_size.'] }, undefined],
    ['nothing that could be read', { retry_guidance: 7, committed_child_ids: 'b1' }, undefined],
  ])('may tell that %s was saved all the same', async (_, data, saved) => {
    expect(await meaning(refused(503, 'service_unavailable', { data }))).toMatchObject({ saved });
  });

  it.each<[string, Move, number, number]>([
    ['seconds', limited('120'), 120_000, 120_000],
    ['a date', limited(new Date(Date.now() + 3_600_000).toUTCString()), 3_500_000, 3_600_000],
    ['the body', refused(429, 'rate_limited', { data: { retry_after: '31' } }), 31_000, 31_000],
    ['a 529', refused(529, 'service_overload', { headers: { 'retry-after': '7' } }), 7_000, 7_000],
    ['a 503', refused(503, 'service_unavailable', { headers: { 'retry-after': '7' } }), 7_000, 7_000],
  ])('may tell how long Notion wants to be left alone: %s', async (_, move, least, most) => {
    const { retryAfterMs } = (await meaning(move)) as unknown as { retryAfterMs: number };

    expect(retryAfterMs).toBeGreaterThanOrEqual(least);
    expect(retryAfterMs).toBeLessThanOrEqual(most);
  });

  it('is not waited for by hanging on: Notion hears that we have gone', async () => {
    const notion = await start();
    notion.script('hang');
    const client = createClient({ token: TOKEN, baseUrl: notion.url, timeoutsMs: HASTY });

    expect((await rejectionOf(readPage(client, 1))).message).toBe('Notion did not answer within 0.2 s');

    await expect.poll(() => notion.met[0]?.abandoned).toBe(true);
  });

  it('is waited for longer after a write, which giving up would leave in doubt', async () => {
    const notion = await start();
    notion.script('hang');
    const client = createClient({ token: TOKEN, baseUrl: notion.url, timeoutsMs: { read: 50, write: 10_000 } });
    setTimeout(notion.release, 200);

    await expect(setTitle(client, 1)).resolves.toMatchObject({ id: PAGE_ID });
  });

  it('may be missing because nobody listens', async () => {
    const client = createClient({ token: TOKEN, baseUrl: `http://127.0.0.1:${await getPort()}` });

    expect(await rejectionOf(readPage(client, 1))).toMatchObject({
      name: 'NotionUnavailable',
      message: 'Notion cannot be reached (ECONNREFUSED)',
    });
  });
});

describe('what may be told of a request', () => {
  const start = useScriptedNotion();

  it('is method, path, status, the ids of request and ray, and how long it took', async () => {
    const notion = await start();
    notion.script(
      refused(404, 'object_not_found', { headers: { 'cf-ray': '8f2d1c4b5a697812-FRA' } }),
      refused(404, 'object_not_found', { headers: { 'cf-ray': `ray of ${ANN}`, 'x-notion-request-id': ANN } }),
      'drop',
    );
    const { begin, requests } = anAsking(notion);
    const asked = { method: 'GET', path: `/v1/pages/${PAGE_ID}`, durationMs: expect.any(Number) };

    await rejectionOf(begin().read(readPage));
    await rejectionOf(begin().read(readPage));
    await begin().read(readPage);

    expect(requests).toEqual([
      { ...asked, status: 404, requestId: expect.stringMatching(/^[0-9a-f-]{36}$/), rayId: '8f2d1c4b5a697812-FRA' },
      { ...asked, status: 404 },
      asked,
      { ...asked, status: 200 },
    ]);
  });

  it('never holds an address or the token, not even when Notion quotes them back', async ({ onTestFinished }) => {
    const notion = await start();
    const printed = capturePrinting(onTestFinished);
    const quoting = (status: number, code = 'validation_error'): Move => ({
      status,
      body: { object: 'error', status, code, message: `Invalid ${ANN}, ${TOKEN}`, request_id: ANN },
      headers: { 'x-leak': ANN },
    });
    const moves = [
      ...[200, 400, 401, 403, 404, 409, 429, 500, 503, 529].flatMap((status) => [
        quoting(status),
        quoting(status, ANN),
      ]),
      ...(['drop', 'hang', 'hang_in_body'] as const),
    ];

    const told: unknown[] = [];
    for (const move of moves) {
      for (const kind of ['read', 'set', 'add'] as const) {
        const { begin, requests, log } = anAsking(notion, {
          token: TOKEN,
          ...(typeof move === 'string' && { timeoutsMs: HASTY }),
        });
        notion.script(...Array<Move>(6).fill(move));
        const ask = begin();
        const acts = {
          read: () => ask.read(readPage),
          set: () => ask.set(setTitle, async () => false),
          add: () => ask.add(addPage, async () => undefined),
        };
        told.push(await acts[kind]().then(() => 'done', everythingIn), requests, log.lines);
        notion.forget();
      }
    }

    const text = [JSON.stringify(told), ...printed()].join('\n');
    expect(text).toContain('validation_error');
    expect(text).not.toContain(ANN);
    expect(text).not.toContain(TOKEN);
  });
});

/** What a logger or Temporal could serialize of an error. */
function everythingIn(error: Error): string {
  const own = Object.getOwnPropertyNames(error).map((name) => Reflect.get(error, name));
  return `${JSON.stringify(own)} ${error.cause instanceof Error ? everythingIn(error.cause) : String(error.cause)}`;
}

/** Keeps what is printed meanwhile, by whatever way. */
function capturePrinting(onTestFinished: (end: () => void) => void): () => string[] {
  const lines: string[] = [];
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write;
    stream.write = (chunk: string | Uint8Array) => lines.push(String(chunk)) > 0;
    onTestFinished(() => {
      stream.write = write;
    });
  }
  for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    const print = console[level];
    console[level] = (...parts: unknown[]) => void lines.push(inspect(parts, { depth: 10 }));
    onTestFinished(() => {
      console[level] = print;
    });
  }
  return () => lines;
}
