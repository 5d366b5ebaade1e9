import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { Command, Option } from 'commander';
import ms from 'ms';
import { postWebhook, sampleBookingCreated } from '../src/dev/sample-booking.ts';
import { domainOf, parseMailbox } from '../src/email/mailbox.ts';
import { messageIdOf } from '../src/email/message-id.ts';
import { compareMails, type ExpectedMail, type MailFigures, whyVoid } from './figures.ts';
import { type LoadFigures, load, loadRaw } from './load.ts';
import { duration, wholeNumber } from './options.ts';
import { report } from './report.ts';
import { keepResults } from './results.ts';
import { type BenchStack, PROCESSES, startBenchStack, type Usage } from './stack.ts';

/** How the due instants lie. */
export type Shape = 'spread' | 'instant';

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

const SPREAD_MS = 60_000;
const OFFSET = { label: '2h', ms: 2 * 3_600_000 };
/** The sender that mails have when `EMAIL_FROM` is not set. */
const SENDER = parseMailbox('Precall <precall@localhost>');
const DAY_MS = 24 * 3_600_000;
/** The first requests find nothing compiled and no connection open; those made to warm up are due tomorrow. */
const WARM_UP_COUNT = 50;
const RAW_COUNT = 300;
const ALONE_COUNT = 300;
/** After the last reminder was due: how long one may still come, and how long one that came twice would take. */
const PATIENCE_MS = 60_000;
const SETTLE_MS = 5_000;
/** What the processes use while they settle even if nothing happens. */
const IDLE_CPU_SECONDS = 1;

const options = new Command('bench')
  .description('measures how many bookings are accepted per second, and how late their reminders are')
  .option('--count <bookings>', 'how many bookings each shape gets', wholeNumber(1, 10_000), 1_000)
  .addOption(new Option('--only <shape>', 'one shape instead of both').choices(['spread', 'instant']))
  .addOption(
    new Option('--wait <duration>', 'from the first booking to the first reminder')
      .argParser(duration)
      .default(ms('5m'), '5m'),
  )
  .parse()
  .opts<Options>();

const startedAt = new Date();
const figures: ShapeFigures[] = [];
for (const shape of options.only ? [options.only] : (['spread', 'instant'] as const)) {
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
    await loadRaw(client, 'raw-warm-up', WARM_UP_COUNT);
    const before = await loadRaw(client, 'raw-before', RAW_COUNT);
    say(`Temporal alone takes ${Math.round(before.perSecond)} bookings a second`);

    const accept = (url: string, bookings: readonly PlannedBooking[]) =>
      load(bookings, (booking) => book(url, stack.webhookSecret, booking));
    const alone = await stack.withServerAlone(async (url) => {
      await accept(url, planBookings('warm-up-alone', WARM_UP_COUNT, Date.now() + DAY_MS, 0));
      return accept(url, planBookings('alone', ALONE_COUNT, Date.now() + DAY_MS, 0));
    });
    say(`a server alone accepts ${Math.round(alone.perSecond)} a second`);

    const url = await stack.startPrecall();
    await accept(url, planBookings('warm-up', WARM_UP_COUNT, Date.now() + DAY_MS, 0));
    await sleep(SETTLE_MS);
    const started = stack.usage();
    const bookings = planBookings(shape, count, Date.now() + wait, shape === 'spread' ? SPREAD_MS : 0);
    const beside = await accept(url, bookings);
    say(`${count} bookings accepted, ${Math.round(beside.perSecond)} a second`);

    const asleep = await untilAsleep(stack, Date.now() + wait / 3);
    const after = await loadRaw(client, 'raw-after', RAW_COUNT);
    const waiting = stack.usage();
    say(`Temporal alone takes ${Math.round(after.perSecond)} a second now; waiting for the reminders`);

    const peak = await untilMailed(stack, bookings);
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

interface PlannedBooking {
  uid: string;
  /** Epoch milliseconds. */
  dueAt: number;
  email: string;
}

function planBookings(name: string, count: number, firstDueAt: number, spreadMs: number): PlannedBooking[] {
  return Array.from({ length: count }, (_, index) => ({
    uid: `${name}-${index}`,
    dueAt: firstDueAt + Math.floor((index * spreadMs) / count),
    email: `attendee-${index}@example.com`,
  }));
}

async function book(url: string, secret: string, { uid, dueAt, email }: PlannedBooking): Promise<void> {
  const startsAt = new Date(dueAt + OFFSET.ms);
  const body = sampleBookingCreated({ uid, startsAt, attendee: { name: 'Bench Attendee', email } });
  const { status } = await postWebhook(url, secret, body);
  if (status !== 202) throw new Error(`A booking was answered ${status} instead of 202`);
}

function expectedMail({ uid, dueAt, email }: PlannedBooking, key: string): ExpectedMail {
  const startsAt = new Date(dueAt + OFFSET.ms).toISOString();
  const reminder = { booking: { uid }, startsAt, offsetMs: OFFSET.ms, recipient: email };
  return { messageId: messageIdOf({ key, domain: domainOf(SENDER), ...reminder }), dueAt };
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
async function untilMailed(
  stack: BenchStack,
  bookings: readonly PlannedBooking[],
): Promise<ShapeFigures['usage']['peak']> {
  const lastDueAt = Math.max(...bookings.map(({ dueAt }) => dueAt));
  const peak = { precall: 0, temporal: 0, sink: 0 };
  while (Date.now() < lastDueAt || (stack.mails.length < bookings.length && Date.now() < lastDueAt + PATIENCE_MS)) {
    await sleep(1_000);
    const now = stack.usage();
    for (const name of PROCESSES) peak[name] = Math.max(peak[name], now[name].memory);
  }
  await sleep(SETTLE_MS);
  return peak;
}
