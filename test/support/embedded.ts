import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll } from 'vitest';
import { dataConverterOf, ENCRYPTION_KEYS, type Outside, SECRET } from './outside.ts';
import { type PrecallProcess, usePrecallProcesses } from './precall-process.ts';

export interface EmbeddedOptions {
  folder: { readonly path: string };
  outside: Outside;
  /** Beside those that lead to the outside. */
  settings: Record<string, string>;
}

/** `precall start` as built: everything in one process, with its own Temporal and PGlite. */
export function useEmbedded({ folder, outside, settings }: EmbeddedOptions) {
  const processes = usePrecallProcesses();
  let banner = '';
  let client: Client | undefined;
  afterAll(() => client?.connection.close());

  const shown = (words: RegExp) => {
    const [, address] = banner.match(words) ?? [];
    if (!address) throw new Error(`The banner has no ${words}:\n${banner}`);
    return address;
  };
  return {
    /** Waits until it says what runs. */
    async start(): Promise<PrecallProcess> {
      const start = processes.start('start', {
        cwd: folder.path,
        env: {
          PORT: '0',
          DATA_DIR: join(folder.path, 'data'),
          ENCRYPTION_KEYS,
          CALCOM_WEBHOOK_SECRET: SECRET,
          ...outside.settings(),
          ...settings,
        },
      });
      [banner] = await start.untilSays(/Precall is running[\s\S]*Ctrl-C stops everything/, 60_000);
      const connection = Connection.lazy({ address: shown(/embedded, +([^\s,]+)/) });
      client = new Client({ connection, dataConverter: dataConverterOf(ENCRYPTION_KEYS) });
      return start;
    },
    get url() {
      return shown(/Webhook +(\S+)\/webhook\/calcom-booking/);
    },
    get client() {
      if (!client) throw new Error('It is there only once it has started.');
      return client;
    },
  };
}
