import { isFullPage, type PageObjectResponse, type QueryDataSourceResponse } from '@notionhq/client';
import { holdsAddress } from './address.ts';
import type { Ask } from './client.ts';
import { NotionRefusal } from './errors.ts';
import type { DataSource, Property } from './schema.ts';

const PAGE_SIZE = 25;
const MAX_PAGES = 4;

export type Row = PageObjectResponse;

/** One property of a row, under the name it has now. */
export type Cell = { name: string } & PageObjectResponse['properties'][string];

/**
 * All rows whose e-mail property holds the address, oldest first; none in the trash or archive.
 *
 * Notion is asked for rows that *contain* it, which ignores case, and the comparison is done here: `joann@x.ca` contains
 * `ann@x.ca`, and whether Notion's own equality minds case or stray spaces is nowhere promised.
 *
 * @param address normalized, so never empty: an empty text would match every row.
 */
export async function findRows(ask: Ask, source: DataSource, email: Property, address: string): Promise<Row[]> {
  const found: Row[] = [];
  let start: { start_cursor?: string } = {};
  for (let page = 0; page < MAX_PAGES; page++) {
    const answer: QueryDataSourceResponse = await ask((client) =>
      client.dataSources.query({
        data_source_id: source.id,
        filter: { property: email.name, rich_text: { contains: address } },
        sorts: [{ timestamp: 'created_time', direction: 'ascending' }],
        page_size: PAGE_SIZE,
        result_type: 'page',
        ...start,
      }),
    );
    for (const row of answer.results) {
      if (row.object !== 'page' || !isFullPage(row)) {
        throw new NotionRefusal('unreadable', `The integration may not read the rows of the ${source.title}.`);
      }
      if (!isGone(row) && textsOf(cellOf(row, email, source.title)).some((text) => holdsAddress(text, address))) {
        found.push(row);
      }
    }
    if (answer.request_status?.type === 'incomplete') break;
    if (!answer.has_more || answer.next_cursor === null) return found;
    start = { start_cursor: answer.next_cursor };
  }
  throw new NotionRefusal(
    'too_many_rows',
    `Too many rows of the ${source.title} contain this person's address as a part of theirs to be sure which is meant.`,
  );
}

/** `archived` is what `in_trash` was called before the version we ask for. */
function isGone(row: Row): boolean {
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
