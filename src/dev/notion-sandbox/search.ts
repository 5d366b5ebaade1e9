import { titleOf } from './contents.ts';
import type { Search } from './filter-shapes.ts';
import { type Cursors, type Part, partOf } from './lists.ts';
import { type DataSource, type Page, seenWithLag, type World, withAncestors } from './world.ts';

export type Found = { page: Page } | { source: DataSource };

interface Candidate {
  found: Found;
  title: string;
  inTrash: boolean;
  editedAt: number;
}

/**
 * Finds as loosely as Notion does: what holds the words comes first, but most of what comes holds none of them, the trash is not
 * left out unless that is asked for, and what is new or just changed may be missing. It is no way to look something up.
 *
 * @throws {ApiError} for a cursor of another question.
 */
export function runSearch(world: World, search: Search, cursors: Cursors): Part<Found> {
  const words = search.query.toLowerCase();
  const found = candidates(world)
    .filter(({ found: thing }) => search.object === undefined || (search.object === 'page') === 'page' in thing)
    .filter(({ inTrash }) => search.inTrash === undefined || search.inTrash === inTrash)
    .sort(search.sort ? byEdit(search.sort.direction) : byRelevance(words));
  const { startCursor: _start, pageSize: _size, ...question } = search;
  const { items, nextCursor } = partOf(found, search, cursors, JSON.stringify(['search', question]));
  return { items: items.map((candidate) => candidate.found), nextCursor };
}

function candidates(world: World): Candidate[] {
  const isShared = (id: string) => !withAncestors(world, id).some((one) => world.unshared.has(one));
  const pages = [...world.pages.values()]
    .filter(({ id, parentId }) => parentId !== null && isShared(id))
    .map((page) => seenWithLag(world, page, world.searchLagMs))
    .filter((page) => page !== undefined)
    .map((page) => ({ found: { page }, title: titleOf(page), inTrash: page.inTrash, editedAt: page.editedAt }));
  const sources = [...world.dataSources.values()]
    .filter(({ id }) => isShared(id))
    .map((source) => ({ found: { source }, title: source.name, inTrash: source.inTrash, editedAt: source.createdAt }));
  return [...sources, ...pages];
}

function byEdit(direction: 'ascending' | 'descending') {
  const sign = direction === 'ascending' ? 1 : -1;
  return (a: Candidate, b: Candidate) => sign * (a.editedAt - b.editedAt);
}

function byRelevance(words: string) {
  const misses = ({ title }: Candidate) => (title.toLowerCase().includes(words) ? 0 : 1);
  return (a: Candidate, b: Candidate) => misses(a) - misses(b);
}
