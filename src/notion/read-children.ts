import { type BlockObjectResponse, isFullBlock, type ListBlockChildrenResponse } from '@notionhq/client';
import type { Ask } from './ask.ts';
import { NotionRefusal } from './errors.ts';

const PAGE_SIZE = 100;

/** A block on the first level of a page. */
export interface Child {
  id: string;
  /** As Notion calls it. */
  type: string;
  /** What a person reads in it; of a page, its title. Empty for a kind of block that we neither write nor look for. */
  text: string;
  /** The id of who has added it. */
  createdBy: string;
  /** Somebody else has changed it since it was added. */
  isEditedByOthers: boolean;
}

/**
 * What is on a page, from top to bottom; nothing that is in the trash.
 *
 * @throws {NotionRefusal} unreadable if the integration may not read it.
 */
export async function* childrenOf(ask: Ask, pageId: string): AsyncGenerator<Child> {
  let start: { start_cursor?: string } = {};
  for (;;) {
    const answer: ListBlockChildrenResponse = await ask.read((client) =>
      client.blocks.children.list({ block_id: pageId, page_size: PAGE_SIZE, ...start }),
    );
    for (const block of answer.results) {
      if (!isFullBlock(block)) throw unreadable();
      yield {
        id: block.id,
        type: block.type,
        text: plainTextOf(block),
        createdBy: block.created_by.id,
        isEditedByOthers: block.last_edited_by.id !== block.created_by.id,
      };
    }
    if (!answer.has_more || answer.next_cursor === null) return;
    start = { start_cursor: answer.next_cursor };
  }
}

export async function readChildren(ask: Ask, pageId: string): Promise<Child[]> {
  const children: Child[] = [];
  for await (const child of childrenOf(ask, pageId)) children.push(child);
  return children;
}

export function unreadable(): NotionRefusal {
  return new NotionRefusal(
    'unreadable',
    "The integration may not read what is on a contact's page: allow it to read content in Notion.",
  );
}

function plainTextOf(block: BlockObjectResponse): string {
  if (block.type === 'child_page') return block.child_page.title;
  return richTextOf(block)
    .map(({ plain_text }) => plain_text)
    .join('');
}

function richTextOf(block: BlockObjectResponse): readonly { plain_text: string }[] {
  switch (block.type) {
    case 'heading_2':
      return block.heading_2.rich_text;
    case 'heading_3':
      return block.heading_3.rich_text;
    case 'paragraph':
      return block.paragraph.rich_text;
    case 'bulleted_list_item':
      return block.bulleted_list_item.rich_text;
    case 'numbered_list_item':
      return block.numbered_list_item.rich_text;
    case 'to_do':
      return block.to_do.rich_text;
    case 'quote':
      return block.quote.rich_text;
    default:
      return [];
  }
}
