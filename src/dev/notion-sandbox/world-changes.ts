import { found, valuesOf } from './cells.ts';
import type { Cells } from './seed.ts';
import {
  addDataSource,
  addPage,
  beginEdit,
  type Capability,
  createOption,
  createProperty,
  type DataSource,
  dataSourcesOf,
  emptyValueOf,
  type Page,
  type Property,
  type PropertyType,
  pagesOf,
  type StatusGroup,
  type World,
} from './world.ts';

/**
 * What a person, or another integration, does to the workspace while we work with it; plain JSON, so that it can be told from outside.
 * `in` is the id of a data source, or of a database, which means its first one. Properties and options go by the names they have now.
 */
export type WorldChange =
  | { kind: 'add_property'; in: string; property: string; type: PropertyType; options?: string[] }
  | { kind: 'rename_property'; in: string; property: string; to: string }
  /** Empties it, as Notion does with what cannot be converted. */
  | { kind: 'retype_property'; in: string; property: string; type: PropertyType; options?: string[] }
  | { kind: 'remove_property'; in: string; property: string }
  | { kind: 'add_option'; in: string; property: string; option: string; group?: StatusGroup }
  | { kind: 'rename_option'; in: string; property: string; option: string; to: string }
  | { kind: 'remove_option'; in: string; property: string; option: string }
  | { kind: 'add_row'; in: string; cells: Cells }
  | { kind: 'edit_row'; id: string; cells: Cells }
  /** Adds a row that says the same. */
  | { kind: 'duplicate_row'; id: string }
  /** A page, a block, a data source or a database. */
  | { kind: 'trash' | 'restore' | 'share' | 'unshare'; id: string }
  | { kind: 'archive_row'; id: string }
  | { kind: 'add_data_source'; in: string; name: string }
  | { kind: 'revoke_token' | 'renew_token' }
  | { kind: 'allow'; capabilities: Capability[] }
  | { kind: 'limit'; queryCeiling?: number; blockCap?: number; queryLagMs?: number; searchLagMs?: number };

/** Everything the world holds, as it was. */
export type Snapshot = Omit<World, 'now'>;

export function takeSnapshot({ now: _, ...state }: World): Snapshot {
  return structuredClone(state);
}

/** Makes the world what it was; its clock goes on. */
export function resetTo(world: World, snapshot: Snapshot): void {
  Object.assign(world, structuredClone(snapshot));
}

/**
 * @returns the id of what came into being, if something did.
 * @throws {Error} if what is to be changed is not there.
 */
export function changeWorld(world: World, change: WorldChange): string | undefined {
  switch (change.kind) {
    case 'add_property': {
      const source = sourceIn(world, change.in);
      const property = createProperty(change.property, change.type, change.options);
      source.properties.push(property);
      return emptied(world, source, property).id;
    }
    case 'rename_property':
      propertyIn(world, change).name = change.to;
      return undefined;
    case 'retype_property': {
      const property = propertyIn(world, change);
      property.type = change.type;
      property.options = (change.options ?? []).map((option) => createOption(option));
      emptied(world, sourceIn(world, change.in), property);
      return undefined;
    }
    case 'remove_property':
      return removeProperty(sourceIn(world, change.in), propertyIn(world, change));
    case 'add_option': {
      const option = createOption(change.option, change.group);
      propertyIn(world, change).options.push(option);
      return option.id;
    }
    case 'rename_option':
      found(propertyIn(world, change).options, change.option).name = change.to;
      return undefined;
    case 'remove_option':
      return removeOption(world, sourceIn(world, change.in), propertyIn(world, change), change.option);
    case 'add_row': {
      const source = sourceIn(world, change.in);
      return addPage(world, source.id, valuesOf(world, source, change.cells)).id;
    }
    case 'edit_row': {
      const page = pageIn(world, change.id);
      const values = valuesOf(world, sourceIn(world, page.parentId ?? ''), change.cells);
      beginEdit(world, page);
      for (const [propertyId, value] of values) page.values.set(propertyId, value);
      return undefined;
    }
    case 'duplicate_row': {
      const page = pageIn(world, change.id);
      return addPage(world, page.parentId, structuredClone(page.values)).id;
    }
    case 'trash':
    case 'restore':
      return putInTrash(world, change.id, change.kind === 'trash');
    case 'archive_row':
      pageIn(world, change.id).isArchived = true;
      return undefined;
    case 'unshare':
      world.unshared.add(change.id);
      return undefined;
    case 'share':
      world.unshared.delete(change.id);
      return undefined;
    case 'add_data_source': {
      const { databaseId } = sourceIn(world, change.in);
      return addDataSource(world, databaseId, change.name, [createProperty('Name', 'title')]).id;
    }
    case 'revoke_token':
    case 'renew_token':
      world.revoked = change.kind === 'revoke_token';
      return undefined;
    case 'allow':
      world.capabilities = new Set(change.capabilities);
      return undefined;
    case 'limit': {
      const { kind: _, ...limits } = change;
      Object.assign(world, limits);
      return undefined;
    }
  }
}

/** Values stay behind under a property that is gone; nobody sees them. */
function removeProperty(source: DataSource, { id }: Property): undefined {
  source.properties = source.properties.filter((property) => property.id !== id);
}

/** Rows that had the option chosen lose it. */
function removeOption(world: World, source: DataSource, property: Property, name: string): undefined {
  const { id } = found(property.options, name);
  property.options = property.options.filter((option) => option.id !== id);
  for (const page of pagesOf(world, source.id)) {
    const chosen = page.values.get(property.id);
    if (!Array.isArray(chosen) || !chosen.includes(id)) continue;
    const others = chosen.filter((optionId) => optionId !== id);
    page.values.set(property.id, others.length > 0 ? others : emptyValueOf(property));
  }
}

function putInTrash(world: World, id: string, inTrash: boolean): undefined {
  const page = world.pages.get(id);
  const thing = page ?? world.blocks.get(id) ?? world.dataSources.get(id) ?? world.databases.get(id);
  if (!thing) throw missing(id);
  if (page) beginEdit(world, page);
  thing.inTrash = inTrash;
}

function emptied(world: World, source: DataSource, property: Property): Property {
  for (const page of pagesOf(world, source.id)) page.values.set(property.id, emptyValueOf(property));
  return property;
}

function sourceIn(world: World, id: string): DataSource {
  const source = world.dataSources.get(id) ?? dataSourcesOf(world, id)[0];
  if (source) return source;
  throw missing(id);
}

function propertyIn(world: World, { in: id, property }: { in: string; property: string }): Property {
  return found(sourceIn(world, id).properties, property);
}

function pageIn(world: World, id: string): Page {
  const page = world.pages.get(id);
  if (page) return page;
  throw missing(id);
}

function missing(id: string): Error {
  return new Error(`the sandbox has no ${JSON.stringify(id)}`);
}
