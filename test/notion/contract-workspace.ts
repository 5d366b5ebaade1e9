import { Client, isFullPage, type PageObjectResponse, type UpdatePageParameters } from '@notionhq/client';
import { startNotionSandbox } from '../../src/dev/notion-sandbox/sandbox.ts';
import { HOME_PAGE_ID } from '../../src/dev/notion-sandbox/world.ts';
import { expectAsTyped } from '../support/notion-answers.ts';

const VERSION = '2026-03-11';

export type Properties = NonNullable<UpdatePageParameters['properties']>;

/** Two databases to try things in: contacts, and a sequence whose rows name their contact. */
export interface ContractWorkspace {
  client: Client;
  /** Whether it is Notion itself. */
  isReal: boolean;
  /** Answers so far that were not as the client has them. */
  differences: readonly string[];
  contacts: { databaseId: string; dataSourceId: string };
  sequence: { databaseId: string; dataSourceId: string };
  /** A plain request, for what the client would not send. */
  ask: (method: string, path: string, body?: unknown) => Promise<{ status: number; body: Record<string, unknown> }>;
  createContact: (properties: Properties) => Promise<string>;
  read: (pageId: string) => Promise<PageObjectResponse>;
  /** Puts everything into the trash. */
  close: () => Promise<void>;
}

interface Door {
  url: string;
  token: string;
  /** The page on which the databases are made. */
  page: string;
  isReal: boolean;
  stop: () => Promise<void>;
}

/**
 * Makes the two databases, on a page of their own: in the workspace of `NOTION_CONTRACT_TOKEN`, below its page
 * `NOTION_CONTRACT_PAGE`, if these are given, else in the sandbox.
 */
export async function openContractWorkspace(): Promise<ContractWorkspace> {
  const { url, token, page, isReal, stop } = await openDoor();
  const differences: string[] = [];
  const comparingFetch = createComparingFetch(differences);
  const client = new Client({
    auth: token,
    baseUrl: url,
    notionVersion: VERSION,
    fetch: comparingFetch as never,
    logger: () => {},
  });

  const scratch = await client.pages.create({
    parent: { page_id: page },
    properties: { title: { title: text(`Precall contract ${new Date().toISOString()}`) } },
  });
  const createDatabase = async (name: string, properties: object) => {
    const database = await client.databases.create({
      parent: { type: 'page_id', page_id: scratch.id },
      title: text(name),
      initial_data_source: { properties: properties as never },
    });
    const source = 'data_sources' in database ? database.data_sources[0] : undefined;
    return { databaseId: database.id, dataSourceId: `${source?.id}` };
  };
  const contacts = await createDatabase('Contacts', {
    Name: { title: {} },
    email: { email: {} },
    Text: { rich_text: {} },
    Status: { select: { options: [{ name: 'Booked' }, { name: 'Cancelled' }] } },
    Stage: { status: {} },
    Date: { date: {} },
    Tick: { checkbox: {} },
    Made: { created_time: {} },
  });
  const sequence = await createDatabase('Sequence', {
    Name: { title: {} },
    Contact: { relation: { data_source_id: contacts.dataSourceId, single_property: {} } },
  });

  return {
    client,
    isReal,
    differences,
    contacts,
    sequence,
    async ask(method, path, body) {
      const response = await comparingFetch(`${url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          'notion-version': VERSION,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    },
    async createContact(properties) {
      const created = await client.pages.create({ parent: { data_source_id: contacts.dataSourceId }, properties });
      return created.id;
    },
    async read(pageId) {
      const found = await client.pages.retrieve({ page_id: pageId });
      if (!isFullPage(found)) throw new Error('the integration may not read content');
      return found;
    },
    async close() {
      await client.pages.update({ page_id: scratch.id, in_trash: true });
      await stop();
    },
  };
}

export function text(content: string) {
  return [{ text: { content } }];
}

async function openDoor(): Promise<Door> {
  const token = process.env['NOTION_CONTRACT_TOKEN'] ?? '';
  const page = process.env['NOTION_CONTRACT_PAGE'] ?? '';
  if ((token === '') !== (page === '')) throw new Error('give both NOTION_CONTRACT_TOKEN and NOTION_CONTRACT_PAGE');
  if (token !== '') return { url: 'https://api.notion.com', token, page, isReal: true, stop: async () => {} };
  const sandbox = await startNotionSandbox();
  return { url: sandbox.url, token: sandbox.token, page: HOME_PAGE_ID, isReal: false, stop: sandbox.stop };
}

/** Every answer is compared with the client's types, but for those of the network in front of Notion. */
function createComparingFetch(differences: string[]) {
  return async (address: string, init: RequestInit): Promise<Response> => {
    const response = await fetch(address, init);
    if (!response.headers.get('content-type')?.includes('json')) return response;
    const answer = {
      method: init.method?.toUpperCase() ?? 'GET',
      path: new URL(address).pathname,
      version: VERSION,
      status: response.status,
      requestId: response.headers.get('x-notion-request-id'),
      body: await response.clone().json(),
    };
    try {
      expectAsTyped(answer);
    } catch (error) {
      differences.push(error instanceof Error ? error.message : String(error));
    }
    return response;
  };
}
