import { join } from 'node:path';
import type { DataConverter } from '@temporalio/common';
import getPort from 'get-port';
import type { Logger } from 'pino';
import type { Cipher } from '../cipher.ts';
import { type CalcomSettings, type Config, type NotionSettings, SANDBOX_API_KEY } from '../config.ts';
import { lockDataDir } from '../data-dir-lock.ts';
import { cipherOf, installationKeyOf, keptSecret } from '../kept-secret.ts';
import { OperatorError } from '../operator-error.ts';
import { createCodecServer, loopbackOrigins } from '../server/codec-server.ts';
import { listen } from '../server/listen.ts';
import { startPrecallServer } from '../server/start-server.ts';
import { openStore } from '../store/store.ts';
import { createBookingRuns } from '../temporal/booking-runs.ts';
import { connectWorker } from '../temporal/connect-worker.ts';
import { createDataConverter } from '../temporal/data-converter.ts';
import { keepReconcileSchedule } from '../temporal/reconcile-schedule.ts';
import { tellAtStart } from '../worker/check-at-start.ts';
import { createActivities } from '../worker/create-activities.ts';
import { calcomApiOf, reconcileNowOf } from '../worker/create-reconciler.ts';
import { notionAccessOf } from '../worker/notion-access.ts';
import { type PrecallWorker, startWorker } from '../worker/worker.ts';
import { openDoor } from './calcom-sandbox/door.ts';
import { type CalcomSandbox, startCalcomSandbox } from './calcom-sandbox/sandbox.ts';
import { type MailCatcher, startMailCatcher } from './mail-catcher/mail-catcher.ts';
import { type NotionSandbox, type Seed, startNotionSandbox } from './notion-sandbox/sandbox.ts';
import { provisionTemporalCli } from './provision/temporal-cli.ts';
import { tellStandIns } from './stand-ins.ts';
import { startTemporalServer, type TemporalServer } from './temporal-server.ts';

export interface StackOptions {
  config: Config;
  log: Logger;
  /** Takes a line for whoever waits while something takes minutes. */
  say: (line: string) => void;
  /** Ports people get used to; a free one is taken where such a port is in use. */
  preferredPorts?: Partial<Record<'temporal' | 'temporalUi' | 'codec' | 'notion' | 'calcom' | 'smtp' | 'mail', number>>;
  /** What the Notion sandbox holds at first. */
  seed?: Seed;
}

/** Everything Precall needs, in one process and Temporal's. Parts the operator has set up replace their stand-ins. */
export interface Stack {
  url: string;
  webhookSecret: string | undefined;
  temporal: { address: string; namespace: string; uiUrl: string | undefined; dataConverter: DataConverter };
  notion: NotionSettings | 'off';
  /** The stand-ins that run; absent where the real thing is set up. */
  sandbox: NotionSandbox | undefined;
  calcom: CalcomSandbox | undefined;
  catcher: MailCatcher | undefined;
  /** Rejects when a part fails that the others cannot do without. */
  failed: Promise<never>;
  /** Stops everything; takes ten seconds at most. */
  stop(): Promise<void>;
}

const SHUTDOWN_GRACE_MS = 2_000;
/**
 * For a Temporal on the same machine; the SDK's 40 suit one on another. With four there are so few pollers that tasks time out in their
 * queue, while half of the machine is idle.
 */
const WORKFLOW_TASK_SLOTS = 12;

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
    const cipher = cipherOf(config);
    const temporal = config.temporal.given
      ? undefined
      : await startTemporal({ config, cipher, log, say }, preferredPorts);
    if (temporal) running.push(() => temporal.stop());

    const isMailGiven = config.email.smtpUrl !== undefined || config.email.resend !== undefined;
    const catcher = isMailGiven ? undefined : await startCatcher(preferredPorts);
    if (catcher) running.push(() => catcher.stop());

    const sandbox = config.notion ? undefined : await startSandbox(config.dataDir, preferredPorts, seed);
    if (sandbox) running.push(() => sandbox.stop());

    const calcom = isCalcomGiven(config.calcom) ? undefined : await startCalcom(config.dataDir, preferredPorts);
    if (calcom) running.push(() => calcom.stop());

    const set = {
      ...config,
      // The links in mails name it before the server listens.
      server: { ...config.server, port: config.server.port || (await freePort(undefined)) },
      calcom: calcomSettingsOf(config.calcom, calcom),
      email: { ...config.email, ...(catcher && { smtpUrl: catcher.smtpUrl }) },
    };
    const { namespace = 'default', taskQueue } = config.temporal;
    // A profile's TLS and API key are for the operator's Temporal, not for ours.
    const connectionOptions = temporal ? { address: temporal.address } : config.temporal.connectionOptions;
    const installationKey = installationKeyOf(config);

    const store = await openStore({ databaseUrl: config.store.databaseUrl, dataDir: config.dataDir, cipher, log });
    running.push(() => store.close());
    const notionSettings = config.notion ?? settingsOf(sandbox!);
    const notion = notionAccessOf({ ...config, notion: notionSettings, store, log });
    // The sandbox is as it has to be.
    if (!sandbox) running.push(tellAtStart({ ...config, notion, log }));
    const dataConverter = createDataConverter(cipher);

    const { activities, close } = createActivities({ ...set, notion, store, installationKey, log });
    running.push(close);
    const connection = await connectWorker({ connectionOptions }, log);
    running.push(() => connection.close());
    const worker = await startWorker({
      connection,
      namespace,
      taskQueue,
      activities,
      dataConverter,
      shutdownGraceMs: SHUTDOWN_GRACE_MS,
      workflowTaskSlots: WORKFLOW_TASK_SLOTS,
    });
    running.push(async () => {
      worker.shutdown();
      await worker.done;
    });
    const everyMs = set.calcom.apiKey === undefined ? undefined : config.reconcile.everyMs;
    const schedule = await keepReconcileSchedule({ connection, namespace, taskQueue, everyMs, log });
    running.push(() => schedule.stop());

    const runs = createBookingRuns({
      config: { ...set, temporal: { ...config.temporal, connectionOptions } },
      dataConverter,
      log,
    });
    running.push(() => runs.close());
    await runs.prepare();
    const webhookSecrets =
      config.server.webhookSecrets ??
      (config.server.allowUnsigned ? [] : [keptSecret(config.dataDir, 'webhook-secret')]);
    const server = await startPrecallServer({
      config: { ...set, server: { ...set.server, webhookSecrets } },
      store,
      runs,
      calcom: calcomApiOf({ calcom: set.calcom, installationKey }),
      reconcile: reconcileNowOf({ calcom: set.calcom, store, installationKey, log }),
      installationKey,
      log,
    });
    running.push(() => server.stop());
    if (calcom) {
      calcom.subscribe({ url: server.url, secret: webhookSecrets[0] });
      running.push(openDoor(config.dataDir, { url: calcom.url, token: calcom.apiKey }));
    }
    running.push(
      tellStandIns(config.dataDir, {
        url: server.url,
        ...(temporal && { temporal: { address: temporal.address, namespace } }),
        ...(sandbox && { notion: settingsOf(sandbox) }),
        ...(catcher && { smtpUrl: catcher.smtpUrl }),
      }),
    );

    return {
      url: server.url,
      webhookSecret: webhookSecrets[0],
      temporal: {
        address: connectionOptions.address ?? 'localhost:7233',
        namespace,
        uiUrl: temporal?.uiUrl,
        dataConverter,
      },
      notion: notionSettings,
      sandbox,
      calcom,
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

/** With a codec server beside it, so that its UI shows in clear text what Temporal keeps encrypted. */
async function startTemporal(
  { config, cipher, log, say }: Pick<StackOptions, 'config' | 'log' | 'say'> & { cipher: Cipher },
  preferred: Record<string, number | undefined>,
): Promise<TemporalServer> {
  const executable = await provisionTemporalCli({ env: process.env, say });
  const uiPort = await freePort(preferred['temporalUi']);
  const codec = createCodecServer({ cipher, token: undefined, uiOrigins: loopbackOrigins(uiPort), log });
  const codecEndpoint = await listen(codec, { host: '127.0.0.1', port: await freePort(preferred['codec']) });
  try {
    const server = await startTemporalServer({
      executable,
      dbFilename: join(config.dataDir, 'temporal.db'),
      namespace: config.temporal.namespace ?? 'default',
      port: await freePort(preferred['temporal']),
      uiPort,
      codecEndpoint,
    });
    return {
      ...server,
      async stop() {
        await server.stop();
        await codec.close();
      },
    };
  } catch (error) {
    await codec.close();
    throw error;
  }
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

function isCalcomGiven({ apiKey }: CalcomSettings): boolean {
  return apiKey !== undefined && apiKey !== SANDBOX_API_KEY;
}

async function startCalcom(dataDir: string, preferred: Record<string, number | undefined>): Promise<CalcomSandbox> {
  const port = await freePort(preferred['calcom']);
  return startCalcomSandbox({ port, file: join(dataDir, 'calcom-sandbox-bookings.json') });
}

/**
 * Bookings are read back from the sandbox only where the operator says so: it knows nothing of those that a real Cal.com, or
 * a person with curl, tells of, and would have them cancelled.
 */
function calcomSettingsOf(given: CalcomSettings, sandbox: CalcomSandbox | undefined): CalcomSettings {
  if (!sandbox || given.apiKey === undefined) return given;
  return { apiKey: sandbox.apiKey, baseUrl: sandbox.url };
}

function settingsOf({ url, token, contactsDatabaseId, sequenceDatabaseId }: NotionSandbox): NotionSettings {
  return { baseUrl: url, token, contactsDatabaseId, sequenceDatabaseId };
}

function freePort(preferred: number | undefined): Promise<number> {
  return getPort({ host: '127.0.0.1', ...(preferred && { port: preferred }) });
}
