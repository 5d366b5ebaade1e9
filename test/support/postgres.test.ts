import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { installedPrograms, startPostgres } from './postgres.ts';

async function ask(url: string, statement: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return Object.values((await client.query(statement)).rows[0] ?? {})[0];
  } finally {
    await client.end();
  }
}

const SOURCES = installedPrograms() ? (['installed', 'npm'] as const) : (['npm'] as const);

describe.each(SOURCES)('a PostgreSQL of the tests, %s', { timeout: 60_000 }, (from) => {
  it('keeps what it has committed when it is killed', async () => {
    const postgres = await startPostgres({ from });
    try {
      const url = await postgres.createDatabase();
      await ask(url, 'create table kept as select 7 as n');
      const { pid } = postgres;

      await postgres.kill9();
      await expect(ask(url, 'select 1')).rejects.toThrow();
      await postgres.restart();

      expect(await ask(url, 'select n from kept')).toBe(7);
      expect(await ask(url, 'show fsync')).toBe('on');
      expect(postgres.pid).not.toBe(pid);
    } finally {
      await postgres.stop();
    }
    expect(() => process.kill(postgres.pid, 0)).toThrow();
  });
});
