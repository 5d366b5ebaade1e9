import { z } from 'zod';
import { validationError } from './answers.ts';
import { PROPERTY_TYPES, type PropertyType } from './world.ts';

/** Ids are lower-case UUIDs, dashes optional, version and variant included. */
const ID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[1-8][0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/;

const LONGEST_ADDRESS = 200;
const LONGEST_TEXT = 2000;

const Text = z.strictObject({
  type: z.literal('text').optional(),
  text: z.strictObject({
    content: z.string().max(LONGEST_TEXT),
    link: z.strictObject({ url: z.string().max(LONGEST_TEXT) }).nullish(),
  }),
  annotations: z
    .strictObject({
      bold: z.boolean(),
      italic: z.boolean(),
      strikethrough: z.boolean(),
      underline: z.boolean(),
      code: z.boolean(),
      color: z.string(),
    })
    .partial()
    .optional(),
});

const OptionChoice = z
  .strictObject({
    id: z.string().optional(),
    name: z.string().max(100).optional(),
    color: z.string().optional(),
    description: z.string().nullish(),
  })
  .refine(({ id, name }) => id !== undefined || name !== undefined, { error: 'an object with `id` or `name`' });

const IsoDate = z.string().refine(isIsoDate, { error: 'a valid ISO 8601 date string' });

/** The value of each type of property, as a request spells it. */
const Values = {
  title: z.array(Text).max(100),
  rich_text: z.array(Text).max(100),
  email: z.string().max(LONGEST_ADDRESS).nullable(),
  select: OptionChoice.nullable(),
  status: OptionChoice.nullable(),
  multi_select: z.array(OptionChoice).max(100),
  date: z.strictObject({ start: IsoDate, end: IsoDate.nullish(), time_zone: z.string().nullish() }).nullable(),
  checkbox: z.boolean(),
} satisfies Record<PropertyType, z.ZodType>;

export type WrittenValue = {
  [Type in PropertyType]: { type: Type; value: z.infer<(typeof Values)[Type]> };
}[PropertyType];

const Emptiness = [z.strictObject({ is_empty: z.literal(true) }), z.strictObject({ is_not_empty: z.literal(true) })];
const oneOf = <T extends z.ZodType>(names: string[], value: T) =>
  names.map((name) => z.strictObject({ [name]: value }));

const TextCondition = z.union([
  ...oneOf(['equals', 'does_not_equal', 'contains', 'does_not_contain', 'starts_with', 'ends_with'], z.string()),
  ...Emptiness,
]);
const OptionNames = z.union([z.string(), z.array(z.string()).max(100)]);
const OptionCondition = z.union([...oneOf(['equals', 'does_not_equal'], OptionNames), ...Emptiness]);
const OptionsCondition = z.union([...oneOf(['contains', 'does_not_contain'], OptionNames), ...Emptiness]);
const DateCondition = z.union([
  ...oneOf(['equals', 'before', 'after', 'on_or_before', 'on_or_after'], IsoDate),
  ...Emptiness,
]);

/** The condition each type of property takes. */
const Conditions: Record<PropertyType, z.ZodType<Record<string, unknown>>> = {
  title: TextCondition,
  rich_text: TextCondition,
  email: TextCondition,
  select: OptionCondition,
  status: OptionCondition,
  multi_select: OptionsCondition,
  date: DateCondition,
  checkbox: z.union(oneOf(['equals', 'does_not_equal'], z.boolean())),
};

/** One operator and what it compares with, such as `contains` and a text. */
export interface Condition {
  property: string;
  type: PropertyType;
  operator: string;
  operand: unknown;
}

export type Filter = Condition | { and: Filter[] } | { or: Filter[] };

const Direction = z.enum(['ascending', 'descending']);
const Sort = z.union([
  z.strictObject({ timestamp: z.enum(['created_time', 'last_edited_time']), direction: Direction }),
  z.strictObject({ property: z.string(), direction: Direction }),
]);

const QueryBody = z.strictObject({
  filter: z.unknown().optional(),
  sorts: z.array(Sort).max(100).optional(),
  start_cursor: z.string().optional(),
  page_size: z.int().min(1).max(100).optional(),
  in_trash: z.boolean().optional(),
  result_type: z.enum(['page', 'data_source']).optional(),
});

/** What a query asks for. */
export interface Query {
  filter?: Filter;
  sorts: z.infer<typeof Sort>[];
  startCursor?: string;
  pageSize: number;
  inTrash: boolean;
  resultType: 'page' | 'data_source';
}

const WrittenProperties = z.record(z.string(), z.unknown());
const UpdateBody = z.strictObject({ properties: WrittenProperties.optional(), in_trash: z.boolean().optional() });
const CreateBody = z.strictObject({
  parent: z.strictObject({ type: z.literal('data_source_id').optional(), data_source_id: z.string().regex(ID) }),
  properties: WrittenProperties.optional(),
});

/** Values to write, by the name or id of their property. */
export type Writes = [property: string, written: WrittenValue][];

/** @throws {ApiError} in Notion's words. */
export function readId(text: string, parameter: string): string {
  const id = text.replaceAll('-', '');
  if (ID.test(text)) return id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  throw validationError(`path failed validation: path.${parameter} should be a valid uuid, instead was \`"${text}"\`.`);
}

/** @throws {ApiError} for every key, type or length that Notion does not know. */
export function readQuery(body: unknown): Query {
  const { filter, sorts, start_cursor, page_size, in_trash, result_type } = check(QueryBody, body, 'body');
  return {
    ...(filter !== undefined && { filter: readFilter(filter, 'body.filter', 2) }),
    sorts: sorts ?? [],
    ...(start_cursor !== undefined && { startCursor: start_cursor }),
    pageSize: page_size ?? 100,
    inTrash: in_trash ?? false,
    resultType: result_type ?? 'page',
  };
}

/** @throws {ApiError} */
export function readUpdate(body: unknown): { writes: Writes; inTrash: boolean | undefined } {
  const { properties, in_trash } = check(UpdateBody, body, 'body');
  return { writes: readWrites(properties), inTrash: in_trash };
}

/** @throws {ApiError} */
export function readCreation(body: unknown): { writes: Writes; dataSourceId: string } {
  const { parent, properties } = check(CreateBody, body, 'body');
  return { writes: readWrites(properties), dataSourceId: readId(parent.data_source_id, 'data_source_id') };
}

/** Compounds nest two levels deep, and a condition has exactly one operator. */
function readFilter(filter: unknown, path: string, levels: number): Filter {
  const given = check(z.record(z.string(), z.unknown()), filter, path);
  for (const compound of ['and', 'or'] as const) {
    if (!(compound in given)) continue;
    if (levels === 0) throw refused(`${path}.${compound}`, 'not present', given[compound]);
    const whole = check(z.strictObject({ [compound]: z.array(z.unknown()).max(100) }), given, path);
    const parts = (whole[compound] ?? []).map((part, index) =>
      readFilter(part, `${path}.${compound}[${index}]`, levels - 1),
    );
    return compound === 'and' ? { and: parts } : { or: parts };
  }
  const { property, type: declared, ...rest } = given;
  const name = check(z.string(), property, `${path}.property`);
  const [type, condition] = onlyType(rest, declared, path);
  const checked = check(Conditions[type], condition, `${path}.${type}`);
  const [operator, operand] = Object.entries(checked)[0] ?? [];
  return { property: name, type, operator: operator ?? '', operand };
}

function readWrites(properties: Record<string, unknown> = {}): Writes {
  return Object.entries(properties).map(([name, given]) => {
    const path = `body.properties.${name}`;
    const { type: declared, ...rest } = check(z.record(z.string(), z.unknown()), given, path);
    const [type, value] = onlyType(rest, declared, path);
    const schema: z.ZodType = Values[type];
    return [name, { type, value: check(schema, value, `${path}.${type}`) } as WrittenValue];
  });
}

/** The one key that names a property type, agreeing with `type` where that is given too. */
function onlyType(rest: Record<string, unknown>, declared: unknown, path: string): [PropertyType, unknown] {
  const [first, second] = Object.entries(rest);
  if (!first) throw refused(path, 'an object that names a property type', rest);
  const type = PROPERTY_TYPES.find((known) => known === first[0]);
  if (!type) throw refused(`${path}.${first[0]}`, 'not present', first[1]);
  if (second) throw refused(`${path}.${second[0]}`, 'not present', second[1]);
  if (declared !== undefined && declared !== type) throw refused(`${path}.type`, `\`"${type}"\``, declared);
  return [type, first[1]];
}

function check<T>(schema: z.ZodType<T>, value: unknown, path: string): T {
  const { data, error } = schema.safeParse(value);
  if (!error) return data as T;
  const issue = error.issues[0];
  const at = [path, ...(issue?.path ?? []).map(String)].join('.');
  if (issue?.code === 'unrecognized_keys') throw refused(`${at}.${issue.keys[0]}`, 'not present', issue.input);
  throw refused(at, expectedBy(issue), valueAt(value, issue?.path ?? []));
}

function expectedBy(issue: z.core.$ZodIssue | undefined): string {
  switch (issue?.code) {
    case 'invalid_type':
      return `a ${issue.expected}`;
    case 'too_big':
      return `≤ \`${issue.maximum}\``;
    case 'too_small':
      return `≥ \`${issue.minimum}\``;
    case 'invalid_union':
      return 'one of the forms it can take';
    case 'invalid_format':
      return 'a valid uuid';
    default:
      return issue?.message ?? 'valid';
  }
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], value);
}

/** Like Notion's, this message quotes the value: whoever logs it logs a person's address. */
function refused(path: string, expected: string, value: unknown) {
  return validationError(
    `body failed validation: ${path} should be ${expected}, instead was \`${JSON.stringify(value)}\`.`,
  );
}

function isIsoDate(text: string): boolean {
  return (
    /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?$/.test(text) &&
    !Number.isNaN(Date.parse(text)) &&
    new Date(`${text.slice(0, 10)}T00:00:00Z`).toISOString().startsWith(text.slice(0, 10))
  );
}
