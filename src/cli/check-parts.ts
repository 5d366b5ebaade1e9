import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { checkCalcom } from '../calcom/check-calcom.ts';
import type { Check } from '../check.ts';
import { type Config, type NotionSettings, SANDBOX_API_KEY } from '../config.ts';
import { findDoor } from '../dev/calcom-sandbox/door.ts';
import { findStandIns, type StandIns } from '../dev/stand-ins.ts';
import { checkMail } from '../email/check-mail.ts';
import { checkResend } from '../email/check-resend.ts';
import { type Mailbox, parseMailbox } from '../email/mailbox.ts';
import { publicUrlOf } from '../link.ts';
import { createLocalPace } from '../local-pace.ts';
import { isLoopback } from '../loopback.ts';
import { createBeginAsking } from '../notion/create-ask.ts';
import { checkNotion, limitOfLook, type NotionCheckOptions } from '../notion/doctor.ts';
import { OperatorError } from '../operator-error.ts';
import type { Pace } from '../pace.ts';
import type { DeliveryList } from '../server/operator-api.ts';
import { checkStore, type StoreLook } from '../store/check-store.ts';
import { createPace } from '../store/create-pace.ts';
import { createPostgres, type Database } from '../store/database.ts';
import { checkTemporal } from '../temporal/check-temporal.ts';
import { createOperatorApi } from './operator-api.ts';

export interface CheckPartsOptions {
  config: Config;
  /** Lets Notion be written to: see {@link NotionCheckOptions}. */
  writeProbe?: NotionCheckOptions['writeProbe'];
  /** Gets a test mail. */
  sendTo?: Mailbox | undefined;
  log: Logger;
}

/** What checks of more than one part go by. */
interface Known extends CheckPartsOptions {
  /** What `npm start` runs in place of what is not set up; undefined if it does not run. */
  standIns: StandIns | undefined;
  /** Undefined if the store could not be looked at, which its own check tells. */
  store: Promise<StoreLook | undefined>;
}

/** For one part, milliseconds. */
const LIMIT_MS = 10_000;
/** Its requests, some ten, follow one another at the pace that is left beside the bookings; where that is slow, they may take longer. */
const NOTION_LIMIT_MS = 45_000;
/** It connects, secures and logs in, for a test mail once more, and each may take seconds. */
const MAIL_LIMIT_MS = 30_000;
/** As many as the server tells of at once. */
const DELIVERIES = 200;

const NO_CLOCK: Check = {
  part: 'clock',
  what: 'clock',
  verdict: 'ok',
  message: "There was nobody to compare it with: neither Notion nor Cal.com's API has told the time.",
};

/**
 * Looks at every part, all at once: one that is down keeps nobody waiting but its own check. What `npm start` runs in place of a part
 * that is not set up is looked at while it runs.
 */
export async function checkParts(options: CheckPartsOptions): Promise<Check[]> {
  const { config } = options;
  const standIns = findStandIns(config.dataDir);
  const store = lookAtStore(config, standIns);
  const known: Known = { ...options, standIns, store: store.catch(() => undefined) };

  const parts = await Promise.all([
    within(notionLimitMs(known) + LIMIT_MS, 'notion', () => checkNotionPart(known)),
    within(LIMIT_MS, 'calcom', () => checkCalcomPart(known)),
    within(LIMIT_MS, 'temporal', () => checkTemporalPart(known)),
    within(LIMIT_MS, 'store', async () => (await store).checks),
    within(MAIL_LIMIT_MS, 'mail', () => checkMailPart(known)),
  ]);
  const checks = parts.flat();
  return checks.some(({ part }) => part === 'clock') ? checks : [...checks, NO_CLOCK];
}

/** What fails in a way that nobody foresaw is told by its kind alone: its words might hold anything. */
async function within(limitMs: number, part: Check['part'], look: () => Promise<Check[]>): Promise<Check[]> {
  const waiting = new AbortController();
  const tooLate = sleep(limitMs, [failed(part, `No answer within ${limitMs / 1_000} s.`)], { signal: waiting.signal });
  tooLate.catch(() => undefined);
  try {
    return await Promise.race([look(), tooLate]);
  } catch (error) {
    const name = error instanceof Error ? error.name : typeof error;
    return [failed(part, error instanceof OperatorError ? error.message : `It could not be looked at (${name}).`)];
  } finally {
    waiting.abort();
  }
}

function failed(part: Check['part'], message: string): Check {
  return { part, what: 'check', verdict: 'error', message };
}

/** @param asked what was asked for on the command line, and cannot be done without the part. */
function notSetUp(part: Check['part'], message: string, asked?: string | false | undefined): Check[] {
  const settings: Check = { part, what: 'settings', verdict: 'ok', message };
  return asked
    ? [settings, { part, what: asked, verdict: 'error', message: 'There is nothing to try it on.' }]
    : [settings];
}

async function checkNotionPart(known: Known): Promise<Check[]> {
  const { config, standIns, writeProbe } = known;
  const asked = writeProbe && 'write probe';
  if (config.notion === 'off') return notSetUp('notion', 'It is off: NOTION=off.', asked);
  if (config.notion) return lookAtNotion(known, config.notion, { withClock: true });
  if (!standIns?.notion) {
    return notSetUp(
      'notion',
      'Not set up: npm start stands in with a sandbox; the worker needs NOTION_TOKEN and both databases.',
      asked,
    );
  }
  const sandbox = notSetUp('notion', 'Not set up: the sandbox of the running npm start stands in.');
  return [...sandbox, ...(await lookAtNotion(known, standIns.notion, { withClock: false }))];
}

function notionLimitMs({ config, writeProbe }: Pick<Known, 'config' | 'writeProbe'>): number {
  return limitOfLook(NOTION_LIMIT_MS, { ...config.notionChoices, lane: 'background', writeProbe });
}

async function lookAtNotion(
  { config, store, writeProbe, log }: Known,
  settings: NotionSettings,
  { withClock }: { withClock: boolean },
): Promise<Check[]> {
  const { token, baseUrl } = settings;
  const { notionChoices: choices } = config;
  const { pace, close } = paceOf(config, token, (await store)?.isUsable ?? false, log);
  try {
    const { checks, unanswered } = await checkNotion({
      settings,
      choices,
      begin: createBeginAsking({ token, baseUrl, pace, log }),
      lane: 'background',
      limitMs: notionLimitMs({ config, writeProbe }),
      writeProbe,
      withClock,
    });
    return unanswered ? [...checks, unanswered] : checks;
  } finally {
    close();
  }
}

/** The pace of all processes, unless the store cannot be asked for it; some requests more are no harm then. */
function paceOf(config: Config, token: string, isStoreUsable: boolean, log: Logger): { pace: Pace; close: () => void } {
  const { requestsPerMinute } = config.notionChoices;
  const { databaseUrl } = config.store;
  if (!databaseUrl || !isStoreUsable) return { pace: createLocalPace({ requestsPerMinute }), close: () => undefined };
  const database: Database = createPostgres(databaseUrl, log);
  return {
    pace: createPace({ database, log }, { token, requestsPerMinute }),
    close: () => void database.close().catch(() => undefined),
  };
}

async function checkCalcomPart({ config, standIns, store }: Known): Promise<Check[]> {
  const { calcom, dataDir, server } = config;
  const isReal = calcom.apiKey !== undefined && calcom.apiKey !== SANDBOX_API_KEY;
  const setting = calcom.apiKey === undefined ? 'No CALCOM_API_KEY' : `CALCOM_API_KEY=${SANDBOX_API_KEY}`;
  const sandbox = standIns && findDoor(dataDir);
  const api = isReal
    ? checkCalcom({ apiKey: calcom.apiKey!, baseUrl: calcom.baseUrl, publicUrl: server.publicUrl })
    : sandbox
      ? checkSandbox(sandbox, setting)
      : notSetUp(
          'calcom',
          calcom.apiKey === undefined
            ? `${setting}: bookings are taken as the webhooks tell them, and what no webhook tells of is not found.`
            : `${setting}: bookings are read back from the sandbox of npm start, which does not run now.`,
        );
  const [checks, look] = await Promise.all([api, store]);
  return [...checks, lastWebhook(look)];
}

async function checkSandbox({ url, token }: { url: string; token: string }, setting: string): Promise<Check[]> {
  const checks = await checkCalcom({ apiKey: token, baseUrl: url });
  return [
    ...notSetUp('calcom', `${setting}: the sandbox of the running npm start stands in.`),
    // It runs on this machine, and has its clock.
    ...checks.filter(({ part }) => part !== 'clock'),
  ];
}

function lastWebhook(store: StoreLook | undefined): Check {
  const words = (message: string): Check => ({ part: 'calcom', what: 'last webhook', verdict: 'ok', message });
  if (store?.lastWebhookAt) return words(`The newest arrived at ${store.lastWebhookAt.toISOString()}.`);
  return store?.isUsable
    ? words('None has arrived yet: press Ping test in Cal.com, Settings → Developer → Webhooks, or book a call.')
    : words('Not known: see what is said of the store.');
}

function checkTemporalPart({ config, standIns }: Known): Promise<Check[]> {
  const { temporal, store } = config;
  if (!temporal.given && standIns?.temporal) {
    const { address, namespace } = standIns.temporal;
    return checkTemporal({ connectionOptions: { address }, namespace });
  }
  // Server and worker look at this machine where no address is given; npm start has a Temporal of its own.
  if (!temporal.given && !store.databaseUrl) {
    return Promise.resolve(
      notSetUp('temporal', 'Not set up: npm start runs one itself; server and worker look for one at localhost:7233.'),
    );
  }
  return checkTemporal(temporal);
}

async function lookAtStore({ store, dataDir, server }: Config, standIns: StandIns | undefined): Promise<StoreLook> {
  const { databaseUrl } = store;
  if (databaseUrl || !standIns) return checkStore({ databaseUrl, dataDir });

  // PGlite is for one process alone, and that is npm start.
  const { deliveries } = await createOperatorApi(standIns.url, server.operatorToken).get<DeliveryList>(
    `/api/deliveries?limit=${DELIVERIES}`,
  );
  const newest = deliveries.find(({ source }) => source === 'calcom');
  const message = `PGlite in ${dataDir}, which the running npm start keeps and has brought up to date.`;
  return {
    checks: [{ part: 'store', what: 'connection', verdict: 'ok', message }],
    isUsable: true,
    ...(newest && { lastWebhookAt: new Date(newest.receivedAt) }),
  };
}

async function checkMailPart(known: Known): Promise<Check[]> {
  return [...(await checkMailServer(known)), ...linksInMails(known.config)];
}

/** Mails that others get need links that others can open. A mail server of this machine may pass them on, in production it does. */
function linksInMails({ email: { resend, smtpUrl }, server, store }: Config): Check[] {
  const isTriedOut = store.databaseUrl === undefined && smtpUrl !== undefined && isLoopback(new URL(smtpUrl).hostname);
  if (!resend && (smtpUrl === undefined || isTriedOut)) return [];
  const { origin, hostname } = new URL(publicUrlOf(server));
  const links = { part: 'mail', what: 'links' } as const;
  if (!isLoopback(hostname)) return [{ ...links, verdict: 'ok', message: `They lead to ${origin}.` }];
  const setting = server.publicUrl === undefined ? 'PUBLIC_URL is not set' : 'PUBLIC_URL is an address of this machine';
  const message =
    `${setting}: the links in mails lead to ${origin}, which nobody who gets one can open. Set PUBLIC_URL to the https address ` +
    'at which the outside reaches the server, on servers and workers alike, and restart them.';
  return [{ ...links, verdict: 'warning', message }];
}

function checkMailServer({ config, standIns, sendTo }: Known): Promise<Check[]> {
  const { email } = config;
  const from = parseMailbox(email.from);
  if (email.resend) return checkResend({ ...email.resend, from, sendTo });
  const smtpUrl = email.smtpUrl ?? standIns?.smtpUrl;
  if (smtpUrl === undefined) {
    return Promise.resolve(
      notSetUp(
        'mail',
        'Not set up: npm start catches the mails on a page; the worker needs SMTP_URL or RESEND_API_KEY.',
        sendTo && 'test mail',
      ),
    );
  }
  const checking = checkMail({ smtpUrl, from, sendTo });
  if (email.smtpUrl) return checking;
  const catcher = notSetUp('mail', 'Not set up: the catcher of the running npm start stands in, and delivers nothing.');
  return checking.then((checks) => [...catcher, ...checks]);
}
