import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection, WorkflowNotFoundError } from '@temporalio/client';
import proto from '@temporalio/proto';
import getPort from 'get-port';
import { afterAll, beforeAll, inject } from 'vitest';
import { createCipher, type KeyRing } from '../../src/cipher.ts';
import { type MailCatcher, startMailCatcher } from '../../src/dev/mail-catcher/mail-catcher.ts';
import { type NotionSandbox, type SandboxRow, startNotionSandbox } from '../../src/dev/notion-sandbox/sandbox.ts';
import { sampleBookingCreated } from '../../src/dev/sample-booking.ts';
import { startTemporalServer, type TemporalServer } from '../../src/dev/temporal-server.ts';
import { parseKeyRing } from '../../src/key-ring.ts';
import { createDataConverter } from '../../src/temporal/data-converter.ts';
import type { precallPrep } from '../../src/workflows/index.ts';
import { wakeAt } from '../../src/workflows/timetable.ts';
import { aKey } from './a-key.ts';
import { REMINDERS_ONLY, writeChoices } from './choices.ts';
import { createGivenNamespace, type GivenNamespace } from './given-servers.ts';
import { until } from './until.ts';

export const SECRET = 'a secret only Cal.com knows';
/** What all processes of a test have in common. */
export const ENCRYPTION_KEYS = `tests:${aKey('tests').bytes.toString('base64')}`;

/**
 * A folder of a test's own, with the operator's choices in it: the working directory of the processes it starts.
 *
 * @param withNotices whether people get mails that tell what has happened; else reminders only, which are easier to count.
 */
export function useFolder({ withNotices = false } = {}): { readonly path: string } {
  let path = '';
  beforeAll(async () => {
    path = await mkdtemp(join(tmpdir(), 'precall-system-'));
    await writeChoices(path, { grace: '1s', ...(!withNotices && REMINDERS_ONLY) });
  });
  afterAll(() => rm(path, { recursive: true, force: true }));
  return {
    get path() {
      return path;
    },
  };
}

/** A mail server and a Notion that belong to the test, not to Precall, and the settings that lead to them. */
export interface Outside {
  readonly catcher: MailCatcher;
  readonly notion: NotionSandbox;
  settings(): Record<string, string>;
}

export function useOutside(): Outside {
  let catcher: MailCatcher | undefined;
  let notion: NotionSandbox | undefined;
  beforeAll(async () => {
    [catcher, notion] = await Promise.all([startMailCatcher(), startNotionSandbox()]);
  });
  afterAll(async () => {
    await Promise.all([catcher?.stop(), notion?.stop()]);
  });
  return {
    get catcher() {
      return there(catcher);
    },
    get notion() {
      return there(notion);
    },
    settings: () => ({
      SMTP_URL: there(catcher).smtpUrl,
      NOTION_TOKEN: there(notion).token,
      NOTION_BASE_URL: there(notion).url,
      NOTION_BUSINESSX_DB_ID: there(notion).contactsDatabaseId,
      NOTION_EMAIL_SEQUENCE_DB_ID: there(notion).sequenceDatabaseId,
    }),
  };
}

/** A Temporal dev server with its data in a file, which can be killed and come back. */
export interface Temporal {
  readonly address: string;
  /** What leads a process to it. */
  settings(): Record<string, string>;
  readonly client: Client;
  handle(workflowId: string): ReturnType<typeof handleOf>;
  kill(): Promise<void>;
  /** On the same port and file. */
  restart(): Promise<void>;
}

export function useTemporal(folder: { readonly path: string }): Temporal {
  let given: GivenNamespace | undefined;
  let server: TemporalServer | undefined;
  let client: Client | undefined;
  let port = 0;

  const start = async () => {
    const dbFilename = join(folder.path, 'temporal.db');
    server = await startTemporalServer({ executable: inject('temporalCliPath'), dbFilename, port });
  };
  beforeAll(async () => {
    given = await createGivenNamespace();
    if (!given) {
      port = await getPort({ host: '127.0.0.1' });
      await start();
    }
    const { address, namespace } = given ?? { address: there(server).address, namespace: 'default' };
    const connection = Connection.lazy({ address });
    client = new Client({ connection, namespace, dataConverter: dataConverterOf(ENCRYPTION_KEYS) });
  });
  afterAll(async () => {
    await client?.connection.close();
    await server?.stop();
  });

  return {
    get address() {
      return there(given ?? server).address;
    },
    settings: () => ({
      TEMPORAL_ADDRESS: there(given ?? server).address,
      ...(given && { TEMPORAL_NAMESPACE: given.namespace }),
    }),
    get client() {
      return there(client);
    },
    handle: (workflowId) => handleOf(there(client), workflowId),
    async kill() {
      if (given)
        throw new Error('A Temporal that was given is not killed: run this test without TEST_TEMPORAL_ADDRESS.');
      process.kill(there(server).pid, 'SIGKILL');
      await there(server).exited;
    },
    restart: start,
  };
}

export function handleOf(client: Client, workflowId: string) {
  return client.workflow.getHandle<typeof precallPrep>(workflowId);
}

/** Reads what Temporal keeps encrypted. */
export function dataConverterOf(keys: string) {
  return createDataConverter(createCipher(parseKeyRing(keys) as KeyRing));
}

/** Waits until what was accepted has come to Temporal. @returns the run's status there. */
export async function untilStarted(run: ReturnType<typeof handleOf>): Promise<string> {
  const described = await until(
    `start of ${run.workflowId}`,
    () =>
      run.describe().catch((error: unknown) => {
        if (error instanceof WorkflowNotFoundError) return undefined;
        throw error;
      }),
    60_000,
  );
  return described.status.name;
}

/** Waits until a worker has one of the run's reminders in its hands. */
export async function untilUnderWay(run: ReturnType<typeof handleOf>): Promise<void> {
  await until(`reminder of ${run.workflowId} that is under way`, async () => {
    const { raw } = await run.describe();
    return raw.pendingActivities?.some(
      ({ activityType, state }) => activityType?.name === 'sendReminder' && state === STARTED,
    );
  });
}

const STARTED = proto.temporal.api.enums.v1.PendingActivityState.PENDING_ACTIVITY_STATE_STARTED;

function there<T>(thing: T | undefined): T {
  if (thing === undefined) throw new Error('It is there only while tests run.');
  return thing;
}

export interface Call {
  uid: string;
  /** How long from now. */
  startsInMs: number;
  /** A second by default. */
  lengthMs?: number;
  attendee?: { name: string; email: string };
}

/** A call booked on Cal.com: the webhook's body, and what a test wants to know of it. */
export function aCall({ uid, startsInMs, lengthMs = 1_000, attendee = attendeeOf(uid) }: Call) {
  const startsAt = new Date(Date.now() + startsInMs);
  return {
    uid,
    attendee,
    startsAt: startsAt.getTime(),
    workflowId: `precall/${uid}`,
    body: sampleBookingCreated({ uid, startsAt, lengthMs, attendee }) as unknown,
  };
}

function attendeeOf(uid: string) {
  return { name: `Attendee of ${uid}`, email: `${uid}@example.com` };
}

/** Posts a body as Cal.com does, signed over its bytes. */
export function post(url: string, body: unknown, secret = SECRET): Promise<Response> {
  return postText(url, JSON.stringify(body), { secret });
}

/** The same for what is written out already, whatever it is. */
export function postText(
  url: string,
  text: string,
  { secret = SECRET, headers = {} }: { secret?: string; headers?: Readonly<Record<string, string>> } = {},
): Promise<Response> {
  const signature = createHmac('sha256', secret).update(text).digest('hex');
  return fetch(`${url}/webhook/calcom-booking`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-cal-signature-256': signature, ...headers },
    body: text,
  });
}

/** The mails to one address, in the order they arrived. */
export function mailsTo({ mails }: Pick<MailCatcher, 'mails'>, email: string) {
  return mails().filter(({ envelope }) => envelope.to.includes(email));
}

/** How late each mail arrived, in milliseconds; negative is early. */
export function lateness(mails: readonly { receivedAtMs: number }[], dueAt: readonly number[]): number[] {
  return mails.map(({ receivedAtMs }, index) => receivedAtMs - (dueAt[index] ?? Number.NaN));
}

export function rowOf(notion: Pick<NotionSandbox, 'contacts'>, email: string): SandboxRow | undefined {
  return notion.contacts.rows().find(({ cells }) => cells['email'] === email);
}

/** The requests that changed a page. */
export function writes({ journal }: Pick<NotionSandbox, 'journal'>) {
  return journal.filter(({ method }) => method === 'PATCH');
}

/** A booking's uid whose reminders are woken for as `early` or as `late` as can be: that is fixed by the uid. */
export function uidThatWakes(when: 'early' | 'late', name: string): string {
  const leadOf = (uid: string) => 480_000 - wakeAt(uid, 480_000, 0);
  for (let index = 0; ; index += 1) {
    const uid = `${name}-${index}`;
    if (when === 'early' ? leadOf(uid) > 118_000 : leadOf(uid) < 26_000) return uid;
  }
}
