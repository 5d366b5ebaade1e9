import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import getPort from 'get-port';
import type { ProcessExit } from './guarded-process.ts';
import { startTemporalProcess, TemporalStartError } from './temporal-process.ts';

export interface TemporalServerOptions {
  /** Path of the Temporal CLI. */
  executable: string;
  /** Where the frontend listens, on loopback; a free port when not given. */
  port?: number;
  uiPort?: number;
  /** Everything it knows, in one file; made with its folder when it is not there. */
  dbFilename: string;
  /** Made at the first start. */
  namespace?: string;
  /** Where the UI has payloads decrypted, as a URL without `/decode`. */
  codecEndpoint?: string;
  /** Takes what the server writes, line by line. */
  log?(line: string): void;
}

/** A Temporal dev server of our own, which ends when our process does. */
export interface TemporalServer {
  /** host:port, as clients and workers want it. */
  readonly address: string;
  readonly uiUrl: string;
  readonly pid: number;
  /** Resolves when the server has ended; `expected` says whether we asked for it. */
  readonly exited: Promise<ProcessExit>;
  /** Ends the server, which takes up to 5 s. What it has accepted is on disk. */
  stop(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';
const START_LIMIT_MS = 30_000;

/**
 * Starts a Temporal dev server with its UI and waits until it answers.
 *
 * @throws {TemporalStartError} naming the port that is in use, or with the last lines the server wrote.
 */
export async function startTemporalServer(options: TemporalServerOptions): Promise<TemporalServer> {
  const { executable, dbFilename, namespace = 'default', codecEndpoint, log } = options;
  await mkdir(dirname(dbFilename), { recursive: true });

  let uiUrl = '';
  const plan = async () => {
    const port = await freePort(options.port);
    const uiPort = await freePort(options.uiPort);
    uiUrl = `http://${LOOPBACK}:${uiPort}`;

    const args = ['server', 'start-dev', '--ip', LOOPBACK, '--port', `${port}`, '--ui-port', `${uiPort}`];
    args.push('--namespace', namespace, '--db-filename', dbFilename, '--log-level', 'error');
    if (codecEndpoint) args.push('--ui-codec-endpoint', codecEndpoint);
    // One sync for each commit instead of three, and just as durable.
    args.push('--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=FULL');
    // It would ask Temporal's own servers whether there is a newer one.
    args.push('--dynamic-config-value', 'frontend.enableServerVersionCheck=false');
    return { executable, args, address: `${LOOPBACK}:${port}`, namespace };
  };
  const server = await startTemporalProcess(plan, { limitMs: START_LIMIT_MS, log });
  return { ...server, uiUrl };
}

/** Makes sure of the port that is asked for, else a server that is there already would answer in place of ours. */
async function freePort(wanted: number | undefined): Promise<number> {
  if (wanted === undefined) return getPort({ host: LOOPBACK });

  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    const inUse = () => reject(new TemporalStartError(`Temporal needs port ${wanted}, which is in use.`));
    probe.once('error', inUse).listen(wanted, LOOPBACK, resolve);
  });
  await new Promise((resolve) => probe.close(resolve));
  return wanted;
}
