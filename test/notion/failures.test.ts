import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { edgeAnswer, errorAnswer, type FaultAction, rateLimited } from '../../src/dev/notion-sandbox/sandbox.ts';
import { ANN, addAnn, addToCampaign, connect, rejectionOf, rowOf, useSandbox, writesTo } from './support.ts';

const booked = { bookingStatus: 'Booked', callDate: '2025-12-10', campaignStatus: 'Pre-Call Prep' } as const;
const hasty = { timeoutsMs: { read: 150, write: 300 } };

const unavailable: [string, FaultAction][] = [
  ['500', { answer: errorAnswer(500) }],
  ['502 in HTML', { answer: edgeAnswer(502) }],
  ['503', { answer: errorAnswer(503) }],
  ['504', { answer: errorAnswer(504) }],
  ['529', { answer: errorAnswer(529) }],
  ['409', { answer: errorAnswer(409) }],
  ['403 from the network in front', { answer: edgeAnswer(403) }],
  ['a 200 in HTML', { answer: edgeAnswer(200) }],
  ['an empty 200', { answer: { status: 200, body: '', headers: {} } }],
  ['a 200 that is no object', { answer: { status: 200, body: 'null', headers: {} } }],
  ['silence', 'hang'],
  ['half an answer', 'hang-in-body'],
  ['a closed connection', 'drop'],
];

describe('a failure that can pass', () => {
  const start = useSandbox();

  it.each(unavailable)('%s, on a look-up, is reported as such and not repeated', async (_, action) => {
    const sandbox = await start();
    addToCampaign(sandbox, ANN);
    const notion = connect(sandbox, hasty);
    sandbox.fail({ path: /query$/, action });

    const error = await rejectionOf(notion.findMembership(ANN));

    expect(error).toMatchObject({ name: 'NotionUnavailable' });
    expect(queries(sandbox)).toHaveLength(1);
    await expect(notion.findMembership(ANN)).resolves.toMatchObject({ state: 'member' });
  });

  it.each(unavailable)('%s, on a write, leaves a row that is right after the next try', async (_, action) => {
    const sandbox = await start();
    const ann = addAnn(sandbox);
    const notion = connect(sandbox, hasty);
    sandbox.fail({ method: 'PATCH', action });

    expect(await rejectionOf(notion.updateContact(ANN, booked))).toMatchObject({ name: 'NotionUnavailable' });
    expect(writesTo(sandbox)).toHaveLength(1);

    await notion.updateContact(ANN, booked);
    expect(rowOf(sandbox, ann)['Booking Status']).toBe('Booked');
  });

  it.each<[string, FaultAction]>([
    ['the connection closes', 'commit-then-drop'],
    ['Notion answers 503', { commitThenAnswer: errorAnswer(503) }],
    ['the answer stops half way', 'hang-in-body'],
  ])('is not written twice when it was saved although %s', async (_, action) => {
    const sandbox = await start();
    const ann = addAnn(sandbox);
    const notion = connect(sandbox, hasty);
    sandbox.fail({ method: 'PATCH', action });
    await rejectionOf(notion.updateContact(ANN, booked));
    expect(rowOf(sandbox, ann)['Booking Status']).toBe('Booked');

    await expect(notion.updateContact(ANN, booked)).resolves.toMatchObject({ outcome: 'unchanged' });

    expect(writesTo(sandbox)).toHaveLength(1);
  });

  it.each([
    ['seconds', rateLimited({ retryAfter: '120' }), 120_000, 120_000],
    ['a date', rateLimited({ retryAfter: new Date(Date.now() + 3_600_000).toUTCString() }), 3_500_000, 3_600_000],
    ['the body', rateLimited(), 31_000, 31_000],
    ['a 529', errorAnswer(529, { 'retry-after': '7' }), 7_000, 7_000],
  ])('says how long Notion asked to be left alone, told by %s', async (_, answer, least, most) => {
    const sandbox = await start();
    sandbox.fail({ path: /query$/, action: { answer } });

    const error = await rejectionOf(connect(sandbox).findMembership(ANN));

    expect(error).toMatchObject({ name: 'NotionUnavailable', retryAfterMs: expect.any(Number) });
    const { retryAfterMs } = error as unknown as { retryAfterMs: number };
    expect(retryAfterMs).toBeGreaterThanOrEqual(least);
    expect(retryAfterMs).toBeLessThanOrEqual(most);
  });

  it('hangs up when time is over, so that Notion knows', async () => {
    const sandbox = await start();
    sandbox.fail({ path: /query$/, action: 'hang' });

    const error = await rejectionOf(connect(sandbox, hasty).findMembership(ANN));

    expect(error.message).toBe('Notion did not answer within 0.15 s');
    await expect.poll(() => queries(sandbox)[0]?.abandoned).toBe(true);
  });

  it('is patient with writes: giving up earlier than Notion would leave them in doubt', async () => {
    const sandbox = await start();
    addAnn(sandbox);
    sandbox.fail({ method: 'PATCH', action: { delayMs: 200 } });

    await expect(connect(sandbox, hasty).updateContact(ANN, booked)).resolves.toMatchObject({ outcome: 'updated' });
  });

  it('on the way to the database is not remembered', async () => {
    const sandbox = await start();
    const notion = connect(sandbox);
    sandbox.fail({ path: /databases/, action: { answer: errorAnswer(503) } });
    await rejectionOf(notion.findMembership(ANN));

    await expect(notion.findMembership(ANN)).resolves.toEqual({ state: 'none' });
  });

  it('includes nobody listening at all', async () => {
    const sandbox = await start();
    const notion = connect(sandbox);
    await sandbox.stop();

    expect(await rejectionOf(notion.findMembership(ANN))).toMatchObject({
      name: 'NotionUnavailable',
      message: 'Notion cannot be reached (ECONNREFUSED)',
    });
  });
});

describe('a failure that only a person can resolve', () => {
  const start = useSandbox();

  it('is a token that is not accepted', async () => {
    const sandbox = await start();
    const notion = connect(sandbox, { token: 'ntn_revoked' });

    expect(await rejectionOf(notion.findMembership(ANN))).toMatchObject({
      name: 'NotionRefusal',
      reason: 'unauthorized',
      message: expect.stringContaining('NOTION_TOKEN'),
    });
  });

  it.each([
    ['a missing capability', 'forbidden', errorAnswer(403)],
    ['an integration that is blocked', 'blocked', rateLimited({ reason: 'public_api_request_blocked' })],
    ['a redirect', 'invalid_request', { status: 308, body: '', headers: { location: 'https://www.notion.so/' } }],
    ['a 404 that is not Notion’s', 'invalid_request', edgeAnswer(404)],
  ] as const)('is %s', async (_, reason, answer) => {
    const sandbox = await start();
    sandbox.fail({ times: 10, path: /query$/, action: { answer } });

    expect(await rejectionOf(connect(sandbox).findMembership(ANN))).toMatchObject({ name: 'NotionRefusal', reason });
  });
});

describe('what may be told', () => {
  const start = useSandbox();

  it('is method, path, status, the id of the request and how long it took', async () => {
    const sandbox = await start();
    const notion = connect(sandbox);

    await notion.findMembership(ANN);

    expect(notion.requests.at(-1)).toEqual({
      method: 'POST',
      path: `/v1/data_sources/${sandbox.sequence.dataSourceId}/query`,
      status: 200,
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      durationMs: expect.any(Number),
    });
  });

  it('never holds the address or the token, not even when Notion quotes them back', async ({ onTestFinished }) => {
    const sandbox = await start();
    addAnn(sandbox);
    const printed = capturePrinting(onTestFinished);
    const echo = `Invalid value ${ANN}, token ${sandbox.token}`;
    const quoting = (status: number, code = 'validation_error') => ({
      answer: {
        status,
        body: { object: 'error', status, code, message: echo, request_id: ANN },
        headers: { 'x-leak': ANN },
      },
    });
    const actions = [
      ...unavailable.map(([, action]) => action),
      ...[400, 401, 403, 404, 500].flatMap((status) => [quoting(status), quoting(status, ANN)]),
    ];

    const errors: Error[] = [];
    const requests: unknown[] = [];
    for (const method of ['POST', 'PATCH'] as const) {
      for (const action of actions) {
        const notion = connect(sandbox, hasty);
        sandbox.fail({ method, times: 2, action });
        errors.push(await rejectionOf(notion.updateContact(ANN, booked)));
        requests.push(notion.requests);
        sandbox.heal();
        await notion.updateContact(ANN, { bookingStatus: 'Cancelled' });
      }
    }

    const told = [...errors.map(everythingIn), JSON.stringify([requests, sandbox.journal]), ...printed()].join('\n');
    expect(told).not.toContain(ANN);
    expect(told).not.toContain(sandbox.token);
  });
});

function queries(sandbox: Awaited<ReturnType<ReturnType<typeof useSandbox>>>) {
  return sandbox.journal.filter(({ path }) => path.endsWith('/query'));
}

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
