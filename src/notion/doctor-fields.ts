import type { DataSourceObjectResponse } from '@notionhq/client';
import { looksLike, nearestTo } from '../alike.ts';
import { type Check, checksOf } from '../check.ts';
import { NotionRefusal } from './errors.ts';
import { type DataSource, type Field, findProperty, optionCalled, type Property } from './schema.ts';

const check = checksOf('notion');

/** A property that is mapped, and what is to be found there. */
export interface MappedField {
  /** How checks call it. */
  what: string;
  field: Field;
  /** The options that are written, or looked for. */
  options?: readonly string[] | undefined;
  /** Options that people set, and that something is to follow from. */
  heeded?: readonly string[] | undefined;
  /** The data source that a relation has to lead to. */
  leadsTo?: string | undefined;
  /** What is off without it; undefined for what nothing goes without. */
  without?: string | undefined;
}

/** Properties of one kind, none of which anything depends on. */
export interface MappedList {
  what: string;
  fields: readonly Field[];
  /** What is off without them. */
  without: string;
  /** Having none of them is as good as having all. */
  isOptional?: boolean;
}

/** A property's settings as Notion shows them; the groups of a status are nowhere else. */
export type Settings = DataSourceObjectResponse['properties'];

const MOST_NAMES = 12;

/** Two open reports say that Notion refuses these to integrations in some workspaces. */
const DOUBTFUL_GROUP = 'In progress';

/** Whether a mapped property is there, of a type that can be worked with, and has the options that it must offer. */
export function checkField(source: DataSource, mapped: MappedField, settings: Settings): Check {
  const { what, field, options = [], without } = mapped;
  const fault = (words: string) =>
    without === undefined ? check(what, 'error', words) : check(what, 'warning', `${words} Until then ${without}.`);
  let property: Property;
  try {
    property = findProperty(source, field);
  } catch (error) {
    if (!(error instanceof NotionRefusal)) throw error;
    return fault(wordsFor(error, source, field));
  }

  const missing = offersOptions(property) ? options.filter((name) => !optionCalled(property, name)) : [];
  const lost = [...missing.map((name) => missingOption(source, property, name)), ...astray(property, mapped, settings)];
  if (lost.length > 0) return fault(lost.join(' '));

  const doubts = doubtsAbout(property, mapped, settings);
  const there = `"${property.name}" is of type ${property.type}, id ${property.id}${offering(property, options)}.`;
  return check(what, doubts.length > 0 ? 'warning' : 'ok', [there, ...doubts].join(' '));
}

/** What will perhaps not work, or not as somebody means it. */
function doubtsAbout(property: Property, { options = [], heeded = [] }: MappedField, settings: Settings): string[] {
  if (property.type === 'formula') return ['It is a formula: found by, and never written.'];
  if (!offersOptions(property)) return [];
  const unknown = heeded.filter((name) => !optionCalled(property, name));
  return [
    ...options.flatMap((name) => [...spellingDoubt(property, name), ...groupDoubt(property, name, settings)]),
    ...unknown.map(
      (name) => `It has no option "${name}", which keptStatuses in precall.yaml names: nothing is kept for it.`,
    ),
  ];
}

function astray({ id, name }: Property, { leadsTo }: MappedField, settings: Settings): string[] {
  const shown = Object.values(settings).find((one) => one.id === id);
  if (leadsTo === undefined || shown?.type !== 'relation' || shown.relation.data_source_id === leadsTo) return [];
  return [`"${name}" does not refer to the contacts database: change what it is related to in Notion (Edit property).`];
}

/** All of them at once: what is the matter with one is mostly the matter with all. */
export function checkList(source: DataSource, { what, fields, without, isOptional = false }: MappedList): Check {
  const faults = fields.flatMap((field) => faultOf(source, field));
  if (faults.length === 0) {
    return check(what, 'ok', `They are there: ${quoted(fields.map(({ name }) => name))}.`);
  }
  const missing = faults.filter(({ reason }) => reason === 'property_missing').map(({ name }) => name);
  if (isOptional && missing.length === fields.length) {
    return check(what, 'ok', `The ${source.title} has none of ${quoted(missing)}, and need not: ${without}.`);
  }
  const words = [
    ...(missing.length > 0
      ? [`The ${source.title} has no ${quoted(missing)}: add them in Notion, or take them out of precall.yaml.`]
      : []),
    ...faults.filter(({ reason }) => reason !== 'property_missing').map(({ message }) => message),
  ];
  return check(what, 'warning', `${words.join(' ')} Until then ${without}.`);
}

function faultOf(source: DataSource, field: Field): { name: string; reason: string; message: string }[] {
  try {
    findProperty(source, field);
    return [];
  } catch (error) {
    if (!(error instanceof NotionRefusal)) throw error;
    return [{ name: field.name, reason: error.reason, message: error.message }];
  }
}

/** Only these tell which options they have; in a text anything may stand. */
function offersOptions({ type }: Property): boolean {
  return type === 'status' || type === 'select' || type === 'multi_select';
}

function offering(property: Property, options: readonly string[]): string {
  return offersOptions(property) && options.length > 0 ? `, and offers ${quoted(options)}` : '';
}

/** What is wanted, what there is instead, and what to click. */
function wordsFor({ reason, message }: NotionRefusal, { properties }: DataSource, { name }: Field): string {
  if (reason === 'property_missing') {
    const nearest = nearestTo(
      name,
      properties.map((property) => property.name),
    );
    const meant = nearest.length > 0 ? ` Perhaps ${nearest.map((other) => `"${other}"`).join(' or ')} is meant.` : '';
    return `${message} There are ${someOf(properties.map((property) => property.name))}.${meant}`;
  }
  return message;
}

function missingOption({ title }: DataSource, { name, options, type }: Property, wanted: string): string {
  const names = options.map((option) => option.name);
  const alike = names.filter((option) => looksLike(option, wanted));
  const nearest = alike.length > 0 ? alike : nearestTo(wanted, names);
  const there = nearest.length > 0 ? nearest : names;
  const instead =
    there.length > 0
      ? `There is ${someOf(there)}: ${nearest.length > 0 ? 'rename it, or put that name' : 'put one of these'} into precall.yaml.`
      : 'It has none yet.';
  const where = type === 'status' ? 'Edit property → Options' : 'Edit property → Add an option';
  return `The property "${name}" of the ${title} has no option "${wanted}": add it in Notion (${where}). ${instead}`;
}

/** Two of them: people will choose now the one, now the other, and only one is ours. */
function spellingDoubt(property: Property, wanted: string): string[] {
  const meant = optionCalled(property, wanted)!;
  const others = property.options.filter(({ id, name }) => id !== meant.id && looksLike(name, wanted));
  const twins = others.map(({ name }) => `"${name}"`).join(' and ');
  return [
    ...(meant.name.normalize('NFC') === wanted.normalize('NFC')
      ? []
      : [`"${wanted}" is spelled "${meant.name}" there: that one is taken.`]),
    ...(others.length > 0 ? [`There is ${twins} beside "${meant.name}": merge them.`] : []),
  ];
}

function groupDoubt(property: Property, wanted: string, settings: Settings): string[] {
  const shown = Object.values(settings).find(({ id }) => id === property.id);
  if (shown?.type !== 'status') return [];
  const { id } = optionCalled(property, wanted)!;
  const group = shown.status.groups.find(({ option_ids }) => option_ids.includes(id));
  return group && looksLike(group.name, DOUBTFUL_GROUP)
    ? [
        `"${wanted}" is in the group "${group.name}", which Notion refuses to integrations in some workspaces: drag it to another ` +
          'group, or make the property a select, if writing fails.',
      ]
    : [];
}

function someOf(names: readonly string[]): string {
  const shown = quoted(names.slice(0, MOST_NAMES));
  return names.length > MOST_NAMES ? `${shown} and ${names.length - MOST_NAMES} more` : shown;
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}
