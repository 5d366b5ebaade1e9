import { request as httpRequest } from 'node:http';
import { Client } from '@notionhq/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type NotionSandbox, startNotionSandbox } from '../../../src/dev/notion-sandbox/sandbox.ts';

const VERSION = '2026-03-11';
const NOWHERE = '3c4d5e6f-7a8b-4c9d-8e0f-1a2b3c4d5e6f';

let sandbox: NotionSandbox;
beforeEach(async () => {
  sandbox = await startNotionSandbox();
});
afterEach(() => sandbox.stop());

interface Ask {
  method?: string;
  body?: unknown;
  headers?: Record<string, string | undefined>;
}

/** A request as a careful client would make it, but for what the story is about. */
async function ask(path: string, { method = 'GET', body, headers = {} }: Ask = {}) {
  const all = {
    authorization: `Bearer ${sandbox.token}`,
    'notion-version': VERSION,
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...headers,
  };
  const given = Object.entries(all).filter((header): header is [string, string] => header[1] !== undefined);
  const response = await fetch(`${sandbox.url}${path}`, {
    method,
    headers: given,
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  };
}

const query = (body: unknown, source = sandbox.contacts.dataSourceId) =>
  ask(`/v1/data_sources/${source}/query`, { method: 'POST', body });

const patch = (id: string, properties: unknown) => ask(`/v1/pages/${id}`, { method: 'PATCH', body: { properties } });

const ada = () => sandbox.contacts.rows()[0]?.id ?? '';
const cellsOf = (id: string) => sandbox.contacts.rows().find((row) => row.id === id)?.cells;

/** The names of the rows a filter lets through. */
async function namesBy(filter: unknown): Promise<string[]> {
  const { body } = await query({ filter });
  const rows = body['results'] as { properties: { Name: { title: { plain_text: string }[] } } }[];
  return rows.map(({ properties }) => properties.Name.title[0]?.plain_text ?? '');
}

describe('the door', () => {
  it('knows only the calls it models', async () => {
    for (const [method, path] of [
      ['GET', '/'],
      ['POST', '/v1/search'],
      ['PATCH', `/v1/data_sources/${sandbox.contacts.dataSourceId}`],
      ['DELETE', `/v1/blocks/${ada()}`],
      ['POST', `/v1/databases/${sandbox.contactsDatabaseId}/query`],
    ]) {
      const answer = await ask(`${path}`, { method: `${method}` });
      expect(answer).toMatchObject({
        status: 400,
        body: { object: 'error', code: 'invalid_request_url', message: 'Invalid request URL.' },
      });
    }
  });

  it('wants the token before anything else is looked at', async () => {
    for (const authorization of [undefined, 'Bearer wrong', sandbox.token, `bearer ${sandbox.token}`]) {
      const answer = await ask('/v1/pages/nonsense', { headers: { authorization, 'notion-version': undefined } });
      expect(answer).toMatchObject({ status: 401, body: { code: 'unauthorized', message: 'API token is invalid.' } });
    }
  });

  it('wants a version it knows', async () => {
    const missing = await ask('/v1/pages/nonsense', { headers: { 'notion-version': undefined } });
    expect(missing).toMatchObject({ status: 400, body: { code: 'missing_version' } });

    const old = await ask('/v1/users/me', { headers: { 'notion-version': '2022-06-28' } });
    expect(old).toMatchObject({ status: 400, body: { code: 'validation_error' } });
  });

  it('wants JSON, said to be JSON, and not too much of it', async () => {
    const path = `/v1/data_sources/${sandbox.contacts.dataSourceId}/query`;
    for (const more of [{ body: '{"page_size":' }, { body: '{}', headers: { 'content-type': 'text/plain' } }]) {
      expect(await ask(path, { method: 'POST', ...more })).toMatchObject({
        status: 400,
        body: { code: 'invalid_json', message: 'Error parsing JSON body.' },
      });
    }
    expect((await ask(path, { method: 'POST', body: 'x'.repeat(500_001) })).status).toBe(413);
  });

  it.each([
    'nonsense',
    '12345678-1234-1234-1234-123456789abc',
    '3C4D5E6F-7A8B-4C9D-8E0F-1A2B3C4D5E6F',
    ' 3c4d5e6f7a8b4c9d8e0f1a2b3c4d5e6f',
  ])('takes %j for no id', async (id) => {
    const { status, body } = await ask(`/v1/pages/${encodeURIComponent(id)}`);

    expect(status).toBe(400);
    expect(body['message']).toMatch(/^path failed validation: path\.page_id should be a valid uuid, instead was `"/);
  });

  it('takes an id with and without dashes', async () => {
    expect((await ask(`/v1/databases/${sandbox.contactsDatabaseId.replaceAll('-', '')}`)).status).toBe(200);
  });

  it('gives each answer an id, in the header and the body', async () => {
    for (const path of ['/v1/users/me', `/v1/pages/${NOWHERE}`, '/nowhere']) {
      const { headers, body } = await ask(path);
      expect(body['request_id']).toMatch(/^[0-9a-f-]{36}$/);
      expect(headers.get('x-notion-request-id')).toBe(body['request_id']);
    }
  });

  it('says 404 of what is not there and of what is not shared', async () => {
    sandbox.contacts.unshare();
    for (const path of [
      `/v1/databases/${NOWHERE}`,
      `/v1/databases/${sandbox.contactsDatabaseId}`,
      `/v1/pages/${ada()}`,
    ]) {
      expect(await ask(path)).toMatchObject({
        status: 404,
        body: { code: 'object_not_found', additional_data: { integration_id: expect.any(String) } },
      });
    }
    expect((await query({}, NOWHERE)).status).toBe(404);
  });
});

describe('reading', () => {
  it('shows the integration, the database, its data source and a page', async () => {
    const { contacts } = sandbox;
    expect((await ask('/v1/users/me')).body).toMatchObject({ object: 'user', type: 'bot' });
    expect((await ask(`/v1/databases/${contacts.databaseId}`)).body).toMatchObject({
      object: 'database',
      in_trash: false,
      data_sources: [{ id: contacts.dataSourceId, name: 'BusinessX' }],
    });
    expect((await ask(`/v1/data_sources/${contacts.dataSourceId}`)).body).toMatchObject({
      object: 'data_source',
      parent: { type: 'database_id', database_id: contacts.databaseId },
      properties: {
        Name: { id: 'title', type: 'title' },
        'Booking Status': { type: 'status', status: { options: expect.any(Array), groups: expect.any(Array) } },
      },
    });
    expect((await ask(`/v1/pages/${ada()}`)).body).toMatchObject({
      object: 'page',
      in_trash: false,
      properties: { email: { type: 'email', email: 'ada.moreau@example.com' } },
    });
  });

  it('calls the trash an archive only in the older version', async () => {
    const path = `/v1/pages/${ada()}`;
    expect((await ask(path)).body).not.toHaveProperty('archived');
    expect((await ask(path, { headers: { 'notion-version': '2025-09-03' } })).body).toHaveProperty('archived', false);
  });

  it('rounds times down to the minute', async () => {
    const { body } = await ask(`/v1/pages/${ada()}`);
    expect(body['created_time']).toMatch(/:00\.000Z$/);
    expect(body['last_edited_time']).toMatch(/:00\.000Z$/);
  });

  it('still shows a page in the trash', async () => {
    sandbox.contacts.trashRow(ada());
    expect(await ask(`/v1/pages/${ada()}`)).toMatchObject({ status: 200, body: { in_trash: true } });
  });
});

describe('a query', () => {
  const email = (condition: unknown, type = 'email') => ({ property: 'email', [type]: condition });

  it.each(['rich_text', 'email', 'title'])(
    'searches an e-mail property with a %s condition, ignoring case',
    async (type) => {
      expect(await namesBy(email({ contains: 'MOREAU@' }, type))).toEqual(['Ada Moreau']);
      expect(await namesBy(email({ starts_with: 'Bruno' }, type))).toEqual(['Bruno Keller']);
      expect(await namesBy(email({ ends_with: 'LINDT@example.com' }, type))).toEqual(['Chiara Lindt']);
    },
  );

  it('compares whole texts, options, dates and combinations', async () => {
    expect(await namesBy(email({ equals: 'dev.anand@example.com' }))).toEqual(['Dev Anand']);
    expect(await namesBy(email({ does_not_contain: 'example' }))).toEqual([]);
    const status = { property: 'Booking Status', status: { does_not_equal: 'Not booked' } };
    expect(await namesBy(status)).toEqual([]);
    const campaign = { property: 'Christmas Campaign Status', select: { is_not_empty: true } };
    expect(await namesBy(campaign)).toEqual(['Ada Moreau']);
    expect(await namesBy({ and: [campaign, { or: [status, email({ contains: 'ada' })] }] })).toEqual(['Ada Moreau']);

    sandbox.contacts.edit(ada(), { 'Diagnostic Call Date': '2025-12-10' });
    const date = (condition: unknown) => namesBy({ property: 'Diagnostic Call Date', date: condition });
    expect(await date({ on_or_before: '2025-12-10' })).toEqual(['Ada Moreau']);
    expect(await date({ before: '2025-12-10' })).toEqual([]);
    expect(await date({ after: '2025-12-09' })).toEqual(['Ada Moreau']);
    expect(await date({ is_empty: true })).toHaveLength(4);
  });

  it('finds a property by id as well as by name', async () => {
    const { body } = await ask(`/v1/data_sources/${sandbox.contacts.dataSourceId}`);
    const { id } = (body['properties'] as { email: { id: string } }).email;
    expect(await namesBy({ property: id, email: { contains: 'ada' } })).toEqual(['Ada Moreau']);
  });

  it('skips the trash unless asked for it', async () => {
    sandbox.contacts.trashRow(ada());
    expect((await query({})).body['results']).toHaveLength(4);
    expect((await query({ in_trash: true })).body['results']).toHaveLength(1);
  });

  it('answers in pages, with a cursor good for this question only', async () => {
    const sorts = [{ property: 'Name', direction: 'descending' }];
    const first = await query({ page_size: 3, sorts });
    expect(first.body).toMatchObject({ object: 'list', has_more: true, next_cursor: expect.any(String) });
    const cursor = first.body['next_cursor'];

    const second = await query({ page_size: 3, sorts, start_cursor: cursor });
    expect(second.body).toMatchObject({ has_more: false, next_cursor: null, request_status: { type: 'complete' } });
    expect(second.body['results']).toHaveLength(2);

    expect(await query({ start_cursor: cursor })).toMatchObject({ status: 400 });
  });

  it('says when the ceiling cut it off', async () => {
    sandbox.limitQueries(2);
    expect((await query({})).body).toMatchObject({ has_more: false, request_status: { type: 'incomplete' } });
  });

  it.each<[string, unknown, string]>([
    ['an unknown key', { filters: {} }, 'body.filters should be not present'],
    ['the older word for the trash', { archived: false }, 'body.archived should be not present'],
    ['more than 100 rows', { page_size: 101 }, 'body.page_size should be ≤ `100`'],
    ['no rows', { page_size: 0 }, 'body.page_size should be ≥ `1`'],
    ['a page size in words', { page_size: '5' }, 'body.page_size should be a number'],
    ['a condition without type', { filter: { property: 'email', contains: 'a' } }, 'body.filter.contains'],
    ['a condition without property', { filter: { email: { contains: 'a' } } }, 'body.filter.property'],
    ['two operators', { filter: email({ contains: 'a', starts_with: 'b' }) }, 'body.filter.email'],
    ['no operator', { filter: email({}) }, 'body.filter.email'],
    ['an unknown operator', { filter: email({ like: 'a' }) }, 'body.filter.email'],
    ['two types', { filter: { ...email({ contains: 'a' }), title: { contains: 'a' } } }, 'body.filter.title'],
    ['a type that disagrees', { filter: { ...email({ contains: 'a' }), type: 'title' } }, 'body.filter.type'],
    ['an operand of the wrong type', { filter: email({ contains: 5 }) }, 'body.filter.email'],
    ['too deep a filter', { filter: { and: [{ or: [{ and: [] }] }] } }, 'body.filter.and[0].or[0].and'],
    ['a date that is none', { filter: { property: 'x', date: { after: '2025-02-30' } } }, 'body.filter.date'],
    [
      'a property that is not there',
      { filter: { property: 'x', email: { contains: 'a' } } },
      'Could not find property with name or id: x',
    ],
    ['a condition of another type', { filter: email({ equals: true }, 'checkbox') }, 'does not match filter'],
  ])('refuses %s', async (_, body, words) => {
    const answer = await query(body);

    expect(answer).toMatchObject({ status: 400, body: { object: 'error', code: 'validation_error' } });
    expect(answer.body['message']).toContain(words);
  });
});

describe('a write', () => {
  it('changes what it names and nothing else', async () => {
    const answer = await patch(ada(), {
      'Booking Status': { status: { name: 'Booked' } },
      'Diagnostic Call Date': { date: { start: '2025-12-10' } },
    });

    expect(answer).toMatchObject({ status: 200, body: { object: 'page', id: ada() } });
    expect(cellsOf(ada())).toMatchObject({
      'Booking Status': 'Booked',
      'Diagnostic Call Date': '2025-12-10',
      'Christmas Campaign Status': 'Emails running',
    });
  });

  it('takes options by id', async () => {
    const { body } = await ask(`/v1/data_sources/${sandbox.contacts.dataSourceId}`);
    const { 'Booking Status': status } = body['properties'] as Record<
      string,
      { status: { options: { id: string }[] } }
    >;

    await patch(ada(), { 'Booking Status': { status: { id: status?.status.options[2]?.id } } });

    expect(cellsOf(ada())?.['Booking Status']).toBe('Cancelled');
  });

  it('creates a select option whose name it does not know, as Notion does', async () => {
    expect((await patch(ada(), { 'Christmas Campaign Status': { select: { name: 'Oops' } } })).status).toBe(200);

    expect(sandbox.contacts.optionsOf('Christmas Campaign Status')).toContain('Oops');
  });

  it('refuses a status option it does not know', async () => {
    const answer = await patch(ada(), { 'Booking Status': { status: { name: 'Oops' } } });

    expect(answer.body['message']).toBe('Invalid status option. Status option "Oops" does not exist".');
    expect(sandbox.contacts.optionsOf('Booking Status')).not.toContain('Oops');
  });

  it('takes null for the default of a status, and for nothing elsewhere', async () => {
    sandbox.contacts.edit(ada(), { 'Booking Status': 'Booked' });

    await patch(ada(), { 'Booking Status': { status: null }, 'Christmas Campaign Status': { select: null } });

    expect(cellsOf(ada())).toMatchObject({ 'Booking Status': 'Not booked', 'Christmas Campaign Status': null });
  });

  it('keeps days as they are and instants to the minute', async () => {
    await patch(ada(), { 'Diagnostic Call Date': { date: { start: '2025-12-10T09:30:45+01:00' } } });
    expect(cellsOf(ada())?.['Diagnostic Call Date']).toBe('2025-12-10T09:30:00.000+01:00');
  });

  it.each<[string, unknown, string]>([
    ['a property that is not there', { Nope: { checkbox: true } }, 'Nope is not a property that exists.'],
    ['a value of another type', { email: { title: [] } }, 'email is expected to be email.'],
    ['an option id it does not know', { 'Booking Status': { status: { id: 'nope' } } }, 'option id'],
    ['a comma in an option', { 'Christmas Campaign Status': { select: { name: 'a,b' } } }, 'commas not allowed'],
    ['no option at all', { 'Booking Status': { status: {} } }, 'body.properties.Booking Status.status'],
    [
      'a day that does not exist',
      { 'Diagnostic Call Date': { date: { start: '2025-02-30' } } },
      'a valid ISO 8601 date string',
    ],
    [
      'an unknown key',
      { email: { email: null, plain_text: 'a' } },
      'body.properties.email.plain_text should be not present',
    ],
    ['an address too long', { email: { email: 'a'.repeat(201) } }, 'body.properties.email.email should be ≤ `200`'],
    ['a text too long', { Name: { title: [{ text: { content: 'a'.repeat(2001) } }] } }, '≤ `2000`'],
    [
      'what it once answered',
      { Name: { title: [{ text: { content: 'a' }, plain_text: 'a' }] } },
      'plain_text should be not present',
    ],
  ])('refuses %s, and changes nothing', async (_, properties, words) => {
    const before = cellsOf(ada());

    const answer = await patch(ada(), { 'Diagnostic Call Date': { date: null }, ...(properties as object) });

    expect(answer).toMatchObject({ status: 400, body: { code: 'validation_error' } });
    expect(answer.body['message']).toContain(words);
    expect(cellsOf(ada())).toEqual(before);
  });

  it('quotes what it refuses, as Notion does, so that whoever logs it can be caught', async () => {
    const answer = await patch(ada(), { email: { email: ['ann@example.com'] } });
    expect(answer.body['message']).toContain('ann@example.com');
  });

  it('refuses to edit what is in the trash, but restores it', async () => {
    sandbox.contacts.trashRow(ada());
    const refused = await patch(ada(), { 'Booking Status': { status: { name: 'Booked' } } });
    expect(refused.body['message']).toBe(
      "Can't edit block that is archived. You must unarchive the block before editing.",
    );

    await ask(`/v1/pages/${ada()}`, { method: 'PATCH', body: { in_trash: false } });
    expect(sandbox.contacts.rows()[0]?.inTrash).toBe(false);
  });

  it('creates a page in a data source', async () => {
    const answer = await ask('/v1/pages', {
      method: 'POST',
      body: {
        parent: { type: 'data_source_id', data_source_id: sandbox.contacts.dataSourceId },
        properties: { Name: { title: [{ text: { content: 'Zoe' } }] }, email: { email: 'zoe@example.com' } },
      },
    });

    expect(answer.status).toBe(200);
    expect(sandbox.contacts.rows().at(-1)?.cells).toMatchObject({ Name: 'Zoe', 'Booking Status': 'Not booked' });
    expect((await ask('/v1/pages', { method: 'POST', body: {} })).status).toBe(400);
  });
});

describe('the real client', () => {
  it('understands every answer', async () => {
    const client = new Client({
      auth: sandbox.token,
      baseUrl: sandbox.url,
      notionVersion: VERSION,
      retry: false,
      logger: () => {},
    });
    const database = await client.databases.retrieve({ database_id: sandbox.contactsDatabaseId });
    const [source] = 'data_sources' in database ? database.data_sources : [];
    const rows = await client.dataSources.query({ data_source_id: `${source?.id}`, page_size: 1 });

    expect((await client.users.me({})).type).toBe('bot');
    expect(rows.results).toHaveLength(1);
    await expect(client.pages.retrieve({ page_id: NOWHERE })).rejects.toMatchObject({ code: 'object_not_found' });
  });
});

describe('the journal', () => {
  it('tells what was asked and whether it changed anything, but no token', async () => {
    await query({});
    await patch(ada(), { 'Booking Status': { status: { name: 'Booked' } } });
    await patch(ada(), { Nope: { checkbox: true } });

    expect(sandbox.journal.map(({ method, status, committed }) => [method, status, committed])).toEqual([
      ['POST', 200, false],
      ['PATCH', 200, true],
      ['PATCH', 400, false],
    ]);
    expect(JSON.stringify(sandbox.journal)).not.toContain(sandbox.token);
  });
});

describe('the page', () => {
  /** By hand: fetch does not let one choose the Host header. */
  function visit(headers: Record<string, string> = {}): Promise<{ status: number | undefined; html: string }> {
    return new Promise((resolve, reject) => {
      const request = httpRequest(sandbox.pageUrl, { headers }, async (response) => {
        let html = '';
        for await (const chunk of response) html += chunk;
        resolve({ status: response.statusCode, html });
      });
      request.on('error', reject).end();
    });
  }

  it('shows both databases and marks what changed last', async () => {
    await patch(ada(), { 'Christmas Campaign Status': { select: { name: 'Pre-Call Prep' } } });

    const { status, html } = await visit();

    expect(status).toBe(200);
    expect(html).toContain('BusinessX');
    expect(html).toContain('Email Sequence');
    expect(html).toMatch(/<td class="new">.*Pre-Call Prep/);
  });

  it('escapes what people have typed', async () => {
    sandbox.contacts.add({ Name: '<script>alert(1)</script>', email: 'x@example.com' });

    const { html } = await visit();

    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(html).not.toContain('<script');
  });

  it('is shown under a name of this machine only, and not through a tunnel or proxy', async () => {
    const { port } = new URL(sandbox.url);
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`, 'localhost']) {
      expect((await visit({ host })).status).toBe(200);
    }
    for (const headers of [
      { host: 'evil.example' },
      { host: `localhost.evil.example:${port}` },
      { forwarded: 'for=1.2.3.4' },
      { 'x-forwarded-for': '1.2.3.4' },
      { via: '1.1 tunnel' },
    ]) {
      const { status, html } = await visit(headers as Record<string, string>);
      expect(status).toBe(403);
      expect(html).not.toContain('@example.com');
    }
  });
});

describe('stopping', () => {
  it('does not wait for requests that hang', async () => {
    sandbox.fail({ action: 'hang' });
    const pending = ask('/v1/users/me').catch(() => 'closed');
    await expect.poll(() => sandbox.journal.length).toBe(1);

    await sandbox.stop();

    await expect(pending).resolves.toBe('closed');
    sandbox = await startNotionSandbox();
  });
});
