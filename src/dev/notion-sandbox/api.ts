import { createAccess } from './access.ts';
import { type Answer, ApiError, answerOf, answerOfError, validationError } from './answers.ts';
import { createBlockRoutes } from './block-routes.ts';
import { readId } from './checks.ts';
import { createDataRoutes } from './data-routes.ts';
import { createRenderer } from './objects.ts';
import { createPageRoutes } from './page-routes.ts';
import type { EqualsRule } from './query.ts';
import type { Call, Ground, Route } from './route.ts';
import { withoutEchoes } from './wire.ts';
import { dataSourcesOf, type World } from './world.ts';

const VERSIONS = ['2025-09-03', '2026-03-11'];
/** Spoken only as far as to say that it cannot tell several data sources apart. */
const OUTDATED_VERSION = '2022-06-28';

const LARGEST_BODY = 500_000;
const FAR_TOO_LARGE = 5_000_000;

export interface ApiRequest {
  method: string;
  /** Without the query. */
  path: string;
  /** What follows the question mark; nothing by default. */
  query?: URLSearchParams | string;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

export interface ApiOptions {
  /** `wire` takes what Notion was once seen to take, too. */
  strictness?: 'strict' | 'wire';
  /** What `equals` means for text; `exact` by default. */
  equals?: EqualsRule;
}

/** What became of a request, and whether it changed the world. */
export interface Performed {
  answer: Answer;
  committed: boolean;
}

/**
 * Notion's API for the calls we make, over a world in memory. Whatever Notion would refuse is refused, in its own order and
 * words; calls we do not make are unknown to it.
 */
export function createApi(
  world: World,
  token: string,
  { strictness = 'strict', equals = 'exact' }: ApiOptions = {},
): (request: ApiRequest) => Performed {
  const ground: Ground = { world, access: createAccess(world), cursors: new Map(), equals };
  const routes = [...createDataRoutes(ground), ...createPageRoutes(ground), ...createBlockRoutes(ground)];
  const outdatedRoutes = createOutdatedRoutes(ground);

  function perform(request: ApiRequest): Performed {
    const version = request.headers['notion-version'];
    const open = version === OUTDATED_VERSION ? [...outdatedRoutes, ...routes] : routes;
    const route = open.find(({ method, path }) => method === request.method && path.test(request.path));
    if (!route) throw new ApiError(400, 'invalid_request_url', 'Invalid request URL.');
    if (world.revoked || request.headers['authorization'] !== `Bearer ${token}`) {
      throw new ApiError(401, 'unauthorized', 'API token is invalid.');
    }
    checkVersion(version, outdatedRoutes.includes(route));

    const body = readBody(request);
    const [, id = '', name = ''] = route.path.exec(request.path) ?? [];
    const answer = route.open({
      id: route.parameter ? readId(decode(id), route.parameter) : '',
      name: decode(name),
      query: new URLSearchParams(request.query),
      body: strictness === 'wire' ? withoutEchoes(body) : body,
      render: createRenderer(world, String(version)),
    });
    if (route.needs && !world.capabilities.has(route.needs)) {
      throw new ApiError(403, 'restricted_resource', 'Insufficient permissions for this endpoint.');
    }
    return { answer: answerOf(200, answer()), committed: route.writes ?? false };
  }

  return (request) => {
    try {
      return perform(request);
    } catch (error) {
      if (error instanceof ApiError) return { answer: answerOfError(error), committed: false };
      throw error;
    }
  };
}

/** What the outdated version knew; nothing else is open to it. */
function createOutdatedRoutes({ world, access }: Ground): Route[] {
  function open({ id }: Call): () => never {
    return () => {
      access.find(world.databases, id, 'database');
      const sources = dataSourcesOf(world, id);
      if (sources.length < 2) throw unknownVersion(OUTDATED_VERSION);
      throw new ApiError(
        400,
        'validation_error',
        'Databases with multiple data sources are not supported in this API version.',
        {
          error_type: 'multiple_data_sources_for_database',
          database_id: id,
          child_data_source_ids: sources.map((source) => source.id),
          minimum_api_version: VERSIONS[0],
        },
      );
    };
  }

  return [
    { method: 'GET', path: /^\/v1\/databases\/([^/]*)$/, parameter: 'database_id', open },
    { method: 'POST', path: /^\/v1\/databases\/([^/]*)\/query$/, parameter: 'database_id', open },
  ];
}

function checkVersion(version: string | string[] | undefined, isOutdatedRoute: boolean): void {
  if (version === undefined) {
    throw new ApiError(
      400,
      'missing_version',
      'Notion-Version header failed validation: Notion-Version header should be defined, instead was `undefined`.',
    );
  }
  if (typeof version === 'string' && VERSIONS.includes(version)) return;
  if (!isOutdatedRoute) throw unknownVersion(String(version));
}

function unknownVersion(version: string): ApiError {
  const known = VERSIONS.map((name) => `"${name}"`).join(' or ');
  return validationError(
    `Notion-Version header failed validation: Notion-Version header should be ${known}, instead was \`"${version}"\`.`,
  );
}

function readBody({ method, headers, body }: ApiRequest): unknown {
  if (method === 'GET' || method === 'DELETE') return undefined;
  if (body.length > FAR_TOO_LARGE) throw new ApiError(413, 'validation_error', 'Request body too large.');
  if (body.length > LARGEST_BODY) {
    throw validationError(
      `body failed validation: body should be ≤ \`${LARGEST_BODY}\` bytes, instead was \`${body.length}\`.`,
    );
  }
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

/** What is badly encoded stands for itself, and is then no id. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
