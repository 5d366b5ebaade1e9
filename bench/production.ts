import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import getPort from 'get-port';
import type { GuardedProcess } from '../src/dev/guarded-process.ts';
import { provisionTemporalCli } from '../src/dev/provision/temporal-cli.ts';
import { startTemporalServer, type TemporalServer } from '../src/dev/temporal-server.ts';
import { makeKey } from '../src/key-ring.ts';
import { REMINDERS_ONLY, writeChoices } from '../test/support/choices.ts';
import { startPostgres } from '../test/support/postgres.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { startNode, untilItAnswers } from './processes.ts';
import type { WebhookTarget } from './webhooks.ts';

/** What can be started in it: the product as built, or what it is compared with. */
export type Program = 'server' | 'worker' | 'direct-server';

/** PostgreSQL and Temporal, both empty, and the processes that are started on them. They end with us, however we end. */
export interface Production {
  /** Undefined when it is somebody else's. */
  temporal: TemporalServer | undefined;
  /** Where our own Temporal keeps what it knows; more files of this name lie beside it while it runs. */
  temporalFile: string;
  ledger: Ledger;
  startWorker(settings: Record<string, string>): Promise<GuardedProcess>;
  /** @returns once it answers. */
  startServer(
    program: Exclude<Program, 'worker'>,
    settings?: Record<string, string>,
  ): Promise<GuardedProcess & WebhookTarget>;
  /** How many runs are open, as Temporal lists them. */
  openRuns(): Promise<number>;
  stop(): Promise<void>;
}

const PROGRAMS: Record<Program, readonly [file: string, ...args: string[]]> = {
  server: ['../dist/cli/precall.js', 'server'],
  worker: ['../dist/cli/precall.js', 'worker'],
  'direct-server': ['./direct-server.ts'],
};

/** @param temporalAddress of a Temporal to use, which must know no bookings; without it, a dev server is started. */
export async function startProduction(temporalAddress?: string): Promise<Production> {
  execFileSync(process.execPath, ['--import', 'tsx', fromHere('../scripts/ensure-built.ts')], { stdio: 'inherit' });
  const folder = await mkdtemp(join(tmpdir(), 'precall-bench-'));
  // Whoever has no contact gets one: a missing one would be looked for again and again, and nothing ever sleep.
  await writeChoices(folder, { ...REMINDERS_ONLY, notion: { noContact: 'create' } });
  const temporalFile = join(folder, 'temporal.db');
  const temporal = temporalAddress === undefined ? await startTemporal(temporalFile) : undefined;
  const address = temporalAddress ?? temporal!.address;
  const postgres = await startPostgres();
  const ledger = createLedger(postgres.url);
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  const started: GuardedProcess[] = [];

  const webhookSecret = randomBytes(24).toString('hex');
  const settingsOfAll = {
    DATA_DIR: folder,
    DATABASE_URL: postgres.url,
    TEMPORAL_ADDRESS: address,
    ENCRYPTION_KEYS: makeKey('bench'),
    INSTALLATION_KEY: randomBytes(24).toString('hex'),
    CALCOM_WEBHOOK_SECRET: webhookSecret,
  };
  async function start(program: Program, settings: Record<string, string>): Promise<GuardedProcess> {
    const [file, ...args] = PROGRAMS[program];
    const running = await startNode(fromHere(file), args, { ...settingsOfAll, ...settings }, { folder });
    started.push(running);
    return running;
  }

  return {
    temporal,
    temporalFile,
    ledger,
    startWorker: (settings) => start('worker', settings),

    async startServer(program, settings = {}) {
      const port = await getPort({ host: '127.0.0.1' });
      const running = await start(program, { PORT: `${port}`, ...settings });
      const url = `http://127.0.0.1:${port}`;
      await untilItAnswers(`${url}/health`, running);
      return { ...running, url, webhookSecret };
    },

    async openRuns() {
      const { count } = await client.workflow.count(`ExecutionStatus = 'Running'`);
      return count;
    },

    async stop() {
      await Promise.all(started.map((running) => running.stop()));
      await connection.close();
      await ledger.close();
      await Promise.all([temporal?.stop(), postgres.stop()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function startTemporal(dbFilename: string): Promise<TemporalServer> {
  const executable = await provisionTemporalCli({ env: process.env, say: console.log });
  return startTemporalServer({ executable, dbFilename });
}

function fromHere(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}
