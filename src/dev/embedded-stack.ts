import { join } from 'node:path';
import getPort from 'get-port';
import type { Logger } from 'pino';
import type { Config, NotionSettings } from '../config.ts';
import { installationKeyOf, keptSecret } from '../kept-secret.ts';
import { OperatorError } from '../operator-error.ts';
import { listen } from '../server/listen.ts';
import { createServer } from '../server/server.ts';
import { createBookingRuns } from '../temporal/booking-runs.ts';
import { connectWorker } from '../temporal/connect-worker.ts';
import { createActivities } from '../worker/create-activities.ts';
import { type PrecallWorker, startWorker } from '../worker/worker.ts';
import { lockDataDir } from './data-dir-lock.ts';
import { type MailCatcher, startMailCatcher } from './mail-catcher/mail-catcher.ts';
import { type NotionSandbox, type Seed, startNotionSandbox } from './notion-sandbox/sandbox.ts';
import { provisionTemporalCli } from './provision/temporal-cli.ts';
import { startTemporalServer, type TemporalServer } from './temporal-server.ts';

export interface StackOptions {
  config: Config;
  log: Logger;
  /** Takes a line for whoever waits while something takes minutes. */
  say: (line: string) => void;
  /** Ports people get used to; a free one is taken where such a port is in use. */
  preferredPorts?: Partial<Record<'temporal' | 'temporalUi' | 'notion' | 'smtp' | 'mail', number>>;
  /** What the Notion sandbox holds at first. */
  seed?: Seed;
}

/** Everything Precall needs, in one process and Temporal's. Parts the operator has set up replace their stand-ins. */
export interface Stack {
  url: string;
  webhookSecret: string | undefined;
  temporal: { address: string; namespace: string; uiUrl: string | undefined };
  notion: NotionSettings | 'off';
  smtpUrl: string;
  /** The stand-ins that run; absent where the real thing is set up. */
  sandbox: NotionSandbox | undefined;
  catcher: MailCatcher | undefined;
  /** Rejects when a part fails that the others cannot do without. */
  failed: Promise<never>;
  /** Stops everything; takes ten seconds at most. */
  stop(): Promise<void>;
}

const SHUTDOWN_GRACE_MS = 2_000;
/** Temporal and the server share the machine: with the SDK's 40, a burst of webhooks is accepted at about half the speed. */
const WORKFLOW_TASK_SLOTS = 4;

/**
 * Starts what is not set up, then the worker and the server on top.
 *
 * @throws {DataDirInUse} when another process works on the data folder.
 */
export async function startStack({ config, log, say, preferredPorts = {}, seed }: StackOptions): Promise<Stack> {
  const running: (() => Promise<unknown> | unknown)[] = [lockDataDir(config.dataDir)];
  const stop = async () => {
    // What cannot be stopped must not keep the rest from it, Temporal least of all.
    for (const end of running.splice(0).reverse()) {
      try {
        await end();
      } catch (error) {
        log.warn({ err: error }, 'a part did not stop');
      }
    }
  };

  try {
    const temporal = config.temporal.given ? undefined : await startTemporal(config, say, preferredPorts);
    if (temporal) running.push(() => temporal.stop());

    const catcher = config.email.smtpUrl ? undefined : await startCatcher(preferredPorts);
    if (catcher) running.push(() => catcher.stop());

    const sandbox = config.notion ? undefined : await startSandbox(config.dataDir, preferredPorts, seed);
    if (sandbox) running.push(() => sandbox.stop());

    const notion = config.notion ?? settingsOf(sandbox!);
    const smtpUrl = config.email.smtpUrl ?? catcher!.smtpUrl;
    const { namespace = 'default', taskQueue } = config.temporal;
    // A profile's TLS and API key are for the operator's Temporal, not for ours.
    const connectionOptions = temporal ? { address: temporal.address } : config.temporal.connectionOptions;
    const installationKey = installationKeyOf(config);

    const { activities, close } = createActivities({ ...config, smtpUrl, notion, installationKey });
    running.push(close);
    const connection = await connectWorker({ connectionOptions }, log);
    running.push(() => connection.close());
    const worker = await startWorker({
      connection,
      namespace,
      taskQueue,
      activities,
      shutdownGraceMs: SHUTDOWN_GRACE_MS,
      workflowTaskSlots: WORKFLOW_TASK_SLOTS,
    });
    running.push(async () => {
      worker.shutdown();
      await worker.done;
    });

    const runs = createBookingRuns({ ...config, temporal: { ...config.temporal, connectionOptions } }, log);
    running.push(() => runs.close());
    await runs.prepare();
    const webhookSecrets =
      config.server.webhookSecrets ??
      (config.server.allowUnsigned ? [] : [keptSecret(config.dataDir, 'webhook-secret')]);
    const app = createServer({ config: { ...config.server, webhookSecrets }, runs, installationKey, log });
    running.push(() => app.close());
    const url = await listen(app, config.server);

    return {
      url,
      webhookSecret: webhookSecrets[0],
      temporal: { address: connectionOptions.address ?? 'localhost:7233', namespace, uiUrl: temporal?.uiUrl },
      notion,
      smtpUrl,
      sandbox,
      catcher,
      failed: failureOf(worker, temporal),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Rejects when the worker or Temporal ends without having been asked to. */
function failureOf(worker: PrecallWorker, temporal: TemporalServer | undefined): Promise<never> {
  const failed = new Promise<never>((_resolve, reject) => {
    worker.done.catch(reject);
    void temporal?.exited.then(({ expected, lastLines }) => {
      if (!expected) reject(new OperatorError(`The embedded Temporal server has ended:\n${lastLines.join('\n')}`));
    });
  });
  // It may fail while nobody is waiting for it yet.
  failed.catch(() => undefined);
  return failed;
}

async function startTemporal(
  config: Config,
  say: (line: string) => void,
  preferred: Record<string, number | undefined>,
) {
  const executable = await provisionTemporalCli({ env: process.env, say });
  return startTemporalServer({
    executable,
    dbFilename: join(config.dataDir, 'temporal.db'),
    namespace: config.temporal.namespace ?? 'default',
    port: await freePort(preferred['temporal']),
    uiPort: await freePort(preferred['temporalUi']),
  });
}

async function startCatcher(preferred: Record<string, number | undefined>): Promise<MailCatcher> {
  return startMailCatcher({ smtpPort: await freePort(preferred['smtp']), httpPort: await freePort(preferred['mail']) });
}

async function startSandbox(
  dataDir: string,
  preferred: Record<string, number | undefined>,
  seed: Seed | undefined,
): Promise<NotionSandbox> {
  const port = await freePort(preferred['notion']);
  return startNotionSandbox({ port, token: keptSecret(dataDir, 'notion-sandbox-token'), ...(seed && { seed }) });
}

function settingsOf({ url, token, contactsDatabaseId, sequenceDatabaseId }: NotionSandbox): NotionSettings {
  return { baseUrl: url, token, contactsDatabaseId, sequenceDatabaseId };
}

function freePort(preferred: number | undefined): Promise<number> {
  return getPort({ host: '127.0.0.1', ...(preferred && { port: preferred }) });
}
