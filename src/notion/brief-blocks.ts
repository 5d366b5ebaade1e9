import type { AppendBlockChildrenParameters } from '@notionhq/client';
import type { Ask } from './ask.ts';
import { saysGone } from './errors.ts';
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

/** Adds blocks after ours, so that what a person has added below stays below. */
export async function addBlocks(ask: Ask, { pageId, onPage, ours, blocks }: Addition): Promise<Added> {
  const at = onPage.findLastIndex((id) => ours.includes(id)) + 1;
  const isNew = (id: string) => !onPage.includes(id);

  const { placed, ids } = await ask.add(
    async (client) => {
      const { results } = await client.blocks.children.append({
        block_id: pageId,
        children: blocks.map(requestOf),
        ...positionAt(at, onPage),
      });
      return { placed: blocks.length, ids: results.map(({ id }) => id).filter(isNew) };
    },
    async (committed) => {
      const unknown = (await readChildren(ask, pageId)).filter(({ id }) => isNew(id));
      const placing = recognizeBlocks(unknown, blocks, 0, committed);
      return placing.placed > 0 ? placing : undefined;
    },
  );
  const end = at > 0 ? at : onPage.length;
  return { placed, ids, onPage: [...onPage.slice(0, end), ...ids, ...onPage.slice(end)] };
}

/** @param at where the first of them comes to stand; 0 for after all others. */
function positionAt(at: number, onPage: readonly string[]): Pick<AppendBlockChildrenParameters, 'position'> {
  const before = onPage[at - 1];
  if (before === undefined || at === onPage.length) return {};
  return { position: { type: 'after_block', after_block: { id: before } } };
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
