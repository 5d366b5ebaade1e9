import { ApiError, validationError } from './answers.ts';
import { BOT } from './objects.ts';
import { type World, withAncestors } from './world.ts';

/** What the integration can get at. */
export interface Access {
  /** @throws {ApiError} 404 for what is not there, or not shared. */
  find<T extends { id: string }>(things: ReadonlyMap<string, T>, id: string, kind: string): T;
  /** The same for what counts as a block: a page is one, too. */
  findBlock<T extends { id: string }>(id: string, there: T | undefined): T;
  /**
   * @param options `unlessRestored`: the thing itself may be in the trash, because it is about to be taken out.
   * @throws {ApiError} for what is in the trash or archive, by itself or with what it is in.
   */
  refuseInTrash(id: string, options?: { unlessRestored?: boolean }): void;
}

export function createAccess(world: World): Access {
  function find<T extends { id: string }>(things: ReadonlyMap<string, T>, id: string, kind: string): T {
    const isHidden = withAncestors(world, id).some((one) => world.unshared.has(one));
    const thing = isHidden ? undefined : things.get(id);
    if (thing) return thing;
    throw new ApiError(
      404,
      'object_not_found',
      `Could not find ${kind} with ID: ${id}. Make sure the relevant pages and databases are shared with your integration "${BOT.name}".`,
      { integration_id: BOT.id },
    );
  }

  function isInTrash(id: string): boolean {
    const page = world.pages.get(id);
    const thing = page ?? world.blocks.get(id) ?? world.dataSources.get(id) ?? world.databases.get(id);
    return thing?.inTrash === true || page?.isArchived === true;
  }

  return {
    find,
    findBlock: (id, there) => find(new Map(there ? [[id, there]] : []), id, 'block'),
    refuseInTrash(id, { unlessRestored = false } = {}) {
      const [own, ...around] = withAncestors(world, id).map(isInTrash);
      if (own && !unlessRestored) {
        throw validationError("Can't edit block that is archived. You must unarchive the block before editing.");
      }
      if (around.includes(true)) {
        throw validationError(
          "Can't edit page on block with an archived ancestor. You must unarchive the ancestor before editing page.",
        );
      }
    },
  };
}
