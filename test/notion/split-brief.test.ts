import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BriefBlock } from '../../src/brief.ts';
import { type PageBlock, requestOf, textOf } from '../../src/notion/page-block.ts';
import { splitBrief } from '../../src/notion/split-brief.ts';
import { paragraphs } from './a-brief.ts';

const FAMILY = '👨‍👩‍👧‍👦';
const FLAG = '🇨🇦';
const THUMB = '👍🏽';

const closingLine = (part: number, parts: number) => `part ${part} of ${parts}`;
const split = (...brief: BriefBlock[]) => splitBrief(brief, closingLine);

/** Of a brief that is one paragraph. */
function runsOf(text: string): readonly string[] {
  const [[block] = []] = split({ kind: 'paragraph', text });
  return block!.runs;
}

const sizeOf = (blocks: readonly PageBlock[]) => Buffer.byteLength(JSON.stringify(blocks.map(requestOf)));
const countOf = (blocks: readonly PageBlock[]) => blocks.reduce((sum, { children }) => sum + 1 + children.length, 0);
const withoutClosing = (parts: readonly PageBlock[][]) => parts.flat().filter(({ closesPart }) => !closesPart);

describe('a brief in blocks', () => {
  it('says of each kind what Notion calls it', () => {
    const kinds = ['heading', 'subheading', 'paragraph', 'bullet', 'numbered', 'to_do', 'quote', 'divider'] as const;

    const [blocks = []] = split(...kinds.map((kind) => ({ kind, text: kind === 'divider' ? '' : kind })));

    expect(blocks.map(requestOf)).toEqual([
      { type: 'heading_2', heading_2: plain('heading') },
      { type: 'heading_3', heading_3: plain('subheading') },
      { type: 'paragraph', paragraph: plain('paragraph') },
      { type: 'bulleted_list_item', bulleted_list_item: plain('bullet') },
      { type: 'numbered_list_item', numbered_list_item: plain('numbered') },
      { type: 'to_do', to_do: plain('to_do') },
      { type: 'quote', quote: plain('quote') },
      { type: 'divider', divider: {} },
    ]);
  });

  it('makes nothing of what looks like a link or a mention, and keeps lines', () => {
    const text = 'See [this](https://example.com) and @everyone\nhttps://example.com';

    const [[block] = []] = split({ kind: 'paragraph', text });

    expect(requestOf(block!)).toEqual({ type: 'paragraph', paragraph: plain(text) });
  });

  it('leaves out what Notion would not keep: control characters, halves of characters, other ends of lines', () => {
    expect(runsOf('a\u0000b\u0007\tc\r\nd\re\u2028f \ud83d g')).toEqual(['ab\tc\nd\ne\nf \ufffd g']);
  });

  it('has one empty part for an empty brief, and no run for an empty text', () => {
    expect(split()).toEqual([[]]);
    expect(runsOf('')).toEqual([]);
  });

  function plain(content: string) {
    return { rich_text: [{ type: 'text', text: { content } }] };
  }
});

describe('a long text', () => {
  it.each([
    [1_899, [1_899]],
    [1_900, [1_900]],
    [1_901, [1_900, 1]],
    [1_999, [1_900, 99]],
    [2_000, [1_900, 100]],
    [2_001, [1_900, 101]],
    [3_801, [1_900, 1_900, 1]],
  ])('of %i characters is runs of %j', (length, lengths) => {
    const text = 'x'.repeat(length);

    expect(runsOf(text).map((run) => run.length)).toEqual(lengths);
    expect(runsOf(text).join('')).toBe(text);
  });

  it.each([
    ['a family', FAMILY],
    ['a flag', FLAG],
    ['a hand with its colour', THUMB],
    ['a letter with its accent', 'e\u0301'],
    ['an emoji', '🎄'],
  ])('is never cut within %s', (_, character) => {
    for (let before = 1_900 - character.length; before <= 1_900; before++) {
      const text = `${'x'.repeat(before)}${character}${'y'.repeat(20)}`;

      const [first = '', second = ''] = runsOf(text);

      expect(first.length).toBeLessThanOrEqual(1_900);
      expect(first + second).toBe(text);
      expect([first, second].filter((run) => run.includes(character))).toHaveLength(1);
    }
  });

  it('is not cut between one flag and the half of the next', () => {
    for (const before of [0, 1, 2, 3]) {
      const runs = runsOf('x'.repeat(before) + FLAG.repeat(1_500));

      for (const run of runs) expect(run).toMatch(/^x*(🇨🇦)+$/u);
    }
  });

  it('is cut between code points where a single character is longer than a run', () => {
    const text = `a${'\u{1e8d0}'.repeat(3_000)}`;

    const runs = runsOf(text);

    expect(runs.join('')).toBe(text);
    expect(runs.every((run) => run.length <= 1_900 && !/\p{Cs}/u.test(run))).toBe(true);
  });

  it('goes on in further blocks of its kind after 100 runs, or when they are large', () => {
    const [blocks = []] = split({ kind: 'quote', text: 'x'.repeat(190_001) });
    expect(blocks.every(({ type, runs }) => type === 'quote' && runs.length <= 100)).toBe(true);
    expect(blocks.map(textOf).join('')).toHaveLength(190_001);

    const wide = split({ kind: 'bullet', text: '"語'.repeat(100_000) });
    expect(withoutClosing(wide).map(textOf).join('')).toHaveLength(200_000);
    for (const part of wide) expect(sizeOf(part)).toBeLessThan(400_000);
  });
});

describe('what is below a block', () => {
  it.each(['bullet', 'numbered', 'to_do', 'quote'] as const)('of kind %s is one level below', (kind) => {
    const [[block] = []] = split({ kind, text: 'Above', children: paragraphs(2) });

    expect(block?.children.map(textOf)).toEqual(['fact 1', 'fact 2']);
  });

  it('stands after it, where Notion could not hold it or only deeper', () => {
    const deep: BriefBlock = {
      kind: 'bullet',
      text: 'a',
      children: [{ kind: 'bullet', text: 'b', children: [{ kind: 'bullet', text: 'c' }] }],
    };
    const [blocks = []] = split({ kind: 'heading', text: 'Above', children: [deep] }, deep);

    expect(blocks.map((block) => [textOf(block), block.children.map(textOf)])).toEqual([
      ['Above', []],
      ['a', []],
      ['b', []],
      ['c', []],
      ['a', ['b', 'c']],
    ]);
  });

  it('goes on below another block when it is more than 100, or larger than a request', () => {
    const [many = []] = split({ kind: 'to_do', text: 'Above', children: paragraphs(250) });
    expect(many.map((block) => [block.type, textOf(block), block.children.length])).toEqual([
      ['to_do', 'Above', 100],
      ['to_do', '…', 100],
      ['to_do', '…', 50],
    ]);

    const large = split({
      kind: 'bullet',
      text: '語'.repeat(45_000),
      children: Array.from({ length: 5 }, () => ({ kind: 'paragraph' as const, text: '語'.repeat(45_000) })),
    });
    for (const part of large) expect(sizeOf(part)).toBeLessThan(400_000);
  });
});

describe('the parts of a brief', () => {
  it.each([
    [1, [1]],
    [99, [99]],
    [100, [100]],
    [101, [100, 3]],
    [198, [100, 100]],
    [199, [100, 100, 2]],
    [400, [100, 100, 100, 100, 5]],
  ])('with %i blocks have %j', (count, sizes) => {
    expect(split(...paragraphs(count)).map((part) => part.length)).toEqual(sizes);
  });

  it('are closed by a line each that says which it is, unless there is only one', () => {
    expect(split(...paragraphs(101)).map((part) => part.at(-1))).toEqual(
      [1, 2].map((part) => ({
        type: 'paragraph',
        runs: [`part ${part} of 2`],
        children: [],
        closesPart: true,
      })),
    );
    expect(split(...paragraphs(100)).flat()).not.toContainEqual(expect.objectContaining({ closesPart: true }));
  });

  it('have at most 1,000 blocks, those below others included', () => {
    const brief = Array.from(
      { length: 25 },
      (): BriefBlock => ({
        kind: 'bullet',
        text: 'Above',
        children: paragraphs(90),
      }),
    );

    const parts = split(...brief);

    expect(parts.every((part) => countOf(part) <= 1_000)).toBe(true);
    expect(countOf(withoutClosing(parts))).toBe(25 * 91);
  });

  it('fit into a request, in order and with nothing lost, whatever is in them', () => {
    const block = fc.record({
      kind: fc.constantFrom('heading', 'paragraph', 'bullet', 'to_do'),
      text: fc.oneof(
        fc.string({ unit: 'grapheme', maxLength: 30 }),
        fc.tuple(fc.constantFrom('x', '語', '"', FAMILY, FLAG), fc.nat(60_000)).map(([unit, times]) => {
          return unit.repeat(times / unit.length);
        }),
      ),
      children: fc.array(fc.record({ kind: fc.constant('bullet'), text: fc.string({ maxLength: 50 }) }), {
        maxLength: 130,
      }),
    }) as fc.Arbitrary<BriefBlock>;

    const inLines = (text: string) => text.split(/\r\n?|[\u2028\u2029]/).join('\n');

    fc.assert(
      fc.property(fc.array(block, { maxLength: 12 }), (brief) => {
        const parts = splitBrief(brief, closingLine);

        for (const part of parts) {
          expect(part.length).toBeLessThanOrEqual(100);
          expect(countOf(part)).toBeLessThanOrEqual(1_000);
          expect(sizeOf(part)).toBeLessThan(400_000);
          for (const { runs } of part.flatMap((one) => [one, ...one.children])) {
            expect(runs.length).toBeLessThanOrEqual(100);
            expect(runs.every((run) => run.length > 0 && run.length <= 1_900)).toBe(true);
          }
        }
        const said = withoutClosing(parts).flatMap((one) => [textOf(one), ...one.children.map(textOf)]);
        const wanted = brief.flatMap(({ text, children = [] }) => [text, ...children.map((child) => child.text)]);
        expect(said.join('').replaceAll('…', '')).toBe(
          wanted
            .map(inLines)
            .join('')
            .replace(/[^\P{Cc}\n\t]/gu, '')
            .replaceAll('…', ''),
        );
      }),
      { numRuns: 40 },
    );
  });
});
