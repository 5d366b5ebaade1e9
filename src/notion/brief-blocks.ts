import type { Ask } from './ask.ts';
import { NotionRefusal, saysGone } from './errors.ts';
import { type PageBlock, requestOf } from './page-block.ts';
import { readChildren } from './read-children.ts';
import { recognizeBlocks } from './recognize-blocks.ts';

export interface Addition {
  pageId: string;
  /** Ids of all that is on the page, from top to bottom. */
  onPage: readonly string[];
  /** Of those, the ones that new blocks come after. */
  ours: readonly string[];
  /** As many as one request takes. */
  blocks: readonly PageBlock[];
}

export interface Added {
  /** How many of the blocks are on the page by now, the first ones: at least one, and seldom not all. */
  placed: number;
  ids: readonly string[];
  /** With the new ones. */
  onPage: string[];
}

/**
 * Adds blocks after ours, so that what a person has added below stays below. Where a person has removed the one they were to come after
 * since the page was looked at, they come after what is left of ours.
 */
export async function addBlocks(ask: Ask, addition: Addition): Promise<Added> {
  const { anchor } = placeOf(addition);
  try {
    return await addOnce(ask, addition);
  } catch (error) {
    if (anchor === undefined || !mayMeanBlock(error)) throw error;
    const onPage = (await readChildren(ask, addition.pageId)).map(({ id }) => id);
    if (onPage.includes(anchor)) throw error;
    return addOnce(ask, { ...addition, onPage });
  }
}

/** Notion says of a block to come after that it is not there as it says of a request that makes no sense. */
function mayMeanBlock(error: unknown): boolean {
  return saysGone(error) || (error instanceof NotionRefusal && error.reason === 'invalid_request');
}

async function addOnce(ask: Ask, addition: Addition): Promise<Added> {
  const { pageId, onPage, blocks } = addition;
  const { end, anchor } = placeOf(addition);
  const isNew = (id: string) => !onPage.includes(id);

  const { placed, ids } = await ask.add(
    async (client) => {
      const { results } = await client.blocks.children.append({
        block_id: pageId,
        children: blocks.map(requestOf),
        ...(anchor !== undefined && { position: { type: 'after_block', after_block: { id: anchor } } }),
      });
      return { placed: blocks.length, ids: results.map(({ id }) => id).filter(isNew) };
    },
    async (committed) => {
      const unknown = (await readChildren(ask, pageId)).filter(({ id }) => isNew(id));
      const placing = recognizeBlocks(unknown, blocks, 0, committed);
      return placing.placed > 0 ? placing : undefined;
    },
  );
  return { placed, ids, onPage: [...onPage.slice(0, end), ...ids, ...onPage.slice(end)] };
}

/** How many of all blocks come before the new ones, and the one they come after unless that is the last of all. */
function placeOf({ onPage, ours }: Addition): { end: number; anchor: string | undefined } {
  const end = onPage.findLastIndex((id) => ours.includes(id)) + 1;
  return end === 0 || end === onPage.length
    ? { end: onPage.length, anchor: undefined }
    : { end, anchor: onPage[end - 1] };
}

/** To the trash; nothing if it is there already. */
export async function removeBlock(ask: Ask, pageId: string, id: string): Promise<void> {
  const isRemoved = async () => (await readChildren(ask, pageId)).every((child) => child.id !== id);
  try {
    await ask.set((client) => client.blocks.delete({ block_id: id }), isRemoved);
  } catch (error) {
    if (!saysGone(error)) throw error;
  }
}
