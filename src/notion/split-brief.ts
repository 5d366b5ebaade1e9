import type { BriefBlock } from '../brief.ts';
import { type PageBlock, type PageBlockType, requestOf } from './page-block.ts';

/** Notion takes 2,000 characters and does not say what it counts as one. UTF-16 units. */
const LONGEST_RUN = 1_900;
const MOST_RUNS = 100;
const MOST_CHILDREN = 100;
/** In one request, those below others included. */
const MOST_BLOCKS = 1_000;
/** Notion takes 500 KB. Bytes. */
const LARGEST_REQUEST = 400_000;
/** For all of a request but its blocks: the title, the place, the line that closes it. */
const AROUND_BLOCKS = 2_000;
/** A block of this size still fits into a request below another one. */
const LARGEST_TEXT = 150_000;

/** Stands where a block goes on whose children are too many for one. */
const CONTINUED = '…';

const TYPES: Record<BriefBlock['kind'], PageBlockType> = {
  heading: 'heading_2',
  subheading: 'heading_3',
  paragraph: 'paragraph',
  bullet: 'bulleted_list_item',
  numbered: 'numbered_list_item',
  to_do: 'to_do',
  quote: 'quote',
  divider: 'divider',
};

const WITH_CHILDREN: readonly PageBlockType[] = ['bulleted_list_item', 'numbered_list_item', 'to_do', 'quote'];

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * A brief as blocks that Notion takes, in parts that one request each can add. Nothing of the text is lost: what is too long or nested
 * too deep goes on in further blocks.
 *
 * @param closingLine what the last line of a part says, by its number. A brief of one part has none.
 * @returns at least one part, which is empty if the brief is.
 * @see https://developers.notion.com/reference/request-limits
 */
export function splitBrief(
  brief: readonly BriefBlock[],
  closingLine: (part: number, parts: number) => string,
): PageBlock[][] {
  const parts = inParts(brief.flatMap(pageBlocksOf));
  if (parts.length === 1) return parts;
  return parts.map((blocks, index) => [
    ...blocks,
    { type: 'paragraph', runs: [closingLine(index + 1, parts.length)], children: [], closesPart: true },
  ]);
}

/** All in one part if that can be, else with room for the line that closes each. */
function inParts(blocks: readonly PageBlock[]): PageBlock[][] {
  const fitting = (most: number, mostOfAll: number) =>
    inGroups(blocks, ({ length, count, bytes }) => length <= most && count <= mostOfAll && bytes <= LARGEST_REQUEST);
  const whole = fitting(MOST_CHILDREN, MOST_BLOCKS);
  return whole.length === 1 ? whole : fitting(MOST_CHILDREN - 1, MOST_BLOCKS - 1);
}

function pageBlocksOf({ kind, text, children = [] }: BriefBlock): PageBlock[] {
  const type = TYPES[kind];
  const blocks: PageBlock[] = type === 'divider' ? [{ type, runs: [], children: [] }] : textBlocks(type, text);
  const below = flattened(children).flatMap(pageBlocksOf);
  if (below.length === 0) return blocks;
  if (!WITH_CHILDREN.includes(type)) return [...blocks, ...below];

  const last = blocks.at(-1)!;
  const mostBelow = LARGEST_REQUEST - sizeOf(last);
  const [first = [], ...others] = inGroups(below, ({ length, bytes }) => length <= MOST_CHILDREN && bytes <= mostBelow);
  return [
    ...blocks.slice(0, -1),
    { ...last, children: first },
    ...others.map((group) => ({ type, runs: [CONTINUED], children: group })),
  ];
}

/** What would be deeper than one level below stands on that level, after what it was below. */
function flattened(blocks: readonly BriefBlock[]): BriefBlock[] {
  return blocks.flatMap(({ kind, text, children = [] }) => [{ kind, text }, ...flattened(children)]);
}

/** One block, or several where the text is too long for one. */
function textBlocks(type: PageBlockType, text: string): PageBlock[] {
  const blocks: PageBlock[] = [];
  let runs: string[] = [];
  let bytes = 0;
  for (const run of runsOf(clean(text))) {
    const size = Buffer.byteLength(JSON.stringify(run));
    if (runs.length === MOST_RUNS || bytes + size > LARGEST_TEXT) {
      blocks.push({ type, runs, children: [] });
      runs = [];
      bytes = 0;
    }
    runs.push(run);
    bytes += size;
  }
  return [...blocks, { type, runs, children: [] }];
}

/** Cut between characters as people see them: a family or a flag is several code points. */
function runsOf(text: string): string[] {
  const segments = graphemes.segment(text);
  const runs: string[] = [];
  for (let start = 0; start < text.length; ) {
    const end = endOfRun(text, segments, start);
    runs.push(text.slice(start, end));
    start = end;
  }
  return runs;
}

function endOfRun(text: string, segments: Intl.Segments, start: number): number {
  const limit = start + LONGEST_RUN;
  const across = segments.containing(limit);
  if (!across) return text.length;
  if (across.index > start) return across.index;
  // One character with more than a thousand marks on it: at least no code point is cut in two.
  return /[\udc00-\udfff]/.test(text.charAt(limit)) ? limit - 1 : limit;
}

/** Lines stay lines. Other control characters and halves of characters are nothing that Notion would keep. */
function clean(text: string): string {
  return text
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replace(/[^\P{Cc}\n\t]/gu, '')
    .replace(/\p{Cs}/gu, '\ufffd');
}

interface Measure {
  length: number;
  /** Those below others included. */
  count: number;
  bytes: number;
}

/** In order, as many together as fit; at least one. An empty list is one empty group. */
function inGroups(blocks: readonly PageBlock[], fits: (group: Measure) => boolean): PageBlock[][] {
  const groups: PageBlock[][] = [[]];
  let measure: Measure = { length: 0, count: 0, bytes: AROUND_BLOCKS };
  for (const block of blocks) {
    const [count, bytes] = [1 + block.children.length, sizeOf(block)];
    const grown = { length: measure.length + 1, count: measure.count + count, bytes: measure.bytes + bytes };
    if (measure.length === 0 || fits(grown)) {
      groups.at(-1)!.push(block);
      measure = grown;
    } else {
      groups.push([block]);
      measure = { length: 1, count, bytes: AROUND_BLOCKS + bytes };
    }
  }
  return groups;
}

/** In a request, with the comma. Bytes. */
function sizeOf(block: PageBlock): number {
  return Buffer.byteLength(JSON.stringify(requestOf(block))) + 1;
}
