import { Client, LogLevel } from '@notionhq/client';
import { type ApiOptions, createApi } from '../../../src/dev/notion-sandbox/api.ts';
import type { Seed } from '../../../src/dev/notion-sandbox/sandbox.ts';
import { createWorkspace, type Workspace } from '../../../src/dev/notion-sandbox/workspace.ts';
import type { WorldName } from '../../../src/dev/notion-sandbox/worlds.ts';
import { expectAsTyped } from '../../support/notion-answers.ts';

export const VERSION = '2026-03-11';
export const OLDER_VERSION = '2025-09-03';
export const TOKEN = 'ntn_test';
/** An id that nothing has. */
export const NOWHERE = '3c4d5e6f-7a8b-4c9d-8e0f-1a2b3c4d5e6f';
/** A Wednesday morning, to the second. */
export const NOON = Date.parse('2025-12-10T12:00:30Z');

const BASE_URL = 'http://sandbox';

export interface Connection extends Workspace {
  /** Notion's own client. */
  client: Client;
  /** A request as a careful client would make it, but for what the story is about. */
  ask: (method: string, path: string, request?: AskOptions) => Promise<AskAnswer>;
  /** Lets time pass. */
  wait: (ms: number) => void;
}

export interface AskOptions {
  body?: unknown;
  /** Undefined takes one away. */
  headers?: Record<string, string | undefined>;
}

export interface AskAnswer {
  status: number;
  body: Record<string, unknown>;
  headers: Headers;
}

export interface ConnectOptions extends ApiOptions {
  seed?: Seed | WorldName;
  version?: string;
}

/**
 * The sandbox's API without a socket, at a time that stands still. Every answer is compared with the types of the client, and a
 * request of which the client drops a part fails.
 */
export function connect({ seed, version = VERSION, ...options }: ConnectOptions = {}): Connection {
  let now = NOON;
  const workspace = createWorkspace(() => now, seed);
  const api = createApi(workspace.world, TOKEN, options);

  const inProcess = async (address: string, init: RequestInit = {}): Promise<Response> => {
    const { pathname: path, search } = new URL(address);
    const headers = Object.fromEntries(new Headers(init.headers));
    const method = init.method?.toUpperCase() ?? 'GET';
    const { answer } = api({
      method,
      path,
      query: search.slice(1),
      headers,
      body: Buffer.from(String(init.body ?? '')),
    });
    expectAsTyped({
      method,
      path,
      version: headers['notion-version'] ?? '',
      status: answer.status,
      requestId: answer.headers['x-notion-request-id'] ?? null,
      body: answer.body,
    });
    return new Response(JSON.stringify(answer.body), { status: answer.status, headers: answer.headers });
  };

  const client = new Client({
    auth: TOKEN,
    baseUrl: BASE_URL,
    notionVersion: version,
    retry: false,
    fetch: inProcess as never,
    logLevel: LogLevel.WARN,
    logger: (_, message) => {
      if (message.includes('unknown parameters')) throw new Error(message);
    },
  });

  // A getter of the workspace is to stay one: its tables are others after a new seed.
  return Object.assign(Object.create(workspace) as Workspace, {
    client,
    wait: (ms: number) => {
      now += ms;
    },
    async ask(method: string, path: string, { body, headers = {} }: AskOptions = {}) {
      const all = {
        authorization: `Bearer ${TOKEN}`,
        'notion-version': version,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      };
      const given = Object.entries(all).filter((header): header is [string, string] => header[1] !== undefined);
      const response = await inProcess(`${BASE_URL}${path}`, {
        method,
        headers: given,
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      return {
        status: response.status,
        headers: response.headers,
        body: (await response.json()) as Record<string, unknown>,
      };
    },
  });
}

/** What a call was refused with. */
export async function refusalOf(call: Promise<unknown>): Promise<{ status: number; code: string; message: string }> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (typeof error === 'object' && error !== null && 'status' in error && 'code' in error && 'message' in error) {
    return error as { status: number; code: string; message: string };
  }
  throw error ?? new Error('expected a refusal');
}

/** The id of the row with this title. */
export function rowOf(connection: Connection, name: string): string {
  const row = connection.contacts.rows().find(({ cells }) => cells['Name'] === name);
  if (!row) throw new Error(`no row ${name}`);
  return row.id;
}

export function cellsOf(connection: Connection, id: string) {
  return [...connection.contacts.rows(), ...connection.sequence.rows()].find((row) => row.id === id)?.cells;
}
