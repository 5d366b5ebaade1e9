import { PGlite } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/pglite';
import { afterAll, afterEach, beforeAll, beforeEach, vi } from 'vitest';
import { type NotionSandbox, startNotionSandbox } from '../../src/dev/notion-sandbox/sandbox.ts';
import type { Database } from '../../src/store/database.ts';
import { migratePgliteIn } from '../../src/store/migrate.ts';
import { briefs, contactClaims, contacts, notionPace } from '../../src/store/schema.ts';
import { createVirtualTime, type VirtualTime } from '../support/virtual-time.ts';
import { emptySeed } from './support.ts';

/** A sandbox, a store and the time that both go by. */
export interface VirtualWorld {
  sandbox: NotionSandbox;
  database: Database;
  time: VirtualTime;
  stop(): Promise<void>;
}

export const STARTED_AT = Date.parse('2026-12-01T09:00:00Z');

/** Worlds one after the other, each with an empty store in memory, and requests that go out through the time of the world. */
export function useVirtualWorlds(): () => Promise<VirtualWorld> {
  let database: Database;
  beforeAll(async () => {
    const pglite = await PGlite.create();
    const db = drizzle({ client: pglite });
    database = { run: (work) => work(db), close: () => pglite.close() };
    await migratePgliteIn(database);
  }, 120_000);
  afterAll(() => database?.close());
  // Dates as well: a wait that ends at an instant is compared with them.
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  return async () => {
    // With few rows in them, quicker than to truncate.
    for (const table of [briefs, contactClaims, contacts, notionPace]) await database.run((db) => db.delete(table));
    vi.setSystemTime(STARTED_AT);
    const time = createVirtualTime({
      startsAt: STARTED_AT,
      onPass: (now) => void vi.setSystemTime(now),
      isHanging: (method, path) => isHanging(sandbox, method, path),
    });
    vi.stubGlobal('fetch', time.fetch);
    const sandbox = await startNotionSandbox({ seed: emptySeed(), now: time.now });
    return { sandbox, database, time, stop: () => sandbox.stop() };
  };
}

/** Whether a request like this one waits for an answer that never comes, or not in time. */
export function isHanging({ journal }: NotionSandbox, method: string, path: string): boolean {
  return journal.some((entry) => {
    const isIt = entry.method === method && entry.path === path && entry.endedAt === undefined;
    return isIt && /^(hang|delay)/.test(entry.fault ?? '');
  });
}
