import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from './answers.ts';
import { createApi } from './api.ts';
import { createFaults, type Fault, type FaultAction } from './faults.ts';
import { renderSandboxPage } from './sandbox-page.ts';
import { demoSeed, type Seed } from './seed.ts';
import { createTable, type SandboxTable } from './table.ts';
import { createWorld } from './world.ts';
import { servePage } from '../serve-page.ts';

export { edgeAnswer, errorAnswer, type Fault, type FaultAction, rateLimited } from './faults.ts';
export { type Cells, type DatabaseSeed, demoSeed, type PropertySeed, type Seed } from './seed.ts';
export type { SandboxRow, SandboxTable } from './table.ts';

/** The contacts database is always this one: whoever looks from another process need not ask. */
export const SANDBOX_CONTACTS_ID = '1f2e3d4c-5b6a-4798-8a9b-0c1d2e3f4a5b';
const SEQUENCE_ID = '2a3b4c5d-6e7f-4801-9b2c-3d4e5f6a7b8c';
const PAGE_PATH = '/sandbox';

export interface NotionSandboxOptions {
  /** A free one by default. */
  port?: number;
  host?: string;
  /** What callers must bring; made up by default. */
  token?: string;
  seed?: Seed;
  /** Told of every request. */
  log?: (entry: JournalEntry) => void;
}

/** One request as it was met. Neither token nor body is kept. */
export interface JournalEntry {
  /** Epoch milliseconds. */
  at: number;
  method: string;
  path: string;
  /** Absent if no answer was given. */
  status?: number;
  /** Whether it changed something. */
  committed: boolean;
  /** Whether the caller hung up before the answer was through. */
  abandoned: boolean;
}

export interface NotionSandbox {
  /** What `NOTION_BASE_URL` is set to. */
  url: string;
  token: string;
  contactsDatabaseId: string;
  sequenceDatabaseId: string;
  /** Where a person sees the databases. */
  pageUrl: string;
  contacts: SandboxTable;
  sequence: SandboxTable;
  /** Requests to the API, oldest first. */
  journal: readonly JournalEntry[];
  /** Lets matching requests fail from now on. */
  fail(fault: Fault): void;
  /** Forgets the faults still in wait. */
  heal(): void;
  /** A query over more rows than this answers incompletely. */
  limitQueries(rows: number): void;
  stop(): Promise<void>;
}

/**
 * Starts a server that speaks Notion's API for the calls we make, over two databases in memory.
 *
 * @throws {Error} if the port is taken.
 */
export async function startNotionSandbox(options: NotionSandboxOptions = {}): Promise<NotionSandbox> {
  const { port = 0, host = '127.0.0.1', token = `ntn_${randomBytes(24).toString('hex')}`, log } = options;
  const seed = options.seed ?? demoSeed();
  const world = createWorld();
  const contacts = createTable(world, seed.contacts, SANDBOX_CONTACTS_ID);
  const sequence = createTable(world, seed.sequence, SEQUENCE_ID);
  const api = createApi(world, token);
  const faults = createFaults();
  const journal: JournalEntry[] = [];

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', headers } = request;
    const path = request.url?.split('?')[0] ?? '/';
    if (path === PAGE_PATH) return servePage(request, response, () => renderSandboxPage(world));

    const entry: JournalEntry = { at: Date.now(), method, path, committed: false, abandoned: false };
    journal.push(entry);
    response.on('close', () => {
      entry.abandoned = !response.writableFinished;
      log?.(entry);
    });
    const body = await buffer(request);
    const perform = () => {
      const { answer, committed } = api({ method, path, headers, body });
      entry.committed = committed;
      return answer;
    };
    await meet(faults.take(method, path), perform, response, entry);
  }

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  server.listen(port, host);
  await once(server, 'listening');
  const bound = server.address() as AddressInfo;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${bound.port}`;

  return {
    url,
    token,
    contactsDatabaseId: contacts.databaseId,
    sequenceDatabaseId: sequence.databaseId,
    pageUrl: `${url}${PAGE_PATH}`,
    contacts,
    sequence,
    journal,
    fail: (fault) => faults.add(fault),
    heal: () => faults.clear(),
    limitQueries: (rows) => {
      world.queryCeiling = rows;
    },
    async stop() {
      const closed = once(server, 'close');
      server.close();
      // Those that hang would otherwise keep it open for ever.
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Answers a request, unless a fault has it otherwise. */
async function meet(
  fault: FaultAction | undefined,
  perform: () => Answer,
  response: ServerResponse,
  entry: JournalEntry,
): Promise<void> {
  if (fault === 'hang') return;
  if (fault === 'drop') return void response.destroy();
  if (fault === 'commit-then-drop') {
    perform();
    return void response.destroy();
  }
  if (typeof fault === 'object' && 'delayMs' in fault) await sleep(fault.delayMs, undefined, { ref: false });

  const given = typeof fault === 'object' && 'answer' in fault ? fault.answer : perform();
  const answer = typeof fault === 'object' && 'commitThenAnswer' in fault ? fault.commitThenAnswer : given;
  const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
  entry.status = answer.status;
  response.writeHead(answer.status, answer.headers);
  if (fault === 'hang-in-body') response.write(text.slice(0, text.length / 2));
  else response.end(text);
}
