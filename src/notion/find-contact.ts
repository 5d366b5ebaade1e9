import type { Logger } from 'pino';
import type { NotionChoices } from '../config.ts';
import type { Ask } from './ask.ts';
import { type ContactWords, contactFields } from './contact.ts';
import { NotionRefusal } from './errors.ts';
import { findRows, type Row } from './rows.ts';
import { type DataSource, findProperty } from './schema.ts';

/** Where several contacts have an address, which of them is meant. */
export interface Preference {
  policy: NotionChoices['severalContacts'];
  /** Those of the contacts that a row of the Email Sequence database refers to; only asked for `prefer_campaign`. */
  inSequence: (contacts: readonly Row[]) => Promise<Row[]>;
  log: Pick<Logger, 'warn'>;
}

/**
 * All contacts with this address, oldest first; none in the trash or archive.
 *
 * @param address normalized.
 * @throws {NotionRefusal} too_many_rows, and what is wrong with the database.
 */
export function findContacts(
  ask: Ask,
  source: DataSource,
  address: string,
  words: Pick<ContactWords, 'contacts'>,
): Promise<Row[]> {
  return findRows(ask, source, findProperty(source, contactFields(words).email), address);
}

/**
 * The one contact with this address.
 *
 * @returns undefined if nobody has it.
 * @throws {NotionRefusal} contact_ambiguous if several have it and none of them is to be preferred, and as
 *   {@link findContacts} does.
 */
export async function findContact(
  ask: Ask,
  source: DataSource,
  address: string,
  options: Preference & { words: Pick<ContactWords, 'contacts'> },
): Promise<Row | undefined> {
  const found = await findContacts(ask, source, address, options.words);
  return found.length > 1 ? preferred(found, source, options) : found[0];
}

/** What is said where nobody has the address. */
export function contactNotFound({ title }: DataSource): NotionRefusal {
  return new NotionRefusal('contact_not_found', `The ${title} has no row with the attendee's address.`);
}

async function preferred(found: readonly Row[], { title }: DataSource, options: Preference): Promise<Row> {
  const { policy, log } = options;
  const chosen = await choose(found, options);
  const candidates = found.map(({ id }) => id);
  if (chosen) {
    log.warn(
      { policy, chosen: chosen.id, candidates },
      'several contacts have the address of an attendee: one was chosen',
    );
    return chosen;
  }
  throw new NotionRefusal(
    'contact_ambiguous',
    `The ${title} has several rows with the attendee's address; none was changed. Merge them in Notion: ${candidates.join(', ')}.`,
  );
}

async function choose(found: readonly Row[], { policy, inSequence }: Preference): Promise<Row | undefined> {
  const byAge = found.toSorted(oldestFirst);
  switch (policy) {
    case 'refuse':
      return undefined;
    case 'oldest':
      return byAge[0];
    case 'newest':
      return byAge.at(-1);
    case 'prefer_campaign': {
      const [only, ...others] = await inSequence(found);
      return others.length === 0 ? only : undefined;
    }
  }
}

function oldestFirst(a: Row, b: Row): number {
  return Date.parse(a.created_time) - Date.parse(b.created_time) || (a.id < b.id ? -1 : 1);
}
