import { PGlite } from '@electric-sql/pglite';
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/pglite';
import { afterAll, afterEach, beforeAll } from 'vitest';
import type { Contacts } from '../../src/store/contacts.ts';
import { createContacts } from '../../src/store/create-contacts.ts';
import type { Database } from '../../src/store/database.ts';
import { migratePgliteIn } from '../../src/store/migrate.ts';

/** The contacts' rows in a database of the file's own, in memory, empty before each test. */
export function useContacts() {
  let database: Database;
  let contacts: Contacts;

  beforeAll(async () => {
    database = await openInMemory();
    await migratePgliteIn(database);
    contacts = createContacts({ database });
  }, 120_000);
  afterEach(() => database.run((db) => db.execute(sql`truncate contacts, contact_claims`)));
  afterAll(() => database?.close());

  return {
    get contacts() {
      return contacts;
    },
    /** Ends every lease, as if its holder had died and its time had passed. */
    endLeases: () => database.run((db) => db.execute(sql`update contacts set claimed_until = now()`)),
  };
}

async function openInMemory(): Promise<Database> {
  const pglite = await PGlite.create();
  const db = drizzle({ client: pglite });
  return { run: (work) => work(db), close: () => pglite.close() };
}
