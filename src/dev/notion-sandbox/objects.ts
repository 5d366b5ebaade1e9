import { toMinute, valueIn } from './cells.ts';
import { titleOf, visibleChildren } from './contents.ts';
import {
  type Block,
  type Database,
  type DataSource,
  dataSourcesOf,
  type Option,
  type Page,
  type Property,
  plainText,
  propertiesOf,
  STATUS_GROUPS,
  type TextPart,
  type Value,
  type World,
} from './world.ts';

/** Everything is attributed to the integration, but for what a person has written on a page. */
export const BOT = { id: '4d1f1f0a-6c1b-4b0f-9a64-2f3c3d1f7a10', name: 'Precall sandbox' };
const WORKSPACE_ID = '5e0a1b2c-3d4e-4f60-8a7b-9c8d7e6f5a4b';

export const BY_BOT = { object: 'user', id: BOT.id };
const BY_PERSON = { object: 'user', id: '7c2b9d10-3e4f-4a5b-8c6d-1e2f3a4b5c6d' };

/** The version before the pinned one still called the trash an archive too. */
const OLD_VERSION = '2025-09-03';

/** A page shows no more related rows than this; the property's own address has the rest. */
const MOST_REFERENCES = 25;

const LONGEST_PART = 2000;
const GROUP_COLORS = { 'To-do': 'gray', 'In progress': 'blue', Complete: 'green' };
const LARGEST_UPLOAD = 5_242_880;

/** The world's objects as Notion's API shows them under a version. */
export function createRenderer(world: World, version: string) {
  const trash = (inTrash: boolean) => ({ in_trash: inTrash, ...(version === OLD_VERSION && { archived: inTrash }) });
  const times = ({ createdAt, editedAt }: { createdAt: number; editedAt: number }, by = BY_BOT) => ({
    created_time: toMinute(createdAt),
    last_edited_time: toMinute(editedAt),
    created_by: by,
    last_edited_by: by,
  });

  const blockBase = (id: string, thing: Block | Page | Database) => ({
    object: 'block',
    id,
    parent: parentOf(world, thing.parentId),
    ...times(
      { createdAt: thing.createdAt, editedAt: 'editedAt' in thing ? thing.editedAt : thing.createdAt },
      'byPerson' in thing && thing.byPerson ? BY_PERSON : BY_BOT,
    ),
    has_children: visibleChildren(world, id).length > 0,
    ...trash(thing.inTrash),
  });

  return {
    bot: () => ({
      object: 'user',
      id: BOT.id,
      name: BOT.name,
      avatar_url: null,
      type: 'bot',
      bot: {
        owner: { type: 'workspace', workspace: true },
        workspace_id: WORKSPACE_ID,
        workspace_limits: { max_file_upload_size_in_bytes: LARGEST_UPLOAD },
        workspace_name: 'Precall sandbox',
      },
    }),

    database: (database: Database) => ({
      object: 'database',
      id: database.id,
      title: richText(plainText(database.title)),
      description: [],
      parent: parentOf(world, database.parentId),
      is_inline: false,
      ...trash(database.inTrash),
      is_locked: false,
      created_time: toLongMinute(database.createdAt),
      last_edited_time: toLongMinute(database.createdAt),
      data_sources: dataSourcesOf(world, database.id).map(({ id, name }) => ({ id, name })),
      icon: null,
      cover: null,
      url: urlOf(database.id),
      public_url: null,
    }),

    dataSource: (source: DataSource) => ({
      object: 'data_source',
      id: source.id,
      title: richText(plainText(source.name)),
      description: [],
      parent: { type: 'database_id', database_id: source.databaseId },
      database_parent: parentOf(world, world.databases.get(source.databaseId)?.parentId ?? null),
      is_inline: false,
      ...trash(source.inTrash),
      ...times({ createdAt: source.createdAt, editedAt: source.createdAt }),
      properties: Object.fromEntries(
        source.properties.map((property) => [property.name, configurationOf(world, property)]),
      ),
      icon: null,
      cover: null,
      url: urlOf(source.databaseId),
      public_url: null,
    }),

    /** @param only the ids of the properties to show; all by default. Who may not read is shown the id alone. */
    page: (page: Page, only?: ReadonlySet<string>) => {
      if (!world.capabilities.has('read')) return { object: 'page', id: page.id };
      const properties = propertiesOf(world, page).filter(({ id }) => !only || only.has(id));
      return {
        object: 'page',
        id: page.id,
        ...times(page),
        ...trash(page.inTrash),
        is_archived: page.isArchived,
        is_locked: page.isLocked,
        url: urlOf(page.id),
        public_url: null,
        parent: parentOf(world, page.parentId),
        properties: Object.fromEntries(
          properties.map((property) => [property.name, { id: property.id, ...cellOf(world, page, property) }]),
        ),
        icon: null,
        cover: null,
      };
    },

    /** A block, or a page or database that is on a page. Who may not read is shown the id alone. */
    block: (id: string) => {
      const block = world.blocks.get(id);
      const page = world.pages.get(id);
      const database = world.databases.get(id);
      const thing = block ?? page ?? database;
      if (!thing) throw new Error(`the sandbox has no block ${id}`);
      if (!world.capabilities.has('read')) return { object: 'block', id };
      if (block) return { ...blockBase(id, block), type: block.type, [block.type]: contentOf(block) };
      return page
        ? { ...blockBase(id, page), type: 'child_page', child_page: { title: titleOf(page) } }
        : { ...blockBase(id, thing), type: 'child_database', child_database: { title: database?.title ?? '' } };
    },
  };
}

export type Renderer = ReturnType<typeof createRenderer>;

/** A property of a page as its value stands in the page. */
export function cellOf(world: World, page: Page, property: Property): Record<string, unknown> {
  const { type } = property;
  const value = valueIn(world, page, property);
  switch (type) {
    case 'title':
    case 'rich_text':
      return { type, [type]: richText(partsOf(value)) };
    case 'select':
    case 'status':
      return { type, [type]: chosenOf(property, value)[0] ?? null };
    case 'multi_select':
      return { type, multi_select: chosenOf(property, value) };
    case 'date':
      return {
        type,
        date: typeof value === 'object' && value && !Array.isArray(value) ? { ...value, time_zone: null } : null,
      };
    case 'relation': {
      const ids = Array.isArray(value) ? value : [];
      return {
        type,
        relation: ids.slice(0, MOST_REFERENCES).map((id) => ({ id })),
        has_more: ids.length > MOST_REFERENCES,
      };
    }
    case 'formula':
      return { type, formula: { type: 'string', string: value } };
    case 'rollup':
      return { type, rollup: { type: 'array', array: rolledUp(world, page, property), function: 'show_original' } };
    case 'unique_id':
      return { type, unique_id: { prefix: null, number: value } };
    case 'created_by':
    case 'last_edited_by':
      return { type, [type]: BY_BOT };
    case 'people':
    case 'files':
      return { type, [type]: [] };
    case 'checkbox':
      return { type, checkbox: value === true };
    default:
      return { type, [type]: value };
  }
}

/** The cells of the related rows that a rollup gathers. */
export function rolledUp(world: World, page: Page, { rollup }: Property): Record<string, unknown>[] {
  const related = page.values.get(rollup?.relationId ?? '');
  return (Array.isArray(related) ? related : []).flatMap((id) => {
    const row = world.pages.get(id);
    const property = row && propertiesOf(world, row).find((one) => one.id === rollup?.propertyId);
    return row && property ? [cellOf(world, row, property)] : [];
  });
}

export function richText(parts: readonly TextPart[]) {
  return parts.map(({ content, link, annotations }) => ({
    type: 'text',
    text: { content, link: link === null ? null : { url: link } },
    annotations,
    plain_text: content,
    href: link,
  }));
}

/** A long text comes in parts, as it was written. */
export function partsOf(value: Value): TextPart[] {
  const text = typeof value === 'string' ? value : '';
  const parts = text.match(new RegExp(`[^]{1,${LONGEST_PART}}`, 'gu')) ?? [];
  return parts.flatMap(plainText);
}

export function urlOf(id: string): string {
  return `https://www.notion.so/${id.replaceAll('-', '')}`;
}

function contentOf({ type, text, color, checked, isToggleable }: Block): Record<string, unknown> {
  if (type === 'divider') return {};
  return {
    rich_text: richText(text),
    color,
    ...(type === 'paragraph' && { icon: null }),
    ...(type === 'to_do' && { checked }),
    ...(type.startsWith('heading') && { is_toggleable: isToggleable }),
  };
}

function parentOf(world: World, id: string | null) {
  if (id === null) return { type: 'workspace', workspace: true };
  const source = world.dataSources.get(id);
  if (source) return { type: 'data_source_id', data_source_id: id, database_id: source.databaseId };
  return world.blocks.has(id) ? { type: 'block_id', block_id: id } : { type: 'page_id', page_id: id };
}

function configurationOf(world: World, property: Property) {
  const { id, name, type } = property;
  return { id, name, description: null, type, [type]: settingsOf(world, property) };
}

function settingsOf(world: World, { id, type, options, relatedTo = '', expression = '', rollup }: Property) {
  switch (type) {
    case 'select':
    case 'multi_select':
      return { options: options.map(optionConfiguration) };
    case 'status':
      return {
        options: options.map(optionConfiguration),
        groups: STATUS_GROUPS.map((group) => ({
          id: `${id}-${group}`,
          name: group,
          color: GROUP_COLORS[group],
          option_ids: options.filter((option) => option.group === group).map((option) => option.id),
        })),
      };
    case 'number':
      return { format: 'number' };
    case 'formula':
      return { expression };
    case 'unique_id':
      return { prefix: null };
    case 'relation':
      return {
        database_id: world.dataSources.get(relatedTo)?.databaseId ?? '',
        data_source_id: relatedTo,
        type: 'single_property',
        single_property: {},
      };
    case 'rollup':
      return {
        function: 'show_original',
        relation_property_id: rollup?.relationId ?? '',
        relation_property_name: nameOf(world, rollup?.relationId),
        rollup_property_id: rollup?.propertyId ?? '',
        rollup_property_name: nameOf(world, rollup?.propertyId),
      };
    default:
      return {};
  }
}

function optionConfiguration({ id, name }: Option) {
  return { id, name, color: 'default', description: null };
}

function nameOf(world: World, propertyId: string | undefined): string {
  const properties = [...world.dataSources.values()].flatMap((source) => source.properties);
  return properties.find(({ id }) => id === propertyId)?.name ?? '';
}

function chosenOf({ options }: Property, value: Value) {
  const ids = Array.isArray(value) ? value : [];
  return options.filter(({ id }) => ids.includes(id)).map(({ id, name }) => ({ id, name, color: 'default' }));
}

/** Databases alone tell their times in the long form. */
function toLongMinute(at: number): string {
  return toMinute(at).replace('Z', '+00:00');
}
