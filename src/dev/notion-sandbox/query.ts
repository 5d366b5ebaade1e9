import { randomUUID } from 'node:crypto';
import { validationError } from './answers.ts';
import type { Condition, Filter, Query } from './request-shapes.ts';
import { shown } from './table.ts';
import { type DataSource, type Page, type Property, pagesOf, type Value, type World } from './world.ts';

const TEXT_TYPES = ['title', 'rich_text', 'email'];

export interface QueryPage {
  results: Page[];
  nextCursor: string | null;
  /** Whether the ceiling cut the list off. */
  incomplete: boolean;
}

/** Cursors are opaque and good for one question only. */
export type Cursors = Map<string, { question: string; offset: number }>;

/** @throws {ApiError} for an unknown property, a condition of another type, or a cursor of another question. */
export function runQuery(world: World, source: DataSource, query: Query, cursors: Cursors): QueryPage {
  const matches = pagesOf(world, source.id)
    .filter((page) => page.inTrash === query.inTrash && query.resultType === 'page')
    .filter(query.filter ? filterOf(source, query.filter) : () => true);
  // From the least to the most significant key: sorting is stable.
  for (const sort of query.sorts.toReversed()) {
    const keyOf = 'timestamp' in sort ? timestampKey(sort.timestamp) : propertyKey(source, sort.property);
    const sign = sort.direction === 'ascending' ? 1 : -1;
    matches.sort((a, b) => sign * compare(keyOf(a), keyOf(b)));
  }

  const question = JSON.stringify([source.id, query.filter, query.sorts, query.inTrash]);
  const offset = query.startCursor === undefined ? 0 : offsetOf(cursors, query.startCursor, question);
  const end = Math.min(offset + query.pageSize, matches.length, world.queryCeiling);
  const hasMore = end < Math.min(matches.length, world.queryCeiling);
  return {
    results: matches.slice(offset, end),
    nextCursor: hasMore ? newCursor(cursors, question, end) : null,
    incomplete: !hasMore && matches.length > world.queryCeiling,
  };
}

function offsetOf(cursors: Cursors, cursor: string, question: string): number {
  const known = cursors.get(cursor);
  if (known?.question === question) return known.offset;
  throw validationError(`The start_cursor provided is invalid: ${cursor}`);
}

function newCursor(cursors: Cursors, question: string, offset: number): string {
  const cursor = randomUUID();
  cursors.set(cursor, { question, offset });
  return cursor;
}

function filterOf(source: DataSource, filter: Filter): (page: Page) => boolean {
  if ('and' in filter) {
    const parts = filter.and.map((part) => filterOf(source, part));
    return (page) => parts.every((matches) => matches(page));
  }
  if ('or' in filter) {
    const parts = filter.or.map((part) => filterOf(source, part));
    return (page) => parts.some((matches) => matches(page));
  }
  const property = findProperty(source, filter.property);
  const alike = TEXT_TYPES.includes(filter.type) && TEXT_TYPES.includes(property.type);
  if (filter.type !== property.type && !alike) {
    throw validationError(`database property ${property.type} does not match filter ${filter.type}`);
  }
  return (page) => holds(filter, property, page.values.get(property.id));
}

function holds({ operator, operand }: Condition, property: Property, value: Value | undefined): boolean {
  const cell = shown(property, value);
  const texts = [cell].flat().filter((text) => text !== null && text !== '');
  switch (operator) {
    case 'is_empty':
      return texts.length === 0;
    case 'is_not_empty':
      return texts.length > 0;
    case 'equals':
      return property.type === 'checkbox'
        ? cell === operand
        : [operand].flat().some((wanted) => texts.includes(String(wanted)));
    case 'does_not_equal':
      return property.type === 'checkbox'
        ? cell !== operand
        : ![operand].flat().some((wanted) => texts.includes(String(wanted)));
    case 'contains':
    case 'does_not_contain':
      return contains(property, texts.map(String), operand) === (operator === 'contains');
    case 'starts_with':
      return lower(texts[0]).startsWith(lower(operand));
    case 'ends_with':
      return lower(texts[0]).endsWith(lower(operand));
    default:
      return texts.length > 0 && isInTime(operator, Date.parse(String(texts[0])), Date.parse(String(operand)));
  }
}

/** Texts are searched in, ignoring case; options are chosen or not. */
function contains(property: Property, texts: string[], operand: unknown): boolean {
  if (property.type === 'multi_select') return [operand].flat().some((wanted) => texts.includes(String(wanted)));
  return lower(texts[0]).includes(lower(operand));
}

function isInTime(operator: string, at: number, limit: number): boolean {
  if (operator === 'before') return at < limit;
  if (operator === 'after') return at > limit;
  return operator === 'on_or_before' ? at <= limit : at >= limit;
}

const lower = (text: unknown) => String(text ?? '').toLowerCase();

const timestampKey = (timestamp: 'created_time' | 'last_edited_time') => (page: Page) =>
  timestamp === 'created_time' ? page.createdAt : page.editedAt;

function propertyKey(source: DataSource, name: string) {
  const property = findProperty(source, name);
  return (page: Page) => String(shown(property, page.values.get(property.id)) ?? '');
}

function compare(a: string | number, b: string | number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function findProperty(source: DataSource, nameOrId: string): Property {
  const property = source.properties.find(({ id, name }) => name === nameOrId || id === nameOrId);
  if (property) return property;
  throw validationError(`Could not find property with name or id: ${nameOrId}`);
}
