import { describe, expect, it } from 'vitest';
import type { PageBlock } from '../../src/notion/page-block.ts';
import type { Child } from '../../src/notion/read-children.ts';
import { recognizeBlocks } from '../../src/notion/recognize-blocks.ts';

const block = (text: string): PageBlock => ({ type: 'paragraph', runs: [text], children: [] });
const closing = (text: string): PageBlock => ({ ...block(text), closesPart: true });
const child = (text: string, type = 'paragraph'): Child => ({
  id: `id of ${text}`,
  type,
  text,
  createdBy: 'us',
  isEditedByOthers: false,
});

const wanted = [block('a'), block('b'), block('c')];

describe('blocks of which nobody heard whether they were added', () => {
  it('were not, where nothing on the page says so', () => {
    expect(recognizeBlocks([], wanted, 0)).toEqual({ placed: 0, ids: [] });
    expect(recognizeBlocks([child("a person's")], wanted, 0)).toEqual({ placed: 0, ids: [] });
    expect(recognizeBlocks([child('a', 'quote')], wanted, 0)).toEqual({ placed: 0, ids: [] });
  });

  it('were, where they are on the page in their order, whatever a person has put between them', () => {
    const page = ['x', 'a', 'y', 'b', 'c', 'z'].map((text) => child(text));

    expect(recognizeBlocks(page, wanted, 0)).toEqual({ placed: 3, ids: ['id of a', 'id of b', 'id of c'] });
  });

  it('were added as far as they are there', () => {
    expect(recognizeBlocks([child('a'), child('b')], wanted, 0)).toEqual({
      placed: 2,
      ids: ['id of a', 'id of b'],
    });
  });

  it('are looked for from where it is certain', () => {
    expect(recognizeBlocks([child('a'), child('b')], wanted, 1)).toEqual({ placed: 2, ids: ['id of b'] });
    expect(recognizeBlocks([child('a')], wanted, 3)).toEqual({ placed: 3, ids: [] });
  });

  it('are the same however Notion keeps white space and composed characters', () => {
    const page = [child('e\u0301 f')];

    expect(recognizeBlocks(page, [block(' \u00e9\u00a0 f')], 0).placed).toBe(1);
  });

  it('were added if Notion has named them, whatever they say by now', () => {
    const page = [child('a'), child('changed'), child('c')];

    expect(recognizeBlocks(page, wanted, 0, ['id of a', 'id of changed', 'id of c']).placed).toBe(3);
  });

  it('were all added up to a line that closes a part, also those that a person has changed since', () => {
    const parts = [block('a'), block('b'), closing('1/2'), block('c'), closing('2/2')];

    const page = [child('a'), child("b, a person's way"), child('1/2'), child('c')];

    expect(recognizeBlocks(page, parts, 0)).toEqual({ placed: 4, ids: ['id of a', 'id of 1/2', 'id of c'] });
  });
});
