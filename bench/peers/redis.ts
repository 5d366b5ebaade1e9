import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import getPort from 'get-port';
import { startGuarded } from '../../src/dev/guarded-process.ts';
import { untilReady } from '../processes.ts';

/** A Redis, or a Valkey, of our own on a loopback port. It ends with us, however we end. */
export interface Redis {
  port: number;
  /** Ends it, and removes its files. */
  stop(): Promise<void>;
}

const PROGRAMS = ['redis-server', 'valkey-server'];
/** As BullMQ asks for in production. @see https://docs.bullmq.io/guide/going-to-production */
const DURABLE = { appendonly: 'yes', appendfsync: 'everysec', 'maxmemory-policy': 'noeviction', save: '' };

/** @returns the program that is installed, if one is. */
export function findRedis(path = process.env['PATH'] ?? ''): string | undefined {
  const folders = path.split(delimiter).filter((folder) => folder !== '');
  return PROGRAMS.flatMap((program) => folders.map((folder) => join(folder, program))).find(existsSync);
}

export async function startRedis(executable: string): Promise<Redis> {
  const dir = await mkdtemp(join(tmpdir(), 'precall-redis-'));
  const port = await getPort({ host: '127.0.0.1' });
  const settings = { bind: '127.0.0.1', port, dir, daemonize: 'no', ...DURABLE };
  let isReady = false;
  const server = await startGuarded(
    executable,
    Object.entries(settings).flatMap(([name, value]) => [`--${name}`, `${value}`]),
    (line) => {
      if (/ready to accept connections/i.test(line)) isReady = true;
    },
  );

  await untilReady('Redis', server, () => isReady);
  return {
    port,
    async stop() {
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
