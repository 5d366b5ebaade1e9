import { afterEach } from 'vitest';
import {
  type NotionSandbox,
  type NotionSandboxOptions,
  startNotionSandbox,
} from '../../../src/dev/notion-sandbox/sandbox.ts';
import { expectAsTyped } from '../../support/notion-answers.ts';

const VERSION = '2026-03-11';

/** Where the stories begin that are about minutes: at the very start of one. */
export const NOON = Date.parse('2026-01-05T12:00:00Z');

/** Starts sandboxes for one test each, and stops them after it. */
export function useSandbox() {
  const running: NotionSandbox[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map((sandbox) => sandbox.stop()));
  });
  return async (options: NotionSandboxOptions = {}): Promise<NotionSandbox> => {
    const sandbox = await startNotionSandbox({ seed: 'W1', ...options });
    running.push(sandbox);
    return sandbox;
  };
}

export interface Ask {
  method?: string;
  body?: unknown;
  token?: string;
  signal?: AbortSignal;
}

/** A request as a careful client would make it. Whatever Notion itself would have answered is compared with the types of its client. */
export async function ask(sandbox: NotionSandbox, path: string, { method = 'GET', body, token, signal }: Ask = {}) {
  const response = await fetch(`${sandbox.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token ?? sandbox.token}`,
      'notion-version': VERSION,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal && { signal }),
  });
  const { status, headers } = response;
  const text = await response.text();
  const answered = jsonOf(text);
  const requestId = headers.get('x-notion-request-id');
  if (requestId !== null && 'object' in answered) {
    const [bare = path] = path.split('?');
    expectAsTyped({ method, path: bare, version: VERSION, status, requestId, body: answered });
  }
  return { status, headers, text, body: answered };
}

export const me = (sandbox: NotionSandbox, more: Ask = {}) => ask(sandbox, '/v1/users/me', more);

export const query = (sandbox: NotionSandbox, body: unknown = {}) =>
  ask(sandbox, `/v1/data_sources/${sandbox.contacts.dataSourceId}/query`, { method: 'POST', body });

/** As the adapter looks for a contact. */
export const lookFor = (sandbox: NotionSandbox, address: string) =>
  query(sandbox, { filter: { property: 'email', rich_text: { contains: address } } });

export const createContact = (sandbox: NotionSandbox, address: string) =>
  ask(sandbox, '/v1/pages', {
    method: 'POST',
    body: {
      parent: { type: 'data_source_id', data_source_id: sandbox.contacts.dataSourceId },
      properties: { Name: { title: [{ text: { content: 'Zoe' } }] }, email: { email: address } },
    },
  });

export const createBrief = (sandbox: NotionSandbox, parentId: string, title = 'Call prep 2026-01-05 [ab12cd34ef]') =>
  ask(sandbox, '/v1/pages', {
    method: 'POST',
    body: {
      parent: { type: 'page_id', page_id: parentId },
      properties: { title: { title: [{ text: { content: title } }] } },
      children: [paragraph('What to know')],
    },
  });

export const childrenOf = (sandbox: NotionSandbox, id: string, query = '') =>
  ask(sandbox, `/v1/blocks/${id}/children${query}`);

export const append = (sandbox: NotionSandbox, id: string, ...texts: string[]) =>
  ask(sandbox, `/v1/blocks/${id}/children`, { method: 'PATCH', body: { children: texts.map(paragraph) } });

export const book = (sandbox: NotionSandbox, id: string, status = 'Booked', more: Ask = {}) =>
  ask(sandbox, `/v1/pages/${id}`, {
    method: 'PATCH',
    body: { properties: { 'Booking Status': { status: { name: status } } } },
    ...more,
  });

/** Ann's row, whoever else is there. */
export function ann(sandbox: NotionSandbox): string {
  const row = sandbox.contacts.rows().find(({ cells }) => cells['Name'] === 'Ann');
  if (!row) throw new Error('no Ann');
  return row.id;
}

export function statusOf(sandbox: NotionSandbox, id: string): unknown {
  return sandbox.contacts.rows().find((row) => row.id === id)?.cells['Booking Status'];
}

function paragraph(content: string) {
  return { object: 'block', type: 'paragraph', paragraph: { rich_text: [{ type: 'text', text: { content } }] } };
}

function jsonOf(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
