import { validationError } from './answers.ts';
import type { Writes, WrittenValue } from './request-shapes.ts';
import { createOption, emptyValueOf, type Property, type Value, type World } from './world.ts';

interface OptionChoice {
  id?: string | undefined;
  name?: string | undefined;
}

/**
 * What a request would store, by property id. Nothing is changed before all of it is found good, but for one thing Notion
 * does too: a select option whose name is new comes into being, if the integration may change the schema.
 *
 * @throws {ApiError} for a property that is not there, of another type, or a status option that is not there.
 */
export function valuesToStore(world: World, properties: readonly Property[], writes: Writes): Map<string, Value> {
  const aimed = writes.map(([nameOrId, written]) => {
    const property = properties.find(({ id, name }) => name === nameOrId || id === nameOrId);
    if (!property) throw validationError(`${nameOrId} is not a property that exists.`);
    if (property.type !== written.type) throw validationError(`${property.name} is expected to be ${property.type}.`);
    for (const choice of choicesOf(written)) refuseImpossible(world, property, choice);
    return [property, written] as const;
  });
  return new Map(aimed.map(([property, written]) => [property.id, storedValue(property, written)]));
}

function choicesOf({ type, value }: WrittenValue): OptionChoice[] {
  if (type === 'multi_select') return value;
  return (type === 'select' || type === 'status') && value ? [value] : [];
}

function refuseImpossible(world: World, { options, type, name: property }: Property, { id, name }: OptionChoice): void {
  if (id !== undefined) {
    if (options.some((option) => option.id === id)) return;
    throw validationError(`Invalid ${type} option id for ${property}.`);
  }
  if (options.some((option) => option.name === name)) return;
  // The stray quotation mark is Notion's.
  if (type === 'status') throw validationError(`Invalid status option. Status option "${name}" does not exist".`);
  if (name?.includes(',')) throw validationError(`Invalid ${type} option, commas not allowed: ${name}`);
  if (!world.capabilities.has('edit_schema')) {
    throw validationError(`Invalid ${type} option. The option "${name}" does not exist, and may not be created.`);
  }
}

function storedValue(property: Property, written: WrittenValue): Value {
  switch (written.type) {
    case 'title':
    case 'rich_text':
      return written.value.map((part) => part.text.content).join('');
    case 'select':
    case 'status':
      return written.value ? [optionId(property, written.value)] : emptyValueOf(property);
    case 'multi_select':
      return written.value.map((choice) => optionId(property, choice));
    case 'relation':
      return written.value.map(({ id }) => id);
    case 'date':
      return (
        written.value && {
          start: toStoredDate(written.value.start),
          end: written.value.end ? toStoredDate(written.value.end) : null,
        }
      );
    default:
      return written.value;
  }
}

function optionId({ options }: Property, { id, name = '' }: OptionChoice): string {
  const known = options.find((option) => (id === undefined ? option.name === name : option.id === id));
  if (known) return known.id;
  const created = createOption(name);
  options.push(created);
  return created.id;
}

/** A day stays a day; an instant loses its seconds and shows its offset. */
function toStoredDate(text: string): string {
  if (!text.includes('T')) return text;
  const [day, time = ''] = text.split('T');
  const offset = /([+-]\d{2}:\d{2})$/.exec(time)?.[1] ?? '+00:00';
  return `${day}T${time.slice(0, 5)}:00.000${offset}`;
}
