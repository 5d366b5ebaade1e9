import type { Cells, DatabaseSeed } from './seed.ts';
import {
  addDatabase,
  addDataSource,
  addPage,
  createOption,
  createProperty,
  type DataSource,
  dataSourcesOf,
  emptyValueOf,
  type Page,
  type Property,
  type PropertyType,
  pagesOf,
  type Value,
  type World,
} from './world.ts';

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
  /** @returns the id of the new row. */
  add(cells: Cells): string;
  edit(rowId: string, cells: Cells): void;
  trashRow(rowId: string): void;
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
  const database = addDatabase(world, seed.title, id);
  const source = addDataSource(
    world,
    database.id,
    seed.title,
    seed.properties.map(({ name, type, options }) => createProperty(name, type, options)),
  );
  const propertyOf = (name: string) => found(source.properties, name);
  const pageOf = (rowId: string) => world.pages.get(rowId) ?? fail(`no row ${rowId}`);
  const pages = () => pagesOf(world, source.id);

  const table: SandboxTable = {
    title: database.title,
    databaseId: database.id,
    dataSourceId: source.id,
    rows: () => pages().map((page) => rowOf(source, page)),
    optionsOf: (name) => propertyOf(name).options.map((option) => option.name),
    add: (cells) => addPage(world, source, valuesOf(source, cells)).id,
    edit(rowId, cells) {
      for (const [propertyId, value] of valuesOf(source, cells)) pageOf(rowId).values.set(propertyId, value);
    },
    trashRow: (rowId) => {
      pageOf(rowId).inTrash = true;
    },
    archiveRow: (rowId) => {
      pageOf(rowId).isArchived = true;
    },
    trash: () => {
      database.inTrash = true;
    },
    trashDataSource: () => {
      source.inTrash = true;
    },
    unshare: () => {
      for (const { id } of [database, ...dataSourcesOf(world, database.id), ...pages()]) world.unshared.add(id);
    },
    share: () => {
      for (const { id } of [database, ...dataSourcesOf(world, database.id), ...pages()]) world.unshared.delete(id);
    },
    addProperty(name, type, options) {
      const property = createProperty(name, type, options);
      source.properties.push(property);
      for (const page of pages()) page.values.set(property.id, emptyValueOf(property));
    },
    renameProperty: (name, to) => {
      propertyOf(name).name = to;
    },
    retypeProperty(name, type, options = []) {
      const property = propertyOf(name);
      Object.assign(property, { type, options: options.map(createOption) });
      for (const page of pages()) page.values.set(property.id, emptyValueOf(property));
    },
    removeProperty: (name) => {
      const { id } = propertyOf(name);
      source.properties = source.properties.filter((property) => property.id !== id);
      for (const page of pages()) page.values.delete(id);
    },
    addOption: (name, option) => {
      propertyOf(name).options.push(createOption(option));
    },
    renameOption: (name, option, to) => {
      found(propertyOf(name).options, option).name = to;
    },
    removeOption(name, option) {
      const property = propertyOf(name);
      const { id } = found(property.options, option);
      property.options = property.options.filter((other) => other.id !== id);
      for (const page of pages()) {
        const chosen = page.values.get(property.id);
        if (Array.isArray(chosen) && chosen.includes(id)) page.values.set(property.id, emptyValueOf(property));
      }
    },
    addDataSource: (name) => addDataSource(world, database.id, name, [createProperty('Name', 'title')]).id,
    removeDataSources: () => {
      for (const { id } of dataSourcesOf(world, database.id)) world.dataSources.delete(id);
    },
  };
  for (const cells of seed.rows) table.add(cells);
  return table;
}

function rowOf(source: DataSource, page: Page): SandboxRow {
  const cells = source.properties.map((property) => [property.name, shown(property, page.values.get(property.id))]);
  const lastChanged = source.properties.filter(({ id }) => page.lastChange?.propertyIds.includes(id));
  return {
    id: page.id,
    inTrash: page.inTrash,
    cells: Object.fromEntries(cells),
    lastChanged: lastChanged.map(({ name }) => name),
  };
}

/** A value as a person reads it; null is an empty cell. */
export function shown(property: Property, value: Value | undefined): Cells[string] {
  if (Array.isArray(value)) {
    const names = value.map((id) => property.options.find((option) => option.id === id)?.name ?? '');
    return property.type === 'multi_select' ? names : (names[0] ?? null);
  }
  return typeof value === 'object' ? (value?.start ?? null) : (value ?? null);
}

function valuesOf(source: DataSource, cells: Cells): Map<string, Value> {
  return new Map(
    Object.entries(cells).map(([name, cell]) => {
      const property = found(source.properties, name);
      return [property.id, storedCell(property, cell)];
    }),
  );
}

function storedCell(property: Property, cell: Cells[string]): Value {
  if (cell === null || cell === undefined) return emptyValueOf(property);
  if (property.type === 'date') return { start: String(cell), end: null };
  if (['select', 'status', 'multi_select'].includes(property.type)) {
    return [cell].flat().map((name) => found(property.options, String(name)).id);
  }
  return cell;
}

function found<T extends { name: string }>(things: readonly T[], name: string): T {
  return things.find((thing) => thing.name === name) ?? fail(`the sandbox has no ${JSON.stringify(name)}`);
}

function fail(message: string): never {
  throw new Error(message);
}
