import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import getPort from 'get-port';
import { type GuardedProcess, startGuarded } from '../src/dev/guarded-process.ts';
import { type NotionSandbox, startNotionSandbox } from '../src/dev/notion-sandbox/sandbox.ts';
import { startTemporalServer } from '../src/dev/temporal-server.ts';
import { REMINDERS_ONLY, writeChoices } from '../test/support/choices.ts';
import { startPostgres } from '../test/support/postgres.ts';
import type { TakenMail } from './evidence.ts';

/** What can be killed. */
export const VICTIMS = ['server', 'worker', 'temporal', 'postgres'] as const;
export type Victim = (typeof VICTIMS)[number];

export interface FaultStackOptions {
  /** Temporal's command line. */
  temporalCli: string;
  /** As `REMINDER_OFFSETS` says them. */
  offsets: readonly string[];
  /** Once it aborts, whatever is being waited for is given up. */
  signal: AbortSignal;
}

/** Precall as it runs in production, from `dist`, each part a process of its own that ends when we do. */
export interface FaultStack {
  webhookUrl: string;
  webhookSecret: string;
  installationKey: string;
  /** The domain of the From address. */
  mailDomain: string;
  databaseUrl: string;
  notion: NotionSandbox;
  mails: readonly TakenMail[];
  /** Resolves when the mail server has just taken a mail, whose answer has not left yet. */
  nextMail(): Promise<void>;
  log: readonly string[];
  endedByThemselves: readonly string[];
  /** SIGKILL, and waits until it is gone. */
  kill(victim: Victim): Promise<void>;
  /** Starts it again, and waits until it works. */
  restart(victim: Victim): Promise<void>;
  stop(): Promise<void>;
}

interface Killable {
  pid: number;
  exited: Promise<unknown>;
}

const START_LIMIT_MS = 60_000;
const PRECALL = fileURLToPath(new URL('../dist/cli/precall.js', import.meta.url));

export async function startFaultStack({ temporalCli, offsets, signal }: FaultStackOptions): Promise<FaultStack> {
  const folder = await mkdtemp(join(tmpdir(), 'precall-faults-'));
  await writeChoices(folder, { grace: '1s', ...REMINDERS_ONLY });
  const webhookSecret = randomBytes(24).toString('hex');
  const installationKey = randomBytes(24).toString('hex');
  const log: string[] = [];
  const endedByThemselves: string[] = [];
  const running = new Map<Victim, Killable>();
  const stops: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  const stop = async () => {
    running.clear();
    for (const end of stops.toReversed()) await end();
  };

  try {
    const port = await getPort({ host: '127.0.0.1' });
    const temporalPort = await getPort({ host: '127.0.0.1' });
    const [postgres, notion, sink] = await Promise.all([startPostgres(), startNotionSandbox(), startMailSink()]);
    stops.push(postgres.stop, notion.stop, sink.stop);

    const settings = {
      PORT: `${port}`,
      DATA_DIR: folder,
      DATABASE_URL: postgres.url,
      TEMPORAL_ADDRESS: `127.0.0.1:${temporalPort}`,
      ENCRYPTION_KEYS: `faults:${randomBytes(32).toString('base64')}`,
      CALCOM_WEBHOOK_SECRET: webhookSecret,
      INSTALLATION_KEY: installationKey,
      SMTP_URL: sink.url,
      EMAIL_FROM: 'Precall <calls@precall.example>',
      NOTION_TOKEN: notion.token,
      NOTION_BASE_URL: notion.url,
      NOTION_BUSINESSX_DB_ID: notion.contactsDatabaseId,
      NOTION_EMAIL_SEQUENCE_DB_ID: notion.sequenceDatabaseId,
      // The sandbox has no budget, and at Notion's own the runs would end long after the last kill.
      NOTION_REQUESTS_PER_MINUTE: '3000',
      REMINDER_OFFSETS: offsets.join(','),
      MEETING_THRESHOLD: '2s',
    };
    const url = `http://127.0.0.1:${port}`;

    /** Whoever ends while it is here has not been killed by us. */
    const watch = (victim: Victim, killable: Killable) => {
      running.set(victim, killable);
      void killable.exited.then(() => {
        if (running.get(victim) === killable) endedByThemselves.push(victim);
      });
    };
    const run = async (
      command: 'server' | 'worker',
      isUp: (lines: readonly string[]) => boolean | Promise<boolean>,
    ) => {
      const lines: string[] = [];
      const precall = await startNode(folder, [PRECALL, command], settings, (line) => {
        lines.push(line);
        log.push(line);
      });
      stops.push(precall.stop);
      watch(command, precall);
      const what = () => `${command} that works; it wrote:\n${lines.join('\n')}`;
      await until(what, () => isUp(lines), { signal, exited: precall.exited });
    };
    const start: Record<Victim, () => Promise<void>> = {
      server: () => run('server', () => answers(`${url}/health`)),
      worker: () => run('worker', (lines) => lines.some((line) => line.includes('worker started'))),
      async temporal() {
        const dbFilename = join(folder, 'temporal.db');
        const temporal = await startTemporalServer({ executable: temporalCli, dbFilename, port: temporalPort });
        stops.push(temporal.stop);
        watch('temporal', temporal);
      },
      postgres: () => postgres.restart(),
    };

    await start.temporal();
    await Promise.all([start.server(), start.worker()]);
    await until(
      () => 'readiness',
      () => answers(`${url}/ready`),
      { signal },
    );

    return {
      webhookUrl: `${url}/webhook/calcom-booking`,
      webhookSecret,
      installationKey,
      mailDomain: 'precall.example',
      databaseUrl: postgres.url,
      notion,
      mails: sink.mails,
      nextMail: sink.nextMail,
      log,
      endedByThemselves,
      async kill(victim) {
        if (victim === 'postgres') return postgres.kill9();
        const killable = running.get(victim);
        running.delete(victim);
        if (!killable) return;
        end(killable.pid);
        await killable.exited;
      },
      restart: (victim) => start[victim](),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startMailSink() {
  const mails: TakenMail[] = [];
  let port: number | undefined;
  let waiting: (() => void)[] = [];
  const file = fileURLToPath(new URL('./mail-sink.ts', import.meta.url));
  const tsx = import.meta.resolve('tsx');
  const sink = await startNode(tmpdir(), ['--import', tsx, file], {}, (line) => {
    if (port === undefined) {
      port = Number(line);
      return;
    }
    // The shell around it has a last word.
    if (!line.startsWith('{')) return;
    mails.push(JSON.parse(line) as TakenMail);
    for (const resolve of waiting) resolve();
    waiting = [];
  });
  await until(
    () => 'mail server',
    () => port !== undefined,
    { exited: sink.exited },
  );
  return {
    mails,
    url: `smtp://127.0.0.1:${port}`,
    nextMail: () => new Promise<void>((resolve) => waiting.push(resolve)),
    stop: sink.stop,
  };
}

/** Node in a process of its own, with these settings and no others of ours. */
function startNode(
  folder: string,
  args: readonly string[],
  settings: Record<string, string>,
  onLine: (line: string) => void,
): Promise<GuardedProcess> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...settings };
  const assignments = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const command = ['env', '-i', ...assignments, process.execPath, ...args];
  return startGuarded('sh', ['-c', 'cd "$0" && exec "$@"', folder, ...command], onLine);
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function answers(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
  return response?.ok ?? false;
}

/** @param exited of the process that is awaited: once it has ended there is nothing to wait for. */
async function until(
  what: () => string,
  look: () => boolean | Promise<boolean>,
  { signal, exited }: { signal?: AbortSignal; exited?: Promise<unknown> },
): Promise<void> {
  let hasEnded = false;
  void exited?.then(() => {
    hasEnded = true;
  });
  for (const deadline = Date.now() + START_LIMIT_MS; !(await look()); ) {
    signal?.throwIfAborted();
    if (hasEnded) throw new Error(`It ended: there is no ${what()}`);
    if (Date.now() > deadline) throw new Error(`After ${START_LIMIT_MS / 1_000} s there is still no ${what()}`);
    await sleep(20);
  }
}
