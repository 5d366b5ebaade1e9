import { type Answer, ApiError, answerOf, answerOfError, validationError } from './answers.ts';
import { BOT, createRenderer, type Renderer } from './objects.ts';
import { type Cursors, runQuery } from './query.ts';
import { readCreation, readId, readQuery, readUpdate } from './request-shapes.ts';
import { addPage, type DataSource, type Page, type Value, type World } from './world.ts';
import { valuesToStore } from './writes.ts';

const VERSIONS = ['2025-09-03', '2026-03-11'];
const LARGEST_BODY = 500_000;

export interface ApiRequest {
  method: string;
  /** Without the query. */
  path: string;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

interface Call {
  /** From the path; normalized. */
  id: string;
  body: unknown;
  render: Renderer;
}

interface Route {
  method: string;
  path: RegExp;
  /** What the id in the path is called. */
  parameter?: string;
  answer: (call: Call) => Record<string, unknown>;
}

/**
 * Notion's API for the calls we make, over a world in memory. Whatever Notion would refuse is refused, in its own order and
 * words; calls we do not make are unknown to it.
 *
 * @returns the answer and whether it changed the world.
 */
export function createApi(
  world: World,
  token: string,
): (request: ApiRequest) => { answer: Answer; committed: boolean } {
  const cursors: Cursors = new Map();

  const routes: Route[] = [
    { method: 'GET', path: /^\/v1\/users\/me$/, answer: ({ render }) => render.bot() },
    {
      method: 'GET',
      path: /^\/v1\/databases\/([^/]*)$/,
      parameter: 'database_id',
      answer: ({ id, render }) => render.database(world, find(world.databases, id, 'database')),
    },
    {
      method: 'GET',
      path: /^\/v1\/data_sources\/([^/]*)$/,
      parameter: 'data_source_id',
      answer: ({ id, render }) => render.dataSource(find(world.dataSources, id, 'data_source')),
    },
    {
      method: 'POST',
      path: /^\/v1\/data_sources\/([^/]*)\/query$/,
      parameter: 'data_source_id',
      answer: ({ id, body, render }) => {
        const query = readQuery(body);
        const source = find(world.dataSources, id, 'data_source');
        const { results, nextCursor, incomplete } = runQuery(world, source, query, cursors);
        return {
          object: 'list',
          results: results.map((page) => render.page(world, page)),
          next_cursor: nextCursor,
          has_more: nextCursor !== null,
          type: 'page_or_data_source',
          page_or_data_source: {},
          request_status: incomplete
            ? { type: 'incomplete', incomplete_reason: 'query_result_limit_reached' }
            : { type: 'complete' },
        };
      },
    },
    {
      method: 'GET',
      path: /^\/v1\/pages\/([^/]*)$/,
      parameter: 'page_id',
      answer: ({ id, render }) => render.page(world, find(world.pages, id, 'page')),
    },
    {
      method: 'PATCH',
      path: /^\/v1\/pages\/([^/]*)$/,
      parameter: 'page_id',
      answer: ({ id, body, render }) => {
        const { writes, inTrash } = readUpdate(body);
        const page = find(world.pages, id, 'page');
        if ((page.inTrash && inTrash !== false) || page.isArchived) {
          throw validationError("Can't edit block that is archived. You must unarchive the block before editing.");
        }
        const values = valuesToStore(find(world.dataSources, page.dataSourceId, 'data_source'), writes);
        store(page, values);
        page.inTrash = inTrash ?? page.inTrash;
        return render.page(world, page);
      },
    },
    {
      method: 'POST',
      path: /^\/v1\/pages$/,
      answer: ({ body, render }) => {
        const { writes, dataSourceId } = readCreation(body);
        const source: DataSource = find(world.dataSources, dataSourceId, 'data_source');
        const values = valuesToStore(source, writes);
        const page = addPage(world, source, values);
        store(page, values);
        return render.page(world, page);
      },
    },
  ];

  function find<T extends { id: string }>(things: ReadonlyMap<string, T>, id: string, kind: string): T {
    const thing = world.unshared.has(id) ? undefined : things.get(id);
    if (thing) return thing;
    throw new ApiError(
      404,
      'object_not_found',
      `Could not find ${kind} with ID: ${id}. Make sure the relevant pages and databases are shared with your integration "${BOT.name}".`,
      { integration_id: BOT.id },
    );
  }

  function perform(request: ApiRequest): Answer {
    const route = routes.find(({ method, path }) => method === request.method && path.test(request.path));
    if (!route) throw new ApiError(400, 'invalid_request_url', 'Invalid request URL.');
    if (request.headers['authorization'] !== `Bearer ${token}`) {
      throw new ApiError(401, 'unauthorized', 'API token is invalid.');
    }
    const version = checkVersion(request.headers['notion-version']);
    const body = readBody(request);
    const id = route.parameter ? readId(decodeId(request.path, route.path), route.parameter) : '';
    return answerOf(200, route.answer({ id, body, render: createRenderer(version) }));
  }

  return (request) => {
    try {
      return { answer: perform(request), committed: request.method !== 'GET' && !request.path.endsWith('/query') };
    } catch (error) {
      if (error instanceof ApiError) return { answer: answerOfError(error), committed: false };
      throw error;
    }
  };
}

function checkVersion(version: string | string[] | undefined): string {
  if (version === undefined) {
    throw new ApiError(
      400,
      'missing_version',
      'Notion-Version header failed validation: Notion-Version header should be defined, instead was `undefined`.',
    );
  }
  if (typeof version === 'string' && VERSIONS.includes(version)) return version;
  const known = VERSIONS.map((name) => `"${name}"`).join(' or ');
  throw validationError(
    `Notion-Version header failed validation: Notion-Version header should be ${known}, instead was \`"${version}"\`.`,
  );
}

function readBody({ method, headers, body }: ApiRequest): unknown {
  if (method === 'GET') return undefined;
  if (body.length > LARGEST_BODY) throw new ApiError(413, 'validation_error', 'Request body too large.');
  const isJson = /^application\/json\b/.test(String(headers['content-type'] ?? ''));
  try {
    // A query without conditions may come without a body.
    if (body.length === 0) return {};
    if (isJson) return JSON.parse(body.toString('utf8'));
  } catch {
    // Answered below, like a body that is no JSON to begin with.
  }
  throw new ApiError(400, 'invalid_json', 'Error parsing JSON body.');
}

function decodeId(path: string, pattern: RegExp): string {
  return pattern.exec(path)?.[1] ?? '';
}

/** Notes what differs from before, for whoever watches. */
function store(page: Page, values: ReadonlyMap<string, Value>): void {
  for (const [propertyId, value] of values) page.values.set(propertyId, value);
  page.editedAt = Date.now();
  page.lastChange = { at: page.editedAt, propertyIds: [...values.keys()] };
}
