import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import ms from 'ms';
import { compareMails, type MailFigures, whyVoid } from '../figures.ts';
import { duration, wholeNumber } from '../options.ts';
import { keepResults } from '../results.ts';
import { startBullmq } from './bullmq.ts';
import type { Peer } from './peer.ts';
import { PEER_TITLES, PEERS, type PeerName, patienceWith, shareOf, turnsOf } from './peers.ts';
import { startPgBoss } from './pg-boss.ts';
import { expectedMail, planBookings } from './planned-bookings.ts';
import { startPrecall } from './precall.ts';
import { findRedis } from './redis.ts';
import { peersReport } from './report.ts';
import { SHAPES, type Shape, SPREADS } from './shapes.ts';
import { startTimers } from './timers.ts';
import { untilMailed } from './until-mailed.ts';

/** What one peer did with one shape, once. */
export interface Turn {
  shape: Shape;
  peer: PeerName;
  bookings: number;
  mails: MailFigures;
}

interface Options {
  count: number;
  only?: Shape;
  of: PeerName[];
  rounds: number;
  wait: number;
}

/** A queue takes its jobs in a second or two, and nothing but their instants wakes it. */
const WAIT_OF_QUEUES_MS = 60_000;

const command = new Command('bench:peers')
  .description(
    'measures how late the same mails are with Precall and with what else could send them, one after the other',
  )
  .option('--count <mails>', 'how many each peer sends in each shape', wholeNumber(1, 10_000), 1_000)
  .addOption(new Option('--only <shape>', 'one shape instead of both').choices(SHAPES))
  .addOption(
    new Option('--of <peers...>', 'some peers instead of all').choices(PEERS).default([...PEERS], PEERS.join(' ')),
  )
  .option('--rounds <rounds>', 'how many turns each peer has', wholeNumber(1, 20), 1)
  .addOption(
    new Option(
      '--wait <duration>',
      'from the first booking to the first reminder, for Precall, which wakes up to two minutes early, a quarter of the wait at most',
    )
      .argParser(duration)
      .default(ms('9m'), '9m'),
  )
  .parse();
const options = command.opts<Options>();
const redis = findRedis();
if (options.of.includes('bullmq') && !redis) {
  command.error('BullMQ needs a Redis: install Debian’s redis-server or valkey-server, or leave BullMQ out with --of');
}

const START: Record<PeerName, () => Promise<Peer>> = {
  timers: startTimers,
  bullmq: () => startBullmq(redis!, 50),
  'pg-boss': () => startPgBoss({ workers: 5, options: { batchSize: 50, pollingIntervalSeconds: 0.5 } }),
  'pg-boss-defaults': () => startPgBoss({ workers: 1, options: {} }),
  precall: startPrecall,
};

const startedAt = new Date();
const turns: Turn[] = [];
for (const shape of options.only ? [options.only] : SHAPES) {
  for (const peer of turnsOf(options.of, options.rounds)) turns.push(await measure(shape, peer, options));
}

console.log(peersReport(turns));
await keepResults('peers', { startedAt, options, versions: versions(), turns });
process.exitCode = turns.some(({ mails }) => whyVoid(mails)) ? 1 : 0;

/** Takes one peer from its start, empty, to the last mail. */
async function measure(shape: Shape, name: PeerName, { count, wait }: Options): Promise<Turn> {
  const say = (what: string) =>
    console.log(`${new Date().toISOString().slice(11, 19)}  ${shape}, ${PEER_TITLES[name]}: ${what}`);
  const peer = await START[name]();
  try {
    const firstDueAt = Date.now() + (name === 'precall' ? wait : WAIT_OF_QUEUES_MS);
    const bookings = planBookings(name, shareOf(name, count), firstDueAt, SPREADS[shape]);
    await peer.plan(bookings);
    if (Date.now() >= firstDueAt)
      throw new Error(`${PEER_TITLES[name]}: the first was due before the last was planned`);
    say(`${bookings.length} planned`);

    await untilMailed(peer.mails, bookings, patienceWith(name, bookings.length));
    const expected = bookings.map((booking) => expectedMail(booking, peer.installationKey));
    const mails = compareMails(expected, peer.mails);
    say(whyVoid(mails) ?? 'every mail came, once');
    return { shape, peer: name, bookings: bookings.length, mails };
  } finally {
    await peer.stop();
  }
}

function versions(): Record<string, string> {
  const versionOf = (name: string) => {
    const file = fileURLToPath(import.meta.resolve(`${name}/package.json`));
    return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
  };
  return {
    bullmq: versionOf('bullmq'),
    'pg-boss': versionOf('pg-boss'),
    ...(redis && { redis: execFileSync(redis, ['--version'], { encoding: 'utf8' }).trim() }),
  };
}
