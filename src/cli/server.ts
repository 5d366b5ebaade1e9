import type { Command } from 'commander';
import { loadConfig } from '../config.ts';
import { cipherOf, installationKeyOf } from '../kept-secret.ts';
import { createLogger } from '../logger.ts';
import { startPrecallServer } from '../server/start-server.ts';
import { openStore } from '../store/store.ts';
import { createBookingRuns } from '../temporal/booking-runs.ts';
import { createDataConverter } from '../temporal/data-converter.ts';
import { calcomApiOf, reconcileNowOf } from '../worker/create-reconciler.ts';
import { untilStopped } from './until-stopped.ts';

export function addServer(program: Command): void {
  program.command('server').description('takes webhooks, keeps them and hands them to Temporal').action(runServer);
}

async function runServer(): Promise<void> {
  const config = loadConfig('server');
  const log = createLogger(config.logLevel, 'precall-server');
  const stopped = untilStopped();
  const cipher = cipherOf(config);
  // PostgreSQL may still be starting, and is waited for.
  const opening = openStore({ databaseUrl: config.store.databaseUrl, dataDir: config.dataDir, cipher, log });
  const store = await Promise.race([opening, stopped.then(() => undefined)]);
  if (!store) process.exit(0);
  const runs = createBookingRuns({ config, dataConverter: createDataConverter(cipher), log });
  try {
    const installationKey = installationKeyOf(config);
    const calcom = calcomApiOf({ calcom: config.calcom, installationKey });
    const reconcile = reconcileNowOf({ calcom: config.calcom, store, installationKey, log });
    const server = await startPrecallServer({ config, store, runs, calcom, reconcile, installationKey, log });
    log.info({ signal: await stopped }, 'stopping');
    await server.stop();
  } finally {
    await runs.close();
    await store.close();
  }
}
