import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { drizzle as overPostgres } from 'drizzle-orm/node-postgres';
import { migrate as migratePostgres } from 'drizzle-orm/node-postgres/migrator';
import { migrate as migratePglite } from 'drizzle-orm/pglite/migrator';
import pg from 'pg';
import { OperatorError } from '../operator-error.ts';
import type { Database, Db } from './database.ts';
import { tellFailure } from './failures.ts';

/** The same for `src` and `dist`. */
export const MIGRATIONS_DIR = fileURLToPath(new URL('../../migrations', import.meta.url));

/** Any number will do, as long as every Precall takes the same. */
const LOCK = 7_322_255;
const CONNECT_MS = 2_000;

/** The database has seen a later version of Precall: this one would not know what its tables mean. */
export class NewerSchema extends OperatorError {
  override readonly name = 'NewerSchema';

  constructor() {
    super(
      'The database was written by a newer Precall: update this one, or restore the backup from before the update.',
    );
  }
}

/** The database lets nobody in with these credentials, or is not there. */
export class DatabaseRefused extends OperatorError {
  override readonly name = 'DatabaseRefused';

  constructor(why: string) {
    super(`Check DATABASE_URL: ${why}.`);
  }
}

/**
 * Brings the tables of a PostgreSQL database up to date. Of several processes that start at once, one does it while the others
 * wait: a connection of its own holds the lock, which ends with it however it ends.
 *
 * @returns how many migrations were applied.
 * @throws {NewerSchema}
 * @throws {DatabaseRefused}
 * @throws {StoreUnavailable}
 */
export function migratePostgresAt(databaseUrl: string, migrationsDir = MIGRATIONS_DIR): Promise<number> {
  return onConnection({ connectionString: databaseUrl, application_name: 'precall migrate' }, async (client) => {
    await client.query('select pg_advisory_lock($1)', [LOCK]);
    const db = overPostgres({ client });
    return applied(db, migrationsDir, () => migratePostgres(db, { migrationsFolder: migrationsDir }));
  });
}

/**
 * Looks at a PostgreSQL database without changing anything, on a connection of its own.
 *
 * @throws {DatabaseRefused}
 * @throws {StoreUnavailable}
 */
export function lookAtPostgres<T>(databaseUrl: string, look: (db: Db) => Promise<T>): Promise<T> {
  const how = { connectionString: databaseUrl, application_name: 'precall doctor', query_timeout: CONNECT_MS };
  return onConnection(how, (client) => look(overPostgres({ client })));
}

async function onConnection<T>(how: pg.ClientConfig, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ ...how, connectionTimeoutMillis: CONNECT_MS });
  client.on('error', () => {});
  try {
    await client.connect();
    return await work(client);
  } catch (error) {
    throw refusal(error) ?? tellFailure(error);
  } finally {
    await client.end().catch(() => {});
  }
}

/** The same for PGlite, which its folder's lock keeps for one process. */
export function migratePgliteIn(database: Database, migrationsDir = MIGRATIONS_DIR): Promise<number> {
  return database.run((db) =>
    applied(db, migrationsDir, () =>
      migratePglite(db as unknown as Parameters<typeof migratePglite>[0], { migrationsFolder: migrationsDir }),
    ),
  );
}

/** How many migrations the tables lack; all of them where there are no tables yet. @throws {NewerSchema} */
export async function countMissing(
  db: Db,
  migrationsDir = MIGRATIONS_DIR,
): Promise<{ missing: number; known: number }> {
  const known = knownMigrations(migrationsDir);
  const before = await newestApplied(db);
  if (before !== undefined && !known.includes(before)) throw new NewerSchema();
  return { missing: known.filter((migration) => migration > (before ?? 0)).length, known: known.length };
}

function knownMigrations(migrationsDir: string): number[] {
  return readMigrationFiles({ migrationsFolder: migrationsDir }).map(({ folderMillis }) => folderMillis);
}

async function applied(db: Db, migrationsDir: string, migrate: () => Promise<unknown>): Promise<number> {
  const { missing } = await countMissing(db, migrationsDir);
  // Drizzle would first see to its schema, which takes a right that a service need not have.
  if (missing === 0) return 0;

  await migrate();
  return missing;
}

/** Migrations are named by the instant they were written at, in epoch milliseconds. */
async function newestApplied(db: Db): Promise<number | undefined> {
  const table = await rows<{ name: string | null }>(
    db,
    sql`select to_regclass('drizzle.__drizzle_migrations') as name`,
  );
  if (!table[0]?.name) return undefined;
  const newest = await rows<{ at: string | null }>(
    db,
    sql`select max(created_at)::text as at from drizzle.__drizzle_migrations`,
  );
  return newest[0]?.at ? Number(newest[0].at) : undefined;
}

async function rows<T>(db: Db, query: ReturnType<typeof sql>): Promise<T[]> {
  return ((await db.execute(query)) as unknown as { rows: T[] }).rows;
}

/** Wrong password or user, no such database, no right to make tables. */
function refusal(error: unknown): DatabaseRefused | undefined {
  const cause = (error as { cause?: unknown }).cause ?? error;
  const { code, message } = cause as { code?: string; message: string };
  return code && /^(28...|3D000|42501)$/.test(code) ? new DatabaseRefused(message) : undefined;
}
