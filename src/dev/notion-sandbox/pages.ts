import { validationError } from './answers.ts';
import { countOf } from './block-shapes.ts';
import { eraseContent, refuseBeyondCap, writeBlocks } from './blocks.ts';
import type { DatabaseCreation, PageCreation, PageUpdate } from './request-shapes.ts';
import {
  addDatabase,
  addDataSource,
  addPage,
  beginEdit,
  createProperty,
  type Database,
  type Page,
  propertiesOf,
  TITLE_ONLY,
  type Value,
  type World,
} from './world.ts';
import { valuesToStore } from './writes.ts';

/** @throws {ApiError} if anything of it cannot be; then nothing is changed. */
export function updatePage(world: World, page: Page, update: PageUpdate): void {
  const { writes, inTrash, isArchived, isLocked } = update;
  const values = valuesToStore(world, propertiesOf(world, page), writes);
  beginEdit(world, page);
  if (update.eraseContent) eraseContent(world, page);
  page.inTrash = inTrash ?? page.inTrash;
  page.isArchived = isArchived ?? page.isArchived;
  page.isLocked = isLocked ?? page.isLocked;
  store(page, values);
}

/** @throws {ApiError} if anything of it cannot be; then nothing is created. */
export function createPage(world: World, { parent, writes, children }: PageCreation): Page {
  refuseBeyondCap(world, 1 + countOf(children));
  const properties = world.dataSources.get(parent.id)?.properties ?? TITLE_ONLY;
  const values = valuesToStore(world, properties, writes);
  const page = addPage(world, parent.id, values);
  writeBlocks(world, page.id, children);
  store(page, values);
  const around = world.pages.get(parent.id);
  if (around) noteWriting(world, around);
  return page;
}

/** @throws {ApiError} unless there is exactly one title. */
export function createDatabase(world: World, { pageId, title, columns }: DatabaseCreation): Database {
  refuseBeyondCap(world, 1);
  if (columns.filter(({ type }) => type === 'title').length !== 1) {
    throw validationError('A database should have exactly one title property.');
  }
  const name = title.map(({ content }) => content).join('');
  const database = addDatabase(world, name, { parentId: pageId });
  const properties = columns.map((column) =>
    createProperty(column.name, column.type, column.options, column.relatedTo ? { relatedTo: column.relatedTo } : {}),
  );
  addDataSource(world, database.id, name, properties);
  return database;
}

/** Something was written on a page, but none of its properties. */
export function noteWriting(world: World, page: Page): void {
  beginEdit(world, page);
  store(page, new Map());
}

/** Notes what was written, for whoever watches. */
function store(page: Page, values: ReadonlyMap<string, Value>): void {
  for (const [propertyId, value] of values) page.values.set(propertyId, value);
  page.lastChange = { at: page.editedAt, propertyIds: [...values.keys()] };
}
