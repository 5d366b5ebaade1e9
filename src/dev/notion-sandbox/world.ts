import { randomBytes, randomUUID } from 'node:crypto';

/** What the sandbox holds: Notion's databases, the data sources in them, the pages in those, and what is written on the pages. */
export interface World {
  /** Epoch milliseconds, like all instants of the world. */
  now: () => number;
  databases: Map<string, Database>;
  dataSources: Map<string, DataSource>;
  pages: Map<string, Page>;
  blocks: Map<string, Block>;
  /** What is not shared with the integration is as good as absent, and so is whatever it holds. */
  unshared: Set<string>;
  /** Whether the token has been revoked. */
  revoked: boolean;
  capabilities: Set<Capability>;
  /** A query over more rows than this says that it is incomplete. */
  queryCeiling: number;
  /** Once the workspace holds so many blocks, nothing more is created. */
  blockCap: number;
  /** For so long queries and searches go on seeing what was there before. */
  queryLagMs: number;
  searchLagMs: number;
}

/** What the integration may do with content; `edit_schema` lets a written select option come into being. */
export const CAPABILITIES = ['read', 'update', 'insert', 'edit_schema'] as const;

export type Capability = (typeof CAPABILITIES)[number];

export interface Database {
  id: string;
  /** The page it is on. */
  parentId: string;
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

/** What the API can write. */
export const WRITABLE_TYPES = [
  'title',
  'rich_text',
  'email',
  'url',
  'phone_number',
  'number',
  'select',
  'status',
  'multi_select',
  'date',
  'checkbox',
  'relation',
] as const;

export type WritableType = (typeof WRITABLE_TYPES)[number];

/** People and files could be written in Notion; here they are always empty. */
const OTHER_TYPES = [
  'formula',
  'rollup',
  'created_time',
  'created_by',
  'last_edited_time',
  'last_edited_by',
  'unique_id',
  'people',
  'files',
] as const;

export const PROPERTY_TYPES = [...WRITABLE_TYPES, ...OTHER_TYPES] as const;

export type PropertyType = (typeof PROPERTY_TYPES)[number];

export interface Property {
  id: string;
  name: string;
  type: PropertyType;
  options: Option[];
  /** Of a relation: the data source that holds the related rows. */
  relatedTo?: string;
  /** Of a formula: `prop("a name")`, which `lower(…)` and `trim(…)` may wrap. */
  expression?: string;
  /** Of a rollup: the relation, and the property of the related rows. */
  rollup?: { relationId: string; propertyId: string };
}

export interface Option {
  id: string;
  name: string;
  /** The group a status option is in. */
  group: StatusGroup;
}

export const STATUS_GROUPS = ['To-do', 'In progress', 'Complete'] as const;

export type StatusGroup = (typeof STATUS_GROUPS)[number];

/** Text, null for empty; ids of options, at most one unless it is a multi-select, or of related pages; a date; a tick; a number. */
export type Value = string | null | string[] | DateValue | boolean | number;

export interface DateValue {
  start: string;
  end: string | null;
}

export interface Page {
  id: string;
  /** The data source or the page it is in; null at the top of the workspace. */
  parentId: string | null;
  createdAt: number;
  editedAt: number;
  inTrash: boolean;
  isArchived: boolean;
  isLocked: boolean;
  /** Which page of its data source it was, from 1. */
  serial: number;
  /** By property id. */
  values: Map<string, Value>;
  /** Blocks, pages and databases on it, from top to bottom; those in the trash included. */
  childIds: string[];
  /** What the last call of the API changed, and when. */
  lastChange?: { at: number; propertyIds: string[] };
  /** What it was until then, oldest first, as long as somebody may still see that. */
  past: PastPage[];
}

export interface PastPage {
  until: number;
  inTrash: boolean;
  values: Map<string, Value>;
}

/** The blocks that can be written. A page or database on a page shows as a block too, made from itself. */
export const BLOCK_TYPES = [
  'paragraph',
  'heading_1',
  'heading_2',
  'heading_3',
  'bulleted_list_item',
  'numbered_list_item',
  'to_do',
  'quote',
  'toggle',
  'divider',
] as const;

export type BlockType = (typeof BLOCK_TYPES)[number];

export interface Block {
  id: string;
  /** The page or block it is in. */
  parentId: string;
  type: BlockType;
  text: TextPart[];
  color: string;
  /** Of a to-do. */
  checked: boolean;
  /** Of a heading. */
  isToggleable: boolean;
  createdAt: number;
  editedAt: number;
  inTrash: boolean;
  /** A person has written it, not the integration. */
  byPerson: boolean;
  childIds: string[];
}

/** A run of text. */
export interface TextPart {
  content: string;
  link: string | null;
  annotations: Annotations;
}

export interface Annotations {
  bold: boolean;
  italic: boolean;
  strikethrough: boolean;
  underline: boolean;
  code: boolean;
  color: string;
}

export type Holder = Page | Block;

/** The page at the top, which the databases are on. */
export const HOME_PAGE_ID = '9b8c2f64-1f0e-4c55-8d0a-5a1e0c7c2b11';

/** What a page outside any data source has instead of columns. */
export const TITLE_ONLY: readonly Property[] = [{ id: 'title', name: 'title', type: 'title', options: [] }];

export function createWorld(now: () => number = Date.now): World {
  const world: World = {
    now,
    databases: new Map(),
    dataSources: new Map(),
    pages: new Map(),
    blocks: new Map(),
    unshared: new Set(),
    revoked: false,
    capabilities: new Set(CAPABILITIES),
    queryCeiling: 10_000,
    blockCap: Number.POSITIVE_INFINITY,
    queryLagMs: 0,
    searchLagMs: 0,
  };
  addPage(world, null, new Map([['title', 'Workspace']]), HOME_PAGE_ID);
  return world;
}

export function addDatabase(
  world: World,
  title: string,
  { id = randomUUID(), parentId = HOME_PAGE_ID }: { id?: string; parentId?: string } = {},
): Database {
  const database: Database = { id, parentId, title, createdAt: world.now(), inTrash: false };
  world.databases.set(id, database);
  world.pages.get(parentId)?.childIds.push(id);
  return database;
}

export function addDataSource(world: World, databaseId: string, name: string, properties: Property[]): DataSource {
  const source: DataSource = {
    id: randomUUID(),
    databaseId,
    name,
    createdAt: world.now(),
    inTrash: false,
    properties,
  };
  world.dataSources.set(source.id, source);
  return source;
}

/** @param parentId of a data source, or of a page, at the end of which it then shows. */
export function addPage(
  world: World,
  parentId: string | null,
  values: ReadonlyMap<string, Value>,
  id: string = randomUUID(),
): Page {
  const now = world.now();
  const source = parentId === null ? undefined : world.dataSources.get(parentId);
  const page: Page = {
    id,
    parentId,
    createdAt: now,
    editedAt: now,
    inTrash: false,
    isArchived: false,
    isLocked: false,
    serial: source ? pagesOf(world, source.id).length + 1 : 0,
    values: new Map([
      ...(source?.properties ?? TITLE_ONLY).map((property) => [property.id, emptyValueOf(property)] as const),
      ...values,
    ]),
    childIds: [],
    past: [],
  };
  world.pages.set(page.id, page);
  if (parentId !== null) world.pages.get(parentId)?.childIds.push(page.id);
  return page;
}

/** Adds a block as the last thing on a page or in a block. */
export function addBlock(
  world: World,
  parentId: string,
  { type, text = [], color = 'default', checked = false, isToggleable = false, byPerson = false }: NewBlock,
): Block {
  const now = world.now();
  const block: Block = {
    id: randomUUID(),
    parentId,
    type,
    text,
    color,
    checked,
    isToggleable,
    createdAt: now,
    editedAt: now,
    inTrash: false,
    byPerson,
    childIds: [],
  };
  world.blocks.set(block.id, block);
  holderOf(world, parentId)?.childIds.push(block.id);
  return block;
}

/** Everything else is as it is by default. */
export type NewBlock = Pick<Block, 'type'> &
  Partial<Pick<Block, 'text' | 'color' | 'checked' | 'isToggleable' | 'byPerson'>>;

export function plainText(content: string): TextPart[] {
  return content === '' ? [] : [{ content, link: null, annotations: PLAIN }];
}

export const PLAIN: Annotations = {
  bold: false,
  italic: false,
  strikethrough: false,
  underline: false,
  code: false,
  color: 'default',
};

export function dataSourcesOf(world: World, databaseId: string): DataSource[] {
  return [...world.dataSources.values()].filter((source) => source.databaseId === databaseId);
}

/** Oldest first. */
export function pagesOf(world: World, dataSourceId: string): Page[] {
  return [...world.pages.values()].filter((page) => page.parentId === dataSourceId);
}

/** The columns of the data source a page is in. */
export function propertiesOf(world: World, { parentId }: Page): readonly Property[] {
  return world.dataSources.get(parentId ?? '')?.properties ?? TITLE_ONLY;
}

/** The page or block that can hold blocks. */
export function holderOf(world: World, id: string): Holder | undefined {
  return world.pages.get(id) ?? world.blocks.get(id);
}

/** The page that a block is on, however deep in other blocks; a page is on itself. */
export function pageAround(world: World, id: string): Page | undefined {
  const block = world.blocks.get(id);
  return block ? pageAround(world, block.parentId) : world.pages.get(id);
}

/** From the thing itself outwards. */
export function withAncestors(world: World, id: string): string[] {
  const parentId =
    world.blocks.get(id)?.parentId ??
    world.pages.get(id)?.parentId ??
    world.dataSources.get(id)?.databaseId ??
    world.databases.get(id)?.parentId;
  return parentId ? [id, ...withAncestors(world, parentId)] : [id];
}

/** Notes what the page was, for those who still see that, and that it is edited. */
export function beginEdit(world: World, page: Page): void {
  const now = world.now();
  const seenFor = Math.max(world.queryLagMs, world.searchLagMs);
  page.past = page.past.filter(({ until }) => until > now - seenFor);
  if (seenFor > 0) page.past.push({ until: now, inTrash: page.inTrash, values: new Map(page.values) });
  page.editedAt = now;
}

/** What is seen of a page by whoever lags so far behind; undefined if it was not there yet. */
export function seenWithLag(world: World, page: Page, lagMs: number): Page | undefined {
  const at = world.now() - lagMs;
  if (lagMs > 0 && page.createdAt > at) return undefined;
  const past = lagMs > 0 ? page.past.find(({ until }) => until > at) : undefined;
  return past ? { ...page, inTrash: past.inTrash, values: past.values } : page;
}

export function createProperty(
  name: string,
  type: PropertyType,
  options: readonly string[] = [],
  details: Pick<Property, 'relatedTo' | 'expression' | 'rollup'> = {},
): Property {
  return {
    id: type === 'title' ? 'title' : randomPropertyId(),
    name,
    type,
    options: options.map((option) => createOption(option)),
    ...details,
  };
}

export function createOption(name: string, group: StatusGroup = 'To-do'): Option {
  return { id: randomUUID(), name, group };
}

/** A status is never empty: it starts at, and falls back to, its first option. */
export function emptyValueOf({ type, options }: Property): Value {
  if (type === 'status') return options[0] ? [options[0].id] : [];
  if (type === 'select' || type === 'multi_select' || type === 'relation') return [];
  return type === 'checkbox' ? false : null;
}

/** Notion's property ids hold any printable character, and are percent-encoded wherever they appear. */
function randomPropertyId(): string {
  const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ:;<=>?@[]^_`{|}~';
  return encodeURIComponent([...randomBytes(4)].map((byte) => letters[byte % letters.length]).join(''));
}
