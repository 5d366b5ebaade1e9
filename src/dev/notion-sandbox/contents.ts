import { holderOf, type Page, type World } from './world.ts';

/** A block as a person sees it; a page or database on a page is one too, without what it holds in turn. */
export interface SandboxBlock {
  id: string;
  /** As the API calls it, such as `heading_1` or `child_page`. */
  type: string;
  text: string;
  checked: boolean;
  children: SandboxBlock[];
}

/** What is written on a page or in a block, without what is in the trash. */
export function contentOf(world: World, id: string): SandboxBlock[] {
  return visibleChildren(world, id).map((childId) => {
    const block = world.blocks.get(childId);
    if (block) {
      const text = block.text.map(({ content }) => content).join('');
      return { id: childId, type: block.type, text, checked: block.checked, children: contentOf(world, childId) };
    }
    const page = world.pages.get(childId);
    const text = page ? titleOf(page) : (world.databases.get(childId)?.title ?? '');
    return { id: childId, type: page ? 'child_page' : 'child_database', text, checked: false, children: [] };
  });
}

/** Ids, from top to bottom. */
export function visibleChildren(world: World, id: string): string[] {
  return (holderOf(world, id)?.childIds ?? []).filter((childId) => {
    const child = world.blocks.get(childId) ?? world.pages.get(childId) ?? world.databases.get(childId);
    return child?.inTrash === false;
  });
}

/** The title column has the same id everywhere. */
export function titleOf(page: Page): string {
  return String(page.values.get('title') ?? '');
}
