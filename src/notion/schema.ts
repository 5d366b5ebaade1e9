import type { DataSourceObjectResponse, PartialDataSourceObjectResponse } from '@notionhq/client';
import { isSameName } from '../same-name.ts';
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

/** A property we look for: what the operator calls it, and the types we can work with. */
export interface Field {
  /** Its name in Notion, or its id. */
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
  if (!earlier) return { id, name, formerNames: [] };
  return {
    id,
    name,
    formerNames: earlier.name === name ? earlier.formerNames : [...earlier.formerNames, earlier.name],
  };
}

/** @throws {NotionRefusal} property_missing, property_unsupported. */
export function findProperty({ properties, title }: DataSource, { name, types }: Field): Property {
  const property = byName(properties, name) ?? properties.find(({ id }) => id === name);
  if (!property) {
    throw new NotionRefusal(
      'property_missing',
      `The ${title} has no property "${name}": add it in Notion, as ${listOf(types)}, or name another one in precall.yaml.`,
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
export function findOption(property: Property, wanted: string, title: string): Option {
  const option = optionCalled(property, wanted);
  if (option) return option;
  throw new NotionRefusal(
    'option_missing',
    `The property "${property.name}" of the ${title} has no option "${wanted}": add it in Notion, or name another one in precall.yaml.`,
  );
}

/** The option that is meant by a name, be it spelled a little differently, unless two could be. */
export function optionCalled({ options }: Property, name: string): Option | undefined {
  const alike = options.filter((option) => isSameName(option.name, name));
  return byName(options, name) ?? (alike.length === 1 ? alike[0] : undefined);
}

/**
 * What is used under one of these names and has another one now than it had before, as a person reads it: `"Status" is now "State"`.
 *
 * @param names as the operator gives them, of properties and options alike.
 */
export function renamesBetween(before: DataSource, after: DataSource, names: readonly string[]): string[] {
  const isUsed = (thing: Named) => names.some((name) => thing.id === name || byName([thing], name) !== undefined);
  return after.properties.flatMap((property) => {
    const earlier = before.properties.find(({ id }) => id === property.id);
    const things: [Named, Named | undefined][] = [
      [property, earlier],
      ...property.options.map((option): [Named, Named | undefined] => [
        option,
        earlier?.options.find(({ id }) => id === option.id),
      ]),
    ];
    return things.flatMap(([now, then]) =>
      then && then.name !== now.name && isUsed(now) ? [`"${then.name}" is now "${now.name}"`] : [],
    );
  });
}

/** What bore the name when it was first seen goes on being meant, whatever is called so since. */
function byName<T extends Named>(things: readonly T[], name: string): T | undefined {
  const wanted = exactly(name);
  return (
    things.find((thing) => exactly(thing.formerNames[0] ?? thing.name) === wanted) ??
    things.find((thing) => exactly(thing.name) === wanted) ??
    things.find(({ formerNames }) => formerNames.some((former) => exactly(former) === wanted))
  );
}

/** A name as it is compared where letter case matters. */
export const exactly = (name: string) => name.normalize('NFC').trim();

function listOf(types: readonly string[]): string {
  return types.length > 1 ? `${types.slice(0, -1).join(', ')} or ${types.at(-1)}` : `${types[0]}`;
}
