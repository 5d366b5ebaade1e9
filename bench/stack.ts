import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import getPort from 'get-port';
import type { GuardedProcess } from '../src/dev/guarded-process.ts';
import { provisionTemporalCli } from '../src/dev/provision/temporal-cli.ts';
import { startTemporalServer } from '../src/dev/temporal-server.ts';
import { makeKey } from '../src/key-ring.ts';
import { REMINDERS_ONLY, writeChoices } from '../test/support/choices.ts';
import { startPostgres } from '../test/support/postgres.ts';
import type { AcceptedMail } from './figures.ts';
import { startMailSink } from './mail-sink.ts';
import { type ProcessUsage, startNode, untilItAnswers, usageOf } from './processes.ts';

export const PROCESSES = ['precall', 'temporal', 'sink'] as const;

export type Usage = Record<(typeof PROCESSES)[number], ProcessUsage>;

/** What `precall start` runs, with Temporal and the mail server where a benchmark can watch them. */
export interface BenchStack {
  temporalAddress: string;
  webhookSecret: string;
  installationKey: string;
  /** What the sink has taken so far. */
  mails: readonly AcceptedMail[];
  /**
   * Runs `precall server` on a PostgreSQL of its own, whose bookings no worker takes up, as long as `use` takes; it is handed
   * the address.
   */
  withServerAlone<T>(use: (url: string) => Promise<T>): Promise<T>;
  /**
   * Starts `precall start`, which keeps what arrives in its own folder; not before Temporal was measured without it.
   *
   * @returns its address.
   */
  startPrecall(): Promise<string>;
  usage(): Usage;
  stop(): Promise<void>;
}

/** @param offset how long before each call its one reminder is due, as `REMINDER_OFFSETS` says it. */
export async function startBenchStack(offset: string): Promise<BenchStack> {
  const dataDir = await mkdtemp(join(tmpdir(), 'precall-bench-'));
  await writeChoices(dataDir, REMINDERS_ONLY);
  const webhookSecret = randomBytes(24).toString('hex');
  const installationKey = randomBytes(24).toString('hex');

  const executable = await provisionTemporalCli({ env: process.env, say: console.log });
  const temporal = await startTemporalServer({ executable, dbFilename: join(dataDir, 'temporal.db') });
  const { process: sink, smtpUrl, mails } = await startMailSink();
  let precall: (GuardedProcess & { url: string }) | undefined;

  async function run(command: 'start' | 'server', answers: string, more: Record<string, string> = {}) {
    const port = await getPort({ host: '127.0.0.1' });
    const file = fileURLToPath(new URL('../src/cli/precall.ts', import.meta.url));
    const settings = {
      PORT: `${port}`,
      DATA_DIR: dataDir,
      TEMPORAL_ADDRESS: temporal.address,
      SMTP_URL: smtpUrl,
      CALCOM_WEBHOOK_SECRET: webhookSecret,
      INSTALLATION_KEY: installationKey,
      REMINDER_OFFSETS: offset,
      MEETING_THRESHOLD: '1m',
      ...more,
    };
    const running = await startNode(file, [command], settings, { folder: dataDir });
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
      const postgres = await startPostgres();
      try {
        const server = await run('server', '/health', {
          TASK_QUEUE: 'nobody-polls-this',
          DATABASE_URL: postgres.url,
          ENCRYPTION_KEYS: makeKey('bench'),
        });
        try {
          return await use(server.url);
        } finally {
          await server.stop();
        }
      } finally {
        await postgres.stop();
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
