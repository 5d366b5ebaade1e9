import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import getPort from 'get-port';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { startTemporalServer, type TemporalServer, type TemporalServerOptions } from '../../src/dev/temporal-server.ts';

let folder: string;
const started: TemporalServer[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'precall-temporal-'));
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.stop()));
  await rm(folder, { recursive: true, force: true });
});

const dbFilename = () => join(folder, 'data', 'temporal.db');

async function start(options: Partial<TemporalServerOptions> = {}): Promise<TemporalServer> {
  const server = await startTemporalServer({
    executable: inject('temporalCliPath'),
    dbFilename: dbFilename(),
    ...options,
  });
  started.push(server);
  return server;
}

async function withClient<T>(address: string, use: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address });
  try {
    return await use(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

const startWorkflow = ({ address }: { address: string }, workflowId: string) =>
  withClient(address, (client) => client.workflow.start('sleeper', { workflowId, taskQueue: 'nobody' }));

const statusOf = ({ address }: { address: string }, workflowId: string) =>
  withClient(address, async (client) => (await client.workflow.getHandle(workflowId).describe()).status.name);

async function idShownBy(url: string): Promise<string | undefined> {
  const answer = (await (await fetch(url)).json()) as { workflowExecutionInfo?: { execution: { workflowId: string } } };
  return answer.workflowExecutionInfo?.execution.workflowId;
}

/** Every process, of whatever name, whose command line speaks of this test's folder. */
function processesOfThisTest(): string[] {
  const all = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n');
  return all.filter((line) => line.includes(folder));
}

async function untilGone(limitMs: number): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (processesOfThisTest().length > 0 && Date.now() < deadline) await sleep(50);
  expect(processesOfThisTest()).toEqual([]);
}

describe('a Temporal dev server', () => {
  it('takes workflows as soon as it is started, and shows them in its UI', async () => {
    const server = await start();

    await startWorkflow(server, 'at-once');

    expect(await statusOf(server, 'at-once')).toBe('RUNNING');
    // The UI looks for its server once a second.
    await expect
      .poll(() => idShownBy(`${server.uiUrl}/api/v1/namespaces/default/workflows/at-once`), { timeout: 10_000 })
      .toBe('at-once');
  });

  it('listens where it is told', async () => {
    const [port, uiPort] = [await getPort(), await getPort()];

    const server = await start({ port, uiPort });

    expect(server).toMatchObject({ address: `127.0.0.1:${port}`, uiUrl: `http://127.0.0.1:${uiPort}` });
  });

  it('stops within 5 s, leaves no process, and knows everything when it is started again', async () => {
    const first = await start();
    await startWorkflow(first, 'sleeping');

    const askedAt = Date.now();
    await first.stop();

    expect(Date.now() - askedAt).toBeLessThan(5_000);
    expect(await first.exited).toMatchObject({ expected: true });
    expect(processesOfThisTest()).toEqual([]);
    expect(await statusOf(await start(), 'sleeping')).toBe('RUNNING');
  });

  it('tells when it is killed, leaves no watcher, and knows everything when it is started again', async () => {
    const first = await start();
    await startWorkflow(first, 'sleeping');

    process.kill(first.pid, 'SIGKILL');

    expect(await first.exited).toMatchObject({ expected: false, code: 137 });
    await untilGone(2_000);
    expect(await statusOf(await start(), 'sleeping')).toBe('RUNNING');
  });
});

describe('a Temporal dev server whose parent', () => {
  async function startParent() {
    const script = fileURLToPath(new URL('./temporal-server-parent.ts', import.meta.url));
    const args = ['--import', 'tsx', script, inject('temporalCliPath'), dbFilename()];
    const parent = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(parent.stdout, 'data');
    return { parent, server: JSON.parse(String(line)) as { pid: number; address: string } };
  }

  it.each<NodeJS.Signals>(['SIGKILL', 'SIGTERM'])('ends by %s ends too, with everything on disk', async (signal) => {
    const { parent, server } = await startParent();
    await startWorkflow(server, 'sleeping');

    parent.kill(signal);
    await once(parent, 'exit');

    await untilGone(5_000);
    expect(await statusOf(await start(), 'sleeping')).toBe('RUNNING');
  });

  it('is interrupted from the terminal goes on until the parent ends', async () => {
    const groupOf = (pid: number) => execFileSync('ps', ['-o', 'pgid=', '-p', `${pid}`], { encoding: 'utf8' }).trim();

    const { parent, server } = await startParent();

    expect(groupOf(server.pid)).not.toBe(groupOf(parent.pid!));
    parent.kill('SIGKILL');
    await untilGone(5_000);
  });
});

describe('a Temporal dev server that ends before it answers', () => {
  /** Ends as a server does whose port was taken, so many times; then it is the real one. */
  async function failing(times: number): Promise<string> {
    const executable = join(folder, 'temporal');
    const script = `#!/bin/sh
      echo x >> "${folder}/starts"
      [ "$(wc -l < "${folder}/starts")" -gt ${times} ] && exec "${inject('temporalCliPath')}" "$@"
      echo "panic: port is taken" >&2
      echo "goroutine 1 [running]:" >&2
      exit 2
    `;
    await writeFile(executable, script);
    await chmod(executable, 0o755);
    return executable;
  }

  it('is started again', async () => {
    const server = await start({ executable: await failing(2) });

    await startWorkflow(server, 'at-once');
    expect(await statusOf(server, 'at-once')).toBe('RUNNING');
  });

  it('is an error with what it said last when that does not help', async () => {
    await expect(start({ executable: await failing(3) })).rejects.toThrow(
      /^Temporal ended at once \(exit code 2\)\. Its last lines:\n {2}panic: port is taken$/,
    );
  });

  it('is an error that names the port which is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };

    await expect(start({ port })).rejects.toThrow(`Temporal needs port ${port}, which is in use.`);
    other.close();
  });
});
