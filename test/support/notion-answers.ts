import { APIErrorCode } from '@notionhq/client';
import { Ajv, type ValidateFunction } from 'ajv';
import { OPERATIONS, readSchemas } from './notion-schemas.ts';

/** One answer, and what it answers. */
export interface NotionAnswer {
  method: string;
  /** Without the query. */
  path: string;
  /** The version that was asked for. */
  version: string;
  status: number;
  requestId: string | null;
  body: unknown;
}

/** Codes that Notion documents and its client does not know. */
const OTHER_CODES = ['bad_gateway', 'database_connection_unavailable', 'missing_version', 'row_limit_exceeded'];

/** The last version that has `archived` in what it answers, which the client's types therefore have. */
const OLD_VERSION = '2025-09-03';

const ERROR = {
  type: 'object',
  properties: {
    object: { const: 'error' },
    status: { type: 'integer' },
    code: { enum: [...Object.values(APIErrorCode), ...OTHER_CODES] },
    message: { type: 'string', minLength: 1 },
    additional_data: {
      type: 'object',
      additionalProperties: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
    },
  },
  required: ['object', 'status', 'code', 'message'],
  additionalProperties: false,
};

// The definitions are many and refer to each other: made into one function each, they are ready ten times sooner.
const ajv = new Ajv({ strict: false, inlineRefs: false, validateSchema: false, code: { optimize: false } });
ajv.addSchema(ERROR, 'error');

/**
 * Compares an answer with the types of Notion's own client.
 *
 * @throws {Error} for whatever they do not say.
 */
export function expectAsTyped(answer: NotionAnswer): void {
  const { method, path, status, version } = answer;
  const { request_id: requestId, ...body } = answer.body as Record<string, unknown>;
  const isError = status >= 400;
  const type = OPERATIONS.find(([verb, pattern]) => verb === method && pattern.test(path))?.[2];
  const fail = (what: string) => {
    throw new Error(`${method} ${path} (${version}) answered ${status}, ${what}:\n${JSON.stringify(body, null, 2)}`);
  };

  if (typeof requestId !== 'string' || requestId !== answer.requestId) fail('with another request id than its header');
  if (isError && body['status'] !== status) fail('but its body says otherwise');
  if (!isError && !type) fail('although the client has no such operation');
  if (holdsWrongFlags(body, version)) fail('with or without "archived" against its version');
  const validate = validatorOf(isError ? 'error' : `notion#/definitions/${type}`);
  if (!validate(withoutUntyped(body))) fail(`not as its type has it: ${ajv.errorsText(validate.errors)}`);
}

function validatorOf(name: string): ValidateFunction {
  if (!ajv.schemas['notion']) ajv.addSchema(JSON.parse(readSchemas(), withoutArchived), 'notion');
  const validate = ajv.getSchema(name);
  if (!validate) throw new Error(`there is no schema ${name}`);
  return validate;
}

/** The types call for `archived` in every version; `holdsWrongFlags` knows better. */
function withoutArchived(key: string, value: unknown): unknown {
  return key === 'required' && Array.isArray(value) ? value.filter((name) => name !== 'archived') : value;
}

function holdsWrongFlags(value: unknown, version: string): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const wanted = version === OLD_VERSION && 'in_trash' in value;
  return 'archived' in value !== wanted || Object.values(value).some((inner) => holdsWrongFlags(inner, version));
}

/** What Notion documents and answers although its client's types do not have it: whether a page shows all related rows. */
function withoutUntyped(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || !('type' in inner) || inner.type !== 'relation') return inner;
    const { has_more: _more, ...typed } = inner as Record<string, unknown>;
    return typed;
  });
}
