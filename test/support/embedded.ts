import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll } from 'vitest';
import { createCipher, type KeyRing } from '../../src/cipher.ts';
import { parseKeyRing } from '../../src/key-ring.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { createGivenDatabase, createGivenNamespace } from './given-servers.ts';
import { dataConverterOf, ENCRYPTION_KEYS, type Outside, SECRET } from './outside.ts';
import { type PrecallProcess, usePrecallProcesses } from './precall-process.ts';
import { silent } from './silent.ts';

export interface EmbeddedOptions {
  folder: { readonly path: string };
  outside: Outside;
  /** Beside those that lead to the outside. */
  settings: Record<string, string>;
}

/** `precall start` as built: everything in one process, with its own Temporal and PGlite unless such servers were given. */
export function useEmbedded({ folder, outside, settings }: EmbeddedOptions) {
  const processes = usePrecallProcesses();
  let banner = '';
  let client: Client | undefined;
  let databaseUrl: string | undefined;
  const dataDir = () => join(folder.path, 'data');
  afterAll(() => client?.connection.close());

  const shown = (words: RegExp) => {
    const [, address] = banner.match(words) ?? [];
    if (!address) throw new Error(`The banner has no ${words}:\n${banner}`);
    return address;
  };
  return {
    /** Waits until it says what runs. */
    async start(): Promise<PrecallProcess> {
      const given = await createGivenNamespace();
      databaseUrl = await createGivenDatabase();
      const start = processes.start('start', {
        cwd: folder.path,
        env: {
          PORT: '0',
          DATA_DIR: dataDir(),
          ENCRYPTION_KEYS,
          CALCOM_WEBHOOK_SECRET: SECRET,
          ...(given && { TEMPORAL_ADDRESS: given.address, TEMPORAL_NAMESPACE: given.namespace }),
          ...(databaseUrl && { DATABASE_URL: databaseUrl }),
          ...outside.settings(),
          ...settings,
        },
      });
      [banner] = await start.untilSays(/Precall is running[\s\S]*Ctrl-C stops everything/, 110_000);
      const { address, namespace } = given ?? { address: shown(/embedded, +([^\s,]+)/), namespace: 'default' };
      const connection = Connection.lazy({ address });
      client = new Client({ connection, namespace, dataConverter: dataConverterOf(ENCRYPTION_KEYS) });
      return start;
    },
    /** What it has kept; whoever opens it closes it. PGlite is for one process: it can be read once the other one has ended. */
    async store(): Promise<Store> {
      const cipher = createCipher(parseKeyRing(ENCRYPTION_KEYS) as KeyRing);
      return openStore({ databaseUrl, dataDir: dataDir(), cipher, log: silent });
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
