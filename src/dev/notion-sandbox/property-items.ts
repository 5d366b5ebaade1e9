import { validationError } from './answers.ts';
import { valueIn } from './cells.ts';
import { type Cursors, listOf, partOf } from './lists.ts';
import { cellOf, partsOf, richText, rolledUp } from './objects.ts';
import type { ListPart } from './request-shapes.ts';
import { type Page, type Property, propertiesOf, type World } from './world.ts';

const ADDRESS = 'https://api.notion.com/v1';

/**
 * One property of a page, by itself: a value, or a list for those that can hold more than a page shows.
 *
 * @param propertyId as Notion spells it, or decoded.
 * @throws {ApiError} if the page has no such property.
 */
export function propertyItem(world: World, page: Page, propertyId: string, part: ListPart, cursors: Cursors) {
  const property = propertyById(propertiesOf(world, page), propertyId);
  const item = { object: 'property_item', id: property.id };
  const items = itemsOf(world, page, property);
  if (!items) return { ...item, ...cellOf(world, page, property) };

  const asked = partOf(items, part, cursors, JSON.stringify(['property', page.id, property.id]));
  const { items: shown, nextCursor } = asked;
  const next =
    nextCursor === null ? null : `${ADDRESS}/pages/${page.id}/properties/${property.id}?start_cursor=${nextCursor}`;
  return listOf(
    'property_item',
    { items: shown.map((one) => ({ ...item, ...one })), nextCursor },
    { id: property.id, type: property.type, [property.type]: summaryOf(property), next_url: next },
  );
}

/** @throws {ApiError} */
export function propertyById(properties: readonly Property[], id: string): Property {
  const property = properties.find((one) => one.id === id || decodeURIComponent(one.id) === id);
  if (property) return property;
  throw validationError(`Could not find property with name or id: ${id}`);
}

function itemsOf(world: World, page: Page, property: Property): Record<string, unknown>[] | undefined {
  const { type } = property;
  const value = valueIn(world, page, property);
  switch (type) {
    case 'title':
    case 'rich_text':
      return richText(partsOf(value)).map((part) => ({ type, [type]: part }));
    case 'relation':
      return (Array.isArray(value) ? value : []).map((id) => ({ type, relation: { id } }));
    case 'people':
      return [];
    case 'rollup':
      return rolledUp(world, page, property).flatMap(asItems);
    default:
      return undefined;
  }
}

/** Texts and relations are lists: each of their parts is an item. */
function asItems(cell: Record<string, unknown>): Record<string, unknown>[] {
  const type = String(cell['type']);
  const value = cell[type];
  return (Array.isArray(value) ? value : [value]).map((one) => ({ type, [type]: one }));
}

function summaryOf({ type }: Property): Record<string, unknown> {
  return type === 'rollup' ? { type: 'array', array: [], function: 'show_original' } : {};
}
