import { describe, expect, it } from 'vitest';
import { errorAnswer, rateLimited } from '../../../src/dev/notion-sandbox/sandbox.ts';
import { expectAsTyped, type NotionAnswer } from '../../support/notion-answers.ts';
import { OPERATIONS } from '../../support/notion-schemas.ts';
import { type AskOptions, connect, OLDER_VERSION, rowOf, VERSION } from './in-process.ts';

const VERSIONS = [VERSION, OLDER_VERSION];

describe.each(VERSIONS)('in version %s', (version) => {
  it('every operation there is answers as the client has it', async () => {
    const sandbox = connect({ seed: 'W7', version });
    const { contacts, sequence } = sandbox;
    const page = rowOf(sandbox, 'Ann');
    contacts.fill(page, { paragraphs: ['A', 'B'], childPages: [] });
    const [first, second] = contacts.contentOf(page);
    const title = { title: [{ text: { content: 'Zoe' } }] };
    const calls: [method: string, path: string, body?: object][] = [
      ['GET', '/v1/users/me'],
      ['POST', '/v1/search', {}],
      [
        'POST',
        '/v1/databases',
        { parent: { type: 'page_id', page_id: page }, initial_data_source: { properties: { N: { title: {} } } } },
      ],
      ['GET', `/v1/databases/${contacts.databaseId}`],
      ['GET', `/v1/data_sources/${sequence.dataSourceId}`],
      ['POST', `/v1/data_sources/${sequence.dataSourceId}/query`, {}],
      ['POST', '/v1/pages', { parent: { data_source_id: contacts.dataSourceId }, properties: { Name: title } }],
      ['GET', `/v1/pages/${page}`],
      ['PATCH', `/v1/pages/${page}`, { properties: { Name: title } }],
      ['GET', `/v1/pages/${page}/properties/title`],
      ['GET', `/v1/blocks/${page}/children`],
      ['PATCH', `/v1/blocks/${page}/children`, { children: [{ divider: {} }] }],
      ['PATCH', `/v1/blocks/${first?.id}`, { paragraph: { color: 'red' } }],
      ['DELETE', `/v1/blocks/${second?.id}`],
    ];

    expect(
      calls.map(([method, path]) => OPERATIONS.findIndex(([verb, at]) => verb === method && at.test(path))),
    ).toEqual(OPERATIONS.map((_, index) => index));
    for (const [method, path, body] of calls) {
      const request: AskOptions = body ? { body } : {};
      expect(await sandbox.ask(method, path, request)).toMatchObject({ status: 200 });
    }
  });
});

describe('an error that is ordered', () => {
  const ordered = [401, 403, 409, 500, 502, 503, 504, 529].map((status) => errorAnswer(status));

  it.each([...ordered, rateLimited({ retryAfter: '5' })])('is as the client has it: $status', (answer) => {
    const requestId = answer.headers['x-notion-request-id'] ?? null;

    expect(() =>
      expectAsTyped({ method: 'GET', path: '/v1/users/me', version: VERSION, requestId, ...answer }),
    ).not.toThrow();
  });
});

describe('an answer that is not as the client has it', () => {
  const user: NotionAnswer = {
    method: 'GET',
    path: '/v1/users/me',
    version: VERSION,
    status: 200,
    requestId: 'r',
    body: { object: 'user', id: 'u', name: null, avatar_url: null, type: 'bot', bot: {}, request_id: 'r' },
  };
  const refusal: NotionAnswer = {
    ...user,
    status: 404,
    body: { object: 'error', status: 404, code: 'object_not_found', message: 'Could not find it.', request_id: 'r' },
  };
  const page: NotionAnswer = { ...user, path: '/v1/pages/p', body: { object: 'page', id: 'p', request_id: 'r' } };
  const withBody = (answer: NotionAnswer, body: object) => ({
    ...answer,
    body: { ...(answer.body as object), ...body },
  });

  it('is told from one that is', () => {
    for (const answer of [user, refusal, page]) expect(() => expectAsTyped(answer)).not.toThrow();
  });

  it.each<[string, NotionAnswer]>([
    ['has something that is not typed', withBody(user, { email: 'ann@x.ca' })],
    ['lacks something', withBody(user, { avatar_url: undefined })],
    ['has something else than its type', withBody(user, { name: 5 })],
    ['is half of a page', withBody(page, { in_trash: false })],
    ['speaks of an archive too late', withBody(page, { in_trash: false, archived: false })],
    ['has no id of its request', withBody(user, { request_id: undefined })],
    ['has another than its header', withBody(user, { request_id: 's' })],
    ['is an error with a code that there is not', withBody(refusal, { code: 'oops' })],
    ['is an error of another status', withBody(refusal, { status: 400 })],
    ['is an error with numbers beside it', withBody(refusal, { additional_data: { seconds: 5 } })],
    ['answers what cannot be asked', { ...user, path: '/v1/users' }],
  ])('when it %s', (_, answer) => {
    expect(() => expectAsTyped(answer)).toThrow();
  });
});
