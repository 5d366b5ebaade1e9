import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { type BookingEvent, workflowIdOf } from '../../src/booking.ts';
import { createCipher } from '../../src/cipher.ts';
import { createLinks } from '../../src/link.ts';
import { createServer, type ServerOptions } from '../../src/server/server.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import type { BookingRuns } from '../../src/temporal/booking-runs.ts';
import { INSTALLATION_KEY } from '../calcom/support.ts';
import { aKey } from '../support/a-key.ts';
import { usePostgres } from '../support/postgres.ts';
import { silent } from '../support/silent.ts';

export const SECRET = 'cal-fixture-secret';

/** A store on a PostgreSQL of this file's own, empty before each test. */
export function useStore(): { readonly store: Store; openAnother(): Promise<Store>; empty(): Promise<void> } & Pick<
  ReturnType<typeof usePostgres>,
  'kill9' | 'restart'
> {
  const postgres = usePostgres();
  const opened: Store[] = [];
  let dataDir: string;
  let databaseUrl: string;
  const open = async () => {
    const store = await openStore({ databaseUrl, dataDir, cipher: createCipher([aKey('tests')]), log: silent });
    opened.push(store);
    return store;
  };
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'precall-server-'));
    databaseUrl = await postgres.createDatabase();
    await open();
  });
  afterEach(() => empty(databaseUrl));
  afterAll(async () => {
    await Promise.all(opened.map((store) => store.close()));
    await rm(dataDir, { recursive: true, force: true });
  });
  return {
    get store() {
      return opened[0]!;
    },
    openAnother: open,
    empty: () => empty(databaseUrl),
    kill9: postgres.kill9,
    restart: postgres.restart,
  };
}

async function empty(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(
      'truncate deliveries, bookings, booking_history, reminders, retired_bookings, contact_claims, contacts, findings, suppressions, mail_events',
    );
  } finally {
    await client.end();
  }
}

/** Temporal in memory, which can fail on request. */
export interface FakeRuns extends BookingRuns {
  /** What the runs were to be told, oldest first, and what became of it. */
  heard: { workflowId: string; event: BookingEvent; answer: 'told' | 'closed' | 'absent' }[];
  /** Answers for a run, or throws to have it fail. */
  onTell: (event: BookingEvent) => 'told' | 'closed' | Promise<'told' | 'closed'>;
  onRestore: (workflowId: string, state: unknown) => 'restored' | 'running' | 'closed';
  /** Workflow ids. */
  open: Set<string>;
  /** The states that ended runs were taken up from, by workflow id. */
  reopened: Map<string, unknown>;
  notReady: string | undefined;
}

export function createFakeRuns(): FakeRuns {
  const runs: FakeRuns = {
    heard: [],
    onTell: () => 'told',
    onRestore: () => 'restored',
    open: new Set(),
    reopened: new Map(),
    notReady: undefined,
    prepare: async () => undefined,
    async tell(event) {
      const answer = await runs.onTell(event);
      const workflowId = workflowIdOf(event.booking);
      runs.heard.push({ workflowId, event, answer });
      if (answer === 'told') runs.open.add(workflowId);
      return answer;
    },
    async inform(booking, event) {
      await runs.onTell(event);
      const workflowId = workflowIdOf(booking);
      const answer = runs.open.has(workflowId) ? 'told' : 'absent';
      runs.heard.push({ workflowId, event, answer });
      return answer;
    },
    async reopen(booking, state, event) {
      await runs.onTell(event);
      const workflowId = workflowIdOf(booking);
      runs.heard.push({ workflowId, event, answer: 'told' });
      runs.reopened.set(workflowId, state);
      runs.open.add(workflowId);
    },
    async restore(booking, state) {
      const workflowId = workflowIdOf(booking);
      if (runs.open.has(workflowId)) return 'running';
      const answer = runs.onRestore(workflowId, state);
      if (answer === 'restored') runs.open.add(workflowId);
      return answer;
    },
    async *openRuns() {
      yield* runs.open;
    },
    whyNotReady: async () => runs.notReady,
    close: async () => undefined,
  };
  return runs;
}

/** A log whose lines can be read. */
export function createTestLog() {
  const lines: string[] = [];
  return {
    log: pino({ level: 'trace' }, { write: (line: string) => lines.push(line) }),
    /** Every line logged so far, at any level. */
    logged: () => lines.join(''),
    lines: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

export interface TestServer {
  app: FastifyInstance;
  runs: FakeRuns;
  /** How often the dispatcher was told that something has arrived. */
  woken: () => number;
  logged: () => string;
}

type TestServerOptions = Partial<
  ServerOptions['config'] &
    Pick<ServerOptions, 'inbox' | 'restorer' | 'mailEvents'> &
    Pick<ServerOptions['pages'], 'calcom'>
>;

/** As the server under test makes them. */
export const links = createLinks({ installationKey: INSTALLATION_KEY, publicUrl: 'https://calls.example.com' });

/** Makes whole servers for one test each, and closes them after it. Nothing is dispatched: the dispatcher is only woken. */
export function useServers(stores: { readonly store: Store }) {
  const running: FastifyInstance[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map((app) => app.close()));
  });

  return ({ inbox, restorer, mailEvents, calcom, ...config }: TestServerOptions = {}): TestServer => {
    const runs = createFakeRuns();
    const { log, logged } = createTestLog();
    let wakes = 0;
    const app = createServer({
      config: {
        webhookSecrets: [SECRET],
        allowUnsigned: false,
        operatorToken: undefined,
        resendWebhookSecrets: [],
        mailEventsSecrets: [],
        ...config,
      },
      inbox: inbox ?? stores.store.inbox,
      mailEvents: mailEvents ?? stores.store.mailEvents,
      suppressions: stores.store.suppressions,
      runs,
      dispatcher: { wake: () => void wakes++ },
      restorer: restorer ?? { restoreLost: async () => ({ live: 0, missing: 0, restored: 0, closed: 0, failed: 0 }) },
      installationKey: INSTALLATION_KEY,
      pages: {
        links,
        findings: stores.store.findings,
        calcom,
        calendarFrom: { name: 'Precall', email: 'precall@example.com' },
        fallbackTimeZone: 'UTC',
      },
      log,
    });
    running.push(app);
    return { app, runs, woken: () => wakes, logged };
  };
}

export function sign(body: string | Buffer, secret = SECRET): string {
  return createHmac('sha256', secret).update(body).digest('hex');
}

/** Posts bytes as Cal.com would, but for what the story is about; a header that is undefined is left out. */
export function post(
  { app }: Pick<TestServer, 'app'>,
  body: string | Buffer,
  headers: Record<string, string | undefined> = {},
  url = '/webhook/calcom-booking',
) {
  const all = {
    host: 'localhost:8000',
    'content-type': 'application/json',
    'x-cal-signature-256': sign(body),
    'x-cal-webhook-version': '2021-10-20',
    ...headers,
  };
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  return app.inject({ method: 'POST', url, payload: body, headers: given });
}
