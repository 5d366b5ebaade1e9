import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DataDirInUse } from '../../src/data-dir-lock.ts';
import { createPostgres } from '../../src/store/database.ts';
import { StatementFailed } from '../../src/store/failures.ts';
import { openStore } from '../../src/store/store.ts';
import { StoreUnavailable } from '../../src/store/store-unavailable.ts';
import { kill, spawnScript } from '../support/contenders.ts';
import { usePostgres } from '../support/postgres.ts';
import { silent } from '../support/silent.ts';
import { until } from '../support/until.ts';
import { aDelivery, cipher, confirmed, pending } from './support.ts';

let dataDir: string;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'precall-store-'));
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

describe('a store on PostgreSQL', { timeout: 60_000 }, () => {
  const postgres = usePostgres();
  const open = (signal?: AbortSignal) => openStore({ databaseUrl: postgres.url, dataDir, cipher, log: silent, signal });

  it('says within seconds that it cannot be reached, loses nothing, and is back when PostgreSQL is', async () => {
    const store = await open();
    const kept = await store.inbox.keep(aDelivery(), pending(confirmed()));
    // So that several connections are lost at once.
    await Promise.all(Array.from({ length: 5 }, () => store.inbox.backlog()));

    await postgres.kill9();

    const begun = Date.now();
    await expect(store.inbox.keep(aDelivery(), pending(confirmed()))).rejects.toThrow(StoreUnavailable);
    await expect(store.bookings.list({ limit: 1 })).rejects.toMatchObject({ statusCode: 503 });
    expect(await store.isReachable()).toBe(false);
    expect(Date.now() - begun).toBeLessThan(6_000);
    await postgres.restart();
    expect(await store.isReachable()).toBe(true);
    expect(await store.inbox.find(kept.id)).toMatchObject({ status: 'pending' });
    await store.close();
  });

  it('survives that PostgreSQL is killed in the midst of a transaction', async () => {
    const database = createPostgres(postgres.url, silent);

    const work = database.run((db) =>
      db.transaction(async (tx) => {
        await tx.execute(sql`select 1`);
        await postgres.kill9();
        await tx.execute(sql`select 2`);
      }),
    );

    await expect(work).rejects.toThrow(StoreUnavailable);
    await postgres.restart();
    await database.run((db) => db.execute(sql`select 3`));
    await database.close();
  });

  it('does not wait for a statement that takes too long', async () => {
    const database = createPostgres(postgres.url, silent);

    const work = database.run((db) => db.execute(sql`select pg_sleep(20)`));

    await expect(work).rejects.toThrow(StoreUnavailable);
    await database.close();
  });

  it('tells of a refused statement without what it was given', async () => {
    const database = createPostgres(postgres.url, silent);

    const work = database.run((db) => db.execute(sql`select ${'Tobias Okafor'}::int`));
    const error = (await work.catch((thrown) => thrown)) as StatementFailed;

    expect(error).toBeInstanceOf(StatementFailed);
    expect(error.sqlState).toBe('22P02');
    expect(JSON.stringify([error.message, error.stack, error])).not.toContain('Tobias');
    expect(error.cause).toBeUndefined();
    await database.close();
  });

  it('is waited for while PostgreSQL is not up yet', async () => {
    await postgres.kill9();
    let isOpen = false;
    const opening = open().then((store) => {
      isOpen = true;
      return store;
    });
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(isOpen).toBe(false);

    await postgres.restart();

    await (await opening).close();
  });

  it('is not waited for any longer when the process is to stop', async () => {
    await postgres.kill9();
    const opening = open(AbortSignal.timeout(300));

    await expect(opening).rejects.toThrow();
    await postgres.restart();
  });
});

describe('a store on PGlite', { timeout: 60_000 }, () => {
  const open = () => openStore({ dataDir, cipher, log: silent });

  it('keeps what it holds from one start to the next', async () => {
    const first = await open();
    const { id } = await first.inbox.keep(aDelivery(), pending(confirmed()));
    await first.close();

    const second = await open();

    expect(await second.inbox.find(id)).toMatchObject({ status: 'pending' });
    await second.close();
  });

  it('belongs to one process: a second one is told so, and a killed one is succeeded', async () => {
    const owner = spawnScript(join(import.meta.dirname, 'store-owner.ts'), [dataDir]);
    try {
      let said = '';
      owner.stdout.on('data', (chunk) => {
        said += chunk;
      });
      await until('store in another process', () => said.includes('open'));

      await expect(open()).rejects.toThrow(DataDirInUse);
      await expect(open()).rejects.toThrow(`${join(dataDir, 'store')} (process ${owner.pid})`);
    } finally {
      await kill(owner);
    }

    await (await open()).close();
  });
});
