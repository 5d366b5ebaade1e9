import pg from 'pg';

/** A copy of a PostgreSQL database as it is now, which can take its place later. Who is connected loses the connection. */
export async function backUpDatabase(databaseUrl: string): Promise<{ putBack(): Promise<void> }> {
  const database = new URL(databaseUrl).pathname.slice(1);
  const backup = `${database}_backup`;
  await asAdmin(databaseUrl, [
    `alter database ${database} with allow_connections false`,
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database}'`,
    `create database ${backup} template ${database}`,
    `alter database ${database} with allow_connections true`,
  ]);
  return {
    putBack: () =>
      asAdmin(databaseUrl, [
        `drop database ${database} with (force)`,
        `alter database ${backup} rename to ${database}`,
      ]),
  };
}

async function asAdmin(databaseUrl: string, statements: readonly string[]): Promise<void> {
  const elsewhere = new URL(databaseUrl);
  elsewhere.pathname = '/template1';
  const client = new pg.Client({ connectionString: elsewhere.href });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
