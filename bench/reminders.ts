import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { Command, Option } from 'commander';
import ms from 'ms';
import { compareMails, type MailFigures, whyVoid } from './figures.ts';
import { type LoadFigures, loadRaw } from './load.ts';
import { duration, wholeNumber } from './options.ts';
import { bookAll, expectedMail, OFFSET, type PlannedBooking, planBookings, warmUp } from './planned-bookings.ts';
import { report } from './report.ts';
import { keepResults } from './results.ts';
import { SHAPES, type Shape, SPREADS } from './shapes.ts';
import { type BenchStack, PROCESSES, startBenchStack, type Usage } from './stack.ts';
import { untilMailed } from './until-mailed.ts';

export interface ShapeFigures {
  shape: Shape;
  bookings: number;
  /** Temporal alone, before Precall was started and again while all bookings slept. */
  raw: { before: LoadFigures; after: LoadFigures };
  /** Answered by a server with no worker beside it, and by the whole of `precall start`. */
  webhooks: { alone: LoadFigures; beside: LoadFigures };
  mails: MailFigures;
  /**
   * Once Precall had started; once all bookings slept; once Temporal had been measured again; after the last mail. `peak` is
   * the most memory while reminders were awaited and sent, in MiB.
   */
  usage: Record<'started' | 'asleep' | 'waiting' | 'ended', Usage> & { peak: Record<keyof Usage, number> };
}

interface Options {
  count: number;
  only?: Shape;
  wait: number;
}

const DAY_MS = 24 * 3_600_000;
/** The first runs find nothing compiled and no connection open. */
const RAW_WARM_UP_COUNT = 50;
const RAW_COUNT = 300;
const ALONE_COUNT = 300;
const SETTLE_MS = 5_000;
/** What the processes use while they settle even if nothing happens. */
const IDLE_CPU_SECONDS = 1;

const options = new Command('bench')
  .description('measures how many bookings are accepted per second, and how late their reminders are')
  .option('--count <bookings>', 'how many bookings each shape gets', wholeNumber(1, 10_000), 1_000)
  .addOption(new Option('--only <shape>', 'one shape instead of both').choices(SHAPES))
  .addOption(
    new Option('--wait <duration>', 'from the first booking to the first reminder')
      .argParser(duration)
      .default(ms('5m'), '5m'),
  )
  .parse()
  .opts<Options>();

const startedAt = new Date();
const figures: ShapeFigures[] = [];
for (const shape of options.only ? [options.only] : SHAPES) {
  figures.push(await measure(shape, options));
}

console.log(report(figures));
await keepResults('reminders', { startedAt, options, figures });
process.exitCode = figures.some(({ mails }) => whyVoid(mails)) ? 1 : 0;

/** Takes one shape from an empty Temporal to the last mail. */
async function measure(shape: Shape, { count, wait }: Options): Promise<ShapeFigures> {
  const say = (what: string) => console.log(`${new Date().toISOString().slice(11, 19)}  ${shape}: ${what}`);
  const stack = await startBenchStack(OFFSET.label);
  const connection = await Connection.connect({ address: stack.temporalAddress });
  const client = new Client({ connection });
  try {
    await loadRaw(client, 'raw-warm-up', RAW_WARM_UP_COUNT);
    const before = await loadRaw(client, 'raw-before', RAW_COUNT);
    say(`Temporal alone takes ${Math.round(before.perSecond)} bookings a second`);

    const { webhookSecret } = stack;
    const alone = await stack.withServerAlone(async (url) => {
      await warmUp({ url, webhookSecret }, 'warm-up-alone');
      return bookAll({ url, webhookSecret }, planBookings('alone', ALONE_COUNT, Date.now() + DAY_MS, 0));
    });
    say(`a server alone accepts ${Math.round(alone.perSecond)} a second`);

    const url = await stack.startPrecall();
    await warmUp({ url, webhookSecret });
    await sleep(SETTLE_MS);
    const started = stack.usage();
    const bookings = planBookings(shape, count, Date.now() + wait, SPREADS[shape]);
    const beside = await bookAll({ url, webhookSecret }, bookings);
    say(`${count} bookings accepted, ${Math.round(beside.perSecond)} a second`);

    const asleep = await untilAsleep(stack, Date.now() + wait / 3);
    const after = await loadRaw(client, 'raw-after', RAW_COUNT);
    const waiting = stack.usage();
    say(`Temporal alone takes ${Math.round(after.perSecond)} a second now; waiting for the reminders`);

    const peak = await peakUntilMailed(stack, bookings);
    const expected = bookings.map((booking) => expectedMail(booking, stack.installationKey));
    const mails = compareMails(expected, stack.mails);
    say(whyVoid(mails) ?? 'every reminder came, once');
    return {
      shape,
      bookings: count,
      raw: { before, after },
      webhooks: { alone, beside },
      mails,
      usage: { started, asleep, waiting, ended: stack.usage(), peak },
    };
  } finally {
    await connection.close();
    await stack.stop();
  }
}

/** A booking's first steps take longer than its answer: waits until nobody has anything left to do, or time is up. */
async function untilAsleep(stack: BenchStack, deadline: number): Promise<Usage> {
  for (let before = stack.usage(); ; ) {
    await sleep(SETTLE_MS);
    const now = stack.usage();
    const worked = PROCESSES.reduce((seconds, name) => seconds + now[name].cpu - before[name].cpu, 0);
    if (worked <= IDLE_CPU_SECONDS || Date.now() >= deadline) return now;
    before = now;
  }
}

/** @returns the most memory each process was seen to hold, in MiB. */
async function peakUntilMailed(
  stack: BenchStack,
  bookings: readonly PlannedBooking[],
): Promise<ShapeFigures['usage']['peak']> {
  const peak = { precall: 0, temporal: 0, sink: 0 };
  const look = () => {
    const now = stack.usage();
    for (const name of PROCESSES) peak[name] = Math.max(peak[name], now[name].memory);
  };
  await untilMailed(stack.mails, bookings, { look });
  return peak;
}
