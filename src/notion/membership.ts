import { cellOf, type Row, textsOf } from './rows.ts';
import { type DataSource, type Field, findProperty } from './schema.ts';

/** Whether somebody is in one of the campaigns; `campaign` is spelled as it was asked for. */
export type Membership = { state: 'member'; campaign: string } | { state: 'none' };

/** What we read in the Email Sequence database. */
export const SEQUENCE = {
  email: { name: 'Email', types: ['email', 'rich_text', 'title'] },
  campaign: { name: 'Campaign', types: ['select', 'status', 'multi_select', 'rich_text', 'title'] },
} as const satisfies Record<string, Field>;

/** @param rows the person's; one in a campaign is enough. */
export function membershipOf(rows: readonly Row[], source: DataSource, campaigns: readonly string[]): Membership {
  const property = findProperty(source, SEQUENCE.campaign);
  const named = new Set(rows.flatMap((row) => textsOf(cellOf(row, property, source.title)).map(comparable)));
  const campaign = campaigns.find((name) => named.has(comparable(name)));
  return campaign === undefined ? { state: 'none' } : { state: 'member', campaign };
}

const comparable = (name: string) => name.normalize('NFC').trim().toLowerCase();
