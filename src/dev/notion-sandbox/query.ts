import { validationError } from './answers.ts';
import { shown, valueIn } from './cells.ts';
import type { Condition, Filter, Query, Sort } from './filter-shapes.ts';
import { type Cursors, type Part, partOf } from './lists.ts';
import { type DataSource, type Page, type Property, pagesOf, seenWithLag, type World } from './world.ts';

const TEXT_TYPES: readonly string[] = ['title', 'rich_text', 'email', 'url', 'phone_number'];

/** Whether `equals` minds letter case is nowhere promised, so that nobody may rely on either. */
export type EqualsRule = 'exact' | 'ignore_case';

export interface FoundRows extends Part<Page> {
  /** Whether the ceiling cut the list off. */
  isIncomplete: boolean;
}

/** @throws {ApiError} for an unknown property, a condition of another type, or a cursor of another question. */
export function runQuery(
  world: World,
  source: DataSource,
  query: Query,
  cursors: Cursors,
  equals: EqualsRule,
): FoundRows {
  const matches = pagesOf(world, source.id)
    .map((page) => seenWithLag(world, page, world.queryLagMs))
    .filter((page) => page !== undefined)
    .filter((page) => page.inTrash === query.inTrash && query.resultType === 'page')
    .filter(query.filter ? createFilter({ world, source, equals }, query.filter) : () => true)
    .sort(ORDER_NOBODY_ASKED_FOR);
  // From the least to the most significant key: sorting is stable.
  for (const sort of query.sorts.toReversed()) {
    const keyOf = createSortKey(world, source, sort);
    const sign = sort.direction === 'ascending' ? 1 : -1;
    matches.sort((a, b) => sign * compare(keyOf(a), keyOf(b)));
  }

  const question = JSON.stringify(['query', source.id, query.filter, query.sorts, query.inTrash]);
  const part = partOf(matches.slice(0, world.queryCeiling), query, cursors, question);
  return { ...part, isIncomplete: part.nextCursor === null && matches.length > world.queryCeiling };
}

/** Notion promises none without a sort, so this is no order that a caller could mean. */
const ORDER_NOBODY_ASKED_FOR = (a: Page, b: Page) => compare(a.id, b.id);

interface Ground {
  world: World;
  source: DataSource;
  equals: EqualsRule;
}

function createFilter(ground: Ground, filter: Filter): (page: Page) => boolean {
  if ('and' in filter) {
    const parts = filter.and.map((part) => createFilter(ground, part));
    return (page) => parts.every((matches) => matches(page));
  }
  if ('or' in filter) {
    const parts = filter.or.map((part) => createFilter(ground, part));
    return (page) => parts.some((matches) => matches(page));
  }
  if ('timestamp' in filter) {
    const { timestamp, operator, operand } = filter;
    return (page) => timeHolds(operator, new Date(timeOf(page, timestamp)).toISOString(), operand);
  }
  const property = findProperty(ground.source, filter.property);
  const alike = TEXT_TYPES.includes(filter.type) && TEXT_TYPES.includes(property.type);
  if (filter.type !== property.type && !alike) {
    throw validationError(`database property ${property.type} does not match filter ${filter.type}`);
  }
  return (page) => holds(filter, property, shown(property, valueIn(ground.world, page, property)), ground.equals);
}

function holds(
  { operator, operand }: Condition,
  property: Property,
  cell: ReturnType<typeof shown>,
  equals: EqualsRule,
): boolean {
  const values = [cell].flat().filter((value) => value !== null && value !== undefined && value !== '');
  const first = values[0];
  if (operator === 'is_empty') return values.length === 0;
  if (operator === 'is_not_empty') return values.length > 0;
  switch (property.type) {
    case 'checkbox':
      return (cell === operand) === (operator === 'equals');
    case 'number':
    case 'unique_id':
      return numberHolds(operator, first, Number(operand));
    case 'date':
    case 'created_time':
    case 'last_edited_time':
      return first !== undefined && timeHolds(operator, String(first), operand);
    case 'select':
    case 'status':
      return [operand].flat().includes(first) === (operator === 'equals');
    case 'multi_select':
    case 'relation':
    case 'people':
    case 'created_by':
    case 'last_edited_by':
      return [operand].flat().some((wanted) => values.some((value) => value === wanted)) === (operator === 'contains');
    default:
      return textHolds(operator, String(first ?? ''), String(operand), equals);
  }
}

/** Everything but equality ignores case. */
function textHolds(operator: string, text: string, operand: string, equals: EqualsRule): boolean {
  const [own, wanted] = [text.toLowerCase(), operand.toLowerCase()];
  const isEqual = equals === 'exact' ? text === operand : own === wanted;
  switch (operator) {
    case 'equals':
      return isEqual;
    case 'does_not_equal':
      return !isEqual;
    case 'contains':
      return own.includes(wanted);
    case 'does_not_contain':
      return !own.includes(wanted);
    case 'starts_with':
      return own.startsWith(wanted);
    default:
      return own.endsWith(wanted);
  }
}

function numberHolds(operator: string, value: unknown, operand: number): boolean {
  if (operator === 'does_not_equal') return value !== operand;
  if (typeof value !== 'number') return false;
  switch (operator) {
    case 'equals':
      return value === operand;
    case 'greater_than':
      return value > operand;
    case 'less_than':
      return value < operand;
    case 'greater_than_or_equal_to':
      return value >= operand;
    default:
      return value <= operand;
  }
}

/** A day is compared with days, an instant with instants. */
function timeHolds(operator: string, value: string, operand: unknown): boolean {
  const limit = String(operand);
  const [at, other] = limit.length === 10 ? [value.slice(0, 10), limit] : [Date.parse(value), Date.parse(limit)];
  switch (operator) {
    case 'equals':
      return at === other;
    case 'before':
      return at < other;
    case 'after':
      return at > other;
    case 'on_or_before':
      return at <= other;
    default:
      return at >= other;
  }
}

function timeOf(page: Page, timestamp: 'created_time' | 'last_edited_time'): number {
  return timestamp === 'created_time' ? page.createdAt : page.editedAt;
}

function createSortKey(world: World, source: DataSource, sort: Sort): (page: Page) => string | number {
  if ('timestamp' in sort) return (page) => timeOf(page, sort.timestamp);
  const property = findProperty(source, sort.property);
  return (page) => {
    const cell = shown(property, valueIn(world, page, property));
    return typeof cell === 'number' ? cell : String(cell ?? '');
  };
}

function compare(a: string | number, b: string | number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function findProperty(source: DataSource, nameOrId: string): Property {
  const property = source.properties.find(({ id, name }) => name === nameOrId || id === nameOrId);
  if (property) return property;
  throw validationError(`Could not find property with name or id: ${nameOrId}`);
}
