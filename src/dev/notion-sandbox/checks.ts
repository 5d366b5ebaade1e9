import { z } from 'zod';
import { type ApiError, validationError } from './answers.ts';

/** Ids are lower-case UUIDs, dashes optional, version and variant included. */
const ID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[1-8][0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/;

/** An id in a body; comes out with dashes. */
export const Id = z
  .string()
  .refine((text) => ID.test(text), { error: 'a valid uuid' })
  .transform(dashed);

/** A text of so many UTF-16 units at most, which is what Notion counts. */
export function text(longest: number) {
  return z.string().check(({ value, issues }) => {
    if (value.length > longest) issues.push({ code: 'too_big', origin: 'string', maximum: longest, input: value });
  });
}

export const IsoDate = z.string().refine(isIsoDate, { error: 'a valid ISO 8601 date string' });

export const AnyObject = z.record(z.string(), z.unknown());

/** @throws {ApiError} in Notion's words. */
export function readId(text: string, parameter: string): string {
  if (ID.test(text)) return dashed(text);
  throw refused(`path.${parameter}`, 'a valid uuid', text);
}

/**
 * @param path where the value stands, such as `body.filter`.
 * @throws {ApiError} for what is wrong first, in Notion's words.
 */
export function check<T>(schema: z.ZodType<T>, value: unknown, path: string): T {
  const { data, error } = schema.safeParse(value);
  if (!error) return data as T;
  const issue = error.issues[0];
  const at = (issue?.path ?? []).reduce<string>(pathBelow, path);
  const found = valueAt(value, issue?.path ?? []);
  if (issue?.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    throw refused(pathBelow(at, key), 'not present', valueAt(found, [key]));
  }
  if (issue?.code === 'too_big' && LONG_THINGS.includes(issue.origin)) {
    throw refused(`${at}.length`, `≤ \`${issue.maximum}\``, lengthOf(found));
  }
  throw refused(at, found === undefined ? 'defined' : expectedBy(issue), found);
}

/**
 * The one key that names the type of something, agreeing with `type` where that is given too.
 *
 * @throws {ApiError} for none, several, or one that is not known.
 */
export function onlyType<T extends string>(
  { type: declared, ...rest }: Record<string, unknown>,
  known: readonly T[],
  path: string,
): [T, unknown] {
  const [first, second] = Object.entries(rest);
  if (!first) throw refused(path, 'an object that names a type', rest);
  const type = known.find((name) => name === first[0]);
  if (!type) throw refused(`${path}.${first[0]}`, 'not present', first[1]);
  if (second) throw refused(`${path}.${second[0]}`, 'not present', second[1]);
  if (declared !== undefined && declared !== type) throw refused(`${path}.type`, `\`"${type}"\``, declared);
  return [type, first[1]];
}

/** Like Notion's, this message quotes the value: whoever logs it logs a person's address. */
export function refused(path: string, expected: string, value: unknown): ApiError {
  const part = /^\w+/.exec(path)?.[0];
  return validationError(
    `${part} failed validation: ${path} should be ${expected}, instead was \`${JSON.stringify(value)}\`.`,
  );
}

function expectedBy(issue: z.core.$ZodIssue | undefined): string {
  switch (issue?.code) {
    case 'invalid_type':
      return TYPES[issue.expected] ?? `a ${issue.expected}`;
    case 'too_big':
      return `≤ \`${issue.maximum}\``;
    case 'too_small':
      return `≥ \`${issue.minimum}\``;
    case 'invalid_value':
      return issue.values.map((value) => `\`${JSON.stringify(value)}\``).join(' or ');
    case 'invalid_union':
      return 'one of the forms it can take';
    default:
      return issue?.message ?? 'valid';
  }
}

/** Of these it is the length that is too big. */
const LONG_THINGS: readonly string[] = ['string', 'array'];

const TYPES: Record<string, string> = { array: 'an array', object: 'an object', record: 'an object', int: 'a number' };

function pathBelow(path: string, key: PropertyKey): string {
  return typeof key === 'number' ? `${path}[${key}]` : `${path}.${String(key)}`;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], value);
}

function lengthOf(value: unknown): number {
  return typeof value === 'string' || Array.isArray(value) ? value.length : 0;
}

function dashed(id: string): string {
  return id.replaceAll('-', '').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function isIsoDate(text: string): boolean {
  return (
    /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?$/.test(text) &&
    !Number.isNaN(Date.parse(text)) &&
    new Date(`${text.slice(0, 10)}T00:00:00Z`).toISOString().startsWith(text.slice(0, 10))
  );
}
