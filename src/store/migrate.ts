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
export async function migratePostgresAt(databaseUrl: string, migrationsDir = MIGRATIONS_DIR): Promise<number> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'precall migrate',
    connectionTimeoutMillis: CONNECT_MS,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('select pg_advisory_lock($1)', [LOCK]);
    const db = overPostgres({ client });
    return await applied(db, migrationsDir, () => migratePostgres(db, { migrationsFolder: migrationsDir }));
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

async function applied(db: Db, migrationsDir: string, migrate: () => Promise<unknown>): Promise<number> {
  const known = readMigrationFiles({ migrationsFolder: migrationsDir }).map(({ folderMillis }) => folderMillis);
  const before = await newestApplied(db);
  if (before !== undefined && !known.includes(before)) throw new NewerSchema();
  // Drizzle would first see to its schema, which takes a right that a service need not have.
  if (before === known.at(-1)) return 0;

  await migrate();
  return known.filter((migration) => migration > (before ?? 0)).length;
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
