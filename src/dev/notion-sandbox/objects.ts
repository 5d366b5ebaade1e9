import type { Database, DataSource, Page, Property, Value, World } from './world.ts';
import { dataSourcesOf } from './world.ts';

/** Everything is attributed to the integration. */
export const BOT = { id: '4d1f1f0a-6c1b-4b0f-9a64-2f3c3d1f7a10', name: 'Precall sandbox' };
export const WORKSPACE_PAGE_ID = '9b8c2f64-1f0e-4c55-8d0a-5a1e0c7c2b11';

const BY_BOT = { object: 'user', id: BOT.id };

/** The version before the pinned one still called the trash an archive too. */
const OLD_VERSION = '2025-09-03';

/** World objects as Notion's API shows them under a version. */
export function createRenderer(version: string) {
  const trash = (inTrash: boolean) => ({ in_trash: inTrash, ...(version === OLD_VERSION && { archived: inTrash }) });

  return {
    bot: () => ({
      object: 'user',
      id: BOT.id,
      name: BOT.name,
      avatar_url: null,
      type: 'bot',
      bot: { owner: { type: 'workspace', workspace: true }, workspace_name: 'Precall sandbox' },
    }),

    database: (world: World, database: Database) => ({
      object: 'database',
      id: database.id,
      title: richText(database.title),
      description: [],
      parent: { type: 'page_id', page_id: WORKSPACE_PAGE_ID },
      is_inline: false,
      ...trash(database.inTrash),
      is_locked: false,
      created_time: toMinute(database.createdAt),
      last_edited_time: toMinute(database.createdAt),
      data_sources: dataSourcesOf(world, database.id).map(({ id, name }) => ({ id, name })),
      icon: null,
      cover: null,
      url: urlOf(database.id),
      public_url: null,
    }),

    dataSource: (source: DataSource) => ({
      object: 'data_source',
      id: source.id,
      title: richText(source.name),
      description: [],
      parent: { type: 'database_id', database_id: source.databaseId },
      database_parent: { type: 'page_id', page_id: WORKSPACE_PAGE_ID },
      is_inline: false,
      ...trash(source.inTrash),
      created_time: toMinute(source.createdAt),
      last_edited_time: toMinute(source.createdAt),
      created_by: BY_BOT,
      last_edited_by: BY_BOT,
      properties: Object.fromEntries(source.properties.map((property) => [property.name, configurationOf(property)])),
      icon: null,
      cover: null,
      url: urlOf(source.databaseId),
      public_url: null,
    }),

    page: (world: World, page: Page) => {
      const source = world.dataSources.get(page.dataSourceId);
      return {
        object: 'page',
        id: page.id,
        created_time: toMinute(page.createdAt),
        last_edited_time: toMinute(page.editedAt),
        ...trash(page.inTrash),
        is_archived: page.isArchived,
        is_locked: false,
        url: urlOf(page.id),
        public_url: null,
        parent: { type: 'data_source_id', data_source_id: page.dataSourceId, database_id: source?.databaseId ?? '' },
        properties: Object.fromEntries(
          (source?.properties ?? []).map((property) => [
            property.name,
            { id: property.id, ...cellOf(property, page.values.get(property.id)) },
          ]),
        ),
        icon: null,
        cover: null,
        created_by: BY_BOT,
        last_edited_by: BY_BOT,
      };
    },
  };
}

export type Renderer = ReturnType<typeof createRenderer>;

function configurationOf(property: Property) {
  const { id, name, type, options } = property;
  const shown = options.map((option) => ({ ...option, color: 'default', description: null }));
  const group = { id: `${id}-group`, name: 'To-do', color: 'gray', option_ids: options.map((option) => option.id) };
  const settings =
    type === 'status'
      ? { options: shown, groups: [group] }
      : type === 'select' || type === 'multi_select'
        ? { options: shown }
        : {};
  return { id, name, description: null, type, [type]: settings };
}

function cellOf(property: Property, value: Value | undefined) {
  const { type } = property;
  switch (type) {
    case 'title':
    case 'rich_text':
      return { type, [type]: typeof value === 'string' && value !== '' ? richText(value) : [] };
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
    case 'checkbox':
      return { type, checkbox: value === true };
    case 'email':
      return { type, email: value ?? null };
  }
}

function chosenOf({ options }: Property, value: Value | undefined) {
  const ids = Array.isArray(value) ? value : [];
  return options.filter(({ id }) => ids.includes(id)).map((option) => ({ ...option, color: 'default' }));
}

function richText(content: string) {
  return [
    {
      type: 'text',
      text: { content, link: null },
      annotations: {
        bold: false,
        italic: false,
        strikethrough: false,
        underline: false,
        code: false,
        color: 'default',
      },
      plain_text: content,
      href: null,
    },
  ];
}

/** Notion rounds the times of objects down to the minute. */
export function toMinute(at: number): string {
  return new Date(Math.floor(at / 60_000) * 60_000).toISOString();
}

function urlOf(id: string): string {
  return `https://www.notion.so/${id.replaceAll('-', '')}`;
}
