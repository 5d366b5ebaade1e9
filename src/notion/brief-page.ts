import { createHash } from 'node:crypto';
import type { BookingKey } from '../booking.ts';
import type { Ask } from './ask.ts';
import { type PageBlock, requestOf } from './page-block.ts';
import { childrenOf } from './read-children.ts';
import { retrievePage } from './retrieve-page.ts';
import { isGone, type Row } from './rows.ts';

/** Of a hash, in hex: one contact never has enough bookings for two to be alike. */
const REF_LENGTH = 10;
const VERSION_LENGTH = 6;

/** What the page of a booking's brief is found again by, whatever else has been lost. */
export function refOf({ uid, seat = '' }: BookingKey): string {
  return createHash('sha256')
    .update(JSON.stringify([uid, seat]))
    .digest('hex')
    .slice(0, REF_LENGTH);
}

/** @param date calendar day of the call, YYYY-MM-DD. */
export function titleOf(date: string, ref: string): string {
  return `Call prep ${date} [${ref}]`;
}

/** Tells the parts of one text from those of an earlier one. */
export function closingLine(ref: string, textHash: string, part: number, parts: number): string {
  return `${ref} part ${part}/${parts} ${textHash.slice(0, VERSION_LENGTH)}`;
}

/** The page, if it is there to be written on: within our reach, and not in the trash, neither itself nor with what it is under. */
export async function findLivePage(ask: Ask, pageId: string): Promise<Row | undefined> {
  const page = await retrievePage(ask, pageId);
  if (!page || isGone(page)) return undefined;
  const around = page.parent.type === 'page_id' ? await retrievePage(ask, page.parent.page_id) : undefined;
  return around && isGone(around) ? undefined : page;
}

/** The page on the contact's that has the ref in its title. */
export async function findBriefPage(ask: Ask, contactId: string, ref: string): Promise<string | undefined> {
  for await (const { id, type, text } of childrenOf(ask, contactId)) {
    if (type === 'child_page' && text.includes(`[${ref}]`)) return id;
  }
  return undefined;
}

export interface NewPage {
  contactId: string;
  ref: string;
  date: string;
  blocks: readonly PageBlock[];
}

export interface CreatedPage {
  id: string;
  /** Notion has said so itself: the page was not found after its answer was lost. */
  isCertain: boolean;
}

/** Creates the page together with its first blocks: one outcome to find out about instead of two. */
export async function createBriefPage(ask: Ask, { contactId, ref, date, blocks }: NewPage): Promise<CreatedPage> {
  return ask.add<CreatedPage>(
    async (client) => {
      const { id } = await client.pages.create({
        parent: { type: 'page_id', page_id: contactId },
        properties: { title: { title: [{ type: 'text', text: { content: titleOf(date, ref) } }] } },
        children: blocks.map(requestOf),
      });
      return { id, isCertain: true };
    },
    async ([committed]) => {
      const named = async () => (committed === undefined ? undefined : (await findLivePage(ask, committed))?.id);
      const id = (await findBriefPage(ask, contactId, ref)) ?? (await named());
      return id === undefined ? undefined : { id, isCertain: false };
    },
  );
}
