import { type PageBlock, textOf } from './page-block.ts';
import type { Child } from './read-children.ts';

/** How far a text has got onto its page. */
export interface Placing {
  /** How many of its blocks have been added, those included that a person has changed or removed since. */
  placed: number;
  /** Of those that were recognized, in their order. */
  ids: readonly string[];
}

/**
 * Finds out what has become of blocks that were to be added when nobody heard the answer. They come in order, so what is there is
 * a beginning of what was wanted; a person may have put other blocks in between.
 *
 * A block is recognized by what it says, or by its id if Notion has named it. The line that closes a part proves that all before
 * it were added, also those that a person has changed since.
 *
 * @param children those on the page of which nobody knows whose they are.
 * @param placed how many of the wanted ones are known to be there already.
 * @param committed ids that Notion says it has saved.
 */
export function recognizeBlocks(
  children: readonly Child[],
  wanted: readonly PageBlock[],
  placed: number,
  committed: readonly string[] = [],
): Placing {
  const ids: string[] = [];
  let next = placed;
  for (const child of children) {
    const expected = wanted[next];
    if (!expected) break;
    const closing = wanted.findIndex((block, index) => index >= next && block.closesPart && isSame(block, child));
    if (closing >= 0) next = closing + 1;
    else if (isSame(expected, child) || committed.includes(child.id)) next += 1;
    else continue;
    ids.push(child.id);
  }
  return { placed: next, ids };
}

function isSame(block: PageBlock, child: Child): boolean {
  return block.type === child.type && comparable(textOf(block)) === comparable(child.text);
}

/** However Notion treats white space and composed characters when it keeps them. */
function comparable(text: string): string {
  return text.normalize('NFC').replace(/\s+/g, ' ').trim();
}
