import { readAppend, readBlockUpdate } from './block-shapes.ts';
import { appendBlocks, updateBlock } from './blocks.ts';
import { visibleChildren } from './contents.ts';
import { listOf, partOf } from './lists.ts';
import { noteWriting } from './pages.ts';
import { readListPart } from './request-shapes.ts';
import type { Ground, Route } from './route.ts';
import { holderOf, pageAround } from './world.ts';

/** What is written on pages. */
export function createBlockRoutes({ world, access, cursors }: Ground): Route[] {
  /** The page around something that was written counts as written to. */
  function noteWritingOn(id: string): void {
    const page = pageAround(world, id);
    if (page) noteWriting(world, page);
  }

  return [
    {
      method: 'GET',
      path: /^\/v1\/blocks\/([^/]*)\/children$/,
      parameter: 'block_id',
      needs: 'read',
      open: ({ id, query, render }) => {
        const asked = readListPart(query);
        return () => {
          access.findBlock(id, holderOf(world, id));
          const { items, nextCursor } = partOf(visibleChildren(world, id), asked, cursors, `children ${id}`);
          return listOf('block', { items: items.map(render.block), nextCursor });
        };
      },
    },
    {
      method: 'PATCH',
      path: /^\/v1\/blocks\/([^/]*)\/children$/,
      parameter: 'block_id',
      needs: 'insert',
      writes: true,
      open: ({ id, body, render }) => {
        const { blocks, position } = readAppend(body);
        return () => {
          const holder = access.findBlock(id, holderOf(world, id));
          access.refuseInTrash(id);
          const added = appendBlocks(world, holder, blocks, position);
          noteWritingOn(id);
          return listOf('block', { items: added.map(render.block), nextCursor: null });
        };
      },
    },
    {
      method: 'PATCH',
      path: /^\/v1\/blocks\/([^/]*)$/,
      parameter: 'block_id',
      needs: 'update',
      writes: true,
      open: ({ id, body, render }) => {
        const update = readBlockUpdate(body);
        return () => {
          const block = access.find(world.blocks, id, 'block');
          access.refuseInTrash(id, { unlessRestored: update.inTrash === false });
          updateBlock(world, block, update);
          noteWritingOn(id);
          return render.block(id);
        };
      },
    },
    {
      method: 'DELETE',
      path: /^\/v1\/blocks\/([^/]*)$/,
      parameter: 'block_id',
      needs: 'update',
      writes: true,
      open:
        ({ id, render }) =>
        () => {
          const thing = access.findBlock(id, world.blocks.get(id) ?? world.pages.get(id) ?? world.databases.get(id));
          access.refuseInTrash(id);
          noteWritingOn(id);
          thing.inTrash = true;
          return render.block(id);
        },
    },
  ];
}
