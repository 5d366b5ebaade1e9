import { Client } from '@notionhq/client';
import { describe, expect, it } from 'vitest';
import { startNotionSandbox } from '../../../src/dev/notion-sandbox/sandbox.ts';
import { expectAsTyped } from '../../support/notion-answers.ts';
import { ann, useSandbox } from './server-support.ts';

const VERSION = '2026-03-11';

describe('the sandbox', () => {
  const start = useSandbox();

  /** Over a real connection, where every answer is compared with the client's types. */
  function clientOf({ url, token }: { url: string; token: string }): Client {
    return new Client({
      auth: token,
      baseUrl: url,
      notionVersion: VERSION,
      retry: false,
      logger: () => {},
      fetch: (async (address: string, init: RequestInit) => {
        const response = await fetch(address, init);
        expectAsTyped({
          method: init.method?.toUpperCase() ?? 'GET',
          path: new URL(address).pathname,
          version: VERSION,
          status: response.status,
          requestId: response.headers.get('x-notion-request-id'),
          body: await response.clone().json(),
        });
        return response;
      }) as never,
    });
  }

  it('is understood by the real client', async () => {
    const sandbox = await start();
    const client = clientOf(sandbox);
    const page_id = ann(sandbox);

    const database = await client.databases.retrieve({ database_id: sandbox.contactsDatabaseId });
    const [source] = 'data_sources' in database ? database.data_sources : [];
    const rows = await client.dataSources.query({ data_source_id: `${source?.id}`, page_size: 1 });
    const brief = await client.pages.create({
      parent: { page_id },
      properties: { title: { title: [{ text: { content: 'Café ☕' } }] } },
      children: [{ paragraph: { rich_text: [{ text: { content: '😀'.repeat(500) } }] } }],
    });

    expect((await client.users.me({})).type).toBe('bot');
    expect(rows).toMatchObject({ results: { length: 1 }, has_more: true });
    expect((await client.blocks.children.list({ block_id: page_id, page_size: 1 })).results).toMatchObject([
      { id: brief.id, child_page: { title: 'Café ☕' } },
    ]);
    await expect(client.pages.retrieve({ page_id: sandbox.sequence.databaseId })).rejects.toMatchObject({
      status: 404,
      code: 'object_not_found',
    });
  });

  it('is told what follows the question mark', async () => {
    const sandbox = await start();
    const client = clientOf(sandbox);
    const { properties } = await client.dataSources.retrieve({ data_source_id: sandbox.contacts.dataSourceId });
    const wanted = `${properties['email']?.id}`;

    const page = await client.pages.retrieve({ page_id: ann(sandbox), filter_properties: [wanted] });

    expect('properties' in page ? Object.keys(page.properties) : []).toEqual(['email']);
  });

  it('takes another token, rule for equality and strictness if it is given them', async () => {
    const sandbox = await start({ token: 'ntn_mine', equals: 'ignore_case', strictness: 'wire' });
    const filter = { property: 'email', email: { equals: 'ANN@x.ca' } };

    const { results } = await clientOf({ ...sandbox, token: 'ntn_mine' }).dataSources.query({
      data_source_id: sandbox.contacts.dataSourceId,
      filter,
    });

    expect(results.map(({ id }) => id)).toEqual([ann(sandbox)]);
    await expect(clientOf({ ...sandbox, token: 'ntn_other' }).users.me({})).rejects.toMatchObject({ status: 401 });
  });

  it('says that its port is taken', async () => {
    const sandbox = await start();

    await expect(startNotionSandbox({ port: Number(new URL(sandbox.url).port) })).rejects.toThrow('EADDRINUSE');
  });
});
