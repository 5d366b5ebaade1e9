import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import type { Logger } from 'pino';
import type { Cipher } from '../cipher.ts';
import type { Pace } from '../pace.ts';
import type { Bookings } from './bookings.ts';
import type { Briefs } from './briefs.ts';
import type { Contacts } from './contacts.ts';
import { createBookings } from './create-bookings.ts';
import { createBriefs } from './create-briefs.ts';
import { createContacts } from './create-contacts.ts';
import { createFindings } from './create-findings.ts';
import { createInbox } from './create-inbox.ts';
import { createMailEvents } from './create-mail-events.ts';
import { createMails, SEND_ONCE_MORE } from './create-mails.ts';
import { createMailPace, createPace, type MailPaceOptions, type NotionPaceOptions } from './create-pace.ts';
import { createSuppressions } from './create-suppressions.ts';
import { createPostgres, type Database, openPglite } from './database.ts';
import type { Findings } from './findings.ts';
import type { Inbox } from './inbox.ts';
import type { MailEvents } from './mail-events.ts';
import type { Mails, RepeatPolicy } from './mails.ts';
import { migratePgliteIn, migratePostgresAt } from './migrate.ts';
import { createPurge, type PurgeOptions, type PurgeReport } from './purge.ts';
import { createSeal } from './seal.ts';
import { StoreUnavailable } from './store-unavailable.ts';
import type { Suppressions } from './suppressions.ts';

/** All that Precall keeps on its own account. */
export interface Store {
  readonly inbox: Inbox;
  readonly bookings: Bookings;
  /** Where a repeat may make a second copy, and is sent once all the same. */
  readonly mails: Mails;
  readonly mailEvents: MailEvents;
  readonly suppressions: Suppressions;
  readonly contacts: Contacts;
  readonly findings: Findings;
  readonly briefs: Briefs;
  /** When Notion may be asked: one budget for all processes with the same token. */
  notionPace(options: NotionPaceOptions): Pace;
  /** When Resend may be asked: one budget for all processes with the same key. */
  mailPace(options: MailPaceOptions): Pace;
  /** The same mails as {@link mails}, with another rule for those of which nobody knows what became of them. */
  mailsUnder(policy: RepeatPolicy): Mails;
  /** Forgets people's data whose time has come. What was decided stays. */
  purge(options: PurgeOptions): Promise<PurgeReport>;
  /** Whether the database answers now. */
  isReachable(): Promise<boolean>;
  close(): Promise<void>;
}

/** Where the store is: PostgreSQL, or files in the data folder. */
export interface StoreLocation {
  databaseUrl?: string | undefined;
  dataDir: string;
}

export interface StoreOptions extends StoreLocation {
  cipher: Cipher;
  log: Logger;
  /** Gives up waiting for a database that does not answer. */
  signal?: AbortSignal | undefined;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Opens the store and brings its tables up to date. PostgreSQL may still be starting: it is waited for.
 *
 * @throws {DataDirInUse} when another process has the store in this data folder.
 * @throws {NewerSchema} when a newer Precall has written it.
 * @throws {DatabaseRefused} when PostgreSQL does not let us in.
 */
export async function openStore({ cipher, log, signal, ...location }: StoreOptions): Promise<Store> {
  const { database } = await openDatabase({ ...location, log, signal });
  return createStore(database, { cipher, log });
}

/** The store over a database whose tables are up to date. */
export function createStore(database: Database, { cipher, log }: Pick<StoreOptions, 'cipher' | 'log'>): Store {
  const seal = createSeal(cipher);
  return {
    inbox: createInbox({ database, seal, log }),
    bookings: createBookings({ database, seal }),
    mails: createMails({ database, seal }, SEND_ONCE_MORE),
    mailEvents: createMailEvents({ database }),
    suppressions: createSuppressions({ database }),
    contacts: createContacts({ database }),
    findings: createFindings({ database, seal }),
    briefs: createBriefs({ database, seal }),
    notionPace: (options) => createPace({ database, log }, options),
    mailPace: (options) => createMailPace({ database, log }, options),
    mailsUnder: (policy) => createMails({ database, seal }, policy),
    purge: createPurge(database),
    isReachable: () => isReachable(database),
    close: () => database.close(),
  };
}

/**
 * Brings the tables up to date and does nothing else.
 *
 * @returns how many migrations were applied.
 * @throws as {@link openStore} does.
 */
export async function migrateStore(options: StoreLocation & Pick<StoreOptions, 'log' | 'signal'>): Promise<number> {
  const { database, migrated } = await openDatabase(options);
  await database.close();
  return migrated;
}

async function openDatabase(
  options: StoreLocation & Pick<StoreOptions, 'log' | 'signal'>,
): Promise<{ database: Database; migrated: number }> {
  const { databaseUrl, dataDir, log, signal } = options;
  if (databaseUrl) {
    const migrated = await patiently(() => migratePostgresAt(databaseUrl), { log, signal });
    return { database: createPostgres(databaseUrl, log), migrated };
  }
  const database = await openPglite(join(dataDir, 'store'));
  try {
    return { database, migrated: await migratePgliteIn(database) };
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function patiently<T>(act: () => Promise<T>, { log, signal }: Pick<StoreOptions, 'log' | 'signal'>): Promise<T> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    signal?.throwIfAborted();
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      log.warn({ reason: error.message, pauseMs }, 'waiting for the database of DATABASE_URL');
      await sleep(pauseMs, undefined, signal ? { signal } : {});
    }
  }
}

async function isReachable(database: Database): Promise<boolean> {
  try {
    await database.run((db) => db.execute(sql`select 1`));
    return true;
  } catch (error) {
    if (error instanceof StoreUnavailable) return false;
    throw error;
  }
}
