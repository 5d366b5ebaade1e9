import type { NotionChoices } from '../config.ts';
import { isSameName } from '../same-name.ts';
import { NotionRefusal } from './errors.ts';
import { type Cell, cellOf, optionIdsOf, type Row, textsOf } from './rows.ts';
import { type DataSource, type Field, findProperty, type Property } from './schema.ts';

/** Whether somebody is in one of the campaigns; `campaign` is spelled as it was asked for. */
export type Membership = { state: 'member'; campaign: string; emailsSent?: readonly EmailSent[] } | { state: 'none' };

/** An e-mail of the sequence that a member has got. */
export interface EmailSent {
  /** Its number in the sequence, from 1. */
  email: number;
  /** When, as far as Notion knows: an instant (ISO 8601, UTC), or a calendar day, YYYY-MM-DD. */
  at?: string;
}

/** How the operator calls what we read and write in the Email Sequence database. */
export type SequenceWords = Pick<NotionChoices, 'sequence' | 'campaigns' | 'reminderSent'>;

/** What we read and write in the Email Sequence database. */
export function sequenceFields({ sequence, reminderSent }: Pick<SequenceWords, 'sequence' | 'reminderSent'>) {
  return {
    foundBy:
      'email' in sequence.foundBy
        ? { name: sequence.foundBy.email, types: ['email', 'rich_text', 'title', 'formula'] }
        : { name: sequence.foundBy.contact, types: ['relation'] },
    campaign: { name: sequence.campaign, types: ['select', 'status', 'multi_select', 'rich_text', 'title'] },
    emailsSent: sequence.emailsSent.map((name) => ({ name, types: ['date', 'checkbox', 'rich_text', 'created_time'] })),
    reminderSent: reminderSent.map((name) => ({ name, types: ['date'] })),
  } as const satisfies Record<string, Field | Field[]>;
}

/** Every name that has a meaning to us in the Email Sequence database, of properties and of options. */
export function sequenceNames({ sequence, campaigns, reminderSent }: SequenceWords): string[] {
  return [...Object.values(sequence.foundBy), sequence.campaign, ...sequence.emailsSent, ...campaigns, ...reminderSent];
}

/** @param rows the person's; one in a campaign is enough. */
export function membershipOf(rows: readonly Row[], source: DataSource, words: SequenceWords): Membership {
  const property = findProperty(source, sequenceFields(words).campaign);
  const campaign = words.campaigns.find((name) => rows.some((row) => isIn(row, name, property, source)));
  if (campaign === undefined) return { state: 'none' };
  const emailsSent = emailsSentIn(memberRows(rows, source, words), source, words);
  return { state: 'member', campaign, ...(emailsSent.length > 0 && { emailsSent }) };
}

/** Those of a person's rows that make them a member, in their order. */
export function memberRows(rows: readonly Row[], source: DataSource, words: SequenceWords): Row[] {
  const property = findProperty(source, sequenceFields(words).campaign);
  return rows.filter((row) => words.campaigns.some((name) => isIn(row, name, property, source)));
}

/** Names of those of the e-mails' properties that Notion has no place for: what they would tell is not known. */
export function missingEmails(source: DataSource, words: SequenceWords): string[] {
  return sequenceFields(words)
    .emailsSent.filter((field) => !propertyIfThere(source, field))
    .map(({ name }) => name);
}

/** What all rows together tell; of one e-mail that several tell of, the earliest time. */
function emailsSentIn(rows: readonly Row[], source: DataSource, words: SequenceWords): EmailSent[] {
  return sequenceFields(words).emailsSent.flatMap((field, index) => {
    const property = propertyIfThere(source, field);
    const times = property ? rows.map((row) => sentAt(cellOf(row, property, source.title))) : [];
    const [first] = times.filter((at) => typeof at === 'string').toSorted((a, b) => Date.parse(a) - Date.parse(b));
    if (first !== undefined) return [{ email: index + 1, at: first }];
    return times.includes(true) ? [{ email: index + 1 }] : [];
  });
}

/** When an e-mail was sent; true if only that it was, undefined if it was not. */
function sentAt(cell: Cell): string | true | undefined {
  switch (cell.type) {
    case 'date':
      return instantOrDay(cell.date?.start ?? '');
    case 'created_time':
      return instantOrDay(cell.created_time);
    case 'checkbox':
      return cell.checkbox || undefined;
    case 'rich_text':
      return instantOrDay(textsOf(cell).join('').trim());
    default:
      return undefined;
  }
}

/** A text that is neither is a remark of somebody's. */
function instantOrDay(text: string): string | undefined {
  if (!/^\d{4}-\d{2}-\d{2}(T.*)?$/.test(text) || Number.isNaN(Date.parse(text))) return undefined;
  return text.includes('T') ? new Date(text).toISOString() : text;
}

function propertyIfThere(source: DataSource, field: Field): Property | undefined {
  try {
    return findProperty(source, field);
  } catch (error) {
    if (error instanceof NotionRefusal) return undefined;
    throw error;
  }
}

/** By the campaign's name, or by the option that bore it when it was last looked at: somebody may just have renamed it. */
function isIn(row: Row, campaign: string, property: Property, source: DataSource): boolean {
  const cell = cellOf(row, property, source.title);
  const isMeant = (name: string) => isSameName(name, campaign);
  const meant = property.options.filter(({ name, formerNames }) => [name, ...formerNames].some(isMeant));
  return textsOf(cell).some(isMeant) || optionIdsOf(cell).some((id) => meant.some((option) => option.id === id));
}
