import type { Cells } from './seed.ts';
import { type DataSource, emptyValueOf, type Page, type Property, pagesOf, type Value, type World } from './world.ts';

/** A value as a person reads it; null is an empty cell. Related rows show their ids. */
export function shown(property: Property, value: Value | undefined): Cells[string] {
  if (Array.isArray(value)) {
    if (property.type === 'relation') return value;
    const names = value.map((id) => property.options.find((option) => option.id === id)?.name ?? '');
    return property.type === 'multi_select' ? names : (names[0] ?? null);
  }
  return typeof value === 'object' ? (value?.start ?? null) : (value ?? null);
}

/** What a row holds under a property, computed where Notion computes it; an instant is ISO 8601. */
export function valueIn(world: World, page: Page, property: Property): Value {
  switch (property.type) {
    case 'created_time':
      return toMinute(page.createdAt);
    case 'last_edited_time':
      return toMinute(page.editedAt);
    case 'unique_id':
      return page.serial;
    case 'formula':
      return formulaOf(world, page, property.expression ?? '');
    default:
      return page.values.get(property.id) ?? emptyValueOf(property);
  }
}

/** Notion rounds the times of objects down to the minute. */
export function toMinute(at: number): string {
  return new Date(Math.floor(at / 60_000) * 60_000).toISOString();
}

/** Values of a row by the names of its properties; related rows by id, or by what stands in their title. */
export function valuesOf(world: World, source: DataSource, cells: Cells): Map<string, Value> {
  return new Map(
    Object.entries(cells).map(([name, cell]) => {
      const property = found(source.properties, name);
      return [property.id, storedCell(world, property, cell)];
    }),
  );
}

export function found<T extends { name: string }>(things: readonly T[], name: string): T {
  const thing = things.find((one) => one.name === name);
  if (thing) return thing;
  throw new Error(`the sandbox has no ${JSON.stringify(name)}`);
}

function storedCell(world: World, property: Property, cell: Cells[string]): Value {
  if (cell === null || cell === undefined) return emptyValueOf(property);
  switch (property.type) {
    case 'date':
      return { start: String(cell), end: null };
    case 'select':
    case 'status':
    case 'multi_select':
      return [cell].flat().map((name) => found(property.options, String(name)).id);
    case 'relation':
      return [cell].flat().map((row) => relatedRow(world, property, String(row)));
    default:
      return cell;
  }
}

function relatedRow(world: World, { relatedTo = '' }: Property, idOrTitle: string): string {
  const rows = pagesOf(world, relatedTo);
  const row = rows.find(({ id, values }) => id === idOrTitle || values.get('title') === idOrTitle);
  if (row) return row.id;
  throw new Error(`the sandbox has no row ${JSON.stringify(idOrTitle)}`);
}

/** The few formulas there are. */
function formulaOf(world: World, page: Page, expression: string): string {
  const [, change, inner] = /^(lower|trim)\((.*)\)$/.exec(expression) ?? [];
  if (inner !== undefined) {
    const text = formulaOf(world, page, inner);
    return change === 'lower' ? text.toLowerCase() : text.trim();
  }
  const name = /^prop\("(.*)"\)$/.exec(expression)?.[1];
  const property = world.dataSources.get(page.parentId ?? '')?.properties.find((one) => one.name === name);
  return property ? String(shown(property, page.values.get(property.id)) ?? '') : '';
}
