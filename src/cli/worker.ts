import type { Command } from 'commander';
import { loadConfig } from '../config.ts';
import { cipherOf, installationKeyOf } from '../kept-secret.ts';
import { createLogger } from '../logger.ts';
import { openStore } from '../store/store.ts';
import { connectWorker, installRuntime } from '../temporal/connect-worker.ts';
import { createDataConverter } from '../temporal/data-converter.ts';
import { keepReconcileSchedule } from '../temporal/reconcile-schedule.ts';
import { checkAtStart } from '../worker/check-at-start.ts';
import { createActivities } from '../worker/create-activities.ts';
import { notionAccessOf } from '../worker/notion-access.ts';
import { startWorker } from '../worker/worker.ts';
import { untilStopped } from './until-stopped.ts';

/** Docker waits 40 s here; a mail that is on its way takes a few. */
const SHUTDOWN_GRACE_MS = 20_000;

export function addWorker(program: Command): void {
  program.command('worker').description('runs workflows, sends the mails and updates Notion').action(runWorker);
}

async function runWorker(): Promise<void> {
  const config = loadConfig('worker');
  const log = createLogger(config.logLevel, 'precall-worker');
  installRuntime(log);
  const stopped = untilStopped();
  const unlessStopped = <T>(awaited: Promise<T>) => Promise.race([awaited, stopped.then(() => process.exit(0))]);

  const cipher = cipherOf(config);
  const store = await unlessStopped(openStore({ ...config.store, dataDir: config.dataDir, cipher, log }));
  // loadConfig has seen to it that a worker has it.
  const notion = notionAccessOf({ ...config, notion: config.notion!, store, log });
  const { activities, close } = createActivities({
    ...config,
    notion,
    store,
    installationKey: installationKeyOf(config),
    log,
  });

  const [connection, stopLooking] = await unlessStopped(
    Promise.all([connectWorker(config.temporal, log), checkAtStart({ ...config, notion, log })]),
  );
  const { taskQueue, namespace = 'default' } = config.temporal;
  const worker = await startWorker({
    connection,
    namespace,
    taskQueue,
    activities,
    dataConverter: createDataConverter(cipher),
    shutdownGraceMs: SHUTDOWN_GRACE_MS,
  });
  const { calcom, reconcile } = config;
  const everyMs = calcom.apiKey === undefined ? undefined : reconcile.everyMs;
  const schedule = await keepReconcileSchedule({ connection, namespace, taskQueue, everyMs, log });
  log.info({ taskQueue, namespace }, 'worker started');

  void stopped.then((signal) => {
    log.info({ signal }, 'stopping');
    stopLooking();
    schedule.stop();
    worker.shutdown();
  });
  await worker.done;
  close();
  await connection.close();
  await store.close();
}
