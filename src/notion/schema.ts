import type { DataSourceObjectResponse, PartialDataSourceObjectResponse } from '@notionhq/client';
import { NotionRefusal } from './errors.ts';

/** What we know of the data source behind a database: which properties it has, and their options. */
export interface DataSource {
  id: string;
  /** How messages call the database. */
  title: string;
  properties: readonly Property[];
}

export interface Property extends Named {
  type: PropertyType;
  /** Empty for types without options. */
  options: readonly Option[];
}

export type Option = Named;

interface Named {
  /** Stays when a person renames the thing. */
  id: string;
  name: string;
  /** What it was called when we looked earlier, so that a rename does not lose it. */
  formerNames: readonly string[];
}

type AnyDataSource = DataSourceObjectResponse | PartialDataSourceObjectResponse;

export type PropertyType = AnyDataSource['properties'][string]['type'];

/** A property we look for: its name in Notion, and the types we can work with. */
export interface Field {
  name: string;
  types: readonly PropertyType[];
}

/** @param before what the same data source looked like earlier. */
export function readDataSource(answer: AnyDataSource, title: string, before?: DataSource): DataSource {
  const properties = Object.values(answer.properties).map((property): Property => {
    const earlier = before?.properties.find(({ id }) => id === property.id);
    return {
      ...named(property, earlier),
      type: property.type,
      options: optionsOf(property).map((option) =>
        named(
          option,
          earlier?.options.find(({ id }) => id === option.id),
        ),
      ),
    };
  });
  return { id: answer.id, title, properties };
}

function optionsOf(property: AnyDataSource['properties'][string]): readonly { id: string; name: string }[] {
  if (property.type === 'status') return property.status.options;
  if (property.type === 'select') return property.select.options;
  return property.type === 'multi_select' ? property.multi_select.options : [];
}

function named({ id, name }: { id: string; name: string }, earlier: Named | undefined): Named {
  return { id, name, formerNames: earlier ? [...earlier.formerNames, earlier.name] : [] };
}

/** @throws {NotionRefusal} property_missing, property_unsupported. */
export function findProperty({ properties, title }: DataSource, { name, types }: Field): Property {
  const property = byName(properties, name);
  if (!property) {
    throw new NotionRefusal(
      'property_missing',
      `The ${title} has no property "${name}": add it in Notion, as ${listOf(types)}.`,
    );
  }
  if (!types.includes(property.type)) {
    throw new NotionRefusal(
      'property_unsupported',
      `The property "${name}" of the ${title} is of type ${property.type}: change it in Notion to ${listOf(types)}.`,
    );
  }
  return property;
}

/**
 * Options are written by id: Notion would quietly create a select option whose name it does not know.
 *
 * @throws {NotionRefusal} option_missing.
 */
export function findOption({ name, options }: Property, wanted: string, title: string): Option {
  const alike = options.filter((option) => loosely(option.name) === loosely(wanted));
  const option = byName(options, wanted) ?? (alike.length === 1 ? alike[0] : undefined);
  if (option) return option;
  throw new NotionRefusal(
    'option_missing',
    `The property "${name}" of the ${title} has no option "${wanted}": add it in Notion.`,
  );
}

function byName<T extends Named>(things: readonly T[], name: string): T | undefined {
  const wanted = exactly(name);
  return (
    things.find((thing) => exactly(thing.name) === wanted) ??
    things.find(({ formerNames }) => formerNames.some((former) => exactly(former) === wanted))
  );
}

const exactly = (name: string) => name.normalize('NFC').trim();

const loosely = (name: string) => name.normalize('NFC').replace(/\s+/g, '').toLowerCase();

function listOf(types: readonly string[]): string {
  return types.length > 1 ? `${types.slice(0, -1).join(', ')} or ${types.at(-1)}` : `${types[0]}`;
}
