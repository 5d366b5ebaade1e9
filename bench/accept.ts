import { setTimeout as sleep } from 'node:timers/promises';
import { Command, Option } from 'commander';
import { acceptReport } from './accept-report.ts';
import {
  compareNeighbours,
  type DeliveryCounts,
  type Spread,
  spreadOf,
  type Window,
  whyCountsDiffer,
} from './figures.ts';
import { loadAt, loadFor } from './load.ts';
import { wholeNumber } from './options.ts';
import { type Production, startProduction } from './production.ts';
import { keepResults } from './results.ts';
import { createSender } from './webhooks.ts';

/** Webhooks against calling `signalWithStart` in the request. Every window is kept, in order. */
export interface RoundsFigures {
  seconds: number;
  windows: Window[];
  ratios: number[];
  control: number[];
  counts: DeliveryCounts;
}

/** Webhooks at their times, whatever becomes of those before them. */
export interface StreamFigures {
  perSecond: number;
  count: number;
  /** Milliseconds, from when a webhook was to be sent. */
  latency: Spread | undefined;
  /** Milliseconds, from received to dispatched. */
  lag: Spread | undefined;
  errors: string[];
  /** How many were still to be dispatched when the last had been answered. */
  backlog: number;
  /** From when the first was received until the last was dispatched. */
  dispatchedWithinMs: number;
  counts: DeliveryCounts;
}

export interface AcceptFigures {
  rounds?: RoundsFigures;
  steady?: StreamFigures;
  burst?: StreamFigures;
}

interface Options {
  rounds: number;
  seconds: number;
  steadySeconds: number;
  burst: number;
  only?: keyof AcceptFigures;
  temporal?: string;
}

const IN_FLIGHT = 32;
const STEADY_PER_SECOND = 100;
const BURST_PER_SECOND = 500;
/** The first requests find nothing compiled and no connection open. */
const WARM_UP = { perSecond: 50, count: 150 };
/** What one window leaves to be dispatched must not weigh upon the next. */
const DRAIN_LIMIT_MS = 5 * 60_000;
const CALM_MS = 500;
/** No worker runs: what is measured is taking a booking and handing it on, not looking after it. */
const UNATTENDED = { TASK_QUEUE: 'nobody-polls-this' };
const DAY_MS = 24 * 3_600_000;

const options = new Command('bench:accept')
  .description('measures how webhooks are accepted and handed to Temporal: the server as built, on PostgreSQL')
  .option('--rounds <rounds>', 'of four windows each, ours and its baseline in turn', wholeNumber(1, 100), 9)
  .option('--seconds <seconds>', 'how long a window is', wholeNumber(1, 60), 2)
  .option('--steady-seconds <seconds>', 'how long webhooks come at 100/s', wholeNumber(1, 3_600), 60)
  .option('--burst <webhooks>', 'how many come at 500/s', wholeNumber(1, 20_000), 2_000)
  .addOption(new Option('--only <part>', 'one part instead of all').choices(['rounds', 'steady', 'burst']))
  .option('--temporal <address>', 'an empty Temporal to use, instead of a dev server of its own; with --only')
  .parse()
  .opts<Options>();

const startedAt = new Date();
const say = (what: string) => console.log(`${new Date().toISOString().slice(11, 19)}  ${what}`);
const sender = createSender(new Date(Date.now() + 30 * DAY_MS));
const parts: { [Part in keyof AcceptFigures]-?: () => Promise<NonNullable<AcceptFigures[Part]>> } = {
  rounds: () => inProduction((production) => measureRounds(production, options)),
  steady: () => inProduction((it) => measureStream(it, STEADY_PER_SECOND, STEADY_PER_SECOND * options.steadySeconds)),
  burst: () => inProduction((production) => measureStream(production, BURST_PER_SECOND, options.burst)),
};

const figures: AcceptFigures = {};
if (wants('rounds')) figures.rounds = await parts.rounds();
if (wants('steady')) figures.steady = await parts.steady();
if (wants('burst')) figures.burst = await parts.burst();
sender.close();

console.log(`\n${acceptReport(figures)}`);
await keepResults('accept', { startedAt, options, figures });
process.exitCode = Object.values(figures).some(({ counts }) => whyCountsDiffer(counts)) ? 1 : 0;

function wants(part: keyof AcceptFigures): boolean {
  return options.only === undefined || options.only === part;
}

/** Each part begins with an empty Temporal and an empty store. */
async function inProduction<T>(measure: (production: Production) => Promise<T>): Promise<T> {
  const production = await startProduction(options.temporal);
  try {
    return await measure(production);
  } finally {
    await production.stop();
  }
}

async function measureRounds(production: Production, { rounds, seconds }: Options): Promise<RoundsFigures> {
  const { ledger } = production;
  const servers = {
    subject: await production.startServer('server', UNATTENDED),
    baseline: await production.startServer('direct-server', UNATTENDED),
  };
  const warmUps = Object.entries(servers).map(([of, target]) =>
    loadAt(WARM_UP, (index) => sender.post(target, `warm-up-${of}-${index}`)),
  );
  await Promise.all(warmUps);
  await ledger.untilDispatched(DRAIN_LIMIT_MS);
  const runsBefore = await production.openRuns();

  const windows: Window[] = [];
  const counts = { posted: 0, accepted: 0 };
  const made = { subject: 0, baseline: 0 };
  for (let round = 1; round <= rounds; round += 1) {
    for (const of of ['subject', 'baseline', 'baseline', 'subject'] as const) {
      await sleep(CALM_MS);
      const name = `rounds-${of}-${windows.length}`;
      const { count, perSecond } = await loadFor({ inFlight: IN_FLIGHT, seconds }, async (index) => {
        counts.posted += 1;
        await sender.post(servers[of], `${name}-${index}`);
        counts.accepted += 1;
      });
      made[of] += count;
      windows.push({ of, perSecond });
      await ledger.untilDispatched(DRAIN_LIMIT_MS);
    }
    const [ours, theirs] = (['subject', 'baseline'] as const).map((of) =>
      windows.slice(-4).flatMap((window) => (window.of === of ? [Math.round(window.perSecond)] : [])),
    );
    say(`round ${round}: ${ours?.join(' and ')} a second, and ${theirs?.join(' and ')} in the request`);
  }

  // What the baseline took went past the store.
  const { kept, dispatched } = await ledger.counts('rounds-subject');
  return {
    seconds,
    windows,
    ...compareNeighbours(windows),
    counts: {
      ...counts,
      kept: kept + made.baseline,
      dispatched: dispatched + made.baseline,
      runs: (await production.openRuns()) - runsBefore,
    },
  };
}

async function measureStream(production: Production, perSecond: number, count: number): Promise<StreamFigures> {
  const { ledger } = production;
  const server = await production.startServer('server', UNATTENDED);
  await loadAt(WARM_UP, (index) => sender.post(server, `warm-up-${index}`));
  await ledger.untilDispatched(DRAIN_LIMIT_MS);
  await sleep(CALM_MS);
  const runsBefore = await production.openRuns();

  const name = `stream-${perSecond}`;
  const { latency, errors } = await loadAt({ perSecond, count }, (index) => sender.post(server, `${name}-${index}`));
  const backlog = await ledger.backlog();
  say(`${count} webhooks at ${perSecond} a second: ${errors.length} errors; ${backlog} are still to be dispatched`);

  await ledger.untilDispatched(DRAIN_LIMIT_MS);
  return {
    perSecond,
    count,
    latency,
    lag: spreadOf(await ledger.dispatchLags(name)),
    errors,
    backlog,
    dispatchedWithinMs: await ledger.dispatchedWithin(name),
    counts: {
      posted: count,
      accepted: count - errors.length,
      ...(await ledger.counts(name)),
      runs: (await production.openRuns()) - runsBefore,
    },
  };
}
