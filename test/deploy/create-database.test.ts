import { spawnSync } from 'node:child_process';
import pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { usePostgres } from '../support/postgres.ts';

const hasPsql = spawnSync('psql', ['--version']).error === undefined;

describe("the script that creates Precall's database", () => {
  it('refuses to do without a password', () => {
    const { status, stderr } = createDatabase({});

    expect(status).not.toBe(0);
    expect(stderr).toContain('PRECALL_DB_PASSWORD');
  });

  // The image that the script runs in brings psql; a developer's machine need not.
  if (hasPsql) describe('on a server of its own', onServer);
});

function onServer() {
  const postgres = usePostgres();

  // As in the compose file: the owner of the server is `temporal`, and there is no `precall` yet.
  beforeAll(async () => {
    await ask('create role temporal superuser login', 'postgres', 'precall');
    await ask('alter role precall rename to somebody');
  });

  function create(password: string) {
    const { hostname, port } = new URL(postgres.url);
    return createDatabase({ PGHOST: hostname, PGPORT: port, PGUSER: 'temporal', PRECALL_DB_PASSWORD: password });
  }

  async function ask(query: string, database = 'postgres', user = 'temporal'): Promise<unknown[]> {
    const { hostname: host, port } = new URL(postgres.url);
    const client = new pg.Client({ host, port: Number(port), user, database });
    await client.connect();
    try {
      return (await client.query(query)).rows;
    } finally {
      await client.end();
    }
  }

  const passwordHash = () => ask("select rolpassword from pg_authid where rolname = 'precall'");

  it('creates the database, and a user who owns it and nothing else', async () => {
    expect(create("it's:secret")).toEqual({ status: 0, stderr: '' });

    const owners =
      "select rolname, rolsuper from pg_database d join pg_roles r on r.oid = datdba where datname = 'precall'";
    expect(await ask(owners)).toEqual([{ rolname: 'precall', rolsuper: false }]);
  });

  it('keeps what is there when it runs again, and takes another password', async () => {
    await ask('create table kept ()', 'precall');
    const before = await passwordHash();

    expect(create('another secret')).toEqual({ status: 0, stderr: '' });

    expect(await ask('select from kept', 'precall')).toEqual([]);
    expect(await passwordHash()).not.toEqual(before);
  });
}

function createDatabase(env: Record<string, string>) {
  const { status, stderr } = spawnSync('sh', ['deploy/postgresql/create-database.sh'], {
    env: { PATH: process.env['PATH'], ...env },
    encoding: 'utf8',
  });
  return { status, stderr };
}
