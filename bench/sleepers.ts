import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import ms from 'ms';
import { startNotionSandbox } from '../src/dev/notion-sandbox/sandbox.ts';
import { type DeliveryCounts, whyCountsDiffer } from './figures.ts';
import { load } from './load.ts';
import { startMailSink } from './mail-sink.ts';
import { duration, wholeNumber } from './options.ts';
import { type ProcessUsage, usageOf } from './processes.ts';
import { type Production, startProduction } from './production.ts';
import { keepResults } from './results.ts';
import { sleepersReport } from './sleepers-report.ts';
import { createSender } from './webhooks.ts';

/** How many bookings sleep, and what the processes hold then. */
export interface Level {
  bookings: number;
  usage: Record<'server' | 'worker' | 'temporal', ProcessUsage>;
  /** From the first webhook until all slept. */
  seconds: number;
}

export interface SleepersFigures {
  /** Before the first booking; then level by level, in the same processes. */
  levels: Level[];
  /** Bytes, with all bookings asleep and Temporal stopped. */
  disk: { temporal: number; store: number };
  counts: DeliveryCounts;
  /** Nothing is due: there must be none. */
  mails: number;
}

interface Options {
  few: number;
  many: number;
  limit: number;
}

const DAYS_AHEAD = 30;
const DAY_MS = 24 * 3_600_000;
/** So that the worker begins while the rest still comes, and Temporal is not met by all at once. */
const BATCH = 500;
const SETTLE_MS = 5_000;
/** What the processes use while they settle even if nothing happens. */
const IDLE_CPU_SECONDS = 1;

const options = new Command('bench:sleepers')
  .description('measures what bookings cost that wait for their call: memory, and bytes on disk')
  .option('--few <bookings>', 'how many sleep at first', wholeNumber(1, 10_000), 1_000)
  .option('--many <bookings>', 'how many sleep in the end', wholeNumber(1, 100_000), 10_000)
  .option('--limit <duration>', 'how long a level may take', duration, ms('40m'))
  .parse()
  .opts<Options>();

const startedAt = new Date();
const say = (what: string) => console.log(`${new Date().toISOString().slice(11, 19)}  ${what}`);
const sink = await startMailSink();
const notion = await startNotionSandbox();
const production = await startProduction();
try {
  const figures = await measure(production, options);
  console.log(`\n${sleepersReport(figures)}`);
  await keepResults('sleepers', { startedAt, options, figures });
  process.exitCode = whyCountsDiffer(figures.counts) || figures.mails > 0 ? 1 : 0;
} finally {
  await production.stop();
  await notion.stop();
  await sink.process.stop();
}

async function measure(production: Production, { few, many, limit }: Options): Promise<SleepersFigures> {
  const { temporalFile, ledger } = production;
  const temporal = production.temporal!;
  const server = await production.startServer('server');
  const worker = await production.startWorker({
    SMTP_URL: sink.smtpUrl,
    NOTION_TOKEN: notion.token,
    NOTION_BASE_URL: notion.url,
    NOTION_BUSINESSX_DB_ID: notion.contactsDatabaseId,
    NOTION_EMAIL_SEQUENCE_DB_ID: notion.sequenceDatabaseId,
    // The sandbox has no budget, and at Notion's it would take an hour and a half until all are asleep.
    NOTION_REQUESTS_PER_MINUTE: '3000',
  });
  const usage = () => ({ server: usageOf(server), worker: usageOf(worker), temporal: usageOf(temporal) });
  const sender = createSender(new Date(Date.now() + DAYS_AHEAD * DAY_MS));

  const levels: Level[] = [{ bookings: 0, usage: await untilIdle(usage, Date.now() + limit), seconds: 0 }];
  for (const bookings of [few, many]) {
    const begunAt = performance.now();
    const deadline = Date.now() + limit;
    for (let asleep = levels.at(-1)!.bookings; asleep < bookings; ) {
      const next = Math.min(asleep + BATCH, bookings);
      const uids = Array.from({ length: next - asleep }, (_, index) => `sleeper-${asleep + index}`);
      await load(uids, (uid) => sender.post(server, uid));
      await untilAsleep(production, next, deadline);
      asleep = next;
    }
    const seconds = (performance.now() - begunAt) / 1_000;
    levels.push({ bookings, usage: await untilIdle(usage, deadline), seconds });
    say(`${bookings} bookings sleep`);
  }
  sender.close();

  const counts = {
    posted: many,
    accepted: many,
    ...(await ledger.counts('sleeper')),
    runs: await production.openRuns(),
  };
  const store = await ledger.size();
  await worker.stop();
  await server.stop();
  await temporal.stop();
  return { levels, disk: { temporal: await sizeOf(temporalFile), store }, counts, mails: sink.mails.length };
}

async function untilAsleep({ ledger }: Production, bookings: number, deadline: number): Promise<void> {
  for (let asleep = await ledger.asleep(); asleep < bookings; asleep = await ledger.asleep()) {
    if (Date.now() > deadline) throw new Error(`Only ${asleep} of ${bookings} bookings sleep`);
    await sleep(500);
  }
}

/** What a run does once it has reported is done when nobody works any more. */
async function untilIdle(usage: () => Level['usage'], deadline: number): Promise<Level['usage']> {
  const worked = (of: Level['usage']) => of.server.cpu + of.worker.cpu + of.temporal.cpu;
  for (let before = usage(); ; ) {
    await sleep(SETTLE_MS);
    const now = usage();
    if (worked(now) - worked(before) <= IDLE_CPU_SECONDS) return now;
    if (Date.now() > deadline) throw new Error('The processes do not come to rest');
    before = now;
  }
}

/** With what SQLite keeps beside the file, should it not have been put in order. */
async function sizeOf(file: string): Promise<number> {
  const sizes = [file, `${file}-wal`].map((part) =>
    stat(part).then(
      ({ size }) => size,
      () => 0,
    ),
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
