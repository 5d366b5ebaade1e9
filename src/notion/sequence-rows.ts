import type { Ask } from './ask.ts';
import { type SequenceWords, sequenceFields } from './membership.ts';
import { cellOf, findRelatedRows, findRows, type Row } from './rows.ts';
import { type DataSource, findProperty, type Property } from './schema.ts';

/**
 * A person's rows in the Email Sequence database, oldest first: those with their address, or those that refer to their contact.
 *
 * @param findContacts looks for all contacts with the address; only asked where rows refer to them.
 * @throws {NotionRefusal} as {@link findRows} does.
 */
export async function findSequenceRows(
  ask: Ask,
  source: DataSource,
  address: string,
  { words, findContacts }: { words: SequenceWords; findContacts: () => Promise<Row[]> },
): Promise<Row[]> {
  const foundBy = foundByIn(source, words);
  if (foundBy.type !== 'relation') return findRows(ask, source, foundBy, address);
  return findRelatedRows(ask, source, foundBy, idsOf(await findContacts()));
}

/** Those of the contacts that a row refers to. @throws {NotionRefusal} as {@link findRows} does. */
export async function contactsInSequence(
  ask: Ask,
  source: DataSource,
  contacts: readonly Row[],
  words: SequenceWords,
): Promise<Row[]> {
  const foundBy = foundByIn(source, words);
  const rows = await findRelatedRows(ask, source, foundBy, idsOf(contacts));
  const referred = new Set(rows.flatMap((row) => referencesOf(row, foundBy, source)));
  return contacts.filter(({ id }) => referred.has(id));
}

function foundByIn(source: DataSource, words: SequenceWords): Property {
  return findProperty(source, sequenceFields(words).foundBy);
}

function referencesOf(row: Row, relation: Property, { title }: DataSource): string[] {
  const cell = cellOf(row, relation, title);
  return cell.type === 'relation' ? cell.relation.map(({ id }) => id) : [];
}

const idsOf = (rows: readonly Row[]) => rows.map(({ id }) => id);
