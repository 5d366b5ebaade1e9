import getPort from 'get-port';
import { beforeAll } from 'vitest';
import { type Outside, SECRET, type Temporal } from './outside.ts';
import { type PrecallProcess, usePrecallProcesses } from './precall-process.ts';
import { until } from './until.ts';

export interface ProductionOptions {
  folder: { readonly path: string };
  temporal: Temporal;
  outside: Outside;
  /** Beside those that lead to Temporal and the outside. */
  settings: Record<string, string>;
}

/** `precall server` and `precall worker` as built, each a process of its own, as they run in production. */
export function useProduction({ folder, temporal, outside, settings }: ProductionOptions) {
  const processes = usePrecallProcesses();
  let port = 0;
  beforeAll(async () => {
    port = await getPort({ host: '127.0.0.1' });
  });

  const url = () => `http://127.0.0.1:${port}`;
  const start = (command: 'server' | 'worker') =>
    processes.start(command, {
      cwd: folder.path,
      env: {
        PORT: `${port}`,
        CALCOM_WEBHOOK_SECRET: SECRET,
        INSTALLATION_KEY: 'one key for all the processes of this test',
        TEMPORAL_ADDRESS: temporal.address,
        ...outside.settings(),
        ...settings,
      },
    });

  return {
    get url() {
      return url();
    },
    /** Waits until it answers. */
    async startServer(): Promise<PrecallProcess> {
      const server = start('server');
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
