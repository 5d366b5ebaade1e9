import { createHash } from 'node:crypto';
import type { BriefBlock } from '../brief.ts';
import { closingLine } from './brief-page.ts';
import type { PageBlock } from './page-block.ts';
import type { Child } from './read-children.ts';
import { type Placing, recognizeBlocks } from './recognize-blocks.ts';
import { splitBrief } from './split-brief.ts';

/** What is kept of a booking's brief, so that work on its page can be taken up again wherever it was left. */
export interface BriefNotes {
  state: 'publishing' | 'published' | 'blocked' | 'failed';
  /** Why it is not on its page. */
  reason?: string;
  pageId?: string;
  /** Of the text that the page has, or is being given. */
  textHash?: string;
  /**
   * Ids of the blocks on the page that are ours, those of earlier texts first. None of a text that came with its page: which blocks
   * those are is found out when they are to go.
   */
  blocks: readonly string[];
  /** Plain JSON, as {@link notesOf} made it; absent once the text is on its page. It holds the text: personal data. */
  pending?: unknown;
}

/** Where the work on a page stands. */
export interface Progress {
  pageId: string | undefined;
  text: BriefText;
  /** Ids of what the page holds of earlier texts. */
  old: readonly string[];
  /** Ids of what it holds of this one. */
  own: readonly string[];
  /** What the page was created with is an earlier text as well, and nobody knows yet which blocks those are. */
  cameWithPage: boolean;
  /** An earlier text of which more may be on the page than is known. */
  before: BriefText | undefined;
}

/** A text on its way onto a page. */
export interface BriefText {
  hash: string;
  blocks: readonly BriefBlock[];
  /** How many of its first-level blocks have been added. */
  placed: number;
  /** More of them may have been added since: nobody has heard yet. */
  isBeingAdded: boolean;
}

type Pending = Pick<Progress, 'text' | 'before' | 'cameWithPage'> & { oldCount: number };

/** The same for the same text, in whatever order its fields were written down. */
export function hashOf(blocks: readonly BriefBlock[]): string {
  return createHash('sha256')
    .update(JSON.stringify(blocks.map(facts)))
    .digest('hex');
}

function facts({ kind, text, children = [] }: BriefBlock): unknown[] {
  return [kind, text, children.map(facts)];
}

/** From what is known, to a text that is to be on the page: what the page holds of another one is to go. */
export function begin(known: BriefNotes | undefined, blocks: readonly BriefBlock[]): Progress {
  const hash = hashOf(blocks);
  const { pageId, state, blocks: ours = [] } = known ?? {};
  const earlier = known?.pending as Pending | undefined;
  if (earlier && earlier.text.hash === hash) {
    const { oldCount, ...rest } = earlier;
    return { pageId, ...rest, old: ours.slice(0, oldCount), own: ours.slice(oldCount) };
  }
  return {
    pageId,
    text: { hash, blocks, placed: 0, isBeingAdded: false },
    old: ours,
    own: [],
    cameWithPage: earlier ? earlier.cameWithPage : pageId !== undefined && state === 'published' && ours.length === 0,
    // Nothing is added before that is settled, so there is never more than one.
    before: earlier?.before ?? (earlier?.text.isBeingAdded ? earlier.text : undefined),
  };
}

export function notesOf({ pageId, text, old, own, cameWithPage, before }: Progress): BriefNotes {
  const pending: Pending = { text, oldCount: old.length, cameWithPage, before };
  return {
    state: 'publishing',
    ...(pageId !== undefined && { pageId }),
    textHash: text.hash,
    blocks: [...old, ...own],
    pending,
  };
}

/** What is to be noted when nothing is left to do. */
export function publishedNotes({ pageId, text, own }: Progress): BriefNotes {
  return {
    state: 'published',
    ...(pageId !== undefined && { pageId }),
    textHash: text.hash,
    blocks: own,
  };
}

/** From now on nobody knows whether more of the text is on the page, until that is settled. */
export function withDoubt(progress: Progress): Progress {
  return { ...progress, text: { ...progress.text, isBeingAdded: true } };
}

/** The page that is known is not there any more, nor is anything that was on it. */
export function withoutPage(progress: Progress): Progress {
  const text = { ...progress.text, placed: 0, isBeingAdded: false };
  return { pageId: undefined, text, old: [], own: [], cameWithPage: false, before: undefined };
}

/** The text in the parts that one request each adds. */
export function partsOf({ blocks, hash }: BriefText, ref: string): PageBlock[][] {
  return splitBrief(blocks, (part, parts) => closingLine(ref, hash, part, parts));
}

/**
 * The work as it stands after a look at the page: what had been added without anybody hearing of it is known from then on, and so is what
 * came with the page.
 *
 * @param madeBy the id of who created the page.
 */
export function settle(
  progress: Progress,
  { children, ref, madeBy }: { children: readonly Child[]; ref: string; madeBy: string | undefined },
): Progress {
  const { before, text, cameWithPage } = progress;
  const came = cameWithPage ? unknownTo(progress, children).filter(({ createdBy }) => createdBy === madeBy) : [];
  const earlier = before ? find(progress, children, before, ref).ids : [];
  const old = [...progress.old, ...came.map(({ id }) => id), ...earlier];
  const settled = { ...progress, cameWithPage: false, before: undefined, old };
  if (!text.isBeingAdded) return settled;
  return withAdded(settled, find(settled, children, text, ref));
}

function find(progress: Progress, children: readonly Child[], text: BriefText, ref: string): Placing {
  return recognizeBlocks(unknownTo(progress, children), partsOf(text, ref).flat(), text.placed);
}

function unknownTo({ old, own }: Progress, children: readonly Child[]): Child[] {
  const known = new Set([...old, ...own]);
  return children.filter(({ id }) => !known.has(id));
}

/** The work as it stands when blocks are known to be on the page. */
export function withAdded(progress: Progress, { ids, placed }: Placing): Progress {
  const own = [...progress.own, ...ids];
  return { ...progress, own, text: { ...progress.text, placed, isBeingAdded: false } };
}
