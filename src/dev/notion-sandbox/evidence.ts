import { titleOf } from './contents.ts';
import { referenceIn } from './request-facts.ts';
import { type World, withAncestors } from './world.ts';

/** The references in the titles of pages on pages, one for each page that can be seen. */
export function referencesIn(world: World): string[] {
  return [...world.pages.values()].flatMap((page) => {
    const isOnPage = page.parentId !== null && world.pages.has(page.parentId);
    const reference = isOnPage && !isInTrash(world, page.id) ? referenceIn(titleOf(page)) : undefined;
    return reference === undefined ? [] : [reference];
  });
}

/** Whatever looks like an address in any row. */
export function addressesIn(world: World): string[] {
  const texts = [...world.pages.values()].flatMap(({ values }) => [...values.values()]);
  return texts.flatMap((text) =>
    typeof text === 'string' ? text.split(/[\s,;<>]+/).filter((word) => word.includes('@')) : [],
  );
}

/** What may be chosen in which property, for comparison. */
export function optionSetsOf(world: World): string {
  const sets = [...world.dataSources.values()].flatMap(({ properties }) =>
    properties.map(({ id, options }) => [id, options]),
  );
  return JSON.stringify(sets);
}

function isInTrash(world: World, id: string): boolean {
  return withAncestors(world, id).some((one) => {
    const thing = world.pages.get(one) ?? world.dataSources.get(one) ?? world.databases.get(one);
    return thing?.inTrash;
  });
}
