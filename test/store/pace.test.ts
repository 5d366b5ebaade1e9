import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { createLocalPace } from '../../src/local-pace.ts';
import type { Turn } from '../../src/pace.ts';
import { createPace } from '../../src/store/create-pace.ts';
import type { Database } from '../../src/store/database.ts';
import { migratePostgresAt } from '../../src/store/migrate.ts';
import { StoreUnavailable } from '../../src/store/store-unavailable.ts';
import { aLog } from '../notion/asking.ts';
import { race } from '../support/contenders.ts';
import { usePostgres } from '../support/postgres.ts';
import { silent } from '../support/silent.ts';
import { describeStores } from './support.ts';

const NOON = Date.parse('2026-11-21T12:00:00.000Z');
const token = 'ntn_secret';
const BUDGET = { token, requestsPerMinute: 150 };

const AWAY: Database = { run: () => Promise.reject(new StoreUnavailable('ECONNREFUSED')), close: async () => {} };

/** What one who asks alone is told, asking as often at the same instant. */
async function turnsOfOne(times: number): Promise<Turn[]> {
  const pace = createLocalPace({ requestsPerMinute: 150, now: () => NOON });
  const turns: Turn[] = [];
  for (let asked = 0; asked < times; asked += 1) turns.push(await pace.reserve('bookings', 120_000));
  return turns;
}

const waitsOf = (turns: readonly Turn[]) =>
  turns.map((turn) => ('waitMs' in turn ? turn.waitMs : Number.NaN)).toSorted((a, b) => a - b);

describeStores('the pace of all processes', (store) => {
  const atNoon = (afterMs = 0) => store().notionPace({ ...BUDGET, now: () => NOON + afterMs });

  it('is one for all with the same token, who ask at once', async () => {
    const turns = await Promise.all(
      [atNoon(), atNoon(), atNoon(), atNoon()].map(async (pace) => {
        const own: Turn[] = [];
        while (own.length < 15) own.push(await pace.reserve('bookings', 120_000));
        return own;
      }),
    );

    expect(waitsOf(turns.flat())).toEqual(waitsOf(await turnsOfOne(60)));
  });

  it('is another one for another token, and holds none of them', async () => {
    for (let reserved = 0; reserved < 15; reserved += 1) await atNoon().reserve('bookings', 120_000);

    const other = store().notionPace({ ...BUDGET, token: 'ntn_other', now: () => NOON });

    expect(await other.reserve('bookings', 0)).toEqual({ waitMs: 0 });
    const rows = JSON.stringify(await store().rows(sql`select * from notion_pace`));
    expect(rows).not.toContain('ntn_');
  });

  it('keeps 30 % for work that can wait', async () => {
    for (let reserved = 0; reserved < 10; reserved += 1) await atNoon().reserve('background', 0);

    expect(await atNoon(1_000).reserve('background', 0)).toHaveProperty('putOffMs');
    expect(await atNoon(1_000).reserve('bookings', 0)).toEqual({ waitMs: 0 });
  });

  it('holds everybody off, and goes slower from then on', async () => {
    await atNoon().holdOff(40_000);

    expect(await atNoon(10_000).heldForMs()).toBe(30_000);
    expect(await atNoon(10_000).reserve('bookings', 20_000)).toEqual({ putOffMs: 30_000 });
    expect(await atNoon(40_000).heldForMs()).toBe(0);
    const turns: Turn[] = [];
    for (let asked = 0; asked < 12; asked += 1) turns.push(await atNoon(41_000).reserve('bookings', 120_000));
    const [, before, last] = waitsOf(turns).slice(-3) as [number, number, number];
    expect(last - before).toBeGreaterThan(850);
  });

  it('leaves no burst of its own to a process whose store goes away in the middle of one', async () => {
    let isAway = false;
    const { database } = store();
    const flaky: Database = { ...database, run: (work) => (isAway ? AWAY : database).run(work) };
    const pace = createPace({ database: flaky, log: silent }, { ...BUDGET, now: () => NOON });
    for (let asked = 0; asked < 12; asked += 1) await pace.reserve('bookings', 120_000);

    isAway = true;

    expect(await pace.reserve('bookings', 0)).toHaveProperty('putOffMs');
  });

  it('says that nobody is held off before anybody has asked', async () => {
    expect(await atNoon().heldForMs()).toBe(0);
  });

  it('goes by the clock of the database', async () => {
    const pace = store().notionPace(BUDGET);
    await pace.holdOff(60_000);

    const heldMs = await store().notionPace(BUDGET).heldForMs();

    expect(heldMs).toBeLessThanOrEqual(60_000);
    expect(heldMs).toBeGreaterThan(30_000);
    const [row] = await store().rows<{ left: number }>(
      sql`select extract(epoch from held_until - clock_timestamp())::float8 as left from notion_pace`,
    );
    expect(row!.left).toBeGreaterThan(30);
  });
});

describeStores('the pace of mails through Resend', (store) => {
  const atNoon = (afterMs = 0) =>
    store().mailPace({ apiKey: 're_secret', requestsPerSecond: 5, now: () => NOON + afterMs });

  it('is one for all with the same key, five a second and never several at once', async () => {
    const paces = Array.from({ length: 4 }, () => atNoon());
    const turns = await Promise.all(
      Array.from({ length: 40 }, (_, nth) => paces[nth % 4]!.reserve('bookings', 60_000)),
    );

    const instants = waitsOf(turns);
    const inOneSecond = instants.map((at) => instants.filter((other) => other >= at && other < at + 1_000).length);
    expect(Math.max(...inOneSecond)).toBe(5);
    expect(instants.at(-1)).toBeLessThan(10_000);
  });

  it('is not that of Notion, and keeps no key', async () => {
    for (let reserved = 0; reserved < 20; reserved += 1) await atNoon().reserve('bookings', 60_000);

    const notion = store().notionPace({ ...BUDGET, token: 're_secret', now: () => NOON });

    expect(await notion.reserve('bookings', 0)).toEqual({ waitMs: 0 });
    expect(JSON.stringify(await store().rows(sql`select * from mail_pace`))).not.toContain('re_');
  });

  it('holds everybody off for as long as Resend asks', async () => {
    await atNoon().holdOff(3_000);

    expect(await atNoon(1_000).heldForMs()).toBe(2_000);
    expect(await atNoon(1_000).reserve('bookings', 60_000)).toEqual({ waitMs: 2_000 });
  });
});

describe('the pace of two processes', () => {
  const postgres = usePostgres();

  it('is one', { timeout: 60_000 }, async () => {
    await migratePostgresAt(postgres.url);
    const contender = join(import.meta.dirname, 'pace-contender.ts');

    const told = await race(contender, 2, [postgres.url, `${NOON}`]);

    const turns = told.map((text) => JSON.parse(text) as Turn[]);
    expect(waitsOf(turns.flat())).toEqual(waitsOf(await turnsOfOne(100)));
    // Both were at it.
    expect(turns.map((own) => own.length)).toEqual([50, 50]);
  });
});

describe('the pace without the store', () => {
  it('is a quarter of the budget for each process, which is said', async () => {
    const log = aLog();
    const pace = createPace({ database: AWAY, log: log as never }, { ...BUDGET, now: () => NOON });
    const quarter = createLocalPace({ requestsPerMinute: 37, now: () => NOON });

    for (let asked = 0; asked < 20; asked += 1) {
      expect(await pace.reserve('bookings', 120_000)).toEqual(await quarter.reserve('bookings', 120_000));
    }

    expect(log.lines).toEqual([
      { level: 'warn', facts: expect.anything(), message: expect.stringContaining('quarter') },
    ]);
  });

  it('still leaves Notion alone when it wants to be', async () => {
    const pace = createPace({ database: AWAY, log: silent }, { ...BUDGET, now: () => NOON });

    await pace.holdOff(30_000);

    expect(await pace.heldForMs()).toBe(30_000);
    expect(await pace.reserve('bookings', 20_000)).toEqual({ putOffMs: 30_000 });
  });

  it('is not taken for a pace when the store answers with an error', async () => {
    const broken: Database = { ...AWAY, run: () => Promise.reject(new Error('no such table')) };

    await expect(createPace({ database: broken, log: silent }, BUDGET).reserve('bookings', 0)).rejects.toThrow('table');
  });
});
