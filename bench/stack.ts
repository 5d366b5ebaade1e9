import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import getPort from 'get-port';
import { type GuardedProcess, startGuarded } from '../src/dev/guarded-process.ts';
import { provisionTemporalCli } from '../src/dev/provision/temporal-cli.ts';
import { startTemporalServer } from '../src/dev/temporal-server.ts';
import type { AcceptedMail } from './figures.ts';

export const PROCESSES = ['precall', 'temporal', 'sink'] as const;

/** What each process holds and has used: resident memory in MiB, processor time in seconds. */
export type Usage = Record<(typeof PROCESSES)[number], { memory: number; cpu: number }>;

/** What `precall start` runs, with Temporal and the mail server where a benchmark can watch them. */
export interface BenchStack {
  temporalAddress: string;
  webhookSecret: string;
  installationKey: string;
  /** What the sink has taken so far. */
  mails: readonly AcceptedMail[];
  /** Runs `precall server`, whose bookings no worker takes up, as long as `use` takes; it is handed the address. */
  withServerAlone<T>(use: (url: string) => Promise<T>): Promise<T>;
  /**
   * Starts `precall start`; not before Temporal was measured without it.
   *
   * @returns its address.
   */
  startPrecall(): Promise<string>;
  usage(): Usage;
  stop(): Promise<void>;
}

const READY_LIMIT_MS = 60_000;

/** @param offset how long before each call its one reminder is due, as `REMINDER_OFFSETS` says it. */
export async function startBenchStack(offset: string): Promise<BenchStack> {
  const dataDir = await mkdtemp(join(tmpdir(), 'precall-bench-'));
  const webhookSecret = randomBytes(24).toString('hex');
  const installationKey = randomBytes(24).toString('hex');

  const executable = await provisionTemporalCli({ env: process.env, say: console.log });
  const temporal = await startTemporalServer({ executable, dbFilename: join(dataDir, 'temporal.db') });
  const { sink, smtpPort, mails } = await startSink();
  let precall: (GuardedProcess & { url: string }) | undefined;

  async function run(command: 'start' | 'server', answers: string, more: Record<string, string> = {}) {
    const port = await getPort({ host: '127.0.0.1' });
    const running = await startNode(fileURLToPath(new URL('../src/cli/precall.ts', import.meta.url)), [command], {
      PORT: `${port}`,
      DATA_DIR: dataDir,
      TEMPORAL_ADDRESS: temporal.address,
      SMTP_URL: `smtp://127.0.0.1:${smtpPort}`,
      CALCOM_WEBHOOK_SECRET: webhookSecret,
      INSTALLATION_KEY: installationKey,
      REMINDER_OFFSETS: offset,
      MEETING_THRESHOLD: '1m',
      ...more,
    });
    const url = `http://127.0.0.1:${port}`;
    await untilItAnswers(`${url}${answers}`, running);
    return { ...running, url };
  }

  return {
    temporalAddress: temporal.address,
    webhookSecret,
    installationKey,
    mails,

    async withServerAlone(use) {
      const server = await run('server', '/health', { TASK_QUEUE: 'nobody-polls-this' });
      try {
        return await use(server.url);
      } finally {
        await server.stop();
      }
    },

    async startPrecall() {
      precall = await run('start', '/ready');
      return precall.url;
    },

    usage: () => ({ precall: usageOf(precall), temporal: usageOf(temporal), sink: usageOf(sink) }),

    async stop() {
      await precall?.stop();
      await sink.stop();
      await temporal.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function startSink() {
  const mails: AcceptedMail[] = [];
  let smtpPort: number | undefined;
  const sink = await startNode(fileURLToPath(new URL('./smtp-sink.ts', import.meta.url)), [], {}, (line) => {
    const [first = '', acceptedAt] = line.split(' ');
    if (acceptedAt === undefined) smtpPort = Number(first);
    else mails.push({ messageId: first, acceptedAt: Number(acceptedAt) });
  });
  while (smtpPort === undefined) await sleep(20);
  return { sink, smtpPort, mails };
}

/** A TypeScript file in a process of its own, with these settings and no others of ours. */
function startNode(
  file: string,
  args: readonly string[],
  settings: Record<string, string>,
  onLine?: (line: string) => void,
): Promise<GuardedProcess> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...settings };
  const assignments = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return startGuarded('env', ['-i', ...assignments, process.execPath, '--import', 'tsx', file, ...args], onLine);
}

async function untilItAnswers(url: string, precall: GuardedProcess): Promise<void> {
  const ended = precall.exited.then(({ lastLines }) => lastLines);
  for (const deadline = Date.now() + READY_LIMIT_MS; Date.now() < deadline; ) {
    const lastLines = await Promise.race([ended, sleep(200)]);
    if (lastLines) throw new Error(`Precall ended at once:\n${lastLines.join('\n')}`);
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return;
  }
  throw new Error(`Precall did not answer after ${READY_LIMIT_MS / 1_000} s`);
}

function usageOf(running: { pid: number } | undefined): Usage['precall'] {
  if (!running) return { memory: 0, cpu: 0 };
  const row = execFileSync('ps', ['-o', 'rss=,cputimes=', '-p', `${running.pid}`], { encoding: 'utf8' });
  const [residentKiB, cpu] = row.trim().split(/\s+/).map(Number);
  return { memory: Math.round(residentKiB! / 1_024), cpu: cpu! };
}
