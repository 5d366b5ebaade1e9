import { z } from 'zod';
import { AnyObject, check, Id, IsoDate, onlyType, refused } from './checks.ts';
import { PROPERTY_TYPES, type PropertyType } from './world.ts';

const LARGEST_PAGE = 100;
/** Compounds in a compound; inside those there are conditions only. */
const LEVELS = 2;

/** One operator and what it compares with, such as `contains` and a text. */
export interface Condition {
  property: string;
  type: ConditionType;
  operator: string;
  operand: unknown;
}

/** When a row was created or last edited, whether or not it has a property for that. */
export interface TimestampCondition {
  timestamp: 'created_time' | 'last_edited_time';
  operator: string;
  operand: unknown;
}

export type Filter = Condition | TimestampCondition | { and: Filter[] } | { or: Filter[] };

/** What a query asks for. */
export interface Query {
  filter?: Filter;
  sorts: Sort[];
  startCursor?: string;
  pageSize: number;
  inTrash: boolean;
  resultType: 'page' | 'data_source';
}

/** What a search asks for. */
export interface Search {
  query: string;
  object?: 'page' | 'data_source';
  /** Both by default, which is why what a search finds may be in the trash. */
  inTrash?: boolean;
  sort?: { direction: 'ascending' | 'descending' };
  startCursor?: string;
  pageSize: number;
}

const operators = <T extends z.ZodType>(names: string[], operand: T) =>
  names.map((name) => z.strictObject({ [name]: operand }));

const EMPTINESS = operators(['is_empty', 'is_not_empty'], z.literal(true));
const TextCondition = z.union([
  ...operators(['equals', 'does_not_equal', 'contains', 'does_not_contain', 'starts_with', 'ends_with'], z.string()),
  ...EMPTINESS,
]);
const OptionNames = z.union([z.string(), z.array(z.string()).max(100)]);
const OptionCondition = z.union([...operators(['equals', 'does_not_equal'], OptionNames), ...EMPTINESS]);
const OptionsCondition = z.union([...operators(['contains', 'does_not_contain'], OptionNames), ...EMPTINESS]);
const IdCondition = z.union([...operators(['contains', 'does_not_contain'], Id), ...EMPTINESS]);
const DateCondition = z.union([
  ...operators(['equals', 'before', 'after', 'on_or_before', 'on_or_after'], IsoDate),
  ...EMPTINESS,
]);
const NUMBER_OPERATORS = [
  'equals',
  'does_not_equal',
  'greater_than',
  'less_than',
  'greater_than_or_equal_to',
  'less_than_or_equal_to',
];
const NumberCondition = z.union([...operators(NUMBER_OPERATORS, z.number()), ...EMPTINESS]);

/** Rollups can be filtered by in Notion, but not here. */
type ConditionType = Exclude<PropertyType, 'rollup'>;

/** The condition each type of property takes. All formulas here give text. */
const CONDITIONS: Record<ConditionType, z.ZodType<Record<string, unknown>>> = {
  title: TextCondition,
  rich_text: TextCondition,
  email: TextCondition,
  url: TextCondition,
  phone_number: TextCondition,
  number: NumberCondition,
  unique_id: NumberCondition,
  select: OptionCondition,
  status: OptionCondition,
  multi_select: OptionsCondition,
  date: DateCondition,
  created_time: DateCondition,
  last_edited_time: DateCondition,
  checkbox: z.union(operators(['equals', 'does_not_equal'], z.boolean())),
  relation: IdCondition,
  people: IdCondition,
  created_by: IdCondition,
  last_edited_by: IdCondition,
  files: z.union(EMPTINESS),
  formula: z.strictObject({ string: TextCondition }),
};
const CONDITION_TYPES = PROPERTY_TYPES.filter((type) => type !== 'rollup');

const Direction = z.enum(['ascending', 'descending']);
const SortShape = z.union([
  z.strictObject({ timestamp: z.enum(['created_time', 'last_edited_time']), direction: Direction }),
  z.strictObject({ property: z.string(), direction: Direction }),
]);

export type Sort = z.infer<typeof SortShape>;

const PageSize = z.int().min(1).max(LARGEST_PAGE);

const QueryBody = z.strictObject({
  filter: z.unknown().optional(),
  sorts: z.array(SortShape).max(100).optional(),
  start_cursor: Id.nullish(),
  page_size: PageSize.optional(),
  in_trash: z.boolean().optional(),
  result_type: z.enum(['page', 'data_source']).optional(),
});

const SearchBody = z.strictObject({
  query: z.string().optional(),
  filter: z
    .union([
      z.strictObject({
        property: z.literal('object'),
        value: z.enum(['page', 'data_source']),
        in_trash: z.boolean().optional(),
      }),
      z.strictObject({ in_trash: z.boolean() }),
    ])
    .optional(),
  sort: z
    .union([
      z.strictObject({ timestamp: z.literal('last_edited_time'), direction: Direction }),
      z.strictObject({ property: z.literal('relevance') }),
    ])
    .optional(),
  start_cursor: Id.nullish(),
  page_size: PageSize.optional(),
});

/** @throws {ApiError} for every key, type or length that Notion does not know. */
export function readQuery(body: unknown): Query {
  const { filter, sorts, start_cursor, page_size, in_trash, result_type } = check(QueryBody, body, 'body');
  return {
    ...(filter !== undefined && { filter: readFilter(filter, 'body.filter', LEVELS) }),
    sorts: sorts ?? [],
    ...(typeof start_cursor === 'string' && { startCursor: start_cursor }),
    pageSize: page_size ?? LARGEST_PAGE,
    inTrash: in_trash ?? false,
    resultType: result_type ?? 'page',
  };
}

/** @throws {ApiError} */
export function readSearch(body: unknown): Search {
  const { query = '', filter, sort, start_cursor, page_size } = check(SearchBody, body, 'body');
  return {
    query,
    ...(filter && 'value' in filter && { object: filter.value }),
    ...(filter?.in_trash !== undefined && { inTrash: filter.in_trash }),
    ...(sort && 'direction' in sort && { sort: { direction: sort.direction } }),
    ...(typeof start_cursor === 'string' && { startCursor: start_cursor }),
    pageSize: page_size ?? LARGEST_PAGE,
  };
}

/** A condition has exactly one operator. */
function readFilter(filter: unknown, path: string, levels: number): Filter {
  const given = check(AnyObject, filter, path);
  for (const compound of ['and', 'or'] as const) {
    if (!(compound in given)) continue;
    if (levels === 0) throw refused(`${path}.${compound}`, 'not present', given[compound]);
    const whole = check(z.strictObject({ [compound]: z.array(z.unknown()).max(100) }), given, path);
    const parts = (whole[compound] ?? []).map((part, index) =>
      readFilter(part, `${path}.${compound}[${index}]`, levels - 1),
    );
    return compound === 'and' ? { and: parts } : { or: parts };
  }
  return 'timestamp' in given ? readTimestamp(given, path) : readCondition(given, path);
}

function readTimestamp({ timestamp, ...rest }: Record<string, unknown>, path: string): TimestampCondition {
  const which = check(z.enum(['created_time', 'last_edited_time']), timestamp, `${path}.timestamp`);
  const [, condition] = onlyType(rest, [which], path);
  return { timestamp: which, ...comparison(check(DateCondition, condition, `${path}.${which}`)) };
}

function readCondition({ property, ...rest }: Record<string, unknown>, path: string): Condition {
  const name = check(z.string(), property, `${path}.property`);
  const [type, condition] = onlyType(rest, CONDITION_TYPES, path);
  const checked = check(CONDITIONS[type], condition, `${path}.${type}`);
  const inner = type === 'formula' ? (checked['string'] as Record<string, unknown>) : checked;
  return { property: name, type, ...comparison(inner) };
}

function comparison(condition: Record<string, unknown>): { operator: string; operand: unknown } {
  const [operator = '', operand] = Object.entries(condition)[0] ?? [];
  return { operator, operand };
}
