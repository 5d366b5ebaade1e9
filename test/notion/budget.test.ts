import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ContactUpdate } from '../../src/activities/notion.ts';
import { DEFAULT_NOTION_CHOICES } from '../../src/config.ts';
import { type NotionSandbox, startNotionSandbox } from '../../src/dev/notion-sandbox/sandbox.ts';
import { createPostgres, type Database } from '../../src/store/database.ts';
import { migratePostgresAt } from '../../src/store/migrate.ts';
import { mostInAMinute } from '../support/most-in-a-minute.ts';
import { usePostgres } from '../support/postgres.ts';
import { silent } from '../support/silent.ts';
import { createVirtualTime, type VirtualTime } from '../support/virtual-time.ts';
import { pagesUnder, paragraphs } from './a-brief.ts';
import { addToCampaign, emptySeed } from './support.ts';
import { aWorkerProcess, type WorkerProcess } from './worker-processes.ts';

const BOOKINGS = 300;
const BURST = 10;
/** As many as a worker has. */
const SLOTS = 10;
/** What Notion lets through in each minute, whatever we keep to. */
const NOTION_S_LIMIT = 180;
/** What both processes look at once, before they know the two databases. */
const FIRST_LOOKS = 2 * 4;
const STARTED_AT = Date.parse('2026-12-01T09:00:00Z');
const MINUTE_MS = 60_000;

const postgres = usePostgres();
let databases: Database[];
let sandbox: NotionSandbox;
let time: VirtualTime;
let workers: WorkerProcess[];

const bookings = Array.from({ length: BOOKINGS }, (_, index) => aBooking(index));

function aBooking(index: number): ContactUpdate {
  const day = String(3 + (index % 20)).padStart(2, '0');
  return {
    booking: { uid: `booking-${index}` },
    email: `person-${index}@example.com`,
    startsAt: `2026-12-${day}T15:00:00.000Z`,
    endsAt: `2026-12-${day}T15:30:00.000Z`,
    standing: 'live',
    changedAt: '2026-12-01T09:00:00.000Z',
    inCampaign: index % 2 === 0,
  };
}

/** What a booking's run does when the booking is new. */
async function tell(booking: ContactUpdate, index: number): Promise<void> {
  const worker = workers[index % workers.length]!;
  const { state } = await worker.findMembership(booking.email);
  await worker.updateContact({ ...booking, inCampaign: state === 'member' });
}

/** The same, and then its brief, which another process may come to write. */
async function tellWithBrief(booking: ContactUpdate, index: number): Promise<void> {
  await tell(booking, index);
  const { booking: key, email, startsAt } = booking;
  const brief = { booking: key, email, startsAt, blocks: paragraphs(40) };
  await workers[(index + 1) % workers.length]!.publishBrief(brief);
}

beforeAll(async () => {
  await migratePostgresAt(postgres.url);
  databases = [createPostgres(postgres.url, silent), createPostgres(postgres.url, silent)];
  time = createVirtualTime({ startsAt: STARTED_AT });
  vi.stubGlobal('fetch', time.fetch);
  sandbox = await startNotionSandbox({ seed: emptySeed(), now: time.now, limits: { perToken: NOTION_S_LIMIT } });
  for (const { email, inCampaign } of bookings) {
    sandbox.contacts.add({ Name: 'Somebody', email });
    if (inCampaign) addToCampaign(sandbox, email);
  }
  workers = databases.map((database) => aWorkerProcess({ sandbox, database, time, slots: SLOTS }));
}, 60_000);
afterAll(async () => {
  vi.unstubAllGlobals();
  await sandbox?.stop();
  await Promise.all((databases ?? []).map((database) => database.close()));
});

describe('300 bookings at once, for two worker processes on one PostgreSQL', () => {
  it('are all in Notion in less than 12 minutes, at three requests each', async () => {
    await Promise.all(bookings.map(tell));

    expect(time.now() - STARTED_AT).toBeLessThan(12 * MINUTE_MS);
    expect(sandbox.journal.length).toBeLessThanOrEqual(3 * BOOKINGS + FIRST_LOOKS);
    const rows = sandbox.contacts.rows().map(({ cells }) => cells);
    expect(rows.map((cells) => [cells['email'], cells['Booking Status'], cells['Diagnostic Call Date']])).toEqual(
      bookings.map(({ email, startsAt }) => [email, 'Booked', startsAt.slice(0, 10)]),
    );
    expect(rows.map((cells) => cells['Christmas Campaign Status'] === 'Pre-Call Prep')).toEqual(
      bookings.map(({ inCampaign }) => inCampaign),
    );
  }, 120_000);

  it('never ask for more than the budget and its burst in any minute, so that Notion never has to refuse', () => {
    const budget = DEFAULT_NOTION_CHOICES.requestsPerMinute;
    const log = workers.map((worker) => worker.log()).join('\n');

    expect(sandbox.violations({ budget, burst: BURST, log })).toEqual([]);
    expect(sandbox.journal.filter(({ status }) => status === 429)).toEqual([]);
    // Nor less than the budget, or nothing would have been tried here.
    expect(mostInAMinute(sandbox.journal.map(({ at }) => at))).toBeGreaterThan(0.9 * budget);
  });

  it('cost two reads and no write each when they are told again', async () => {
    const before = sandbox.journal.length;

    await Promise.all(bookings.slice(0, 30).map(tell));

    const again = sandbox.journal.slice(before);
    expect(again.length).toBeLessThanOrEqual(2 * 30);
    expect(again.filter(({ committed }) => committed)).toEqual([]);
  }, 60_000);

  it('cost five requests each with a brief, and no write and two reads when all of it is told again', async () => {
    const others = Array.from({ length: 30 }, (_, index) => aBooking(BOOKINGS + index));
    const contacts = others.map(({ email }) => sandbox.contacts.add({ Name: 'Somebody', email }));
    const requestsOf = async (act: () => Promise<unknown>) => {
      const before = sandbox.journal.length;
      await act();
      return sandbox.journal.slice(before);
    };

    const first = await requestsOf(() => Promise.all(others.map(tellWithBrief)));
    const again = await requestsOf(() => Promise.all(others.map(tellWithBrief)));

    expect(first).toHaveLength(5 * others.length);
    expect(contacts.map((id) => pagesUnder(sandbox, id).length)).toEqual(others.map(() => 1));
    expect(again).toHaveLength(2 * others.length);
    expect(again.filter(({ committed }) => committed)).toEqual([]);
    expect(sandbox.violations({ budget: DEFAULT_NOTION_CHOICES.requestsPerMinute, burst: BURST })).toEqual([]);
  }, 60_000);
});
