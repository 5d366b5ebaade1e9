import { isFullPage, type PageObjectResponse, type QueryDataSourceParameters } from '@notionhq/client';
import { holdsAddress } from './address.ts';
import type { Ask } from './ask.ts';
import { NotionRefusal } from './errors.ts';
import type { DataSource, Property } from './schema.ts';

const PAGE_SIZE = 25;
const MOST_ROWS = 100;
/** Notion may send fewer rows at a time than it was asked for. */
const MOST_PAGES = 20;
/** Notion shows no more of the pages that a cell refers to. */
const SHOWN_REFERENCES = 25;

export type Row = PageObjectResponse;

/** One property of a row, under the name it has now. */
export type Cell = { name: string } & PageObjectResponse['properties'][string];

type Filter = NonNullable<QueryDataSourceParameters['filter']>;

/**
 * All rows whose e-mail property holds the address, oldest first; none in the trash or archive.
 *
 * Notion is asked for rows that *contain* it, which ignores case, and the comparison is done here: `joann@x.ca` contains
 * `ann@x.ca`, and whether Notion's own equality minds case or stray spaces is nowhere promised.
 *
 * @param address normalized, so never empty: an empty text would match every row.
 * @throws {NotionRefusal} too_many_rows, unreadable, property_missing.
 */
export function findRows(ask: Ask, source: DataSource, email: Property, address: string): Promise<Row[]> {
  const contains = { contains: address };
  const filter: Filter =
    email.type === 'formula'
      ? { property: email.name, formula: { string: contains } }
      : { property: email.name, rich_text: contains };
  return queryRows(ask, source, filter, (row) =>
    textsOf(cellOf(row, email, source.title)).some((text) => holdsAddress(text, address)),
  );
}

/**
 * All rows that refer to one of these pages, oldest first; none in the trash or archive.
 *
 * @param pages at least one, at most a hundred.
 * @throws {NotionRefusal} as {@link findRows} does.
 */
export function findRelatedRows(
  ask: Ask,
  source: DataSource,
  relation: Property,
  pages: readonly string[],
): Promise<Row[]> {
  const conditions = pages.map((id) => ({ property: relation.name, relation: { contains: id } }));
  const [only, ...others] = conditions;
  if (!only) return Promise.resolve([]);
  return queryRows(ask, source, others.length === 0 ? only : { or: conditions }, (row) => {
    const cell = cellOf(row, relation, source.title);
    if (cell.type !== 'relation') return false;
    return cell.relation.some(({ id }) => pages.includes(id)) || cell.relation.length >= SHOWN_REFERENCES;
  });
}

async function queryRows(ask: Ask, source: DataSource, filter: Filter, isMeant: (row: Row) => boolean): Promise<Row[]> {
  const found: Row[] = [];
  let start: { start_cursor?: string } = {};
  for (let page = 0, seen = 0; page < MOST_PAGES && seen < MOST_ROWS; page += 1) {
    const answer = await ask.read((client, attempt) =>
      client.dataSources.query({
        data_source_id: source.id,
        filter,
        sorts: [{ timestamp: 'created_time', direction: 'ascending' }],
        page_size: pageSizeOf(attempt),
        result_type: 'page',
        ...start,
      }),
    );
    for (const row of answer.results) {
      if (row.object !== 'page' || !isFullPage(row)) {
        throw new NotionRefusal('unreadable', `The integration may not read the rows of the ${source.title}.`);
      }
      if (!isGone(row) && isMeant(row)) found.push(row);
    }
    seen += answer.results.length;
    if (answer.request_status?.type === 'incomplete') break;
    if (!answer.has_more || answer.next_cursor === null) return found;
    start = { start_cursor: answer.next_cursor };
  }
  throw new NotionRefusal(
    'too_many_rows',
    `Too many rows of the ${source.title} contain this person's address as a part of theirs to be sure which is meant.`,
  );
}

/** Where Notion fails twice it advises to ask for less. */
function pageSizeOf(attempt: number): number {
  return Math.max(1, Math.floor(PAGE_SIZE / 2 ** Math.max(0, attempt - 2)));
}

/** Whether a person has put it away. `archived` is what `in_trash` was called before the version we ask for. */
export function isGone(row: Row): boolean {
  return row.in_trash || row.is_archived === true || row.archived === true;
}

/**
 * The cell of a property, found by id.
 *
 * @throws {NotionRefusal} property_missing if the row no longer fits what we know of the schema.
 */
export function cellOf(row: Row, property: Property, title: string): Cell {
  const entry = Object.entries(row.properties).find(([, { id }]) => id === property.id);
  if (entry && entry[1].type === property.type) return { ...entry[1], name: entry[0] };
  throw new NotionRefusal('property_missing', `The property "${property.name}" of the ${title} has just been changed.`);
}

/** What a person reads in the cell: one text, or one for each option chosen. */
export function textsOf(cell: Cell): string[] {
  switch (cell.type) {
    case 'email':
      return [cell.email ?? ''];
    case 'title':
      return [cell.title.map((part) => part.plain_text).join('')];
    case 'rich_text':
      return [cell.rich_text.map((part) => part.plain_text).join('')];
    case 'formula':
      return [cell.formula.type === 'string' ? (cell.formula.string ?? '') : ''];
    case 'select':
      return [cell.select?.name ?? ''];
    case 'status':
      return [cell.status?.name ?? ''];
    case 'multi_select':
      return cell.multi_select.map(({ name }) => name);
    default:
      return [];
  }
}

/** The ids of the options that are chosen in the cell. */
export function optionIdsOf(cell: Cell): string[] {
  switch (cell.type) {
    case 'select':
      return cell.select ? [cell.select.id] : [];
    case 'status':
      return cell.status ? [cell.status.id] : [];
    case 'multi_select':
      return cell.multi_select.map(({ id }) => id);
    default:
      return [];
  }
}
