import type { UpdatePageParameters } from '@notionhq/client';
import { DEFAULT_NOTION_CHOICES } from '../../config.ts';
import { createLocalPace } from '../../local-pace.ts';
import { normalizeAddress } from '../../notion/address.ts';
import { contactFields } from '../../notion/contact.ts';
import { createBeginAsking } from '../../notion/create-ask.ts';
import { createDataSource } from '../../notion/data-source.ts';
import { NotionRefusal, NotionUnavailable } from '../../notion/errors.ts';
import { type Cell, cellOf, findRows } from '../../notion/rows.ts';
import { findProperty } from '../../notion/schema.ts';
import { OperatorError } from '../../operator-error.ts';

/** What a contact's row says about calls. `callDate` is YYYY-MM-DD. */
export interface RowSays {
  bookingStatus: string | undefined;
  callDate: string | undefined;
  campaignStatus: string | undefined;
}

/** A campaign member's row in Notion's contacts database. */
export interface MemberRow {
  /** What it said when it was opened. */
  before: RowSays;
  read(): Promise<RowSays>;
  /** Makes it say again what it said before. */
  putBack(): Promise<void>;
}

export interface MemberRowOptions {
  token: string;
  baseUrl: string;
  contactsDatabaseId: string;
  email: string;
}

const FIELDS = ['bookingStatus', 'callDate', 'campaignStatus'] as const;

/** What is wrong is told by what cannot be read in the end. */
const UNTOLD = { warn: () => undefined, error: () => undefined };

/** @throws {OperatorError} when Notion does not let us read the one row with this address. */
export async function openMemberRow(options: MemberRowOptions): Promise<MemberRow> {
  const { contactsDatabaseId: id, email } = options;
  const address = normalizeAddress(email);
  if (!address) throw new OperatorError('--member-email is no address that Notion could hold.');
  const { token, baseUrl } = options;
  const { requestsPerMinute } = DEFAULT_NOTION_CHOICES;
  const begin = createBeginAsking({ token, baseUrl, pace: createLocalPace({ requestsPerMinute }), log: UNTOLD });
  const contacts = createDataSource({ id, title: 'contacts database', setting: '--notion-contacts-db' });
  const fields = contactFields(DEFAULT_NOTION_CHOICES);

  const find = (ask = begin()) =>
    contacts.use(ask, async (source) => {
      const [row, ...others] = await findRows(ask, source, findProperty(source, fields.email), address);
      if (row && others.length === 0) {
        const cells = FIELDS.map((field) => cellOf(row, findProperty(source, fields[field]), source.title));
        return { id: row.id, cells };
      }
      throw new OperatorError(
        `The contacts database has ${row ? 'several rows' : 'no row'} with the member's address: choose another with --member-email.`,
      );
    });
  const read = async () => said((await find()).cells);

  try {
    const { id: pageId, cells } = await find();
    const properties = Object.fromEntries(cells.map((cell) => [cell.name, writeOf(cell)]));
    const putBack = () =>
      begin().set(
        (client) => client.pages.update({ page_id: pageId, properties }),
        async () => false,
      );
    return { before: said(cells), read, putBack };
  } catch (error) {
    const isNotions = error instanceof NotionRefusal || error instanceof NotionUnavailable;
    throw isNotions ? new OperatorError(`Notion (--notion): ${error.message}`) : error;
  }
}

function said(cells: readonly Cell[]): RowSays {
  const [bookingStatus, callDate, campaignStatus] = cells.map((cell) => {
    if (cell.type === 'date') return cell.date?.start;
    return cell.type === 'status' ? cell.status?.name : cell.type === 'select' ? cell.select?.name : undefined;
  });
  return { bookingStatus, callDate, campaignStatus };
}

type Write = NonNullable<UpdatePageParameters['properties']>[string];

function writeOf(cell: Cell): Write {
  if (cell.type === 'date') return { date: cell.date && { start: cell.date.start, end: cell.date.end } };
  if (cell.type === 'status') return { status: cell.status && { id: cell.status.id } };
  return { select: cell.type === 'select' && cell.select ? { id: cell.select.id } : null };
}
