import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { createPostgres } from '../../src/store/database.ts';
import { DatabaseRefused, MIGRATIONS_DIR, migratePostgresAt, NewerSchema } from '../../src/store/migrate.ts';
import { createSeal } from '../../src/store/seal.ts';
import { migrateStore, openStore } from '../../src/store/store.ts';
import { usePostgres } from '../support/postgres.ts';
import { silent } from '../support/silent.ts';
import { cipher, confirmed } from './support.ts';

async function inFolder(act: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'precall-migrate-'));
  try {
    await act(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The migrations of a Precall that is one ahead of us. */
async function newerMigrations(folder: string): Promise<string> {
  const newer = join(folder, 'newer');
  await cp(MIGRATIONS_DIR, newer, { recursive: true });
  const journalFile = join(newer, 'meta/_journal.json');
  const journal = JSON.parse(await readFile(journalFile, 'utf8'));
  journal.entries.push({ ...journal.entries.at(-1), idx: 99, when: Date.now(), tag: '0099_later' });
  await writeFile(journalFile, JSON.stringify(journal));
  await writeFile(join(newer, '0099_later.sql'), 'create table later (id int);');
  return newer;
}

/** The migrations of the first Precall. */
async function firstMigrations(folder: string): Promise<string> {
  const first = join(folder, 'first');
  await cp(MIGRATIONS_DIR, first, { recursive: true });
  const journalFile = join(first, 'meta/_journal.json');
  const journal = JSON.parse(await readFile(journalFile, 'utf8'));
  await writeFile(journalFile, JSON.stringify({ ...journal, entries: journal.entries.slice(0, 1) }));
  return first;
}

describe('the tables of PostgreSQL', { timeout: 30_000 }, () => {
  const postgres = usePostgres();

  it('are made once, by one of several that start at the same moment', async () => {
    const url = await postgres.createDatabase();

    const applied = await Promise.all([1, 2, 3, 4].map(() => migratePostgresAt(url)));

    expect(applied.toSorted()).toEqual([0, 0, 0, expect.any(Number)]);
    expect(Math.max(...applied)).toBeGreaterThan(0);
  });

  it('are as the schema says: nothing waits to be generated', async () => {
    const { generateDrizzleJson, generateMigration } = await import('drizzle-kit/api');
    const schema = await import('../../src/store/schema.ts');
    const journal = JSON.parse(await readFile(join(MIGRATIONS_DIR, 'meta/_journal.json'), 'utf8'));
    const last = String(journal.entries.at(-1).idx).padStart(4, '0');
    const snapshot = JSON.parse(await readFile(join(MIGRATIONS_DIR, `meta/${last}_snapshot.json`), 'utf8'));

    expect(await generateMigration(snapshot, generateDrizzleJson(schema, snapshot.id))).toEqual([]);
  });

  it('are left alone when a newer Precall has been there', async () => {
    await inFolder(async (folder) => {
      const url = await postgres.createDatabase();
      await migratePostgresAt(url, await newerMigrations(folder));

      await expect(migratePostgresAt(url)).rejects.toThrow(NewerSchema);
      await expect(openStore({ databaseUrl: url, dataDir: folder, cipher, log: silent })).rejects.toThrow(
        'written by a newer Precall: update this one',
      );
    });
  });

  it('are brought up to date by a newer Precall, and keep what they hold', async () => {
    await inFolder(async (folder) => {
      const url = await postgres.createDatabase();
      await migratePostgresAt(url);
      const database = createPostgres(url, silent);
      await database.run((db) =>
        db.execute(
          sql`insert into bookings (external_id, status, starts_at, ends_at) values ('kept', 'x', now(), now())`,
        ),
      );

      expect(await migratePostgresAt(url, await newerMigrations(folder))).toBe(1);

      const { rows } = (await database.run((db) => db.execute(sql`select external_id from bookings`))) as never as {
        rows: unknown[];
      };
      expect(rows).toEqual([{ external_id: 'kept' }]);
      await database.close();
    });
  });

  it('are brought up to date from the first ones, and what arrived then is dispatched', async () => {
    await inFolder(async (folder) => {
      const databaseUrl = await postgres.createDatabase();
      expect(await migratePostgresAt(databaseUrl, await firstMigrations(folder))).toBe(1);
      const event = confirmed({ uid: 'booked-before' });
      const sealed = createSeal(cipher).closeJson(event);
      const database = createPostgres(databaseUrl, silent);
      await database.run((db) =>
        db.execute(sql`
          insert into deliveries (source, body_hash, event, event_id, event_kind, occurred_at, subject_uid, status, headers,
            signature, received_at)
          values ('calcom', '\\x00', ${sealed}, ${event.id}, 'confirmed', now(), 'booked-before', 'pending', '{}', 'valid', now())`),
      );
      await database.close();

      const store = await openStore({ databaseUrl, dataDir: folder, cipher, log: silent });

      expect(await store.inbox.claim(1, 1_000)).toMatchObject([{ event, isRetired: false, replaces: [] }]);
      await store.close();
    });
  });

  it('are not waited for when there is no such database', async () => {
    const url = postgres.url.replace(/postgres$/, 'nowhere');

    await expect(migratePostgresAt(url)).rejects.toThrow(DatabaseRefused);
    await expect(migratePostgresAt(url)).rejects.toThrow('Check DATABASE_URL: database "nowhere" does not exist.');
  });
});

describe('the tables of PGlite', { timeout: 30_000 }, () => {
  it('are made when they are not there, and then are up to date', async () => {
    await inFolder(async (dataDir) => {
      expect(await migrateStore({ dataDir, log: silent })).toBeGreaterThan(0);
      expect(await migrateStore({ dataDir, log: silent })).toBe(0);
    });
  });
});
