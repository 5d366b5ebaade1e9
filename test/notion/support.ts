import { afterEach } from 'vitest';
import {
  type Cells,
  demoSeed,
  type NotionSandbox,
  type PropertySeed,
  type Seed,
  startNotionSandbox,
} from '../../src/dev/notion-sandbox/sandbox.ts';
import { createNotion, type Notion, type NotionOptions, type NotionRequest } from '../../src/notion/notion.ts';

/** The person all stories are about. */
export const ANN = 'ann@example.com';

/** Starts sandboxes for one test each, and stops them after it. */
export function useSandbox() {
  const running: NotionSandbox[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map((sandbox) => sandbox.stop()));
  });
  return async (seed: Seed = emptySeed()): Promise<NotionSandbox> => {
    const sandbox = await startNotionSandbox({ seed });
    running.push(sandbox);
    return sandbox;
  };
}

/** The demo's databases without anybody in them. */
export function emptySeed(): Seed {
  const { contacts, sequence } = demoSeed();
  return { contacts: { ...contacts, rows: [] }, sequence: { ...sequence, rows: [] } };
}

/** The same with some properties of other types. */
export function withProperties(seed: Seed, table: keyof Seed, ...others: PropertySeed[]): Seed {
  const properties = seed[table].properties.map((own) => others.find(({ name }) => name === own.name) ?? own);
  return { ...seed, [table]: { ...seed[table], properties } };
}

/** The adapter, and what it tells about its requests. */
export function connect(
  sandbox: NotionSandbox,
  options: Partial<NotionOptions> = {},
): Notion & { requests: NotionRequest[] } {
  const requests: NotionRequest[] = [];
  const notion = createNotion({
    token: sandbox.token,
    baseUrl: sandbox.url,
    contactsDatabaseId: sandbox.contactsDatabaseId,
    sequenceDatabaseId: sandbox.sequenceDatabaseId,
    campaigns: ['Christmas 2025'],
    onRequest: (request) => requests.push(request),
    ...options,
  });
  return { ...notion, requests };
}

export function addAnn(sandbox: NotionSandbox, cells: Cells = {}): string {
  return sandbox.contacts.add({ Name: 'Ann', email: ANN, ...cells });
}

export function addToCampaign(sandbox: NotionSandbox, email: string, campaign = 'Christmas 2025'): string {
  return sandbox.sequence.add({ Name: 'Somebody', Email: email, Campaign: campaign });
}

export function rowOf(sandbox: NotionSandbox, id: string): Cells {
  const row = sandbox.contacts.rows().find((other) => other.id === id);
  if (!row) throw new Error(`no row ${id}`);
  return row.cells;
}

export function writesTo(sandbox: NotionSandbox) {
  return sandbox.journal.filter(({ method }) => method === 'PATCH');
}

/** What a promise was rejected with. */
export async function rejectionOf(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('expected a rejection');
}
