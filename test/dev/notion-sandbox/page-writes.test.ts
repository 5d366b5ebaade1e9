import type { CreatePageParameters, UpdatePageParameters } from '@notionhq/client';
import { describe, expect, it } from 'vitest';
import { type Connection, cellsOf, connect, NOON, NOWHERE, refusalOf, rowOf } from './in-process.ts';

type Properties = NonNullable<UpdatePageParameters['properties']>;

const ADA = 'Ada Moreau';

function write(sandbox: Connection, properties: Properties, name = ADA) {
  return sandbox.client.pages.update({ page_id: rowOf(sandbox, name), properties });
}

describe('an update', () => {
  it('changes what it names and nothing else', async () => {
    const sandbox = connect();

    await write(sandbox, {
      'Booking Status': { status: { name: 'Booked' } },
      'Diagnostic Call Date': { date: { start: '2025-12-10' } },
    });

    expect(sandbox.contacts.rows()[0]).toMatchObject({
      cells: {
        Name: ADA,
        'Booking Status': 'Booked',
        'Diagnostic Call Date': '2025-12-10',
        'Christmas Campaign Status': 'Emails running',
      },
      lastChanged: ['Booking Status', 'Diagnostic Call Date'],
    });
  });

  it('is seen at once by whoever asks for the page', async () => {
    const sandbox = connect();
    sandbox.world.queryLagMs = 60_000;
    await write(sandbox, { email: { email: 'ada@example.org' } });

    expect(await sandbox.client.pages.retrieve({ page_id: rowOf(sandbox, ADA) })).toMatchObject({
      properties: { email: { email: 'ada@example.org' } },
    });
  });

  it('names properties and options by name or by id', async () => {
    const sandbox = connect();
    const { properties } = await sandbox.client.dataSources.retrieve({
      data_source_id: sandbox.contacts.dataSourceId,
    });
    const status = properties['Booking Status'];
    const cancelled = status?.type === 'status' ? status.status.options[2] : undefined;

    await write(sandbox, { [`${status?.id}`]: { status: { id: `${cancelled?.id}` } } });

    expect(cellsOf(sandbox, rowOf(sandbox, ADA))).toMatchObject({ 'Booking Status': 'Cancelled' });
  });

  it('can write every property that holds something of its own', async () => {
    const sandbox = connect({ seed: 'W7' });
    for (const type of ['url', 'phone_number', 'number', 'multi_select'] as const)
      sandbox.sequence.addProperty(type, type);
    const row = `${sandbox.sequence.rows()[1]?.id}`;
    const ann = rowOf(sandbox, 'Ann');

    await sandbox.client.pages.update({
      page_id: row,
      properties: {
        Name: { title: [{ text: { content: 'Row of ' } }, { text: { content: 'Ann, too' } }] },
        Contact: { relation: [{ id: ann }] },
        'Email 2 Sent': { checkbox: true },
        'Email 3 Sent': { rich_text: [{ text: { content: 'yes', link: { url: 'https://x.ca' } } }] },
        url: { url: 'https://x.ca' },
        phone_number: { phone_number: '+1 555' },
        number: { number: 1.5 },
        multi_select: { multi_select: [{ name: 'a' }, { name: 'b' }] },
      },
    });

    expect(cellsOf(sandbox, row)).toMatchObject({
      Name: 'Row of Ann, too',
      Contact: [ann],
      Label: 'row of ann, too',
      'Email 2 Sent': true,
      'Email 3 Sent': 'yes',
      url: 'https://x.ca',
      phone_number: '+1 555',
      number: 1.5,
      multi_select: ['a', 'b'],
    });
  });

  it('takes null for the default of a status, and for nothing elsewhere', async () => {
    const sandbox = connect();
    sandbox.contacts.edit(rowOf(sandbox, ADA), { 'Booking Status': 'Booked' });

    await write(sandbox, { 'Booking Status': { status: null }, 'Christmas Campaign Status': { select: null } });

    expect(cellsOf(sandbox, rowOf(sandbox, ADA))).toMatchObject({
      'Booking Status': 'Not booked',
      'Christmas Campaign Status': null,
    });
  });

  it.each([
    ['2025-12-10', '2025-12-10'],
    ['2025-12-10T09:30:45+01:00', '2025-12-10T09:30:00.000+01:00'],
    ['2025-12-10T09:30:45.123Z', '2025-12-10T09:30:00.000+00:00'],
    ['2025-12-10T09:30', '2025-12-10T09:30:00.000+00:00'],
  ])('keeps the time %s as %s', async (start, kept) => {
    const sandbox = connect();

    await write(sandbox, { 'Diagnostic Call Date': { date: { start, time_zone: null } } });

    expect(cellsOf(sandbox, rowOf(sandbox, ADA))?.['Diagnostic Call Date']).toBe(kept);
  });

  it('makes an address of 200 characters, and no longer one', async () => {
    const sandbox = connect();

    await write(sandbox, { email: { email: 'a'.repeat(200) } });

    expect(await refusalOf(write(sandbox, { email: { email: 'a'.repeat(201) } }))).toMatchObject({
      status: 400,
      message: 'body failed validation: body.properties.email.email.length should be ≤ `200`, instead was `201`.',
    });
  });

  it.each([
    ['a'.repeat(2000), true],
    ['a'.repeat(2001), false],
    ['😀'.repeat(1000), true],
    ['😀'.repeat(1001), false],
  ])('counts a text by its UTF-16 units: %#', async (content, fits) => {
    const sandbox = connect();
    const result = write(sandbox, { Name: { title: [{ text: { content } }] } });

    if (fits) await result;
    else
      expect((await refusalOf(result)).message).toContain('.text.content.length should be ≤ `2000`, instead was `200');
  });

  it('moves a page into the trash, out of it, and into the archive', async () => {
    const sandbox = connect();
    const page_id = rowOf(sandbox, ADA);
    const update = (change: object) => sandbox.client.pages.update({ page_id, ...change });

    expect(await update({ in_trash: true })).toMatchObject({ in_trash: true });
    expect(await refusalOf(update({ properties: {} }))).toMatchObject({
      status: 400,
      message: "Can't edit block that is archived. You must unarchive the block before editing.",
    });
    expect(await update({ in_trash: false, properties: { email: { email: null } } })).toMatchObject({
      in_trash: false,
    });
    expect(await update({ is_archived: true })).toMatchObject({ is_archived: true });
    expect((await refusalOf(update({ properties: {} }))).message).toContain('archived');
    expect(await update({ is_archived: false, is_locked: true })).toMatchObject({
      is_archived: false,
      is_locked: true,
    });
    // A lock keeps people out, not the API.
    expect(await update({ properties: {} })).toMatchObject({ is_locked: true });
  });

  it('refuses what is in something that is in the trash', async () => {
    const sandbox = connect();
    sandbox.contacts.trash();

    expect((await refusalOf(write(sandbox, {}))).message).toContain('archived ancestor');
  });

  it('can erase what is on a page, for good', async () => {
    const sandbox = connect();
    const page_id = rowOf(sandbox, ADA);
    sandbox.contacts.fill(page_id, { paragraphs: ['One', 'Two'], childPages: ['Three'] });

    await sandbox.client.pages.update({ page_id, erase_content: true });

    expect(sandbox.contacts.contentOf(page_id)).toEqual([]);
  });
});

describe('an option that is not there', () => {
  it('comes into being if it is a select', async () => {
    const sandbox = connect();

    await write(sandbox, { 'Christmas Campaign Status': { select: { name: 'Oops' } } });

    expect(sandbox.contacts.optionsOf('Christmas Campaign Status')).toContain('Oops');
  });

  it('does not, if the integration may not change the schema', async () => {
    const sandbox = connect();
    sandbox.world.capabilities.delete('edit_schema');

    const refusal = await refusalOf(write(sandbox, { 'Christmas Campaign Status': { select: { name: 'Oops' } } }));

    expect(refusal).toMatchObject({ status: 400, code: 'validation_error' });
    expect(sandbox.contacts.optionsOf('Christmas Campaign Status')).not.toContain('Oops');
  });

  it('is refused if it is a status', async () => {
    const sandbox = connect();

    const refusal = await refusalOf(write(sandbox, { 'Booking Status': { status: { name: 'Oops' } } }));

    expect(refusal.message).toBe('Invalid status option. Status option "Oops" does not exist".');
    expect(sandbox.contacts.optionsOf('Booking Status')).not.toContain('Oops');
  });
});

describe('an update that Notion would refuse', () => {
  it.each<[string, unknown, string]>([
    ['a property that is not there', { Nope: { checkbox: true } }, 'Nope is not a property that exists.'],
    ['a value of another type', { email: { title: [] } }, 'email is expected to be email.'],
    ['text for a computed column', { Low: { rich_text: [] } }, 'Low is expected to be formula.'],
    ['a computed value', { Low: { formula: { string: 'a' } } }, 'body.properties.Low.formula should be not present'],
    ['an option id it does not know', { 'Booking Status': { status: { id: 'nope' } } }, 'option id'],
    ['a comma in an option', { 'Christmas Campaign Status': { select: { name: 'a,b' } } }, 'commas not allowed'],
    ['no option at all', { 'Booking Status': { status: {} } }, 'body.properties.Booking Status.status'],
    [
      'a day that does not exist',
      { 'Diagnostic Call Date': { date: { start: '2025-02-30' } } },
      'body.properties.Diagnostic Call Date.date.start should be a valid ISO 8601 date string',
    ],
    [
      'an unknown key',
      { email: { email: null, plain_text: 'a' } },
      'body.properties.email.plain_text should be not present, instead was `"a"`.',
    ],
    [
      'what it once answered',
      { Name: { title: [{ text: { content: 'a' }, plain_text: 'a' }] } },
      'body.properties.Name.title[0].plain_text should be not present',
    ],
    ['a bare list', { Name: [{ text: { content: 'a' } }] }, 'body.properties.Name should be an object'],
    [
      '101 pieces of text',
      { Name: { title: Array(101).fill({ text: { content: 'a' } }) } },
      'length should be ≤ `100`',
    ],
    ['a mention', { Name: { title: [{ mention: { page: { id: NOWHERE } } }] } }, 'body.properties.Name.title[0]'],
  ])('has %s, and changes nothing', async (_, properties, words) => {
    const sandbox = connect();
    sandbox.contacts.addProperty('Low', 'formula');
    const ada = rowOf(sandbox, ADA);
    const before = cellsOf(sandbox, ada);

    const answer = await sandbox.ask('PATCH', `/v1/pages/${ada}`, {
      body: { properties: { 'Diagnostic Call Date': { date: { start: '2025-12-24' } }, ...(properties as object) } },
    });

    expect(answer).toMatchObject({ status: 400, body: { code: 'validation_error' } });
    expect(answer.body['message']).toContain(words);
    expect(cellsOf(sandbox, ada)).toEqual(before);
  });

  it.each([{ archived: true }, { archived: false }])('speaks of the archive as it once was: %j', async (body) => {
    for (const version of ['2025-09-03', '2026-03-11']) {
      const sandbox = connect({ version });
      const answer = await sandbox.ask('PATCH', `/v1/pages/${rowOf(sandbox, ADA)}`, { body });
      expect(answer.body['message']).toContain('body.archived should be not present');
    }
  });

  it('is quoted in what is said of it, so that whoever logs that can be caught', async () => {
    const sandbox = connect();
    const answer = await sandbox.ask('PATCH', `/v1/pages/${rowOf(sandbox, ADA)}`, {
      body: { properties: { email: { email: ['ann@example.com'] } } },
    });

    expect(answer.body['message']).toContain('ann@example.com');
  });
});

describe('a new page', () => {
  const zoe: CreatePageParameters['properties'] = {
    Name: { title: [{ text: { content: 'Zoe' } }] },
    email: { email: 'zoe@example.com' },
  };

  it('in a data source is a row', async () => {
    const sandbox = connect();
    const parent = { type: 'data_source_id' as const, data_source_id: sandbox.contacts.dataSourceId };

    const page = await sandbox.client.pages.create({ parent, properties: zoe });

    expect(page).toMatchObject({
      object: 'page',
      parent: { ...parent, database_id: sandbox.contacts.databaseId },
      created_time: new Date(NOON - 30_000).toISOString(),
    });
    expect(sandbox.contacts.rows().at(-1)).toMatchObject({
      id: page.id,
      cells: { Name: 'Zoe', 'Booking Status': 'Not booked' },
      lastChanged: ['Name', 'email'],
    });
  });

  it('on a page is a block of that page, by the same id, with what is written on it', async () => {
    const sandbox = connect();
    const page_id = rowOf(sandbox, ADA);
    sandbox.contacts.fill(page_id, { paragraphs: ['Before'], childPages: [] });

    const page = await sandbox.client.pages.create({
      parent: { page_id },
      properties: { title: { title: [{ text: { content: 'Call prep' } }] } },
      children: [{ heading_1: { rich_text: [{ text: { content: 'Who' } }] } }, { divider: {} }],
    });

    expect(page).toMatchObject({ parent: { type: 'page_id', page_id }, properties: { title: { id: 'title' } } });
    expect(sandbox.contacts.contentOf(page_id).map(({ id, type, text }) => [id, type, text])).toEqual([
      [expect.any(String), 'paragraph', 'Before'],
      [page.id, 'child_page', 'Call prep'],
    ]);
    expect(sandbox.contacts.contentOf(page.id).map(({ type }) => type)).toEqual(['heading_1', 'divider']);
    const { results } = await sandbox.client.blocks.children.list({ block_id: page_id });
    expect(results.at(-1)).toMatchObject({
      id: page.id,
      type: 'child_page',
      child_page: { title: 'Call prep' },
      has_children: true,
    });
  });

  it('is none where its parent is missing, in the trash, or no data source at all', async () => {
    const sandbox = connect();
    const { client, contacts } = sandbox;
    const create = (parent: CreatePageParameters['parent']) => refusalOf(client.pages.create({ parent: parent! }));
    const page_id = rowOf(sandbox, ADA);
    contacts.trashRow(page_id);

    expect(await create({ page_id: NOWHERE })).toMatchObject({ status: 404 });
    expect(await create({ data_source_id: contacts.databaseId })).toMatchObject({ status: 404 });
    expect((await create({ page_id })).message).toContain("Can't edit block that is archived");
    expect((await create({ database_id: contacts.databaseId })).message).toContain('body.parent.database_id');
  });

  it.each<[string, object, string]>([
    ['no parent', {}, 'body.parent should be defined, instead was `undefined`.'],
    ['no id', { parent: { page_id: 'ada' } }, 'body.parent.page_id should be a valid uuid, instead was `"ada"`.'],
    [
      'two parents',
      { parent: { page_id: NOWHERE, data_source_id: NOWHERE } },
      'body.parent.data_source_id should be not present',
    ],
    ['a deprecated key', { parent: { page_id: NOWHERE }, archived: false }, 'body.archived should be not present'],
  ])('has not %s', async (_, body, words) => {
    const answer = await connect().ask('POST', '/v1/pages', { body });

    expect(answer.status).toBe(400);
    expect(answer.body['message']).toContain(words);
  });

  it('has on a page no other property than its title', async () => {
    const sandbox = connect();
    const call = sandbox.client.pages.create({ parent: { page_id: rowOf(sandbox, ADA) }, properties: zoe! });

    expect((await refusalOf(call)).message).toBe('Name is not a property that exists.');
  });

  it('is no longer made when the workspace is full, although what is there can be changed', async () => {
    const sandbox = connect();
    const { client, world } = sandbox;
    world.blockCap = world.pages.size + 1;
    const page_id = rowOf(sandbox, ADA);
    const divider = { divider: {} };

    const two = client.pages.create({ parent: { page_id }, children: [divider] });
    expect(await refusalOf(two)).toMatchObject({ status: 403, code: 'restricted_resource' });
    expect(sandbox.contacts.contentOf(page_id)).toEqual([]);
    await client.blocks.children.append({ block_id: page_id, children: [divider] });
    const more = client.blocks.children.append({ block_id: page_id, children: [divider] });
    expect(await refusalOf(more)).toMatchObject({ status: 403 });
    expect(await write(sandbox, { email: { email: null } })).toMatchObject({ id: page_id });
  });
});

describe('a new database', () => {
  it('is made on a page, with a data source of the columns it is given', async () => {
    const sandbox = connect();
    const { client, contacts } = sandbox;

    const database = await client.databases.create({
      parent: { type: 'page_id', page_id: rowOf(sandbox, ADA) },
      title: [{ text: { content: 'Scratch' } }],
      initial_data_source: {
        properties: {
          Name: { title: {} },
          Status: { select: { options: [{ name: 'Open' }] } },
          Contact: { relation: { data_source_id: contacts.dataSourceId, single_property: {} } },
        },
      },
    });

    const source = 'data_sources' in database ? database.data_sources[0] : undefined;
    expect(source?.name).toBe('Scratch');
    expect((await client.dataSources.retrieve({ data_source_id: `${source?.id}` })).properties).toMatchObject({
      Name: { id: 'title' },
      Status: { select: { options: [{ name: 'Open' }] } },
      Contact: { relation: { data_source_id: contacts.dataSourceId } },
    });
    expect(contacts.contentOf(rowOf(sandbox, ADA))).toMatchObject([{ type: 'child_database', text: 'Scratch' }]);
  });

  it('has exactly one title', async () => {
    const sandbox = connect();
    const call = sandbox.client.databases.create({
      parent: { type: 'page_id', page_id: rowOf(sandbox, ADA) },
      initial_data_source: { properties: { Text: { rich_text: {} } } },
    });

    expect(await refusalOf(call)).toMatchObject({ status: 400 });
  });
});
