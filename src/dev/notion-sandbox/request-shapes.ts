import { z } from 'zod';
import { type BlockTree, readBlocks } from './block-shapes.ts';
import { AnyObject, check, Id, IsoDate, onlyType, refused, text } from './checks.ts';
import { LONGEST_TEXT, RichText, textFrom } from './text-shapes.ts';
import { type TextPart, WRITABLE_TYPES, type WritableType } from './world.ts';

/** Of an e-mail address or a phone number. */
const LONGEST_ADDRESS = 200;
const LARGEST_PAGE = 100;

const OptionChoice = z
  .strictObject({
    id: z.string().optional(),
    name: text(LONGEST_TEXT).optional(),
    color: z.string().optional(),
    description: z.string().nullish(),
  })
  .refine(({ id, name }) => id !== undefined || name !== undefined, { error: 'an object with `id` or `name`' });

/** The value of each type of property, as a request spells it. */
const VALUES = {
  title: RichText,
  rich_text: RichText,
  email: text(LONGEST_ADDRESS).nullable(),
  url: text(LONGEST_TEXT).nullable(),
  phone_number: text(LONGEST_ADDRESS).nullable(),
  number: z.number().nullable(),
  select: OptionChoice.nullable(),
  status: OptionChoice.nullable(),
  multi_select: z.array(OptionChoice).max(100),
  date: z.strictObject({ start: IsoDate, end: IsoDate.nullish(), time_zone: z.string().nullish() }).nullable(),
  checkbox: z.boolean(),
  relation: z.array(z.strictObject({ id: Id })).max(100),
} satisfies Record<WritableType, z.ZodType>;

export type WrittenValue = {
  [Type in WritableType]: { type: Type; value: z.infer<(typeof VALUES)[Type]> };
}[WritableType];

/** Values to write, by the name or id of their property. */
export type Writes = [property: string, written: WrittenValue][];

const UpdateBody = z.strictObject({
  properties: AnyObject.optional(),
  in_trash: z.boolean().optional(),
  is_archived: z.boolean().optional(),
  is_locked: z.boolean().optional(),
  erase_content: z.boolean().optional(),
});

const CreateBody = z.strictObject({
  parent: z.unknown(),
  properties: AnyObject.optional(),
  children: z.unknown().optional(),
});

const DatabaseBody = z.strictObject({
  parent: z.strictObject({ type: z.literal('page_id'), page_id: Id }),
  title: RichText.optional(),
  initial_data_source: z.strictObject({ properties: AnyObject }),
});

const Options = z.strictObject({
  options: z.array(z.strictObject({ name: text(100), color: z.string().optional() })).optional(),
});
const Nothing = z.strictObject({});

/** The columns a new database can have here: those that can be written, and the two times. */
const CONFIGURATIONS = {
  title: Nothing,
  rich_text: Nothing,
  email: Nothing,
  url: Nothing,
  phone_number: Nothing,
  number: z.strictObject({ format: z.string().optional() }),
  select: Options,
  status: Options,
  multi_select: Options,
  date: Nothing,
  checkbox: Nothing,
  relation: z.strictObject({
    data_source_id: Id,
    type: z.literal('single_property').optional(),
    single_property: Nothing,
  }),
  created_time: Nothing,
  last_edited_time: Nothing,
} as const satisfies Partial<Record<string, z.ZodType>>;

interface WrittenConfiguration {
  options?: { name: string }[] | undefined;
  data_source_id?: string | undefined;
}

export type ColumnType = keyof typeof CONFIGURATIONS;

export interface NewColumn {
  name: string;
  type: ColumnType;
  options: string[];
  relatedTo?: string;
}

const LIST_QUERY: Record<string, z.ZodType> = {
  start_cursor: Id,
  page_size: z.coerce.number().int().min(1).max(LARGEST_PAGE),
};

/** Which part of a list is asked for. */
export interface ListPart {
  startCursor?: string;
  pageSize: number;
}

export interface PageUpdate {
  writes: Writes;
  inTrash?: boolean;
  isArchived?: boolean;
  isLocked?: boolean;
  eraseContent: boolean;
}

export interface PageCreation {
  parent: { type: 'data_source' | 'page'; id: string };
  writes: Writes;
  children: BlockTree[];
}

export interface DatabaseCreation {
  pageId: string;
  title: TextPart[];
  columns: NewColumn[];
}

/** @throws {ApiError} for every key, type or length that Notion does not know; so do all that follow. */
export function readUpdate(body: unknown): PageUpdate {
  const { properties, in_trash, is_archived, is_locked, erase_content } = check(UpdateBody, body, 'body');
  return {
    writes: readWrites(properties),
    ...(in_trash !== undefined && { inTrash: in_trash }),
    ...(is_archived !== undefined && { isArchived: is_archived }),
    ...(is_locked !== undefined && { isLocked: is_locked }),
    eraseContent: erase_content ?? false,
  };
}

export function readCreation(body: unknown): PageCreation {
  const { parent, properties, children } = check(CreateBody, body, 'body');
  const [type, id] = onlyType(check(AnyObject, parent, 'body.parent'), ['data_source_id', 'page_id'], 'body.parent');
  return {
    parent: { type: type === 'page_id' ? 'page' : 'data_source', id: check(Id, id, `body.parent.${type}`) },
    writes: readWrites(properties),
    children: children === undefined ? [] : readBlocks(children, 'body.children'),
  };
}

export function readDatabaseCreation(body: unknown): DatabaseCreation {
  const { parent, title = [], initial_data_source } = check(DatabaseBody, body, 'body');
  const columns = Object.entries(initial_data_source.properties).map(([name, given]): NewColumn => {
    const path = `body.initial_data_source.properties.${name}`;
    const types = Object.keys(CONFIGURATIONS) as ColumnType[];
    const [type, configuration] = onlyType(check(AnyObject, given, path), types, path);
    const schema: z.ZodType = CONFIGURATIONS[type];
    const { options = [], data_source_id } = check(schema, configuration, `${path}.${type}`) as WrittenConfiguration;
    return {
      name,
      type,
      options: options.map((option) => option.name),
      ...(data_source_id !== undefined && { relatedTo: data_source_id }),
    };
  });
  return { pageId: parent.page_id, title: textFrom(title), columns };
}

/** @param names of what else the query may hold, however often. */
export function readQueryString(query: URLSearchParams, ...names: string[]): Record<string, string[]> {
  for (const [name, value] of query) {
    if (!names.includes(name)) throw refused(`query.${name}`, 'not present', value);
  }
  return Object.fromEntries(names.map((name) => [name, query.getAll(name)]));
}

export function readListPart(query: URLSearchParams): ListPart {
  const given = readQueryString(query, ...Object.keys(LIST_QUERY));
  const [start_cursor, page_size] = Object.entries(LIST_QUERY).map(([name, schema]) => {
    const value = given[name]?.[0];
    return value === undefined ? undefined : check(schema, value, `query.${name}`);
  });
  return {
    ...(start_cursor !== undefined && { startCursor: String(start_cursor) }),
    pageSize: page_size === undefined ? LARGEST_PAGE : Number(page_size),
  };
}

function readWrites(properties: Record<string, unknown> = {}): Writes {
  return Object.entries(properties).map(([name, given]) => {
    const path = `body.properties.${name}`;
    const [type, value] = onlyType(check(AnyObject, given, path), WRITABLE_TYPES, path);
    const schema: z.ZodType = VALUES[type];
    return [name, { type, value: check(schema, value, `${path}.${type}`) } as WrittenValue];
  });
}
