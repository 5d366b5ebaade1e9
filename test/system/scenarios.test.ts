import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { type Stack, startStack } from '../../src/dev/embedded-stack.ts';
import { cipherOf } from '../../src/kept-secret.ts';
import { makeKey } from '../../src/key-ring.ts';
import { startPrecallServer } from '../../src/server/start-server.ts';
import { openStore } from '../../src/store/store.ts';
import { createBookingRuns } from '../../src/temporal/booking-runs.ts';
import { installRuntime } from '../../src/temporal/connect-worker.ts';
import { createDataConverter } from '../../src/temporal/data-converter.ts';
import { silent } from '../support/silent.ts';
import { until } from '../support/until.ts';

const CLI = fileURLToPath(new URL('../../src/cli/precall.ts', import.meta.url));
const SECRET = 'a secret only Cal.com knows';

let folder: string;
beforeAll(async () => {
  installRuntime(silent);
  folder = await mkdtemp(join(tmpdir(), 'precall-scenarios-'));
  await writeFile(join(folder, 'no-key'), 'something else');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The command as an operator runs it, in a folder without any settings. */
function scenarios(...args: string[]) {
  return scenariosIn({}, ...args);
}

function scenariosIn(
  settings: Record<string, string>,
  ...args: string[]
): Promise<{ exitCode: number; lines: string[]; stderr: string }> {
  const nodeArgs = ['--import', import.meta.resolve('tsx'), CLI, 'scenarios', '--patience', '20s', ...args];
  const env = { PATH: process.env['PATH'], ...settings };
  return new Promise((resolve) => {
    execFile(process.execPath, nodeArgs, { cwd: folder, env }, (error, stdout, stderr) => {
      resolve({ exitCode: Number(error?.code ?? 0), lines: stdout.trim().split('\n'), stderr });
    });
  });
}

const verdicts = (lines: readonly string[]) => lines.flatMap((line) => /^(PASS|FAIL) {2}([^:]+)/.exec(line)?.[0] ?? []);

const CASES = ['valid booking', 'other event', 'missing attendees', 'too soon', 'campaign member'];

function useStack(name: string, settings: Record<string, string>) {
  let stack: Stack | undefined;
  let client: Client;
  beforeAll(async () => {
    const dataDir = join(folder, name);
    const env = { PORT: '0', DATA_DIR: dataDir, CALCOM_WEBHOOK_SECRET: SECRET, ...settings };
    const config = loadConfig('embedded', env, join(dataDir, 'precall.yaml'));
    stack = await startStack({ config, log: silent, say: () => undefined });
    client = new Client({ connection: await Connection.connect({ address: stack.temporal.address }) });
  });
  afterAll(async () => {
    await client?.connection.close();
    await stack?.stop();
  });

  const there = () => {
    if (!stack?.sandbox) throw new Error('The stack is not running');
    return { ...stack, sandbox: stack.sandbox };
  };
  const answering = () => ['--url', there().url, '--secret', SECRET];
  const inTemporal = () => [...answering(), '--temporal', there().temporal.address];
  return {
    there,
    answering,
    inTemporal,
    everywhere: () => [
      ...[...inTemporal(), '--encryption-key-file', join(folder, name, 'encryption-key')],
      ...['--notion', there().sandbox.url, '--notion-token-file', join(folder, name, 'notion-sandbox-token')],
    ],
    rows: () =>
      there()
        .sandbox.contacts.rows()
        .map(({ cells }) => cells),
    count: async (query: string) => (await client.workflow.count(query)).count,
    async endAllOf(taskQueue: string) {
      for await (const { workflowId } of client.workflow.list({ query: `TaskQueue = "${taskQueue}"` })) {
        await client.workflow.getHandle(workflowId).terminate();
      }
    },
  };
}

const STILL_ON = 'ExecutionStatus = "Running" AND PrecallStatus != "cancelled"';

describe.each([
  ['normal mode', {}],
  ['testing mode', { TESTING_MODE: 'true' }],
])('a server in %s', (mode, settings) => {
  const stack = useStack(mode.replace(' ', '-'), settings);

  it('passes all five cases, and is left as it was', async () => {
    const rowsBefore = stack.rows();

    const { exitCode, lines, stderr } = await scenarios(...stack.everywhere());

    expect(verdicts(lines)).toEqual(CASES.map((name) => `PASS  ${name}`));
    expect(lines.at(-1)).toBe('5 of 5 cases passed.');
    expect(lines.join()).toMatch(
      /skipped in Temporal.*3 reminders planned in Temporal.*Booked, .*, Pre-Call Prep in Notion/,
    );
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stack.rows()).toEqual(rowsBefore);
    await until('cancel of all three', async () => (await stack.count('PrecallStatus = "cancelled"')) === 3, 20_000);
    expect(await stack.count(STILL_ON)).toBe(0);
  });
});

describe('a server that works as it should', () => {
  const stack = useStack('right', {});

  it('is not said to do what was not looked at, and its bookings are cancelled all the same', async () => {
    const { exitCode, lines } = await scenarios(...stack.answering());

    expect(verdicts(lines)).toEqual(CASES.map((name) => `PASS  ${name}`));
    expect(lines.filter((line) => line.includes('not checked:'))).toEqual([
      '      not checked: that Temporal shows it as skipped (give --temporal)',
      '      not checked: that its reminders are planned (give --temporal)',
      '      not checked: that the row in Notion is updated (give --notion)',
    ]);
    expect(lines.join()).not.toContain('Left behind');
    expect(lines.at(-1)).toBe('5 of 5 cases passed, 3 things not checked.');
    expect(exitCode).toBe(0);
    await until('cancel of all three', async () => (await stack.count('PrecallStatus = "cancelled"')) === 3, 20_000);
  });

  it('is not said to plan reminders when nobody gives the keys to read that with', async () => {
    const { exitCode, lines } = await scenarios(...stack.inTemporal());

    expect(lines.join()).toContain('skipped in Temporal');
    expect(lines.filter((line) => line.includes('not checked:'))).toEqual([
      '      not checked: that its reminders are planned (give --encryption-key-file or ENCRYPTION_KEYS)',
      '      not checked: that the row in Notion is updated (give --notion)',
    ]);
    expect(exitCode).toBe(0);
  });

  it('fails the member’s case while its worker cannot write to Notion', async () => {
    const { sandbox } = stack.there();
    const email = 'bruno.keller@example.com';
    sandbox.sequence.add({ Name: 'Bruno Keller', Email: email, Campaign: 'Christmas 2025' });
    sandbox.fail({ method: 'PATCH', times: Number.POSITIVE_INFINITY, action: 'drop' });

    const { exitCode, lines } = await scenarios(...stack.everywhere(), '--member-email', email, '--patience', '6s');
    sandbox.heal();

    expect(verdicts(lines)).toEqual([...CASES.slice(0, 4).map((name) => `PASS  ${name}`), 'FAIL  campaign member']);
    expect(lines.join()).toMatch(/Pre-Call Prep expected in Notion, not [–\w ]+, –, –/);
    expect(lines.join()).toMatch(/Left behind in Notion/);
    expect(exitCode).toBe(1);
  });

  it('fails the member’s case for somebody who is in no campaign', async () => {
    const { exitCode, lines } = await scenarios(...stack.everywhere(), '--member-email', 'chiara.lindt@example.com');

    expect(lines).toContainEqual('FAIL  campaign member: membership none: is --member-email somebody in a campaign?');
    expect(exitCode).toBe(1);
  });

  it('fails what only a worker can do while none runs', async () => {
    const idle = await startWithoutWorker(stack.there().temporal.address);

    const { exitCode, lines } = await scenarios(...stack.everywhere(), '--url', idle.url, '--patience', '3s');
    await idle.stop();
    await stack.endAllOf(idle.taskQueue);

    expect(verdicts(lines)).toEqual([
      ...CASES.slice(0, 3).map((name) => `PASS  ${name}`),
      'FAIL  too soon',
      'FAIL  campaign member',
    ]);
    expect(lines.join()).toMatch(/scheduled in Temporal, not skipped.*no worker tells its timetable/);
    expect(exitCode).toBe(1);
  });

  it.each([
    [
      'the wrong secret',
      () => ['--url', stack.there().url, '--secret', 'another secret'],
      /refuses the signature.*--secret/s,
    ],
    ['no secret', () => ['--url', stack.there().url], /refuses the signature.*--secret/s],
    ['an address where nobody answers', () => ['--url', 'http://127.0.0.1:1'], /Nobody answers at .*npm start.*--url/],
    ['a file that is not there', () => ['--secret-file', 'nowhere'], /nowhere cannot be read \(ENOENT\)/],
    ['another Temporal', () => [...stack.everywhere(), '--temporal', '127.0.0.1:1'], /does not answer.*--temporal/],
    ['another namespace', () => [...stack.everywhere(), '--namespace', 'other'], /no namespace other.*--namespace/],
    ['the wrong token', () => [...stack.everywhere(), '--notion-token', 'ntn_wrong'], /Notion \(--notion\): .*token/],
    [
      'a key that is none',
      () => [...stack.inTemporal(), '--encryption-key-file', join(folder, 'no-key')],
      /no-key: key 1: expected id:key/,
    ],
    ['no token', () => ['--notion', stack.there().sandbox.url], /--notion needs a token: give --notion-token/],
    [
      'a member who is no contact',
      () => [...stack.everywhere(), '--member-email', 'nobody@example.com'],
      /no row with the member's address: .*--member-email/,
    ],
  ])('cannot be tried with %s, which is said in one sentence', async (_what, args, message) => {
    const { exitCode, lines, stderr } = await scenarios(...args());

    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(verdicts(lines)).toEqual([]);
    expect(exitCode).toBe(1);
    expect(await stack.count(STILL_ON)).toBe(0);
  });

  it('is given up with other keys than its own, and its bookings are cancelled', async () => {
    const { exitCode, lines, stderr } = await scenariosIn({ ENCRYPTION_KEYS: makeKey('kept') }, ...stack.inTemporal());

    expect(stderr).toMatch(/encrypted with other keys.*--encryption-key-file/s);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(verdicts(lines)).toEqual(CASES.slice(0, 3).map((name) => `PASS  ${name}`));
    expect(lines.join()).not.toContain('Left behind');
    expect(exitCode).toBe(1);
    await until('cancel of all bookings', async () => (await stack.count(STILL_ON)) === 0, 20_000);
  });
});

/** A server beside that of the stack, with a store of its own, whose bookings nobody looks after. */
async function startWithoutWorker(address: string) {
  const dataDir = join(folder, 'idle');
  const taskQueue = 'nobody-polls-this';
  const env = { PORT: '0', DATA_DIR: dataDir, CALCOM_WEBHOOK_SECRET: SECRET, TEMPORAL_ADDRESS: address };
  const config = loadConfig('embedded', { ...env, TASK_QUEUE: taskQueue }, 'none.yaml');
  const cipher = cipherOf({ ...config, dataDir: join(folder, 'right') });
  const store = await openStore({ databaseUrl: undefined, dataDir, cipher, log: silent });
  const runs = createBookingRuns({ config, dataConverter: createDataConverter(cipher), log: silent });
  const server = await startPrecallServer({ config, store, runs, installationKey: 'k'.repeat(32), log: silent });
  return {
    url: server.url,
    taskQueue,
    async stop() {
      await server.stop();
      await runs.close();
      await store.close();
    },
  };
}

describe('a server that', () => {
  const json = (status: number, body: unknown): RequestListener => {
    return (request, response) => {
      request.resume();
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
  };

  it.each<[string, RequestListener, string[]]>([
    ['says 200 to everything', json(200, { ok: true }), []],
    ['ignores everything', json(200, { status: 'ignored', reason: 'unknown_trigger' }), ['other event']],
    [
      'accepts everything',
      json(202, { status: 'accepted', workflowId: 'precall/1' }),
      ['valid booking', 'too soon', 'campaign member'],
    ],
    ['accepts without starting a run', json(202, { status: 'accepted' }), []],
    ['rejects everything, with no reason', json(400, { status: 'rejected' }), []],
    ['has lost its Temporal', json(503, { status: 'unavailable' }), []],
    ['is none of ours', (_request, response) => void response.writeHead(200).end('<html>'), []],
  ])('%s fails', async (_what, behaviour, passing) => {
    const server = createServer(behaviour).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const secretFile = join(folder, 'secret');
    await writeFile(secretFile, `${SECRET}\n`);

    const { exitCode, lines } = await scenarios('--url', `http://127.0.0.1:${port}/`, '--secret-file', secretFile);
    server.closeAllConnections();
    server.close();

    expect(verdicts(lines)).toEqual(CASES.map((name) => `${passing.includes(name) ? 'PASS' : 'FAIL'}  ${name}`));
    expect(lines.at(-1)).toContain(`${passing.length} of 5 cases passed`);
    expect(exitCode).toBe(1);
  });
});
