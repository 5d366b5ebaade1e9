import type { BlockObjectRequest } from '@notionhq/client';

/** What kinds of blocks we write, as Notion calls them. */
export type PageBlockType =
  | 'heading_2'
  | 'heading_3'
  | 'paragraph'
  | 'bulleted_list_item'
  | 'numbered_list_item'
  | 'to_do'
  | 'quote'
  | 'divider';

/** A block that we write. Its text is plain, in runs that Notion takes, and empty for a divider. */
export interface PageBlock {
  type: PageBlockType;
  runs: readonly string[];
  /** One level below. */
  children: readonly PageBlock[];
  /** The line that closes a part of a text, in grey: nobody but us has to read it. */
  closesPart?: true;
}

/** What a person reads in the block, without what is below it. */
export function textOf({ runs }: PageBlock): string {
  return runs.join('');
}

/** The block as a request has it. Whatever its text looks like, no run is a link or a mention. */
export function requestOf({ type, runs, children, closesPart }: PageBlock): BlockObjectRequest {
  if (type === 'divider') return { type, divider: {} };
  const content = {
    rich_text: runs.map((run) => ({ type: 'text', text: { content: run } })),
    ...(closesPart && { color: 'gray' }),
    ...(children.length > 0 && { children: children.map(requestOf) }),
  };
  // The client's types tell every level of nesting and every key apart; one shape fits all that we write.
  return { type, [type]: content } as unknown as BlockObjectRequest;
}
