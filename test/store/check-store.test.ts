import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import getPort from 'get-port';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkStore } from '../../src/store/check-store.ts';
import { createPostgres, openPglite } from '../../src/store/database.ts';
import { migratePostgresAt } from '../../src/store/migrate.ts';
import { migrateStore, openStore } from '../../src/store/store.ts';
import { usePostgres } from '../support/postgres.ts';
import { silent } from '../support/silent.ts';
import { aDelivery, cipher, confirmed, pending } from './support.ts';

let dataDir = '';
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'precall-check-store-'));
});
afterAll(() => rm(dataDir, { recursive: true }));

const webhookAt = new Date('2026-12-01T10:00:00.000Z');

/** Brings the tables up to date, and keeps what arrived at `webhookAt`, and a later report of our own. */
async function fill(location: { databaseUrl?: string; dataDir: string }): Promise<void> {
  const store = await openStore({ ...location, cipher, log: silent });
  await store.inbox.keep(aDelivery({ receivedAt: webhookAt }), pending(confirmed({ uid: 'booked' })));
  const later = new Date(webhookAt.getTime() + 60_000);
  await store.inbox.keep(aDelivery({ source: 'reconcile', receivedAt: later }), pending(confirmed({ uid: 'found' })));
  await store.close();
}

async function run(databaseUrl: string, statement: string): Promise<void> {
  const database = createPostgres(databaseUrl, silent);
  await database.run((db) => db.execute(sql.raw(statement)));
  await database.close();
}

describe('PostgreSQL', { timeout: 60_000 }, () => {
  const postgres = usePostgres();

  it('is well with tables that are up to date, and tells when the newest webhook arrived', async () => {
    const databaseUrl = await postgres.createDatabase();
    await fill({ databaseUrl, dataDir });

    expect(await checkStore({ databaseUrl, dataDir })).toEqual({
      checks: [
        { part: 'store', what: 'connection', verdict: 'ok', message: 'PostgreSQL answers.' },
        { part: 'store', what: 'tables', verdict: 'ok', message: 'The tables are up to date.' },
      ],
      isUsable: true,
      lastWebhookAt: webhookAt,
    });
  });

  it('has no tables yet, and gets none by being looked at', async () => {
    const databaseUrl = await postgres.createDatabase();

    for (const _twice of [1, 2]) {
      const look = await checkStore({ databaseUrl, dataDir });
      expect(look).toMatchObject({
        isUsable: false,
        checks: [{ verdict: 'ok' }, { what: 'tables', verdict: 'warning' }],
      });
      expect(look.checks[1]?.message).toMatch(/no tables yet.*precall migrate/);
    }
  });

  it('lacks the newest migration', async () => {
    const databaseUrl = await postgres.createDatabase();
    await migratePostgresAt(databaseUrl);
    await run(
      databaseUrl,
      'delete from drizzle.__drizzle_migrations where created_at = (select max(created_at) from drizzle.__drizzle_migrations)',
    );

    const { checks, isUsable } = await checkStore({ databaseUrl, dataDir });

    expect(isUsable).toBe(false);
    expect(checks[1]).toMatchObject({ verdict: 'warning', message: expect.stringMatching(/lack 1 of \d+ migrations/) });
  });

  it('was written by a newer Precall', async () => {
    const databaseUrl = await postgres.createDatabase();
    await migratePostgresAt(databaseUrl);
    await run(
      databaseUrl,
      `insert into drizzle.__drizzle_migrations (hash, created_at) values ('later', 99999999999999)`,
    );

    expect(await checkStore({ databaseUrl, dataDir })).toMatchObject({
      isUsable: false,
      checks: [
        { what: 'tables', verdict: 'error', message: expect.stringContaining('newer Precall: update this one') },
      ],
    });
  });

  it('has no such database', async () => {
    const databaseUrl = postgres.url.replace(/\/[^/]*$/, '/nowhere');

    expect(await checkStore({ databaseUrl, dataDir })).toMatchObject({
      checks: [{ what: 'connection', verdict: 'error', message: expect.stringContaining('Check DATABASE_URL') }],
    });
  });

  it('does not answer', async () => {
    const databaseUrl = `postgresql://precall@127.0.0.1:${await getPort()}/precall`;

    expect(await checkStore({ databaseUrl, dataDir })).toMatchObject({
      isUsable: false,
      checks: [{ what: 'connection', verdict: 'error', message: expect.stringContaining('Start PostgreSQL') }],
    });
  });
});

describe('PGlite', { timeout: 60_000 }, () => {
  it('is not there before the first npm start, and is not made by being looked at', async () => {
    for (const _twice of [1, 2]) {
      expect(await checkStore({ dataDir: join(dataDir, 'none') })).toMatchObject({
        isUsable: false,
        checks: [{ what: 'connection', verdict: 'ok', message: expect.stringContaining('npm start makes one') }],
      });
    }
  });

  it('is well with tables that are up to date', async () => {
    const own = join(dataDir, 'kept');
    await fill({ dataDir: own });

    expect(await checkStore({ dataDir: own })).toMatchObject({
      isUsable: true,
      lastWebhookAt: webhookAt,
      checks: [{ verdict: 'ok' }, { what: 'tables', verdict: 'ok' }],
    });
  });

  it('cannot be looked at while a process has it, and is left to that process', async () => {
    const own = join(dataDir, 'used');
    await migrateStore({ dataDir: own, log: silent });
    const database = await openPglite(join(own, 'store'));

    expect(await checkStore({ dataDir: own })).toMatchObject({
      isUsable: false,
      checks: [
        { what: 'connection', verdict: 'warning', message: expect.stringContaining('Another process has the store') },
      ],
    });

    await database.close();
  });
});
