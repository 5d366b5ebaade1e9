import { randomBytes, randomUUID } from 'node:crypto';

/** What the sandbox holds: Notion's databases, the data sources in them, and the pages in those. */
export interface World {
  databases: Map<string, Database>;
  dataSources: Map<string, DataSource>;
  pages: Map<string, Page>;
  /** What is not shared with the integration is as good as absent. */
  unshared: Set<string>;
  /** A query over more rows than this says that it is incomplete. */
  queryCeiling: number;
}

export interface Database {
  id: string;
  title: string;
  createdAt: number;
  inTrash: boolean;
}

export interface DataSource {
  id: string;
  databaseId: string;
  name: string;
  createdAt: number;
  inTrash: boolean;
  properties: Property[];
}

export const PROPERTY_TYPES = [
  'title',
  'rich_text',
  'email',
  'select',
  'status',
  'multi_select',
  'date',
  'checkbox',
] as const;

export type PropertyType = (typeof PROPERTY_TYPES)[number];

export interface Property {
  id: string;
  name: string;
  type: PropertyType;
  options: Option[];
}

export interface Option {
  id: string;
  name: string;
}

/** Text, null for empty; ids of options, at most one unless it is a multi-select; a date; a tick. */
export type Value = string | null | string[] | DateValue | boolean;

export interface DateValue {
  start: string;
  end: string | null;
}

export interface Page {
  id: string;
  dataSourceId: string;
  /** Epoch milliseconds, like all instants of the world. */
  createdAt: number;
  editedAt: number;
  inTrash: boolean;
  isArchived: boolean;
  /** By property id. */
  values: Map<string, Value>;
  /** What the last call of the API changed, and when. */
  lastChange?: { at: number; propertyIds: string[] };
}

export function createWorld(): World {
  return {
    databases: new Map(),
    dataSources: new Map(),
    pages: new Map(),
    unshared: new Set(),
    queryCeiling: 10_000,
  };
}

export function addDatabase(world: World, title: string, id: string = randomUUID()): Database {
  const database: Database = { id, title, createdAt: Date.now(), inTrash: false };
  world.databases.set(database.id, database);
  return database;
}

export function addDataSource(world: World, databaseId: string, name: string, properties: Property[]): DataSource {
  const source: DataSource = {
    id: randomUUID(),
    databaseId,
    name,
    createdAt: Date.now(),
    inTrash: false,
    properties,
  };
  world.dataSources.set(source.id, source);
  return source;
}

export function addPage(world: World, source: DataSource, values: ReadonlyMap<string, Value>): Page {
  const now = Date.now();
  const page: Page = {
    id: randomUUID(),
    dataSourceId: source.id,
    createdAt: now,
    editedAt: now,
    inTrash: false,
    isArchived: false,
    values: new Map([
      ...source.properties.map((property) => [property.id, emptyValueOf(property)] as const),
      ...values,
    ]),
  };
  world.pages.set(page.id, page);
  return page;
}

export function dataSourcesOf(world: World, databaseId: string): DataSource[] {
  return [...world.dataSources.values()].filter((source) => source.databaseId === databaseId);
}

/** Oldest first. */
export function pagesOf(world: World, dataSourceId: string): Page[] {
  return [...world.pages.values()].filter((page) => page.dataSourceId === dataSourceId);
}

export function createProperty(name: string, type: PropertyType, options: readonly string[] = []): Property {
  return { id: type === 'title' ? 'title' : randomPropertyId(), name, type, options: options.map(createOption) };
}

export function createOption(name: string): Option {
  return { id: randomUUID(), name };
}

/** A status is never empty: it starts at, and falls back to, its first option. */
export function emptyValueOf({ type, options }: Property): Value {
  if (type === 'status') return options[0] ? [options[0].id] : [];
  if (type === 'select' || type === 'multi_select') return [];
  return type === 'checkbox' ? false : null;
}

/** Notion's property ids hold any printable character, and are percent-encoded wherever they appear. */
function randomPropertyId(): string {
  const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ:;<=>?@[]^_`{|}~';
  return encodeURIComponent([...randomBytes(4)].map((byte) => letters[byte % letters.length]).join(''));
}
