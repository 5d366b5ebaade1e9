import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import pg from 'pg';
import { workflowIdOf } from '../src/booking.ts';
import { readDelivery } from '../src/calcom/read-delivery.ts';
import { type Cipher, createCipher, type KeyRing } from '../src/cipher.ts';
import { sampleBookingCreated } from '../src/dev/sample-booking.ts';
import { makeKey, parseKeyRing } from '../src/key-ring.ts';
import { createLogger } from '../src/logger.ts';
import { verdictOn } from '../src/server/verdict.ts';
import type { ArrivedDelivery, Verdict } from '../src/store/inbox.ts';
import { openStore, type Store } from '../src/store/store.ts';
import { startPostgres } from '../test/support/postgres.ts';
import { slopeOf, spreadOf } from './figures.ts';
import { judged, table } from './markdown.ts';
import { wholeNumber } from './options.ts';
import { keepResults } from './results.ts';

interface Options {
  most: number;
  rounds: number;
  samples: number;
}

/** A store that holds so many bookings, dispatched and reported. */
interface FilledStore {
  bookings: number;
  store: Store;
  database: pg.Client;
  /** Half-way through the lists: the last of the page before. */
  middle: { id: number; startsAt: Date; uid: string };
}

type Operation = (typeof OPERATIONS)[number];

const SIZES = [1_000, 3_000, 10_000, 30_000, 100_000];
const PAGE = 50;
const OPERATIONS = ['keep', 'deliveries', 'dispatched', 'bookings', 'bookingsFromMiddle'] as const;
const TITLES: Record<Operation, string> = {
  keep: 'keep a delivery',
  deliveries: `the ${PAGE} newest deliveries`,
  dispatched: `${PAGE} dispatched deliveries from the middle on`,
  bookings: `the ${PAGE} soonest bookings`,
  bookingsFromMiddle: `${PAGE} bookings from the middle on`,
};
const STEEPEST = 0.1;
const WARM_UP_SAMPLES = 20;
const DAY_MS = 24 * 3_600_000;
const INSTALLATION_KEY = 'the benchmark has no other process to share it with';

const options = new Command('bench:growth')
  .description(
    'measures how keeping a delivery and listing grow with what the store holds: the store alone, on PostgreSQL',
  )
  .option('--most <bookings>', 'sizes go up to this', wholeNumber(1_000, 100_000), 100_000)
  .option('--rounds <rounds>', 'of all sizes in turn', wholeNumber(1, 100), 9)
  .option('--samples <samples>', 'of each operation for each size in a round', wholeNumber(1, 1_000), 100)
  .parse()
  .opts<Options>();

const startedAt = new Date();
const say = (what: string) => console.log(`${new Date().toISOString().slice(11, 19)}  ${what}`);
const postgres = await startPostgres();
const cipher = createCipher(parseKeyRing(makeKey('bench')) as KeyRing);
const stores: FilledStore[] = [];
try {
  for (const size of SIZES.filter((size) => size <= options.most)) {
    stores.push(await fill(await postgres.createDatabase(), cipher, size));
    say(`${size} bookings are in place`);
  }
  const figures = await measure(stores, options);
  console.log(`\n${report(figures)}`);
  await keepResults('growth', { startedAt, options, figures });
} finally {
  await Promise.all(stores.flatMap(({ store, database }) => [store.close(), database.end()]));
  await postgres.stop();
}

/** Puts one booking in as the product does, and multiplies its rows. */
async function fill(databaseUrl: string, cipher: Cipher, bookings: number): Promise<FilledStore> {
  const store = await openStore({ databaseUrl, dataDir: '.', cipher, log: createLogger('warn', 'bench') });
  await putIn(store);
  const database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();

  // Any column that is not made to differ is as in the first row, whatever columns there are.
  const uid = `md5(n::text)`;
  await database.query(
    `insert into deliveries overriding system value
     select copy.* from deliveries first, generate_series(2, ${bookings}::int) n, lateral jsonb_populate_record(first, jsonb_build_object(
       'id', nextval(pg_get_serial_sequence('deliveries', 'id')),
       'body_hash', '\\x' || encode(sha256(n::text::bytea), 'hex'),
       'event_id', md5('event ' || n), 'subject_uid', ${uid}, 'lineage', md5('lineage ' || n))) copy`,
  );
  await database.query(
    `insert into bookings
     select copy.* from bookings first, generate_series(2, ${bookings}::int) n, lateral jsonb_populate_record(first, jsonb_build_object(
       'external_id', ${uid}, 'twin', md5('twin ' || n), 'starts_at', first.starts_at + (n * 7919 % 525600) * interval '1 minute')) copy`,
  );
  await database.query('vacuum analyze');
  return { bookings, store, database, middle: await middleOf(database, bookings) };
}

async function putIn({ inbox, bookings }: Store): Promise<void> {
  const { delivery, verdict } = aDelivery();
  await inbox.keep(delivery, verdict);
  const [claimed] = await inbox.claim(1, 10_000);
  if (!claimed) throw new Error('A delivery that was kept could not be claimed');
  const { event } = claimed;
  if (event.kind !== 'confirmed') throw new Error(`A booking was read as ${event.kind}`);
  const { booking } = event;
  await inbox.markDispatched(claimed, { outcome: 'told', started: [booking] });
  await bookings.record({
    booking,
    revision: 1,
    status: 'scheduled',
    report: { workflowId: workflowIdOf(booking), startsAt: booking.startsAt },
    state: { known: event },
    isOver: false,
    decided: [],
  });
}

async function middleOf(database: pg.Client, bookings: number): Promise<FilledStore['middle']> {
  const half = Math.floor(bookings / 2);
  const delivery = await database.query<{ id: string }>('select id from deliveries order by id offset $1 limit 1', [
    half,
  ]);
  const booking = await database.query<{ starts_at: Date; external_id: string }>(
    'select starts_at, external_id from bookings order by starts_at, external_id offset $1 limit 1',
    [half],
  );
  const { starts_at: startsAt, external_id: uid } = booking.rows[0]!;
  return { id: Number(delivery.rows[0]!.id), startsAt, uid };
}

function aDelivery(): { delivery: ArrivedDelivery; verdict: Verdict } {
  const receivedAt = new Date();
  const attendee = { name: 'Bench Attendee', email: 'bench.attendee@example.com' };
  const sample = sampleBookingCreated({ uid: randomUUID(), startsAt: new Date(Date.now() + 30 * DAY_MS), attendee });
  const body = Buffer.from(JSON.stringify(sample));
  const reading = readDelivery(body, { receivedAt: receivedAt.getTime(), installationKey: INSTALLATION_KEY });
  const headers = { 'content-type': 'application/json', 'x-cal-webhook-version': '2021-10-20' };
  return {
    delivery: { source: 'calcom', body, keptBody: body, headers, signature: 'valid', secretNumber: 1, receivedAt },
    verdict: verdictOn(reading),
  };
}

/** Milliseconds of each operation in the middle, for each size. */
type GrowthFigures = { bookings: number; p50: Record<Operation, number> }[];

/** All sizes in turn, and back, so that a machine that grows slow is slow for all of them. */
async function measure(filled: readonly FilledStore[], { rounds, samples }: Options): Promise<GrowthFigures> {
  const times = filled.map(({ bookings }) => {
    const of = Object.fromEntries(OPERATIONS.map((operation) => [operation, [] as number[]]));
    return { bookings, of: of as Record<Operation, number[]> };
  });
  for (const one of filled) await sample(one, WARM_UP_SAMPLES);
  for (let round = 0; round < rounds; round += 1) {
    const order = round % 2 === 0 ? filled : filled.toReversed();
    for (const one of order) {
      const sampled = await sample(one, samples);
      const { of } = times.find(({ bookings }) => bookings === one.bookings)!;
      for (const operation of OPERATIONS) of[operation].push(...sampled[operation]);
    }
  }
  return times.map(({ bookings, of }) => {
    const p50 = Object.fromEntries(OPERATIONS.map((operation) => [operation, spreadOf(of[operation])!.p50]));
    return { bookings, p50: p50 as Record<Operation, number> };
  });
}

async function sample(filled: FilledStore, count: number): Promise<Record<Operation, number[]>> {
  const { store, database, middle } = filled;
  const { inbox, bookings } = store;
  const arrivals = Array.from({ length: count }, aDelivery);
  const kept: number[] = [];
  const before = middle.id;
  const after = { startsAt: middle.startsAt, uid: middle.uid };

  const sampled = {
    keep: await timesOf(arrivals, async ({ delivery, verdict }) => kept.push((await inbox.keep(delivery, verdict)).id)),
    deliveries: await timesOf(arrivals, () => inbox.list({ limit: PAGE }).then(isWhole)),
    dispatched: await timesOf(arrivals, () => inbox.list({ status: 'dispatched', before, limit: PAGE }).then(isWhole)),
    bookings: await timesOf(arrivals, () => bookings.list({ limit: PAGE }).then(isWhole)),
    bookingsFromMiddle: await timesOf(arrivals, () => bookings.list({ after, limit: PAGE }).then(isWhole)),
  };
  // So that each round finds the size it is to measure.
  const { rowCount } = await database.query('delete from deliveries where id = any($1)', [kept]);
  if (rowCount !== count) throw new Error(`${count} were kept, and ${rowCount} of them are in the store`);
  return sampled;
}

async function timesOf<T>(items: readonly T[], act: (item: T) => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (const item of items) {
    const startedAt = performance.now();
    await act(item);
    times.push(performance.now() - startedAt);
  }
  return times;
}

function isWhole({ length }: readonly unknown[]): void {
  if (length !== PAGE) throw new Error(`A page has ${length} rows instead of ${PAGE}`);
}

function report(figures: GrowthFigures): string {
  return table([
    ['p50, ms', ...figures.map(({ bookings }) => `${bookings.toLocaleString('en')} bookings`), 'slope', 'target'],
    ...OPERATIONS.map((operation) => {
      const slope = slopeOf(figures.map(({ bookings, p50 }) => ({ x: bookings, y: p50[operation] })));
      return [
        TITLES[operation],
        ...figures.map(({ p50 }) => p50[operation].toFixed(2)),
        judged(slope.toFixed(3), slope <= STEEPEST),
        `≤ ${STEEPEST}`,
      ];
    }),
  ]);
}
