import getPort from 'get-port';
import { afterAll, beforeAll } from 'vitest';
import { createCipher, type KeyRing } from '../../src/cipher.ts';
import { parseKeyRing } from '../../src/key-ring.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { ENCRYPTION_KEYS, type Outside, SECRET, type Temporal } from './outside.ts';
import { usePostgres } from './postgres.ts';
import { type PrecallProcess, usePrecallProcesses } from './precall-process.ts';
import { silent } from './silent.ts';
import { until } from './until.ts';

export interface ProductionOptions {
  folder: { readonly path: string };
  temporal: Temporal;
  outside: Outside;
  /** Beside those that lead to Temporal and the outside. */
  settings: Record<string, string>;
}

/** `precall server` and `precall worker` as built, each a process of its own, as they run in production on a PostgreSQL. */
export function useProduction({ folder, temporal, outside, settings }: ProductionOptions) {
  const processes = usePrecallProcesses();
  const postgres = usePostgres();
  const ports: number[] = [];
  const cipher = createCipher(parseKeyRing(ENCRYPTION_KEYS) as KeyRing);
  let store: Store | undefined;
  beforeAll(async () => {
    ports.push(await getPort({ host: '127.0.0.1' }), await getPort({ host: '127.0.0.1' }));
  });
  afterAll(() => store?.close());

  const url = (index = 0) => `http://127.0.0.1:${ports[index]}`;
  const start = (command: 'server' | 'worker', index = 0) =>
    processes.start(command, {
      cwd: folder.path,
      env: {
        PORT: `${ports[index]}`,
        DATABASE_URL: postgres.url,
        ENCRYPTION_KEYS,
        CALCOM_WEBHOOK_SECRET: SECRET,
        INSTALLATION_KEY: 'one key for all the processes of this test',
        ...temporal.settings(),
        ...outside.settings(),
        ...settings,
      },
    });

  return {
    get url() {
      return url();
    },
    /** Of a second server beside the first. */
    get secondUrl() {
      return url(1);
    },
    postgres,
    /** What the processes have written, read beside them. */
    async store(): Promise<Store> {
      store ??= await openStore({ databaseUrl: postgres.url, dataDir: folder.path, cipher, log: silent });
      return store;
    },
    /** Waits until it answers. */
    async startServer(index: 0 | 1 = 0): Promise<PrecallProcess> {
      const server = start('server', index);
      await server.untilSays(/Server listening/);
      return server;
    },
    /** Waits until it has connected and bundled. */
    async startWorker(): Promise<PrecallProcess> {
      const worker = start('worker');
      await worker.untilSays(/worker started/);
      return worker;
    },
    /** Waits until bookings are looked after. */
    async untilReady(): Promise<void> {
      await until('readiness', async () => (await fetch(`${url()}/ready`)).ok);
    },
    /** What all processes have logged. */
    output: processes.output,
  };
}
