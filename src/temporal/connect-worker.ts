import { setTimeout as sleep } from 'node:timers/promises';
import { NativeConnection, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { sdkLogger } from './sdk-logger.ts';

const LONGEST_PAUSE_MS = 30_000;

/** Lets the SDK log through `log`, and leaves signals to the process. Once in a process, before anything else of the SDK's. */
export function installRuntime(log: Logger): void {
  Runtime.install({
    logger: sdkLogger(log),
    shutdownSignals: [],
    telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' }, forward: {} } },
  });
}

/** Connects a worker, trying until Temporal is there: processes start in any order. */
export async function connectWorker(
  { connectionOptions }: Pick<Config['temporal'], 'connectionOptions'>,
  log: Logger,
): Promise<NativeConnection> {
  for (let pauseMs = 1_000; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      return await NativeConnection.connect(connectionOptions);
    } catch (error) {
      log.warn({ err: error, retryInMs: pauseMs }, 'Temporal does not answer; trying again');
      await sleep(pauseMs);
    }
  }
}
