import { randomBytes } from 'node:crypto';
import { PGlite } from '@electric-sql/pglite';
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/pglite';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { createCipher } from '../../src/cipher.ts';
import type { Briefs } from '../../src/store/briefs.ts';
import type { Contacts } from '../../src/store/contacts.ts';
import { createBriefs } from '../../src/store/create-briefs.ts';
import { createContacts } from '../../src/store/create-contacts.ts';
import type { Database } from '../../src/store/database.ts';
import { migratePgliteIn } from '../../src/store/migrate.ts';
import { createSeal } from '../../src/store/seal.ts';

/** The rows of briefs and contacts in a database of the file's own, in memory, empty before each test. */
export function useBriefs() {
  let database: Database;
  let briefs: Briefs;
  let contacts: Contacts;

  beforeAll(async () => {
    const pglite = await PGlite.create();
    const db = drizzle({ client: pglite });
    database = { run: (work) => work(db), close: () => pglite.close() };
    await migratePgliteIn(database);
    briefs = createBriefs({ database, seal: createSeal(createCipher([{ id: 'k1', bytes: randomBytes(32) }])) });
    contacts = createContacts({ database });
  }, 120_000);
  afterEach(() => database.run((db) => db.execute(sql`truncate briefs, contacts, contact_claims`)));
  afterAll(() => database?.close());

  return {
    get briefs() {
      return briefs;
    },
    get contacts() {
      return contacts;
    },
    /** What was found out was found out a day earlier. */
    passADay: () =>
      database.run((db) => db.execute(sql`update contacts set page_found_at = page_found_at - interval '1 day'`)),
  };
}
