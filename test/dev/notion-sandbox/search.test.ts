import { describe, expect, it } from 'vitest';
import { type Connection, connect, NOWHERE, refusalOf, rowOf } from './in-process.ts';

type Search = Parameters<Connection['client']['search']>[0];

/** Titles, in the order they come. */
async function titlesOf({ client }: Connection, search: Search): Promise<string[]> {
  const { results } = await client.search(search);
  return results.map((found) => {
    const parts = found.object === 'data_source' && 'title' in found ? found.title : [];
    const name = found.object === 'page' && 'properties' in found ? found.properties['Name'] : undefined;
    return (name?.type === 'title' ? name.title : parts).map((part) => part.plain_text).join('');
  });
}

describe('a search', () => {
  it('finds what holds the words first, but most of what it finds does not', async () => {
    const titles = await titlesOf(connect(), { query: 'KELLER' });

    expect(titles.slice(0, 2)).toEqual(['Bruno Keller', 'Bruno Keller']);
    expect(titles).toHaveLength(9);
  });

  it('finds pages or data sources, and the trash unless that is left out', async () => {
    const sandbox = connect();
    sandbox.contacts.trashRow(rowOf(sandbox, 'Ada Moreau'));
    const pages = { property: 'object' as const, value: 'page' as const };

    expect(await titlesOf(sandbox, { filter: { property: 'object', value: 'data_source' } })).toEqual([
      'BusinessX',
      'Email Sequence',
    ]);
    expect(await titlesOf(sandbox, { query: 'Ada', filter: pages })).toHaveLength(7);
    expect(await titlesOf(sandbox, { filter: { ...pages, in_trash: true } })).toEqual(['Ada Moreau']);
    expect(await titlesOf(sandbox, { filter: { ...pages, in_trash: false } })).toHaveLength(6);
  });

  it('finds nothing that is not shared', async () => {
    const sandbox = connect();
    sandbox.contacts.unshare();

    expect(await titlesOf(sandbox, {})).toEqual(['Email Sequence', 'Ada Moreau', 'Bruno Keller']);
  });

  it('can sort by the last edit, and comes in pages', async () => {
    const sandbox = connect();
    sandbox.wait(60_000);
    sandbox.contacts.edit(rowOf(sandbox, 'Dev Anand'), { email: null });
    const search = { sort: { timestamp: 'last_edited_time', direction: 'descending' } as const, page_size: 1 };

    const { next_cursor } = await sandbox.client.search(search);

    expect(await titlesOf(sandbox, search)).toEqual(['Dev Anand']);
    expect(await titlesOf(sandbox, { ...search, start_cursor: next_cursor })).not.toEqual(['Dev Anand']);
    expect(await refusalOf(sandbox.client.search({ start_cursor: NOWHERE }))).toMatchObject({ status: 400 });
  });

  it('may lag', async () => {
    const sandbox = connect();
    sandbox.world.searchLagMs = 5000;
    sandbox.contacts.add({ Name: 'Zoe' });

    expect(await titlesOf(sandbox, { query: 'Zoe' })).not.toContain('Zoe');
    sandbox.wait(5000);
    expect(await titlesOf(sandbox, { query: 'Zoe' })).toContain('Zoe');
  });

  it.each<[object, string]>([
    [{ filter: { property: 'object', value: 'database' } }, 'body.filter'],
    [{ filter: { value: 'page' } }, 'body.filter'],
    [{ sort: { direction: 'ascending', timestamp: 'created_time' } }, 'body.sort'],
    [{ page_size: 101 }, 'body.page_size should be ≤ `100`'],
    [{ text: 'Ada' }, 'body.text should be not present'],
  ])('is refused with %j', async (body, words) => {
    const answer = await connect().ask('POST', '/v1/search', { body });

    expect(answer.status).toBe(400);
    expect(answer.body['message']).toContain(words);
  });
});
