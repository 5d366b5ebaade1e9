import { isFullPage } from '@notionhq/client';
import type { Ask } from './ask.ts';
import { saysGone } from './errors.ts';
import { unreadable } from './read-children.ts';
import { isGone, type Row } from './rows.ts';
import type { DataSource } from './schema.ts';

/**
 * @returns undefined if it does not exist or is not shared: Notion answers alike. One in the trash is returned.
 * @throws {NotionRefusal} unreadable if the integration may not read it.
 */
export async function retrievePage(ask: Ask, pageId: string): Promise<Row | undefined> {
  try {
    const page = await ask.read((client) => client.pages.retrieve({ page_id: pageId }));
    if (isFullPage(page)) return page;
  } catch (error) {
    if (saysGone(error)) return undefined;
    throw error;
  }
  throw unreadable();
}

/** The row with this id, unless it is in the trash or archive, or has become something else than a row of this database. */
export async function retrieveRow(ask: Ask, source: DataSource, pageId: string): Promise<Row | undefined> {
  const page = await retrievePage(ask, pageId);
  const isThere = page?.parent.type === 'data_source_id' && page.parent.data_source_id === source.id && !isGone(page);
  return isThere ? page : undefined;
}
