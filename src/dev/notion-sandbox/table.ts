import { found, shown, valueIn, valuesOf } from './cells.ts';
import { contentOf, type SandboxBlock } from './contents.ts';
import type { Cells, ContentSeed, DatabaseSeed, PropertySeed } from './seed.ts';
import {
  addBlock,
  addDatabase,
  addDataSource,
  addPage,
  createProperty,
  type DataSource,
  dataSourcesOf,
  type Page,
  type Property,
  type PropertyType,
  pagesOf,
  plainText,
  type World,
} from './world.ts';
import { changeWorld } from './world-changes.ts';

/** A row as a person sees it. */
export interface SandboxRow {
  id: string;
  inTrash: boolean;
  cells: Cells;
  /** The properties the last call of the API wrote. */
  lastChanged: string[];
}

/**
 * One database of the sandbox, from the side of the person who owns it: what they can do in Notion's own windows, no API
 * call needed. Properties and options go by the names they have now.
 */
export interface SandboxTable {
  readonly title: string;
  readonly databaseId: string;
  readonly dataSourceId: string;
  /** All rows, oldest first, those in the trash included. */
  rows(): SandboxRow[];
  optionsOf(property: string): string[];
  /** What is written on a row's page, or on any other; without what is in the trash. */
  contentOf(pageId: string): SandboxBlock[];
  /** @returns the id of the new row. */
  add(cells: Cells): string;
  edit(rowId: string, cells: Cells): void;
  /** Writes on a row's page. */
  fill(rowId: string, content: Omit<ContentSeed, 'row'>): void;
  trashRow(rowId: string): void;
  restoreRow(rowId: string): void;
  archiveRow(rowId: string): void;
  trash(): void;
  trashDataSource(): void;
  unshare(): void;
  share(): void;
  addProperty(name: string, type: PropertyType, options?: string[]): void;
  renameProperty(name: string, to: string): void;
  /** Empties the property, as Notion does with what cannot be converted. */
  retypeProperty(name: string, type: PropertyType, options?: string[]): void;
  removeProperty(name: string): void;
  addOption(property: string, name: string): void;
  renameOption(property: string, name: string, to: string): void;
  removeOption(property: string, name: string): void;
  addDataSource(name: string): string;
  removeDataSources(): void;
}

export function createTable(world: World, seed: DatabaseSeed, id: string): SandboxTable {
  const { id: databaseId } = addDatabase(world, seed.title, { id });
  const { id: dataSourceId } = addDataSource(world, databaseId, seed.title, propertiesFrom(world, seed.properties));
  for (const name of seed.otherSources ?? []) addDataSource(world, databaseId, name, [createProperty('Name', 'title')]);

  // Looked up each time: after a reset the world holds others than those made here.
  const source = () => sourceOf(world, dataSourceId);
  const here = { in: dataSourceId };

  const table: SandboxTable = {
    title: seed.title,
    databaseId,
    dataSourceId,
    rows: () => pagesOf(world, dataSourceId).map((page) => rowOf(world, source(), page)),
    optionsOf: (name) => found(source().properties, name).options.map((option) => option.name),
    contentOf: (pageId) => contentOf(world, pageId),
    add: (cells) => addPage(world, dataSourceId, valuesOf(world, source(), cells)).id,
    edit: (rowId, cells) => void changeWorld(world, { kind: 'edit_row', id: rowId, cells }),
    fill: (rowId, { paragraphs, childPages }) => {
      for (const text of paragraphs)
        addBlock(world, rowId, { type: 'paragraph', text: plainText(text), byPerson: true });
      for (const title of childPages) addPage(world, rowId, new Map([['title', title]]));
    },
    trashRow: (rowId) => void changeWorld(world, { kind: 'trash', id: rowId }),
    restoreRow: (rowId) => void changeWorld(world, { kind: 'restore', id: rowId }),
    archiveRow: (rowId) => void changeWorld(world, { kind: 'archive_row', id: rowId }),
    trash: () => void changeWorld(world, { kind: 'trash', id: databaseId }),
    trashDataSource: () => void changeWorld(world, { kind: 'trash', id: dataSourceId }),
    unshare: () => void changeWorld(world, { kind: 'unshare', id: databaseId }),
    share: () => void changeWorld(world, { kind: 'share', id: databaseId }),
    addProperty: (property, type, options = []) =>
      void changeWorld(world, { kind: 'add_property', ...here, property, type, options }),
    renameProperty: (property, to) => void changeWorld(world, { kind: 'rename_property', ...here, property, to }),
    retypeProperty: (property, type, options = []) =>
      void changeWorld(world, { kind: 'retype_property', ...here, property, type, options }),
    removeProperty: (property) => void changeWorld(world, { kind: 'remove_property', ...here, property }),
    addOption: (property, option) => void changeWorld(world, { kind: 'add_option', ...here, property, option }),
    renameOption: (property, option, to) =>
      void changeWorld(world, { kind: 'rename_option', ...here, property, option, to }),
    removeOption: (property, option) => void changeWorld(world, { kind: 'remove_option', ...here, property, option }),
    addDataSource: (name) => changeWorld(world, { kind: 'add_data_source', ...here, name }) ?? '',
    removeDataSources: () => {
      for (const { id: sourceId } of dataSourcesOf(world, databaseId)) world.dataSources.delete(sourceId);
    },
  };
  seedRows(world, table, seed);
  return table;
}

function seedRows(world: World, table: SandboxTable, { rows, trashed = [], contents = [] }: DatabaseSeed): void {
  const all = [...trashed, ...rows];
  const ids = all.map((cells, index) => {
    const id = table.add(cells);
    const page = world.pages.get(id);
    if (page) page.createdAt = page.editedAt = world.now() - (all.length - index) * 60_000;
    return id;
  });
  for (const { row, ...content } of contents) table.fill(ids[trashed.length + row] ?? '', content);
  for (const id of ids.slice(0, trashed.length)) table.trashRow(id);
}

function propertiesFrom(world: World, seeds: readonly PropertySeed[]): Property[] {
  const properties: Property[] = [];
  for (const seed of seeds) {
    const details = {
      ...(seed.to !== undefined && { relatedTo: sourceNamed(world, seed.to).id }),
      ...(seed.expression !== undefined && { expression: seed.expression }),
      ...(seed.through !== undefined && { rollup: rollupOf(world, properties, seed) }),
    };
    const property = createProperty(seed.name, seed.type, seed.options, details);
    for (const option of property.options) option.group = seed.groups?.[option.name] ?? option.group;
    properties.push(property);
  }
  return properties;
}

function rollupOf(world: World, properties: readonly Property[], { through = '', of = '' }: PropertySeed) {
  const relation = found(properties, through);
  const related = sourceOf(world, relation.relatedTo ?? '');
  return { relationId: relation.id, propertyId: found(related.properties, of).id };
}

function sourceNamed(world: World, name: string): DataSource {
  return found([...world.dataSources.values()], name);
}

function sourceOf(world: World, id: string): DataSource {
  const source = world.dataSources.get(id);
  if (source) return source;
  throw new Error(`the sandbox has no data source ${JSON.stringify(id)}`);
}

function rowOf(world: World, { properties }: DataSource, page: Page): SandboxRow {
  const cells = properties.map((property) => [property.name, shown(property, valueIn(world, page, property))]);
  const lastChanged = properties.filter(({ id }) => page.lastChange?.propertyIds.includes(id));
  return {
    id: page.id,
    inTrash: page.inTrash,
    cells: Object.fromEntries(cells),
    lastChanged: lastChanged.map(({ name }) => name),
  };
}
