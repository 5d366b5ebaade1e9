import { ApiError, validationError } from './answers.ts';
import { type BlockTree, type BlockUpdate, canHold, countOf, type Position } from './block-shapes.ts';
import { visibleChildren } from './contents.ts';
import { addBlock, type Block, type Holder, type World } from './world.ts';

/**
 * @returns the ids of the new blocks, without those in them.
 * @throws {ApiError} if the holder can hold none, or if the block to come after is not in it.
 */
export function appendBlocks(world: World, holder: Holder, blocks: readonly BlockTree[], position: Position): string[] {
  if ('type' in holder && !canHold(holder.type, holder.isToggleable)) {
    throw validationError('Block does not support children.');
  }
  if (position.type === 'after_block' && !visibleChildren(world, holder.id).includes(position.id)) {
    throw validationError(`Could not find block with ID: ${position.id} among the children of the block.`);
  }
  refuseBeyondCap(world, countOf(blocks));

  const there = [...holder.childIds];
  const added = writeBlocks(world, holder.id, blocks);
  if (position.type !== 'end') {
    const at = position.type === 'after_block' ? there.indexOf(position.id) + 1 : 0;
    holder.childIds = [...there.slice(0, at), ...added, ...there.slice(at)];
  }
  return added;
}

/** At the end of a page or block, without asking whether that may be. */
export function writeBlocks(world: World, holderId: string, blocks: readonly BlockTree[]): string[] {
  return blocks.map(({ children, ...block }) => {
    const { id } = addBlock(world, holderId, block);
    writeBlocks(world, id, children);
    return id;
  });
}

/** @throws {ApiError} if it is a block of another type. */
export function updateBlock(world: World, block: Block, { type, inTrash, change }: BlockUpdate): void {
  if (type !== undefined && type !== block.type) {
    throw validationError(`body failed validation: body.${type} should be not present, the block is a ${block.type}.`);
  }
  Object.assign(block, change);
  block.inTrash = inTrash ?? block.inTrash;
  block.editedAt = world.now();
}

/** For good: what is erased so cannot be restored. */
export function eraseContent(world: World, holder: Holder): void {
  for (const id of holder.childIds) {
    const block = world.blocks.get(id);
    if (block) eraseContent(world, block);
    world.blocks.delete(id);
    world.pages.delete(id);
  }
  holder.childIds = [];
}

/**
 * What a workspace with several members on the free plan runs into; what is there can still be changed.
 *
 * @see https://developers.notion.com/reference/workspace-block-limits
 */
export function refuseBeyondCap(world: World, more: number): void {
  if (world.blocks.size + world.pages.size + more <= world.blockCap) return;
  throw new ApiError(403, 'restricted_resource', 'This workspace has reached its block limit.');
}
