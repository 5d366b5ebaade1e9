import type { QueryDataSourceParameters } from '@notionhq/client';
import { describe, expect, it } from 'vitest';
import { type Connection, connect, NOON, refusalOf, rowOf } from './in-process.ts';

type Filter = NonNullable<QueryDataSourceParameters['filter']>;
type Ask = Omit<QueryDataSourceParameters, 'data_source_id'>;

const BY_NAME = [{ property: 'Name', direction: 'ascending' as const }];
const MINUTE_MS = 60_000;

function query({ client, contacts }: Connection, ask: Ask = {}) {
  return client.dataSources.query({ data_source_id: contacts.dataSourceId, ...ask });
}

/** The titles of the rows that come, in their order. */
async function namesOf(sandbox: Connection, ask: Ask, table = sandbox.contacts): Promise<string[]> {
  const { results } = await sandbox.client.dataSources.query({ data_source_id: table.dataSourceId, ...ask });
  return results.map((row) => {
    const name = row.object === 'page' && 'properties' in row ? row.properties['Name'] : undefined;
    return name?.type === 'title' ? name.title.map((part) => part.plain_text).join('') : '';
  });
}

const namesBy = (sandbox: Connection, filter: Filter, table = sandbox.contacts) =>
  namesOf(sandbox, { filter, sorts: BY_NAME }, table);

describe('a condition on text', () => {
  it.each(['title', 'rich_text', 'email', 'url', 'phone_number'])(
    'of type %s works on every property that holds text, and ignores case',
    async (type) => {
      const sandbox = connect();
      const by = (condition: object) => namesBy(sandbox, { property: 'email', [type]: condition } as never);

      expect(await by({ contains: 'MOREAU@' })).toEqual(['Ada Moreau']);
      expect(await by({ starts_with: 'Bruno' })).toEqual(['Bruno Keller']);
      expect(await by({ ends_with: 'LINDT@example.com' })).toEqual(['Chiara Lindt']);
      expect(await by({ does_not_contain: 'EXAMPLE' })).toEqual([]);
    },
  );

  it.each([
    ['exact', []],
    ['ignore_case', ['Dev Anand']],
  ] as const)('for equality goes by the rule it is given: %s', async (equals, names) => {
    const sandbox = connect({ equals });
    const by = (email: string) => namesBy(sandbox, { property: 'email', email: { equals: email } });

    expect(await by('dev.anand@example.com')).toEqual(['Dev Anand']);
    expect(await by('DEV.Anand@example.com')).toEqual(names);
    expect(await by(' dev.anand@example.com')).toEqual([]);
  });

  it('that nothing may equal lets empty cells through', async () => {
    const sandbox = connect();
    sandbox.contacts.add({ Name: 'Zoe' });

    const others = await namesBy(sandbox, { property: 'email', email: { does_not_equal: 'ada.moreau@example.com' } });

    expect(others).not.toContain('Ada Moreau');
    expect(others).toContain('Zoe');
  });

  it('that is empty lets everything through, which is why it is never to be sent', async () => {
    expect(await namesBy(connect(), { property: 'email', email: { contains: '' } })).toHaveLength(5);
  });

  it('can be put to a formula', async () => {
    const sandbox = connect({ seed: 'W7' });
    const low = { property: 'Label', formula: { string: { equals: 'row of ann' } } };

    expect(await namesBy(sandbox, low, sandbox.sequence)).toEqual(['Row of Ann']);
  });
});

describe('a condition', () => {
  it('tells options, one or several', async () => {
    const sandbox = connect();
    sandbox.contacts.edit(rowOf(sandbox, 'Dev Anand'), { 'Booking Status': 'Booked' });
    const status = (condition: object) => namesBy(sandbox, { property: 'Booking Status', status: condition } as never);
    const campaign = { property: 'Christmas Campaign Status', select: { is_not_empty: true as const } };

    expect(await status({ equals: 'Booked' })).toEqual(['Dev Anand']);
    expect(await status({ does_not_equal: 'Not booked' })).toEqual(['Dev Anand']);
    expect(await status({ equals: ['Booked', 'Not booked'] })).toHaveLength(5);
    expect(await namesBy(sandbox, campaign)).toEqual(['Ada Moreau']);
  });

  it('tells days and instants', async () => {
    const sandbox = connect();
    sandbox.contacts.edit(rowOf(sandbox, 'Ada Moreau'), { 'Diagnostic Call Date': '2025-12-10T23:30:00.000+01:00' });
    const by = (date: object) => namesBy(sandbox, { property: 'Diagnostic Call Date', date } as never);

    expect(await by({ equals: '2025-12-10' })).toEqual(['Ada Moreau']);
    expect(await by({ on_or_before: '2025-12-10' })).toEqual(['Ada Moreau']);
    expect(await by({ before: '2025-12-10' })).toEqual([]);
    expect(await by({ after: '2025-12-10T22:29:00Z' })).toEqual(['Ada Moreau']);
    expect(await by({ after: '2025-12-10T22:30:00Z' })).toEqual([]);
    expect(await by({ is_empty: true })).toHaveLength(4);
  });

  it('tells ticks, numbers and related rows', async () => {
    const sandbox = connect({ seed: 'W7' });
    const ann = rowOf(sandbox, 'Ann');
    const by = (filter: object) => namesBy(sandbox, filter as never, sandbox.sequence);

    expect(await by({ property: 'Email 2 Sent', checkbox: { equals: true } })).toEqual(['Row of Ann']);
    expect(await by({ property: 'Contact', relation: { contains: ann } })).toEqual(['Row of Ann']);
    expect(await by({ property: 'Contact', relation: { does_not_contain: ann } })).toEqual(['Row of Joann']);
    sandbox.sequence.addProperty('Score', 'number');
    sandbox.sequence.edit(`${sandbox.sequence.rows()[0]?.id}`, { Score: 5 });
    expect(await by({ property: 'Score', number: { greater_than_or_equal_to: 5 } })).toEqual(['Row of Ann']);
    expect(await by({ property: 'Score', number: { less_than: 5 } })).toEqual([]);
    expect(await by({ property: 'Score', number: { does_not_equal: 5 } })).toEqual(['Row of Joann']);
  });

  it('tells when a row was made, with or without a property for that', async () => {
    const sandbox = connect();
    sandbox.wait(10 * MINUTE_MS);
    sandbox.contacts.add({ Name: 'Zoe' });
    const after = { after: new Date(NOON + MINUTE_MS).toISOString() };

    expect(await namesBy(sandbox, { timestamp: 'created_time', created_time: after })).toEqual(['Zoe']);
    sandbox.contacts.addProperty('Made', 'created_time');
    expect(await namesBy(sandbox, { property: 'Made', created_time: after })).toEqual(['Zoe']);
  });

  it('can be one of several, two levels deep', async () => {
    const sandbox = connect();
    const email = (contains: string) => ({ property: 'email', email: { contains } });

    const filter: Filter = { and: [email('example'), { or: [email('ada'), email('dev')] }] };

    expect(await namesBy(sandbox, filter)).toEqual(['Ada Moreau', 'Dev Anand']);
  });

  it('names its property by name or by id', async () => {
    const sandbox = connect();
    const { client, contacts } = sandbox;
    const { properties } = await client.dataSources.retrieve({ data_source_id: contacts.dataSourceId });

    const byId = { property: `${properties['email']?.id}`, email: { contains: 'ada' } };

    expect(await namesBy(sandbox, byId)).toEqual(['Ada Moreau']);
  });
});

describe('a query', () => {
  it('leaves out the trash, or everything else', async () => {
    const sandbox = connect();
    sandbox.contacts.trashRow(rowOf(sandbox, 'Ada Moreau'));

    expect((await query(sandbox)).results).toHaveLength(4);
    expect(await namesOf(sandbox, { in_trash: true })).toEqual(['Ada Moreau']);
    expect((await query(sandbox, { result_type: 'data_source' })).results).toEqual([]);
  });

  it('sorts by properties and times, the first first', async () => {
    const sandbox = connect();
    sandbox.contacts.edit(rowOf(sandbox, 'Dev Anand'), { 'Diagnostic Call Date': '2025-12-10' });
    const sorts: Ask['sorts'] = [
      { property: 'Diagnostic Call Date', direction: 'descending' },
      { timestamp: 'created_time', direction: 'descending' },
    ];

    expect(await namesOf(sandbox, { sorts })).toEqual([
      'Dev Anand',
      'Elif Demir',
      'Chiara Lindt',
      'Bruno Keller',
      'Ada Moreau',
    ]);
  });

  it('has no order that could be meant if none is asked for', async () => {
    const sandbox = connect({ seed: 'W5' });
    const made = sandbox.contacts.rows().map(({ cells }) => cells['Name']);

    const names = await namesOf(sandbox, {});

    expect(names).toHaveLength(100);
    expect(names).not.toEqual(made.slice(0, 100));
    expect(await namesOf(sandbox, {})).toEqual(names);
  });

  it('answers in pages, with a cursor that is good for this question only', async () => {
    const sandbox = connect();
    const first = await query(sandbox, { page_size: 3, sorts: BY_NAME });
    expect(first).toMatchObject({ object: 'list', has_more: true, next_cursor: expect.any(String) });
    const start_cursor = first.next_cursor;

    const second = await query(sandbox, { page_size: 3, sorts: BY_NAME, start_cursor });
    expect(second).toMatchObject({ has_more: false, next_cursor: null, request_status: { type: 'complete' } });
    expect([...first.results, ...second.results].map(({ id }) => id)).toEqual(
      sandbox.contacts.rows().map(({ id }) => id),
    );

    expect(await refusalOf(query(sandbox, { start_cursor }))).toMatchObject({ status: 400, code: 'validation_error' });
    expect(await refusalOf(query(sandbox, { start_cursor: 'next' }))).toMatchObject({ status: 400 });
  });

  it('says so when the ceiling cuts it off, at the end and not before', async () => {
    const sandbox = connect();
    sandbox.world.queryCeiling = 4;
    const first = await query(sandbox, { page_size: 3 });
    expect(first).toMatchObject({ has_more: true, request_status: { type: 'complete' } });

    expect(await query(sandbox, { page_size: 3, start_cursor: first.next_cursor })).toMatchObject({
      results: [{}],
      has_more: false,
      request_status: { type: 'incomplete', incomplete_reason: 'query_result_limit_reached' },
    });
  });

  it('shows only the properties that are asked for', async () => {
    const sandbox = connect();
    const { results } = await query(sandbox, { filter_properties: ['title'] });

    expect(results.map((row) => ('properties' in row ? Object.keys(row.properties) : []))).toEqual(
      results.map(() => ['Name']),
    );
  });

  it('may lag: what is new is not there yet, and what was changed is as it was', async () => {
    const sandbox = connect();
    sandbox.world.queryLagMs = 5000;
    const zoe = sandbox.contacts.add({ Name: 'Zoe', email: 'zoe@example.com' });
    const ada = rowOf(sandbox, 'Ada Moreau');
    await sandbox.client.pages.update({ page_id: ada, properties: { email: { email: 'ada@example.org' } } });
    sandbox.contacts.trashRow(rowOf(sandbox, 'Dev Anand'));
    const inOrg = { property: 'email', email: { ends_with: '.org' } };

    sandbox.wait(4999);
    expect(await namesOf(sandbox, { sorts: BY_NAME })).toEqual([
      'Ada Moreau',
      'Bruno Keller',
      'Chiara Lindt',
      'Dev Anand',
      'Elif Demir',
    ]);
    expect(await namesBy(sandbox, inOrg)).toEqual([]);
    expect(await sandbox.client.pages.retrieve({ page_id: zoe })).toMatchObject({ id: zoe });

    sandbox.wait(1);
    expect(await namesOf(sandbox, { sorts: BY_NAME })).toEqual([
      'Ada Moreau',
      'Bruno Keller',
      'Chiara Lindt',
      'Elif Demir',
      'Zoe',
    ]);
    expect(await namesBy(sandbox, inOrg)).toEqual(['Ada Moreau']);
  });
});

describe('a query that Notion would refuse', () => {
  const email = (condition: unknown, type = 'email') => ({ property: 'email', [type]: condition });

  it.each<[string, unknown, string]>([
    ['an unknown key', { filters: {} }, 'body.filters should be not present, instead was `{}`.'],
    ['the older word for the trash', { archived: false }, 'body.archived should be not present'],
    ['more than 100 rows', { page_size: 101 }, 'body.page_size should be ≤ `100`, instead was `101`.'],
    ['no rows', { page_size: 0 }, 'body.page_size should be ≥ `1`'],
    ['a page size in words', { page_size: '5' }, 'body.page_size should be a number'],
    ['a condition without type', { filter: { property: 'email', contains: 'a' } }, 'body.filter.contains'],
    [
      'a condition without property',
      { filter: { email: { contains: 'a' } } },
      'body.filter.property should be defined',
    ],
    ['two operators', { filter: email({ contains: 'a', starts_with: 'b' }) }, 'body.filter.email'],
    ['no operator', { filter: email({}) }, 'body.filter.email'],
    ['an unknown operator', { filter: email({ like: 'a' }) }, 'body.filter.email'],
    ['two types', { filter: { ...email({ contains: 'a' }), title: { contains: 'a' } } }, 'body.filter.title'],
    ['a type that disagrees', { filter: { ...email({ contains: 'a' }), type: 'title' } }, 'body.filter.type'],
    ['an operand of the wrong type', { filter: email({ contains: 5 }) }, 'body.filter.email'],
    ['too deep a filter', { filter: { and: [{ or: [{ and: [] }] }] } }, 'body.filter.and[0].or[0].and'],
    ['a date that is none', { filter: { property: 'x', date: { after: '2025-02-30' } } }, 'body.filter.date'],
    ['a relation to no id', { filter: { property: 'x', relation: { contains: 'ann' } } }, 'body.filter.relation'],
    ['a number in words', { filter: { property: 'x', number: { equals: '5' } } }, 'body.filter.number'],
    [
      'a property that is not there',
      { filter: { property: 'x', email: { contains: 'a' } } },
      'Could not find property with name or id: x',
    ],
    ['a condition of another type', { filter: email({ equals: true }, 'checkbox') }, 'does not match filter'],
    ['an order by what is not there', { sorts: [{ property: 'x', direction: 'ascending' }] }, 'name or id: x'],
  ])('has %s', async (_, body, words) => {
    const { ask, contacts } = connect();

    const answer = await ask('POST', `/v1/data_sources/${contacts.dataSourceId}/query`, { body });

    expect(answer).toMatchObject({ status: 400, body: { object: 'error', code: 'validation_error' } });
    expect(answer.body['message']).toContain(words);
  });
});
