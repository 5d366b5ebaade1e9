import type { BookingKey } from '../booking.ts';
import type { BriefBlock } from '../brief.ts';
import type { Ask } from './ask.ts';
import { addBlocks, removeBlock } from './brief-blocks.ts';
import { createBriefPage, findBriefPage, findLivePage, refOf } from './brief-page.ts';
import {
  type BriefNotes,
  begin,
  hashOf,
  notesOf,
  type Progress,
  partsOf,
  publishedNotes,
  settle,
  withAdded,
  withDoubt,
  withoutPage,
} from './brief-progress.ts';
import { NotionRefusal, NotionUnavailable, saysGone } from './errors.ts';
import { type Child, readChildren } from './read-children.ts';

export type { BriefNotes } from './brief-progress.ts';

/** What the organizer is to read before a call. */
export interface Brief {
  booking: BookingKey;
  /** Calendar day of the call, YYYY-MM-DD. */
  date: string;
  blocks: readonly BriefBlock[];
}

/** What we know of the page of one booking's brief. It has one writer at a time. */
export interface BriefLedger {
  read(): Promise<BriefNotes | undefined>;
  note(notes: BriefNotes): Promise<void>;
  /** The work has ended before its time; all else that was noted stays. */
  stop(state: 'blocked' | 'failed', reason: string): Promise<void>;
}

export interface PublishOptions {
  /** One piece of work. */
  ask: Ask;
  /** The id that the contact's page had when it was last looked for; none if it has not been for a while. */
  contactId?: string | undefined;
  /** Looks for that page; only while the brief has none of its own, and if the one that was known is not there any more. */
  findContact: () => Promise<string>;
  ledger: BriefLedger;
}

export interface PublishedBrief {
  /** `unchanged` also where a person has thrown the page away. */
  outcome: 'published' | 'updated' | 'unchanged';
  /** Undefined where there is none any more. */
  pageId: string | undefined;
}

/** Whose contact a brief's page is under. */
export interface BriefPlace {
  email: string;
  contactId?: string | undefined;
}

/** Puts briefs onto pages under the contacts of these people. */
export interface BriefPublisher {
  /** As {@link publishBrief} does. */
  publishBrief(place: BriefPlace, brief: Brief, ledger: BriefLedger): Promise<PublishedBrief>;
}

/**
 * Sees to it that a booking's brief is on a page of its own under the contact, each block once and in order. Whatever interrupts it, it
 * goes on where it was when it is called again.
 *
 * A page that is there already is given the new text before the old one is taken away, and nothing else on it is touched. One
 * that a person has thrown away stays thrown away until there is another text.
 *
 * @throws {NotionRefusal} when only a person can help; the brief is then kept in the ledger.
 * @throws {NotionUnavailable} or {NotionBusy} when calling it again later goes on with it.
 */
export async function publishBrief(brief: Brief, options: PublishOptions): Promise<PublishedBrief> {
  const { ledger } = options;
  const known = await ledger.read();
  if (known?.state === 'published' && known.textHash === hashOf(brief.blocks)) {
    return { outcome: 'unchanged', pageId: known.pageId };
  }

  const progress = begin(known, brief.blocks);
  await ledger.note(notesOf(progress));
  try {
    return await publish({ ...options, brief, ref: refOf(brief.booking) }, progress);
  } catch (error) {
    if (error instanceof NotionRefusal) {
      await ledger.stop(error.reason === 'creates_blocked' ? 'blocked' : 'failed', error.reason);
    }
    throw error;
  }
}

type Work = PublishOptions & { brief: Brief; ref: string };

/** What a look at the page has shown. */
interface OpenPage {
  pageId: string;
  /** What was on it, from top to bottom. */
  children: readonly Child[];
  progress: Progress;
}

async function publish(work: Work, begun: Progress): Promise<PublishedBrief> {
  const { pageId, text } = begun;
  if (pageId === undefined) return publishUnderContact(work, begun);

  const published = await unlessGone(() => publishOn(work, pageId, begun));
  if (published) return published;
  if (text.placed === 0) return publishUnderContact(work, withoutPage(begun));
  await work.ledger.note(publishedNotes(begun));
  return { outcome: 'unchanged', pageId: undefined };
}

/** @returns undefined if the page is not there to be written on. */
async function publishOn(work: Work, pageId: string, begun: Progress): Promise<PublishedBrief | undefined> {
  const page = await findLivePage(work.ask, pageId);
  return page && write(work, await lookAt(work, pageId, begun, { madeBy: page.created_by.id }));
}

async function publishUnderContact(work: Work, begun: Progress): Promise<PublishedBrief> {
  const { contactId, findContact, ledger, brief } = work;
  if (contactId === undefined) {
    const found = await findContact();
    const published = await unlessGone(() => publishUnder(found, work, begun));
    // The next try finds out what that means.
    if (!published) throw new NotionUnavailable('A contact was taken away while its brief was written.');
    return published;
  }
  const published = await unlessGone(() => publishUnder(contactId, work, begun));
  return published ?? publish({ ...work, contactId: undefined }, begin(await ledger.read(), brief.blocks));
}

/** A person may take away in the middle of it what it is about. */
async function unlessGone<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (saysGone(error)) return undefined;
    throw error;
  }
}

async function publishUnder(contactId: string, work: Work, progress: Progress): Promise<PublishedBrief> {
  const pageId = await findBriefPage(work.ask, contactId, work.ref);
  if (pageId === undefined) return publishOnNewPage(contactId, work, progress);
  // Nobody has noted what is on it: it may well be this text.
  return write(work, await lookAt(work, pageId, progress.before ? progress : withDoubt(progress)));
}

async function publishOnNewPage(contactId: string, work: Work, progress: Progress): Promise<PublishedBrief> {
  const { ask, ledger, brief, ref } = work;
  const [first = [], ...others] = partsOf(progress.text, ref);
  const begun = withDoubt({ ...progress, before: undefined });
  await ledger.note(notesOf(begun));
  const { id, isCertain } = await createBriefPage(ask, { contactId, ref, date: brief.date, blocks: first });
  const created = { ...begun, pageId: id };
  if (isCertain && others.length === 0) {
    await ledger.note(publishedNotes(created));
    return { outcome: 'published', pageId: id };
  }
  await ledger.note(notesOf(created));
  return write(work, await lookAt(work, id, begun, isCertain ? { placed: first.length } : {}));
}

/**
 * Looks at what is on the page, and settles what nobody had heard of.
 *
 * @param known `placed` is how many blocks of the text are certain to be all there is: those that the page was created with. `madeBy`
 * is the id of who created it, where that was earlier.
 */
async function lookAt(
  work: Work,
  pageId: string,
  begun: Progress,
  { placed, madeBy }: { placed?: number; madeBy?: string } = {},
): Promise<OpenPage> {
  const children = await readChildren(work.ask, pageId);
  const found = { ...begun, pageId };
  const progress =
    placed === undefined
      ? settle(found, { children, ref: work.ref, madeBy })
      : withAdded(found, { placed, ids: children.map(({ id }) => id) });
  await work.ledger.note(notesOf(progress));
  return { pageId, children, progress };
}

/** The new text first, so that there is always one to read. */
async function write(work: Work, page: OpenPage): Promise<PublishedBrief> {
  const complete = await addText(work, page);
  for (const { id, isEditedByOthers } of page.children) {
    // What a person has worked on is theirs by now.
    if (complete.old.includes(id) && !isEditedByOthers) await removeBlock(work.ask, page.pageId, id);
  }
  await work.ledger.note(publishedNotes(complete));
  return { outcome: complete.old.length > 0 ? 'updated' : 'published', pageId: page.pageId };
}

async function addText({ ask, ledger, ref }: Work, { pageId, children, progress: begun }: OpenPage): Promise<Progress> {
  const parts = partsOf(begun.text, ref);
  const wanted = parts.flat();
  let onPage = children.map(({ id }) => id);
  let progress = begun;
  while (progress.text.placed < wanted.length) {
    progress = withDoubt(progress);
    await ledger.note(notesOf(progress));

    const { placed } = progress.text;
    const blocks = wanted.slice(placed, endOfPart(parts, placed));
    const added = await addBlocks(ask, { pageId, onPage, ours: [...progress.old, ...progress.own], blocks });
    onPage = added.onPage;
    progress = withAdded(progress, { placed: placed + added.placed, ids: added.ids });
    await ledger.note(notesOf(progress));
  }
  return progress;
}

/** Counted from the beginning of the text. */
function endOfPart(parts: readonly (readonly unknown[])[], placed: number): number {
  let end = 0;
  for (const part of parts) {
    end += part.length;
    if (end > placed) break;
  }
  return end;
}
