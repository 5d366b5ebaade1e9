import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { servePage } from '../serve-page.ts';
import { startStandInServer } from '../stand-in-server.ts';
import { type ApiOptions, createApi } from './api.ts';
import { violationsIn } from './assertions.ts';
import { createClock } from './clock.ts';
import { createServeControl, type SandboxControl } from './control.ts';
import { addressesIn, referencesIn } from './evidence.ts';
import { createFaults } from './faults.ts';
import { createJournal, type JournalEntry } from './journal.ts';
import { createRequestBudget, type Limits } from './limits.ts';
import { pageAt, SANDBOX_PATH } from './sandbox-page.ts';
import type { Seed } from './seed.ts';
import { createServeApi } from './serve-api.ts';
import type { SandboxTable } from './table.ts';
import { createWorkspace } from './workspace.ts';
import { changeWorld } from './world-changes.ts';
import type { WorldName } from './worlds.ts';

export type { JournalRules } from './assertions.ts';
export type { SandboxControl } from './control.ts';
export { edgeAnswer, errorAnswer, rateLimited } from './fault-answers.ts';
export type { Fault, FaultAction, FaultMatch } from './faults.ts';
export type { JournalEntry } from './journal.ts';
export type { Limits } from './limits.ts';
export { type Cells, type DatabaseSeed, demoSeed, type PropertySeed, type Seed } from './seed.ts';
export type { SandboxRow, SandboxTable } from './table.ts';
export { SANDBOX_CONTACTS_ID } from './workspace.ts';
export type { WorldChange } from './world-changes.ts';
export type { WorldName } from './worlds.ts';

export interface NotionSandboxOptions extends ApiOptions {
  /** A free one by default. */
  port?: number;
  host?: string;
  /** Where the control listens, on loopback only; a free one by default. */
  controlPort?: number;
  /** What callers must bring; made up by default. */
  token?: string;
  /** What callers of the control must bring; made up by default. */
  controlSecret?: string;
  seed?: Seed | WorldName;
  /** As many requests as anybody likes by default. */
  limits?: Limits;
  /** What the time is, in epoch milliseconds. */
  now?: () => number;
  /** Told of every request when it is over. */
  log?: (entry: JournalEntry) => void;
}

export interface NotionSandbox extends SandboxControl {
  /** What `NOTION_BASE_URL` is set to. */
  url: string;
  token: string;
  contactsDatabaseId: string;
  sequenceDatabaseId: string;
  /** Where a person sees the databases. */
  pageUrl: string;
  /** For other processes: see `createControlClient`. */
  control: { url: string; secret: string };
  readonly contacts: SandboxTable;
  readonly sequence: SandboxTable;
  /** Requests to the API, oldest first, and what was wrong with them. */
  journal: readonly JournalEntry[] & Pick<SandboxControl, 'violations'>;
  /** A query over more rows than this answers incompletely. */
  limitQueries(rows: number): void;
  stop(): Promise<void>;
}

/**
 * Starts a server that speaks Notion's API for the calls we make, over two databases in memory, and beside it one that lets tests
 * arrange what happens there. The two have nothing in common: a caller of the API cannot get at the control.
 *
 * @throws {Error} if a port is taken.
 */
export async function startNotionSandbox(options: NotionSandboxOptions = {}): Promise<NotionSandbox> {
  const { port = 0, host = '127.0.0.1', controlPort = 0, log } = options;
  const { token = `ntn_${secret()}`, controlSecret = secret() } = options;
  const clock = createClock(options.now ?? Date.now);
  const workspace = createWorkspace(clock.now, options.seed);
  const { world } = workspace;
  const faults = createFaults();
  const budget = createRequestBudget(clock.now, options.limits);
  const journal = createJournal(clock.now);
  const api = createApi(world, token, options);
  const serveApi = createServeApi({ world, token, api, faults, budget, journal, log });

  const control: SandboxControl = {
    seed: workspace.seed,
    reset() {
      workspace.reset();
      faults.clear();
      journal.clear();
    },
    snapshot: workspace.snapshot,
    restore: workspace.restore,
    change: (change) => changeWorld(world, change),
    rowsOf: (table) => workspace[table].rows(),
    fail: faults.add,
    heal: faults.clear,
    limit: budget.set,
    spendElsewhere: budget.spendElsewhere,
    now: clock.now,
    setClock: clock.set,
    advanceClock: clock.advance,
    runClock: clock.run,
    entries: () => journal.entries,
    violations(rules) {
      const evidence = { references: referencesIn(world), addresses: addressesIn(world), token };
      return violationsIn(journal.exchanges, evidence, rules);
    },
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const page = pageAt(world, request.url?.split('?')[0] ?? '/');
    return page ? servePage(request, response, page) : serveApi(request, response);
  }

  const server = await startStandInServer(serve, { port, host });
  const controlServer = await startStandInServer(createServeControl(control, controlSecret), { port: controlPort });

  return {
    ...control,
    url: server.url,
    token,
    contactsDatabaseId: workspace.contacts.databaseId,
    sequenceDatabaseId: workspace.sequence.databaseId,
    pageUrl: `${server.url}${SANDBOX_PATH}`,
    control: { url: controlServer.url, secret: controlSecret },
    get contacts() {
      return workspace.contacts;
    },
    get sequence() {
      return workspace.sequence;
    },
    journal: withViolations(journal.entries, control.violations),
    limitQueries: (rows) => void changeWorld(world, { kind: 'limit', queryCeiling: rows }),
    async stop() {
      await Promise.all([server.stop(), controlServer.stop()]);
    },
  };
}

/** Hidden, so that a journal compares as the list that it is. */
function withViolations(entries: readonly JournalEntry[], violations: SandboxControl['violations']) {
  return Object.defineProperty(entries, 'violations', { value: violations }) as NotionSandbox['journal'];
}

function secret(): string {
  return randomBytes(24).toString('hex');
}
