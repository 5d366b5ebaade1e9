import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { desc, eq } from 'drizzle-orm';
import { type Check, checksOf } from '../check.ts';
import { DataDirInUse } from '../data-dir-lock.ts';
import { type Db, openPglite } from './database.ts';
import { countMissing, DatabaseRefused, lookAtPostgres, NewerSchema } from './migrate.ts';
import { deliveries } from './schema.ts';
import type { StoreLocation } from './store.ts';
import { StoreUnavailable } from './store-unavailable.ts';

const check = checksOf('store');

/** What a look at the store has told. */
export interface StoreLook {
  checks: Check[];
  /** Its tables are there and up to date: it can be used. */
  isUsable: boolean;
  /** When Cal.com's newest webhook arrived; undefined when none has, or that cannot be told. */
  lastWebhookAt?: Date;
}

/** Looks whether the store can be reached and its tables are up to date. Changes nothing, and waits for nobody. */
export async function checkStore({ databaseUrl, dataDir }: StoreLocation): Promise<StoreLook> {
  try {
    return databaseUrl ? await lookAtPostgres(databaseUrl, lookAt('PostgreSQL answers.')) : await checkPglite(dataDir);
  } catch (error) {
    if (error instanceof NewerSchema) return failed('tables', error.message);
    if (error instanceof DatabaseRefused) return failed('connection', error.message);
    if (!(error instanceof StoreUnavailable)) throw error;
    return failed('connection', `${error.message} Start PostgreSQL, or check DATABASE_URL.`);
  }
}

async function checkPglite(dataDir: string): Promise<StoreLook> {
  const folder = join(dataDir, 'store');
  if (!existsSync(folder)) {
    const message = `There is none yet: npm start makes one in ${folder}; server and worker need DATABASE_URL.`;
    return { checks: [check('connection', 'ok', message)], isUsable: false };
  }
  try {
    const database = await openPglite(folder);
    return await database.run(lookAt(`PGlite in ${folder} can be opened.`)).finally(() => database.close());
  } catch (error) {
    if (!(error instanceof DataDirInUse)) throw error;
    const message = `Another process has the store in ${folder}, and no server answers for it: is PORT what it was started with?`;
    return { checks: [check('connection', 'warning', message)], isUsable: false };
  }
}

function lookAt(reachable: string): (db: Db) => Promise<StoreLook> {
  return async (db) => {
    const connection = check('connection', 'ok', reachable);
    const { missing, known } = await countMissing(db);
    if (missing > 0) {
      const what = missing === known ? 'There are no tables yet' : `The tables lack ${missing} of ${known} migrations`;
      const tables = check(
        'tables',
        'warning',
        `${what}: server and worker see to that when they start, precall migrate does so now.`,
      );
      return { checks: [connection, tables], isUsable: false };
    }
    const tables = check('tables', 'ok', 'The tables are up to date.');
    const lastWebhookAt = await lastWebhookIn(db);
    return { checks: [connection, tables], isUsable: true, ...(lastWebhookAt && { lastWebhookAt }) };
  };
}

async function lastWebhookIn(db: Db): Promise<Date | undefined> {
  const [newest] = await db
    .select({ receivedAt: deliveries.receivedAt })
    .from(deliveries)
    .where(eq(deliveries.source, 'calcom'))
    .orderBy(desc(deliveries.id))
    .limit(1);
  return newest?.receivedAt;
}

function failed(what: string, message: string): StoreLook {
  return { checks: [check(what, 'error', message)], isUsable: false };
}
