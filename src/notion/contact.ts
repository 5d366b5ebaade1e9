import type { UpdatePageParameters } from '@notionhq/client';
import type { NotionChoices } from '../config.ts';
import { NotionRefusal } from './errors.ts';
import { cellOf, optionIdsOf, type Row } from './rows.ts';
import { type DataSource, type Field, findOption, findProperty, optionCalled, type Property } from './schema.ts';

/** What a booking says about its attendee's contact, in our words; an absent field is left as it is. */
export interface ContactFields {
  bookingStatus: 'Booked' | 'Cancelled' | 'Completed' | 'No-Show';
  /** Calendar day, YYYY-MM-DD. */
  callDate?: string;
  campaignStatus?: 'Pre-Call Prep';
}

/** How the operator calls what we read and write in the contacts database. */
export type ContactWords = Pick<NotionChoices, 'contacts' | 'values' | 'keptStatuses'>;

const VALUE_OF = {
  Booked: 'booked',
  Cancelled: 'cancelled',
  Completed: 'completed',
  'No-Show': 'noShow',
} as const satisfies Record<ContactFields['bookingStatus'], keyof ContactWords['values']>;

const STATUS = ['status', 'select'] as const;

/** What we read and write in the contacts database. An e-mail address that a formula makes up can be read only. */
export function contactFields({ contacts }: Pick<ContactWords, 'contacts'>) {
  return {
    email: { name: contacts.email, types: ['email', 'rich_text', 'title', 'formula'] },
    bookingStatus: { name: contacts.bookingStatus, types: STATUS },
    callDate: { name: contacts.callDate, types: ['date'] },
    campaignStatus: { name: contacts.campaignStatus, types: STATUS },
  } as const satisfies Record<string, Field>;
}

/** Every name that has a meaning to us in the contacts database, of properties and of options. */
export function contactNames({ contacts, values, keptStatuses }: ContactWords): string[] {
  return [...Object.values(contacts), ...Object.values(values), ...keptStatuses];
}

/** A field Notion has no place for, although the others could be written. */
export interface LeftField {
  field: 'campaignStatus';
  refusal: NotionRefusal;
}

export interface UpdatePlan {
  /** Only what differs, under the names the contact's page has now. */
  properties: Properties;
  left: LeftField[];
}

type Properties = NonNullable<UpdatePageParameters['properties']>;

/**
 * What to write so that the contact says what is wanted; nothing that it says already, because every edit sets off the
 * operator's own Notion automations.
 *
 * @throws {NotionRefusal} property_missing, property_unsupported, option_missing for booking status and call date. The
 *   campaign status is a convenience: where it has no place it is left out.
 */
export function planUpdate(contact: Row, source: DataSource, wanted: ContactFields, words: ContactWords): UpdatePlan {
  return plan(source, wanted, words, {
    option(property, id) {
      const cell = cellOf(contact, property, source.title);
      return optionIdsOf(cell).includes(id) ? {} : optionWrite(property, cell.name, id);
    },
    date(property, day) {
      const cell = cellOf(contact, property, source.title);
      return cell.type === 'date' && cell.date?.start === day ? {} : { [cell.name]: { date: { start: day } } };
    },
  });
}

/**
 * What to write so that a new contact says what is wanted.
 *
 * @param person who it is; `name` may be empty.
 * @throws {NotionRefusal} as {@link planUpdate} does, and contact_not_found where an address cannot be written.
 */
export function planCreation(
  source: DataSource,
  wanted: ContactFields,
  words: ContactWords,
  person: { address: string; name: string },
): UpdatePlan {
  const { properties, left } = plan(source, wanted, words, {
    option: (property, id) => optionWrite(property, property.name, id),
    date: (property, day) => ({ [property.name]: { date: { start: day } } }),
  });
  const title = source.properties.find(({ type }) => type === 'title');
  const named: Properties = title ? { [title.name]: { title: textWrite(person.name.trim() || person.address) } } : {};
  return {
    properties: {
      ...named,
      ...addressWrite(findProperty(source, contactFields(words).email), person.address, source),
      ...properties,
    },
    left,
  };
}

/** @throws {NotionRefusal} as {@link planUpdate} does. */
export function saysAlready(contact: Row, source: DataSource, expected: ContactFields, words: ContactWords): boolean {
  return Object.keys(planUpdate(contact, source, expected, words).properties).length === 0;
}

/**
 * Whether a person has set the contact's booking status to one that they keep for themselves.
 *
 * @throws {NotionRefusal} property_missing, property_unsupported.
 */
export function isKept(contact: Row, source: DataSource, words: ContactWords): boolean {
  const property = findProperty(source, contactFields(words).bookingStatus);
  const [status] = optionIdsOf(cellOf(contact, property, source.title));
  return status !== undefined && words.keptStatuses.some((name) => optionCalled(property, name)?.id === status);
}

/** How each kind of field is written; nothing for what need not be. */
interface Writes {
  option: (property: Property, optionId: string) => Properties;
  date: (property: Property, day: string) => Properties;
}

function plan(source: DataSource, wanted: ContactFields, words: ContactWords, writes: Writes): UpdatePlan {
  const fields = contactFields(words);
  const choose = (field: Field, name: string) => {
    const property = findProperty(source, field);
    return writes.option(property, findOption(property, name, source.title).id);
  };

  const properties = choose(fields.bookingStatus, words.values[VALUE_OF[wanted.bookingStatus]]);
  if (wanted.callDate !== undefined) {
    Object.assign(properties, writes.date(findProperty(source, fields.callDate), wanted.callDate));
  }
  if (wanted.campaignStatus === undefined) return { properties, left: [] };
  try {
    return { properties: { ...properties, ...choose(fields.campaignStatus, words.values.preCallPrep) }, left: [] };
  } catch (error) {
    if (!(error instanceof NotionRefusal)) throw error;
    return { properties, left: [{ field: 'campaignStatus', refusal: error }] };
  }
}

/** By id: Notion would quietly make a select option whose name it does not know. */
function optionWrite({ type }: Property, name: string, id: string): Properties {
  return { [name]: type === 'status' ? { status: { id } } : { select: { id } } };
}

function addressWrite(email: Property, address: string, { title }: DataSource): Properties {
  switch (email.type) {
    case 'email':
      return { [email.name]: { email: address } };
    case 'rich_text':
      return { [email.name]: { rich_text: textWrite(address) } };
    case 'title':
      return { [email.name]: { title: textWrite(address) } };
    default:
      throw new NotionRefusal(
        'contact_not_found',
        `The ${title} has no row with the attendee's address, and none can be made: a formula makes up its "${email.name}".`,
      );
  }
}

/** As much of a text as Notion takes in one piece. */
function textWrite(text: string): { text: { content: string } }[] {
  return [{ text: { content: text.slice(0, 2_000) } }];
}
