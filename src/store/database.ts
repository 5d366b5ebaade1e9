import { join } from 'node:path';
import { PGlite, types } from '@electric-sql/pglite';
import { drizzle as overPostgres } from 'drizzle-orm/node-postgres';
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import { drizzle as overPglite } from 'drizzle-orm/pglite';
import pg from 'pg';
import type { Logger } from 'pino';
import { lockDataDir } from '../data-dir-lock.ts';
import { tellFailure } from './failures.ts';

/** Drizzle over whichever database it is. */
export type Db = PgDatabase<PgQueryResultHKT, Record<string, never>>;

/** A database that is reached through `run` alone, so that every failure is told in our own words. */
export interface Database {
  /**
   * @throws {StoreUnavailable} when the database cannot be reached or does not answer in time.
   * @throws {StatementFailed} when it refuses a statement.
   */
  run<T>(work: (db: Db) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Waiting for one of the connections counts as well: a thousand webhooks at once have to share them. */
const CONNECT_MS = 4_000;
const STATEMENT_MS = 3_000;
/** A server that has frozen cannot end a statement itself. */
const ANSWER_MS = 4_000;
const CONNECTIONS = 10;

/** PostgreSQL. No connection is made before it is needed. Whoever sends a webhook is to hear 503 before they give up. */
export function createPostgres(databaseUrl: string, log: Logger): Database {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    application_name: 'precall',
    max: CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    query_timeout: ANSWER_MS,
    keepAlive: true,
  });
  // Without listeners, a connection that is lost would end the process. Whoever uses it is told in any case.
  pool.on('error', (error) => log.warn({ reason: error.message }, 'a connection to the database was lost'));
  pool.on('connect', (client) => client.on('error', () => {}));
  const db = overPostgres({ client: pool });
  return { run: (work) => told(() => work(db)), close: () => pool.end() };
}

/** PGlite's own way goes byte by byte, which takes longer than the statement for a mail. */
const BYTES = {
  serializers: { [types.BYTEA]: (bytes: Buffer) => `\\x${bytes.toString('hex')}` },
  parsers: { [types.BYTEA]: (text: string) => Buffer.from(text.slice(2), 'hex') },
};

/**
 * PostgreSQL inside our own process, with its files in a folder.
 *
 * It takes a second process on the same files without a word, and both lose what they write: hence the lock.
 *
 * @throws {DataDirInUse} while another process has the folder.
 */
export async function openPglite(folder: string): Promise<Database> {
  const giveBack = lockDataDir(folder);
  try {
    const pglite = await PGlite.create({ dataDir: join(folder, 'pglite'), ...BYTES });
    const db = overPglite({ client: pglite });
    return {
      run: (work) => told(() => work(db)),
      async close() {
        await pglite.close();
        giveBack();
      },
    };
  } catch (error) {
    giveBack();
    throw error;
  }
}

async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw tellFailure(error);
  }
}
