import type { Command } from 'commander';
import { loadConfig } from '../config.ts';
import { installationKeyOf } from '../kept-secret.ts';
import { createLogger } from '../logger.ts';
import { listen } from '../server/listen.ts';
import { createServer } from '../server/server.ts';
import { createBookingRuns } from '../temporal/booking-runs.ts';
import { untilStopped } from './until-stopped.ts';

export function addServer(program: Command): void {
  program.command('server').description('takes webhooks and hands them to Temporal').action(runServer);
}

async function runServer(): Promise<void> {
  const config = loadConfig('server');
  const log = createLogger(config.logLevel, 'precall-server');
  const runs = createBookingRuns(config, log);
  const app = createServer({ config: config.server, runs, installationKey: installationKeyOf(config), log });

  await listen(app, config.server);
  runs.prepare().catch(() => log.warn('Temporal does not answer: until it does, webhooks are answered 503'));
  log.info({ signal: await untilStopped() }, 'stopping');
  await app.close();
  await runs.close();
}
