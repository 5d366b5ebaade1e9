import { isFullPage, type PageObjectResponse } from '@notionhq/client';
import { describe, expect, it } from 'vitest';
import type { DatabaseSeed, PropertySeed, Seed } from '../../../src/dev/notion-sandbox/seed.ts';
import { PROPERTY_TYPES } from '../../../src/dev/notion-sandbox/world.ts';
import { type Connection, connect, refusalOf, rowOf } from './in-process.ts';

const MINUTE = '2025-12-10T12:00:00.000Z';

const EVERY_TYPE: PropertySeed[] = [
  { name: 'Name', type: 'title' },
  { name: 'Text', type: 'rich_text' },
  { name: 'Mail', type: 'email' },
  { name: 'Link', type: 'url' },
  { name: 'Phone', type: 'phone_number' },
  { name: 'Number', type: 'number' },
  { name: 'Choice', type: 'select', options: ['One', 'Two'] },
  {
    name: 'Status',
    type: 'status',
    options: ['Open', 'Doing', 'Done'],
    groups: { Doing: 'In progress', Done: 'Complete' },
  },
  { name: 'Choices', type: 'multi_select', options: ['One', 'Two'] },
  { name: 'Day', type: 'date' },
  { name: 'Tick', type: 'checkbox' },
  { name: 'Rows', type: 'relation', to: 'Related' },
  { name: 'Mails of rows', type: 'rollup', through: 'Rows', of: 'Mail' },
  { name: 'Low', type: 'formula', expression: 'lower(prop("Mail"))' },
  { name: 'Created', type: 'created_time' },
  { name: 'Creator', type: 'created_by' },
  { name: 'Edited', type: 'last_edited_time' },
  { name: 'Editor', type: 'last_edited_by' },
  { name: 'Serial', type: 'unique_id' },
  { name: 'People', type: 'people' },
  { name: 'Files', type: 'files' },
];

/** A full row and an empty one, below a database of `related` rows. */
function seedOfEveryType(related: number): Seed {
  const rows = Array.from({ length: related }, (_, index) => ({ Name: `Row ${index}`, Mail: `row${index}@x.ca` }));
  const others: DatabaseSeed = {
    title: 'Related',
    properties: [
      { name: 'Name', type: 'title' },
      { name: 'Mail', type: 'email' },
    ],
    rows,
  };
  const full = {
    Name: 'Full',
    Text: 'a text',
    Mail: 'ANN@x.ca',
    Link: 'https://x.ca',
    Phone: '+1 555',
    Number: 5,
    Choice: 'Two',
    Status: 'Doing',
    Choices: ['One', 'Two'],
    Day: '2025-12-10',
    Tick: true,
    Rows: rows.map(({ Name }) => Name),
  };
  return {
    contacts: others,
    sequence: { title: 'Every type', properties: EVERY_TYPE, rows: [{ Name: 'Empty' }, full] },
  };
}

async function cellsOf(sandbox: Connection, name: string): Promise<PageObjectResponse['properties']> {
  const row = sandbox.sequence.rows().find(({ cells }) => cells['Name'] === name);
  const page = await sandbox.client.pages.retrieve({ page_id: `${row?.id}` });
  if (!isFullPage(page)) throw new Error('expected a full page');
  return page.properties;
}

describe('the integration', () => {
  it('is a bot of the workspace', async () => {
    expect(await connect().client.users.me({})).toMatchObject({
      object: 'user',
      type: 'bot',
      name: 'Precall sandbox',
      bot: { workspace_name: 'Precall sandbox' },
    });
  });
});

describe('a database', () => {
  it('names its data sources, and tells its times in the long form', async () => {
    const { client, contacts } = connect();

    expect(await client.databases.retrieve({ database_id: contacts.databaseId })).toMatchObject({
      object: 'database',
      in_trash: false,
      data_sources: [{ id: contacts.dataSourceId, name: 'BusinessX' }],
      created_time: '2025-12-10T12:00:00.000+00:00',
    });
  });

  it('may have several data sources, or none', async () => {
    const { client, contacts, sequence } = connect({ seed: 'W3' });
    sequence.removeDataSources();

    expect(await client.databases.retrieve({ database_id: contacts.databaseId })).toMatchObject({
      data_sources: [{ name: 'BusinessX' }, { name: 'Archive of 2024' }, { name: 'Suppliers' }],
    });
    expect(await client.databases.retrieve({ database_id: sequence.databaseId })).toMatchObject({ data_sources: [] });
  });
});

describe('a data source', () => {
  it('has a property of every type there is', async () => {
    const { client, sequence } = connect({ seed: seedOfEveryType(1) });

    const { properties } = await client.dataSources.retrieve({ data_source_id: sequence.dataSourceId });

    expect(Object.values(properties).map(({ type }) => type)).toEqual(EVERY_TYPE.map(({ type }) => type));
    expect(new Set(EVERY_TYPE.map(({ type }) => type))).toEqual(new Set(PROPERTY_TYPES));
    expect(properties['Name']).toMatchObject({ id: 'title' });
  });

  it('tells which database it is in, and each status option in its group', async () => {
    const { client, sequence } = connect({ seed: seedOfEveryType(1) });

    const source = await client.dataSources.retrieve({ data_source_id: sequence.dataSourceId });

    expect(source).toMatchObject({
      object: 'data_source',
      parent: { type: 'database_id', database_id: sequence.databaseId },
    });
    const status = source.properties['Status'];
    const groups = status?.type === 'status' ? status.status.groups : [];
    expect(groups.map(({ name, option_ids }) => [name, option_ids.length])).toEqual([
      ['To-do', 1],
      ['In progress', 1],
      ['Complete', 1],
    ]);
  });
});

describe('a page', () => {
  it('shows what its cells say', async () => {
    const cells = await cellsOf(connect({ seed: seedOfEveryType(2) }), 'Full');

    expect(cells).toMatchObject({
      Name: { title: [{ plain_text: 'Full' }] },
      Text: { rich_text: [{ plain_text: 'a text' }] },
      Mail: { email: 'ANN@x.ca' },
      Link: { url: 'https://x.ca' },
      Phone: { phone_number: '+1 555' },
      Number: { number: 5 },
      Choice: { select: { name: 'Two' } },
      Status: { status: { name: 'Doing' } },
      Choices: { multi_select: [{ name: 'One' }, { name: 'Two' }] },
      Day: { date: { start: '2025-12-10', end: null, time_zone: null } },
      Tick: { checkbox: true },
      Rows: { relation: [{ id: expect.any(String) }, { id: expect.any(String) }], has_more: false },
      'Mails of rows': { rollup: { array: [{ email: 'row0@x.ca' }, { email: 'row1@x.ca' }] } },
      Low: { formula: { string: 'ann@x.ca' } },
      Serial: { unique_id: { number: 2 } },
    });
  });

  it('shows nothing in cells that are empty, but for a status, which is at its first option', async () => {
    const cells = await cellsOf(connect({ seed: seedOfEveryType(1) }), 'Empty');

    expect(cells).toMatchObject({
      Text: { rich_text: [] },
      Mail: { email: null },
      Number: { number: null },
      Choice: { select: null },
      Status: { status: { name: 'Open' } },
      Choices: { multi_select: [] },
      Day: { date: null },
      Tick: { checkbox: false },
      Rows: { relation: [] },
      Low: { formula: { string: '' } },
    });
  });

  it('rounds its times down to the minute', async () => {
    const sandbox = connect();
    const id = sandbox.contacts.add({ Name: 'Zoe' });
    sandbox.wait(29_000);
    sandbox.contacts.edit(id, { email: 'zoe@example.com' });

    expect(await sandbox.client.pages.retrieve({ page_id: id })).toMatchObject({
      created_time: MINUTE,
      last_edited_time: MINUTE,
    });
  });

  it('is still shown when it is in the trash or archived', async () => {
    const sandbox = connect();
    const page_id = rowOf(sandbox, 'Ada Moreau');
    sandbox.contacts.trashRow(page_id);
    expect(await sandbox.client.pages.retrieve({ page_id })).toMatchObject({ in_trash: true, is_archived: false });

    sandbox.contacts.restoreRow(page_id);
    sandbox.contacts.archiveRow(page_id);
    expect(await sandbox.client.pages.retrieve({ page_id })).toMatchObject({ in_trash: false, is_archived: true });
  });

  it('shows only the properties that are asked for, by id', async () => {
    const sandbox = connect();
    const { client, contacts } = sandbox;
    const { properties } = await client.dataSources.retrieve({ data_source_id: contacts.dataSourceId });
    const page_id = rowOf(sandbox, 'Ada Moreau');

    const page = await client.pages.retrieve({ page_id, filter_properties: [`${properties['email']?.id}`] });

    expect(Object.keys('properties' in page ? page.properties : {})).toEqual(['email']);
    expect(await refusalOf(client.pages.retrieve({ page_id, filter_properties: ['nope'] }))).toMatchObject({
      message: 'Could not find property with name or id: nope',
    });
  });
});

describe('a property of a page', () => {
  const idsOf = async ({ client, sequence }: Connection) => {
    const { properties } = await client.dataSources.retrieve({ data_source_id: sequence.dataSourceId });
    return Object.values(properties).map(({ id, type }) => ({ id, type }));
  };

  it('can be had by itself, whatever its type', async () => {
    const sandbox = connect({ seed: seedOfEveryType(2) });
    const page_id = `${sandbox.sequence.rows()[1]?.id}`;

    for (const { id, type } of await idsOf(sandbox)) {
      const item = await sandbox.client.pages.properties.retrieve({ page_id, property_id: id });
      const isList = ['title', 'rich_text', 'relation', 'rollup', 'people'].includes(type);
      expect(item).toMatchObject(
        isList ? { object: 'list', type: 'property_item' } : { object: 'property_item', type },
      );
    }
  });

  it('comes in pages where it is longer than a page object shows', async () => {
    const sandbox = connect({ seed: seedOfEveryType(130) });
    const page_id = `${sandbox.sequence.rows()[1]?.id}`;
    const relation = (await cellsOf(sandbox, 'Full'))['Rows'];
    expect(relation).toMatchObject({ has_more: true, relation: expect.objectContaining({ length: 25 }) });

    const ask = (start: object) =>
      sandbox.client.pages.properties.retrieve({ page_id, property_id: `${relation?.id}`, ...start });
    const first = await ask({});
    if (first.object !== 'list') throw new Error('expected a list');
    const second = await ask({ start_cursor: first.next_cursor });

    expect(first).toMatchObject({ has_more: true, property_item: { type: 'relation', next_url: expect.any(String) } });
    expect(second).toMatchObject({ has_more: false, next_cursor: null, property_item: { next_url: null } });
    expect(first.results.length + (second.object === 'list' ? second.results.length : 0)).toBe(130);
  });

  it('is not there if the page has none like it', async () => {
    const sandbox = connect();
    const page_id = rowOf(sandbox, 'Ada Moreau');

    expect(await refusalOf(sandbox.client.pages.properties.retrieve({ page_id, property_id: 'nope' }))).toMatchObject({
      status: 400,
    });
  });
});
