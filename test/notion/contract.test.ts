import { setTimeout as sleep } from 'node:timers/promises';
import type { QueryDataSourceParameters } from '@notionhq/client';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { type ContractWorkspace, openContractWorkspace, type Properties, text } from './contract-workspace.ts';

type Filter = NonNullable<QueryDataSourceParameters['filter']>;

/** An id that nothing has. */
const NOWHERE = '3c4d5e6f-7a8b-4c9d-8e0f-1a2b3c4d5e6f';
const SLOW = { timeout: 120_000 };

/** What empties a property, by its type. */
const EMPTY: Record<string, Properties[string]> = {
  email: { email: null },
  rich_text: { rich_text: [] },
  date: { date: null },
  checkbox: { checkbox: false },
};

/**
 * What Precall relies on, asked of the sandbox or, given a token, of Notion itself: `npm run notion:contract`. Where Notion promises
 * nothing and Precall relies on nothing, the test tells what it has seen.
 */
let notion: ContractWorkspace;
beforeAll(async () => {
  notion = await openContractWorkspace();
}, SLOW.timeout);
afterAll(() => notion?.close(), SLOW.timeout);

/** Says what was seen; `--reporter verbose` prints it. */
async function tell({ annotate }: TestContext, point: string, seen: unknown): Promise<void> {
  await annotate(
    `${point}: ${typeof seen === 'string' ? seen : JSON.stringify(seen)}`,
    notion.isReal ? 'notion' : 'sandbox',
  );
}

async function idsBy(filter: Filter): Promise<string[]> {
  const { results } = await notion.client.dataSources.query({
    data_source_id: notion.contacts.dataSourceId,
    filter,
    sorts: [{ timestamp: 'created_time', direction: 'ascending' }],
    result_type: 'page',
  });
  return results.map(({ id }) => id);
}

/** What a call was refused with; undefined if it was not. */
async function refusalOf(
  call: Promise<unknown>,
): Promise<{ status: number; code: string; message: string } | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    const { status, code, message } = error as { status?: number; code?: string; message?: string };
    if (status === undefined || code === undefined) throw error;
    return { status, code, message: message ?? '' };
  }
}

/** Somebody with an address that no other row has. */
function aPerson(more: Properties = {}) {
  const email = `ann.${crypto.randomUUID().slice(0, 8)}@example.com`;
  const properties: Properties = { Name: { title: text('Ann') }, email: { email }, ...more };
  return { email, create: () => notion.createContact(properties) };
}

describe('who asks', SLOW, () => {
  it('is a bot', async () => {
    expect(await notion.client.users.me({})).toMatchObject({ type: 'bot' });
  });

  it('has to say which version it speaks, and to whom it belongs', async () => {
    expect(await refusalOf(notion.client.request({ method: 'get', path: 'users/me', auth: 'wrong' }))).toMatchObject({
      status: 401,
      code: 'unauthorized',
    });
    expect(await notion.ask('GET', '/v1/nowhere')).toMatchObject({
      status: 400,
      body: { code: 'invalid_request_url' },
    });
  });
});

describe('ids', SLOW, () => {
  it('lead from a database to its data source', async () => {
    const { databaseId, dataSourceId } = notion.contacts;

    expect(await notion.client.databases.retrieve({ database_id: databaseId })).toMatchObject({
      in_trash: false,
      data_sources: [{ id: dataSourceId }],
    });
    expect(await notion.client.dataSources.retrieve({ data_source_id: dataSourceId })).toMatchObject({
      parent: { database_id: databaseId },
      properties: { Name: { id: 'title' }, email: { type: 'email' } },
    });
  });

  it('of something else, or of nothing, find nothing', async (context) => {
    const { client, contacts } = notion;
    const page_id = await aPerson().create();

    for (const id of [contacts.dataSourceId, NOWHERE]) {
      expect(await refusalOf(client.databases.retrieve({ database_id: id }))).toMatchObject({ status: 404 });
    }
    expect(await refusalOf(client.dataSources.retrieve({ data_source_id: contacts.databaseId }))).toMatchObject({
      status: 404,
    });
    const mistaken = await refusalOf(client.databases.retrieve({ database_id: page_id }));
    expect([400, 404]).toContain(mistaken?.status);
    await tell(context, 'the id of a page, taken for a database', mistaken);
  });

  it.each(['nonsense', '12345678-1234-1234-1234-123456789abc'])('are not %s', async (id) => {
    const { status, body } = await notion.ask('GET', `/v1/pages/${id}`);

    expect(status).toBe(400);
    expect(body['message']).toContain('path.page_id should be a valid uuid');
  });
});

describe('looking a contact up', SLOW, () => {
  it('finds who contains the address, whatever its letter case, by a text condition on any property of text', async () => {
    const { email, create } = aPerson({ Text: { rich_text: text('NOTE of Ann') } });
    const id = await create();

    expect(await idsBy({ property: 'email', rich_text: { contains: email.toUpperCase() } })).toEqual([id]);
    expect(await idsBy({ property: 'email', email: { starts_with: email.slice(0, 8) } })).toContain(id);
    expect(await idsBy({ property: 'Text', rich_text: { contains: 'note OF' } })).toContain(id);
    expect(await idsBy({ property: 'Name', rich_text: { contains: 'ANN' } })).toContain(id);
  });

  it('finds who equals it exactly; more than that is not promised', async (context) => {
    const { email, create } = aPerson();
    const id = await create();
    const byMail = (equals: string) => idsBy({ property: 'email', email: { equals } });
    expect(await byMail(email)).toEqual([id]);

    const { email: note, create: createNoted } = aPerson();
    const noted = await notion.createContact({ Text: { rich_text: text(note) } });
    await createNoted();
    const byText = (equals: string) => idsBy({ property: 'Text', rich_text: { equals } });
    expect(await byText(note)).toEqual([noted]);

    await tell(
      context,
      'equality of an e-mail property ignores letter case',
      (await byMail(email.toUpperCase())).length > 0,
    );
    await tell(
      context,
      'equality of an e-mail property ignores surrounding space',
      (await byMail(` ${email} `)).length > 0,
    );
    await tell(context, 'equality of text ignores letter case', (await byText(note.toUpperCase())).length > 0);
    await tell(context, 'equality of text ignores surrounding space', (await byText(` ${note} `)).length > 0);
  });

  it('finds who is related to it', async () => {
    const { client, sequence } = notion;
    const id = await aPerson().create();
    const parent = { data_source_id: sequence.dataSourceId };
    const row = await client.pages.create({ parent, properties: { Contact: { relation: [{ id }] } } });

    const { results } = await client.dataSources.query({
      data_source_id: sequence.dataSourceId,
      filter: { property: 'Contact', relation: { contains: id } },
    });

    expect(results.map((found) => found.id)).toEqual([row.id]);
  });

  it('finds nobody in the trash, and perhaps nobody in the archive', async (context) => {
    const { email, create } = aPerson();
    const [trashed, archived] = [await create(), await create()];
    await notion.client.pages.update({ page_id: trashed, in_trash: true });
    const refusal = await refusalOf(notion.client.pages.update({ page_id: archived, is_archived: true }));

    const found = await idsBy({ property: 'email', email: { contains: email } });

    expect(found).not.toContain(trashed);
    await tell(
      context,
      'a query hides archived rows',
      refusal ? `they cannot be archived: ${refusal.message}` : found.length === 0,
    );
  });

  it('finds in pages what does not fit into one', async () => {
    const mark = crypto.randomUUID();
    for (let row = 0; row < 3; row++) await notion.createContact({ Text: { rich_text: text(mark) } });
    const ask = {
      data_source_id: notion.contacts.dataSourceId,
      filter: { property: 'Text', rich_text: { contains: mark } },
      page_size: 2,
    };

    const first = await notion.client.dataSources.query(ask);
    const second = await notion.client.dataSources.query({ ...ask, start_cursor: first.next_cursor });

    expect(first).toMatchObject({ has_more: true, results: { length: 2 } });
    expect(second).toMatchObject({ has_more: false, next_cursor: null, results: { length: 1 } });
  });

  it('finds who was just created, at once or soon', async (context) => {
    const { email, create } = aPerson();
    const id = await create();
    const since = Date.now();
    const found = () => idsBy({ property: 'email', email: { contains: email } });

    let ids = await found();
    while (ids.length === 0 && Date.now() - since < 60_000) {
      await sleep(1000);
      ids = await found();
    }

    expect(ids).toEqual([id]);
    await tell(context, 'a new row was found after', `${Date.now() - since} ms`);
  });

  it('is refused for what the database does not have', async (context) => {
    const unknown = await refusalOf(idsBy({ property: 'Nope', email: { contains: 'a' } }));
    const mistaken = await refusalOf(idsBy({ property: 'email', checkbox: { equals: true } }));

    expect(unknown).toMatchObject({ status: 400, code: 'validation_error' });
    expect(unknown?.message).toContain('Nope');
    expect(mistaken).toMatchObject({ status: 400, code: 'validation_error' });
    await tell(context, 'a condition that does not fit the type of its property', mistaken?.message);
  });
});

describe('writing a contact', SLOW, () => {
  it('is seen at once by whoever reads the page', async () => {
    const page_id = await aPerson().create();

    await notion.client.pages.update({
      page_id,
      properties: { Date: { date: { start: '2025-12-10' } }, Tick: { checkbox: true } },
    });

    expect((await notion.read(page_id)).properties).toMatchObject({
      Name: { title: [{ plain_text: 'Ann' }] },
      Date: { date: { start: '2025-12-10', end: null, time_zone: null } },
      Tick: { checkbox: true },
    });
  });

  it('keeps an instant to the minute, and rounds the times of a page to it', async () => {
    const page_id = await aPerson({ Date: { date: { start: '2025-12-10T09:30:45+01:00' } } }).create();

    const { properties, created_time } = await notion.read(page_id);

    expect(properties['Date']).toMatchObject({ date: { start: '2025-12-10T09:30:00.000+01:00' } });
    expect(created_time).toMatch(/:00\.000Z$/);
  });

  it('takes options by id, and does not take a status option that is not there', async () => {
    const { client, contacts } = notion;
    const { properties } = await client.dataSources.retrieve({ data_source_id: contacts.dataSourceId });
    const cancelled = properties['Status']?.type === 'select' ? properties['Status'].select.options[1] : undefined;
    const page_id = await aPerson().create();

    await client.pages.update({ page_id, properties: { Status: { select: { id: `${cancelled?.id}` } } } });
    const refusal = await refusalOf(
      client.pages.update({ page_id, properties: { Stage: { status: { name: 'Oops' } }, Tick: { checkbox: true } } }),
    );

    expect(refusal).toMatchObject({ status: 400, code: 'validation_error' });
    expect((await notion.read(page_id)).properties).toMatchObject({
      Status: { select: { name: 'Cancelled' } },
      Tick: { checkbox: false },
    });
  });

  it('makes a select option that is not there, which is why Precall writes none by name', async () => {
    const { client, contacts } = notion;
    const name = `Stray ${crypto.randomUUID()}`;
    await aPerson({ Status: { select: { name } } }).create();

    const { properties } = await client.dataSources.retrieve({ data_source_id: contacts.dataSourceId });

    expect(JSON.stringify(properties['Status'])).toContain(name);
  });

  it.each<[string, Properties]>([
    ['a property that is not there', { Nope: { checkbox: true } }],
    ['a value of another type', { email: { checkbox: true } }],
    ['a value of a computed property', { Made: { date: { start: '2025-12-10' } } }],
    ['a day that does not exist', { Date: { date: { start: '2025-02-30' } } }],
    ['a text of 2001 characters', { Text: { rich_text: text('x'.repeat(2001)) } }],
    ['an address of 201 characters', { email: { email: `${'x'.repeat(190)}@example.ca` } }],
  ])('is refused as a whole for %s', async (_, properties) => {
    const page_id = await aPerson().create();

    const refusal = await refusalOf(
      notion.client.pages.update({ page_id, properties: { Tick: { checkbox: true }, ...properties } }),
    );

    expect(refusal).toMatchObject({ status: 400, code: 'validation_error' });
    expect((await notion.read(page_id)).properties['Tick']).toMatchObject({ checkbox: false });
  });

  it('is refused in the trash, where the page can still be read', async () => {
    const page_id = await aPerson().create();
    await notion.client.pages.update({ page_id, in_trash: true });

    const refusal = await refusalOf(notion.client.pages.update({ page_id, properties: { Tick: { checkbox: true } } }));

    expect(refusal).toMatchObject({ status: 400 });
    expect(refusal?.message).toContain('archived');
    expect(await notion.read(page_id)).toMatchObject({ in_trash: true });
  });

  it('may or may not name a property by its encoded id', async (context) => {
    const { client, contacts } = notion;
    const { properties } = await client.dataSources.retrieve({ data_source_id: contacts.dataSourceId });
    const { id, type } = Object.values(properties)
      .filter((property) => property.type in EMPTY)
      .toSorted((a, b) => Number(b.id.includes('%')) - Number(a.id.includes('%')))[0]!;
    const page_id = await aPerson().create();
    const write = (key: string) => refusalOf(client.pages.update({ page_id, properties: { [key]: EMPTY[type]! } }));

    await tell(context, `the id ${id} is taken as it is spelled`, (await write(id))?.message ?? true);
    await tell(context, `the id ${id} is taken decoded`, (await write(decodeURIComponent(id)))?.message ?? true);
  });

  it('counts characters in one unit or another', async (context) => {
    const write = (content: string) => refusalOf(notion.createContact({ Text: { rich_text: text(content) } }));

    expect(await write('😀'.repeat(1000))).toBeUndefined();
    await tell(
      context,
      '1001 characters of two UTF-16 units each are too long',
      (await write('😀'.repeat(1001)))?.message ?? false,
    );
  });

  it('may or may not conflict with others who write it', async (context) => {
    const page_id = await aPerson().create();
    const texts = Array.from({ length: 8 }, (_, index) => `text ${index}`);

    const refusals = await Promise.all(
      texts.map((one) =>
        refusalOf(notion.client.pages.update({ page_id, properties: { Text: { rich_text: text(one) } } })),
      ),
    );

    const left = (await notion.read(page_id)).properties['Text'];
    const kept = left?.type === 'rich_text' ? (left.rich_text[0]?.plain_text ?? '') : '';
    expect(texts).toContain(kept);
    await tell(
      context,
      'writes at once that were refused',
      refusals.map((refusal) => refusal?.code ?? 'saved'),
    );
    await tell(context, 'the one that is kept was', refusals[texts.indexOf(kept)]?.code ?? 'saved');
  });
});

describe('a page on a page', SLOW, () => {
  const paragraph = (content: string) => ({ paragraph: { rich_text: text(content) } });
  const createBrief = async (page_id: string, children: object[]) => {
    const brief = await notion.client.pages.create({
      parent: { page_id },
      properties: { title: { title: text('Call prep [0123456789]') } },
      children: children as never,
    });
    return brief.id;
  };
  const textsOn = async (block_id: string) => {
    const { results } = await notion.client.blocks.children.list({ block_id });
    return results.map((block) =>
      'type' in block && block.type === 'paragraph' ? block.paragraph.rich_text[0]?.plain_text : 'another',
    );
  };

  it('is made in one request, and is a block of the same id', async () => {
    const page_id = await aPerson().create();

    const id = await createBrief(page_id, [{ heading_1: { rich_text: text('Who') } }, paragraph('Ann')]);

    expect((await notion.client.blocks.children.list({ block_id: page_id })).results).toMatchObject([
      { id, type: 'child_page', child_page: { title: 'Call prep [0123456789]' } },
    ]);
    expect(await textsOn(id)).toEqual(['another', 'Ann']);
  });

  it('is added to where it is told, and answers with what is new on the first level', async () => {
    const id = await createBrief(await aPerson().create(), [paragraph('A'), paragraph('B')]);
    const append = (children: object[], position: object) =>
      notion.client.blocks.children.append({ block_id: id, children: children as never, position: position as never });
    const toggle = { toggle: { rich_text: text('T'), children: [paragraph('inside')] } };

    const { results } = await append([toggle], { type: 'start' });
    await append([paragraph('C')], { type: 'end' });
    await append([paragraph('X')], { type: 'after_block', after_block: { id: `${results[0]?.id}` } });

    expect(results).toMatchObject([{ type: 'toggle', has_children: true }]);
    expect(await textsOn(id)).toEqual(['another', 'X', 'A', 'B', 'C']);
  });

  it('is changed and emptied block by block', async () => {
    const id = await createBrief(await aPerson().create(), [paragraph('A'), paragraph('B')]);
    const { results } = await notion.client.blocks.children.list({ block_id: id });
    const [first, second] = results.map((block) => block.id);

    await notion.client.blocks.update({ block_id: `${first}`, paragraph: { rich_text: text('Z') } });
    expect(await notion.client.blocks.delete({ block_id: `${second}` })).toMatchObject({ in_trash: true });

    expect(await textsOn(id)).toEqual(['Z']);
  });

  it.each<[string, object[]]>([
    ['101 blocks at once', Array.from({ length: 101 }, () => paragraph('x'))],
    ['a text of 2001 characters', [paragraph('x'.repeat(2001))]],
    ['a page among its blocks', [{ child_page: { title: 'x' } }]],
  ])('does not take %s', async (_, children) => {
    const page_id = await aPerson().create();

    expect(await refusalOf(createBrief(page_id, children))).toMatchObject({ status: 400, code: 'validation_error' });
    expect((await notion.client.blocks.children.list({ block_id: page_id })).results).toEqual([]);
  });
});

describe('a property of a page', SLOW, () => {
  it('can be had by itself, in pages where it is a list', async () => {
    const { client, sequence } = notion;
    const ids = [await aPerson().create(), await aPerson().create()];
    const row = await client.pages.create({
      parent: { data_source_id: sequence.dataSourceId },
      properties: { Contact: { relation: ids.map((id) => ({ id })) } },
    });
    const { properties } = await notion.read(row.id);

    const item = await client.pages.properties.retrieve({
      page_id: row.id,
      property_id: `${properties['Contact']?.id}`,
      page_size: 1,
    });

    expect(item).toMatchObject({ object: 'list', has_more: true, results: [{ type: 'relation' }] });
  });
});

describe('every answer so far', () => {
  it('was as the client has it', () => {
    expect(notion.differences).toEqual([]);
  });
});
