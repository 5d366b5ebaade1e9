import { afterEach } from 'vitest';
import { DEFAULT_NOTION_CHOICES, type NotionChoices, type NotionSettings } from '../../src/config.ts';
import {
  type Cells,
  demoSeed,
  type NotionSandbox,
  type PropertySeed,
  type Seed,
  startNotionSandbox,
} from '../../src/dev/notion-sandbox/sandbox.ts';
import { createLocalPace } from '../../src/local-pace.ts';
import { type AskOptions, createBeginAsking } from '../../src/notion/create-ask.ts';
import { createNotion, type Notion, type NotionRequest } from '../../src/notion/notion.ts';
import { aJumpingClock, aLog, type JumpingClock } from './asking.ts';

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

/** The same with a relation to the contact in the place of the address. */
export function relatedSeed(): Seed {
  const { contacts, sequence } = emptySeed();
  const properties = sequence.properties.map(
    (property): PropertySeed =>
      property.name === 'Email' ? { name: 'Contact', type: 'relation', to: contacts.title } : property,
  );
  return { contacts, sequence: { ...sequence, properties } };
}

/** The same with some properties of other types. */
export function withProperties(seed: Seed, table: keyof Seed, ...others: PropertySeed[]): Seed {
  const properties = seed[table].properties.map((own) => others.find(({ name }) => name === own.name) ?? own);
  return { ...seed, [table]: { ...seed[table], properties } };
}

export interface Connected extends Notion {
  requests: NotionRequest[];
  /** Waits take no time on it. */
  clock: JumpingClock;
  log: ReturnType<typeof aLog>;
}

export interface ConnectOptions extends Partial<Omit<AskOptions, 'clock' | 'log'>> {
  clock?: JumpingClock;
  settings?: Partial<NotionSettings>;
  choices?: Partial<NotionChoices>;
}

/** The adapter by itself on the pace of one process, and what it tells about its requests. */
export function connect(
  sandbox: NotionSandbox,
  { settings, choices, clock = aJumpingClock(), ...options }: ConnectOptions = {},
): Connected {
  const requests: NotionRequest[] = [];
  const log = aLog();
  const { token, url: baseUrl, contactsDatabaseId, sequenceDatabaseId } = sandbox;
  const own = { token, baseUrl, contactsDatabaseId, sequenceDatabaseId, ...settings };
  const begin = createBeginAsking({
    token: own.token,
    baseUrl: own.baseUrl,
    pace: createLocalPace({ requestsPerMinute: 150, now: clock.now }),
    log: log as never,
    clock,
    random: () => 0.5,
    onRequest: (request) => requests.push(request),
    ...options,
  });
  const notion = createNotion({
    settings: own,
    choices: { ...DEFAULT_NOTION_CHOICES, ...choices },
    begin,
    log: log as never,
    now: clock.now,
  });
  return { ...notion, requests, clock, log };
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
