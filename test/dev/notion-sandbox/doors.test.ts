import { describe, expect, it } from 'vitest';
import { type AskOptions, connect, NOWHERE, OLDER_VERSION, refusalOf, rowOf, TOKEN } from './in-process.ts';

const OUTDATED = '2022-06-28';

describe('the order in which a request is looked at', () => {
  it.each([
    ['GET', '/'],
    ['GET', '/v1/users'],
    ['GET', `/v1/blocks/${NOWHERE}`],
    ['PATCH', `/v1/data_sources/${NOWHERE}`],
    ['PATCH', `/v1/databases/${NOWHERE}`],
    ['POST', `/v1/databases/${NOWHERE}/query`],
    ['GET', '/v1/comments'],
  ])('begins with the call: %s %s is not known', async (method, path) => {
    const answer = await connect().ask(method, path, { headers: { authorization: undefined } });

    expect(answer).toMatchObject({
      status: 400,
      body: { object: 'error', code: 'invalid_request_url', message: 'Invalid request URL.' },
    });
  });

  /** Each has one fault more than the next. */
  const page = `/v1/pages/${NOWHERE}`;
  const badly = { body: { properties: { email: { email: 5 } } } };
  const steps: [string, string, AskOptions, number, string][] = [
    ['the token', '/v1/pages/nonsense', { body: '{', headers: { authorization: undefined } }, 401, 'unauthorized'],
    [
      'the version',
      '/v1/pages/nonsense',
      { body: '{', headers: { 'notion-version': undefined } },
      400,
      'missing_version',
    ],
    ['the JSON', '/v1/pages/nonsense', { body: '{' }, 400, 'invalid_json'],
    ['the id', '/v1/pages/nonsense', badly, 400, 'validation_error'],
    ['the schema', page, badly, 400, 'validation_error'],
    ['what the token may do', page, { body: {} }, 403, 'restricted_resource'],
  ];

  it.each(steps)('then looks at %s', async (_, path, request, status, code) => {
    const sandbox = connect();
    sandbox.world.capabilities.delete('update');

    expect(await sandbox.ask('PATCH', path, request)).toMatchObject({ status, body: { code } });
  });

  it('looks whether a thing is there, then whether it is in the trash, then at what is asked of it', async () => {
    const sandbox = connect();
    const ada = rowOf(sandbox, 'Ada Moreau');
    sandbox.contacts.trashRow(ada);
    const nonsense = { Nope: { checkbox: true } };
    const update = (page_id: string) => refusalOf(sandbox.client.pages.update({ page_id, properties: nonsense }));

    expect(await update(NOWHERE)).toMatchObject({ status: 404 });
    expect((await update(ada)).message).toContain('archived');
    sandbox.contacts.restoreRow(ada);
    expect((await update(ada)).message).toBe('Nope is not a property that exists.');
  });
});

describe('the token', () => {
  it.each([undefined, 'Bearer wrong', TOKEN, `bearer ${TOKEN}`])('is not %j', async (authorization) => {
    const answer = await connect().ask('GET', '/v1/users/me', { headers: { authorization } });

    expect(answer).toMatchObject({ status: 401, body: { code: 'unauthorized', message: 'API token is invalid.' } });
  });

  it('is none any more once it is revoked', async () => {
    const sandbox = connect();
    sandbox.world.revoked = true;

    expect(await refusalOf(sandbox.client.users.me({}))).toMatchObject({ status: 401 });
  });
});

describe('the version', () => {
  it.each(['2021-01-01', 'latest', ''])('is not %j', async (version) => {
    const answer = await connect().ask('GET', '/v1/users/me', { headers: { 'notion-version': version } });

    expect(answer).toMatchObject({ status: 400, body: { code: 'validation_error' } });
  });

  it('decides whether the trash is called an archive, too', async () => {
    for (const [version, archived] of [
      [undefined, undefined],
      [OLDER_VERSION, false],
    ] as const) {
      const sandbox = connect(version ? { version } : {});
      const page = await sandbox.client.pages.retrieve({ page_id: rowOf(sandbox, 'Ada Moreau') });
      expect('archived' in page ? page.archived : undefined).toBe(archived);
    }
  });

  it('may not be so old that it cannot tell several data sources apart', async () => {
    const sandbox = connect({ seed: 'W3', version: OUTDATED });
    const { databaseId } = sandbox.contacts;
    const refusal = {
      status: 400,
      body: {
        code: 'validation_error',
        message: 'Databases with multiple data sources are not supported in this API version.',
        additional_data: {
          error_type: 'multiple_data_sources_for_database',
          database_id: databaseId,
          child_data_source_ids: expect.objectContaining({ length: 3 }),
          minimum_api_version: OLDER_VERSION,
        },
      },
    };

    expect(await sandbox.ask('GET', `/v1/databases/${databaseId}`)).toMatchObject(refusal);
    expect(await sandbox.ask('POST', `/v1/databases/${databaseId}/query`, { body: {} })).toMatchObject(refusal);
    expect(await sandbox.ask('GET', `/v1/databases/${sandbox.sequence.databaseId}`)).toMatchObject({ status: 400 });
    expect(await sandbox.ask('GET', '/v1/users/me')).toMatchObject({ status: 400 });
  });
});

describe('a body', () => {
  const path = '/v1/search';

  it.each<[string, AskOptions]>([
    ['cut off', { body: '{"page_size":' }],
    ['said to be text', { body: '{}', headers: { 'content-type': 'text/plain' } }],
    ['not said to be anything', { body: '{}', headers: { 'content-type': undefined } }],
  ])('is not %s', async (_, request) => {
    expect(await connect().ask('POST', path, request)).toMatchObject({
      status: 400,
      body: { code: 'invalid_json', message: 'Error parsing JSON body.' },
    });
  });

  it('is not larger than half a megabyte, nor far larger', async () => {
    const ofSize = (bytes: number) => connect().ask('POST', path, { body: 'x'.repeat(bytes) });

    expect(await ofSize(500_000)).toMatchObject({ body: { code: 'invalid_json' } });
    expect(await ofSize(500_001)).toMatchObject({ status: 400, body: { code: 'validation_error' } });
    expect(await ofSize(5_000_001)).toMatchObject({ status: 413 });
  });
});

describe('an id', () => {
  it.each([
    'nonsense',
    '12345678-1234-1234-1234-123456789abc',
    '3C4D5E6F-7A8B-4C9D-8E0F-1A2B3C4D5E6F',
    ' 3c4d5e6f7a8b4c9d8e0f1a2b3c4d5e6f',
    '',
  ])('is not %j', async (id) => {
    const { status, body } = await connect().ask('GET', `/v1/pages/${encodeURIComponent(id)}`);

    expect(status).toBe(400);
    expect(body['message']).toBe(
      `path failed validation: path.page_id should be a valid uuid, instead was \`"${id}"\`.`,
    );
  });

  it('comes with and without dashes', async () => {
    const sandbox = connect();
    const database_id = sandbox.contacts.databaseId.replaceAll('-', '');

    expect(await sandbox.client.databases.retrieve({ database_id })).toMatchObject({ id: sandbox.contacts.databaseId });
  });
});

describe('what the integration may do', () => {
  it('is read, change and add, each by itself', async () => {
    const calls = (sandbox: ReturnType<typeof connect>) => {
      const page_id = rowOf(sandbox, 'Ada Moreau');
      const { client, contacts } = sandbox;
      return {
        read: [
          client.databases.retrieve({ database_id: contacts.databaseId }),
          client.dataSources.retrieve({ data_source_id: contacts.dataSourceId }),
          client.dataSources.query({ data_source_id: contacts.dataSourceId }),
          client.pages.retrieve({ page_id }),
          client.pages.properties.retrieve({ page_id, property_id: 'title' }),
          client.blocks.children.list({ block_id: page_id }),
          client.search({}),
        ],
        update: [
          client.pages.update({ page_id, properties: {} }),
          client.blocks.delete({ block_id: rowOf(sandbox, 'Bruno Keller') }),
        ],
        insert: [
          client.pages.create({ parent: { page_id } }),
          client.blocks.children.append({ block_id: page_id, children: [{ divider: {} }] }),
        ],
      };
    };

    for (const missing of ['read', 'update', 'insert'] as const) {
      const sandbox = connect();
      sandbox.world.capabilities.delete(missing);
      const { [missing]: refused, ...others } = calls(sandbox);
      const allowed = Object.values(others).flat();

      for (const call of refused) {
        expect(await refusalOf(call)).toMatchObject({ status: 403, code: 'restricted_resource' });
      }
      expect((await Promise.allSettled(allowed)).map(({ status }) => status)).toEqual(allowed.map(() => 'fulfilled'));
    }
  });

  it('shows who may only write no more than the id of what they wrote', async () => {
    const sandbox = connect();
    const page_id = rowOf(sandbox, 'Ada Moreau');
    sandbox.world.capabilities.delete('read');

    expect(Object.keys(await sandbox.client.pages.update({ page_id, properties: {} }))).toEqual([
      'object',
      'id',
      'request_id',
    ]);
  });
});

describe('what is not shared', () => {
  it('is as good as absent, with all that is in it', async () => {
    const sandbox = connect();
    const { client, contacts } = sandbox;
    const page_id = rowOf(sandbox, 'Ada Moreau');
    contacts.unshare();

    for (const call of [
      client.databases.retrieve({ database_id: contacts.databaseId }),
      client.dataSources.retrieve({ data_source_id: contacts.dataSourceId }),
      client.dataSources.query({ data_source_id: contacts.dataSourceId }),
      client.pages.retrieve({ page_id }),
      client.blocks.children.list({ block_id: page_id }),
      client.pages.retrieve({ page_id: NOWHERE }),
    ]) {
      expect(await refusalOf(call)).toMatchObject({
        status: 404,
        code: 'object_not_found',
        message: expect.stringContaining('shared with your integration "Precall sandbox"'),
        additional_data: { integration_id: expect.any(String) },
      });
    }
    contacts.share();
    expect(await client.pages.retrieve({ page_id })).toMatchObject({ id: page_id });
  });
});

describe('each answer', () => {
  it.each(['/v1/users/me', `/v1/pages/${NOWHERE}`, '/nowhere'])(
    'to %s has an id, and tells no budget',
    async (path) => {
      const { headers, body } = await connect().ask('GET', path);

      expect(body['request_id']).toMatch(/^[0-9a-f-]{36}$/);
      expect(headers.get('x-notion-request-id')).toBe(body['request_id']);
      expect([...headers.keys()].filter((name) => name.includes('ratelimit'))).toEqual([]);
    },
  );
});

describe('on the wire', () => {
  const echoed = [{ type: 'text', text: { content: 'Ada' }, plain_text: 'Ada', href: null }];

  it.each<[string, unknown]>([
    ['its own answers', { Name: { id: 'title', type: 'title', title: echoed } }],
    ['a bare list for a title', { Name: echoed }],
  ])('Notion has been seen to take %s, which the strict sandbox refuses', async (_, properties) => {
    const [strict, wire] = [connect(), connect({ strictness: 'wire' })];
    const write = (sandbox: typeof wire) =>
      sandbox.ask('PATCH', `/v1/pages/${rowOf(sandbox, 'Ada Moreau')}`, { body: { properties } });

    expect((await write(strict)).status).toBe(400);
    expect((await write(wire)).status).toBe(200);
    expect(rowOf(wire, 'Ada')).toBeTruthy();
  });
});
