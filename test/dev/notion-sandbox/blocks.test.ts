import type { BlockObjectRequest } from '@notionhq/client';
import { describe, expect, it } from 'vitest';
import { type AskAnswer, type Connection, connect, NOON, NOWHERE, refusalOf, rowOf } from './in-process.ts';

const text = (content: string) => [{ text: { content } }];
const paragraph = (content: string) => ({ paragraph: { rich_text: text(content) } });

/** One of each that can be written. */
const EVERY_BLOCK = [
  { object: 'block', type: 'heading_1', heading_1: { rich_text: text('One'), color: 'red_background' } },
  { heading_2: { rich_text: text('Two'), is_toggleable: true, children: [paragraph('folded')] } },
  { heading_3: { rich_text: text('Three') } },
  paragraph('Text'),
  { bulleted_list_item: { rich_text: text('Bullet'), children: [paragraph('below'), { divider: {} }] } },
  { numbered_list_item: { rich_text: text('Number') } },
  { to_do: { rich_text: text('To do'), checked: true } },
  {
    quote: { rich_text: [{ text: { content: 'Quote', link: { url: 'https://x.ca' } }, annotations: { bold: true } }] },
  },
  { toggle: { rich_text: text('Toggle') } },
  { divider: {} },
] satisfies BlockObjectRequest[];

/** A page with three paragraphs on it. */
function aPage() {
  const sandbox = connect();
  const page = rowOf(sandbox, 'Ada Moreau');
  sandbox.contacts.fill(page, { paragraphs: ['A', 'B', 'C'], childPages: [] });
  return { sandbox, client: sandbox.client, contacts: sandbox.contacts, page };
}

const textsOn = ({ contacts }: Connection, id: string) => contacts.contentOf(id).map((block) => block.text);

describe('appending', () => {
  it('puts every kind of block at the end, with what is in it', async () => {
    const { sandbox, client, contacts, page } = aPage();

    await client.blocks.children.append({ block_id: page, children: EVERY_BLOCK });

    expect(
      contacts.contentOf(page).map(({ type, text: said, checked, children }) => [type, said, checked, children.length]),
    ).toEqual([
      ['paragraph', 'A', false, 0],
      ['paragraph', 'B', false, 0],
      ['paragraph', 'C', false, 0],
      ['heading_1', 'One', false, 0],
      ['heading_2', 'Two', false, 1],
      ['heading_3', 'Three', false, 0],
      ['paragraph', 'Text', false, 0],
      ['bulleted_list_item', 'Bullet', false, 2],
      ['numbered_list_item', 'Number', false, 0],
      ['to_do', 'To do', true, 0],
      ['quote', 'Quote', false, 0],
      ['toggle', 'Toggle', false, 0],
      ['divider', '', false, 0],
    ]);
    const { results } = await client.blocks.children.list({ block_id: page });
    expect(results[10]).toMatchObject({
      parent: { type: 'page_id', page_id: page },
      quote: { rich_text: [{ plain_text: 'Quote', href: 'https://x.ca', annotations: { bold: true, italic: false } }] },
    });
    expect(textsOn(sandbox, `${results[4]?.id}`)).toEqual(['folded']);
  });

  it('answers with the new blocks of the first level only', async () => {
    const { client, page } = aPage();

    const { results, has_more } = await client.blocks.children.append({ block_id: page, children: EVERY_BLOCK });

    expect(results.map((block) => ('type' in block ? block.type : ''))).toEqual([
      'heading_1',
      'heading_2',
      'heading_3',
      'paragraph',
      'bulleted_list_item',
      'numbered_list_item',
      'to_do',
      'quote',
      'toggle',
      'divider',
    ]);
    expect(results[4]).toMatchObject({ has_children: true });
    expect(has_more).toBe(false);
  });

  it.each([
    [{ type: 'start' as const }, ['X', 'Y', 'A', 'B', 'C']],
    [{ type: 'end' as const }, ['A', 'B', 'C', 'X', 'Y']],
    [undefined, ['A', 'B', 'C', 'X', 'Y']],
  ])('goes where it is told: %j', async (position, texts) => {
    const { sandbox, client, page } = aPage();

    await client.blocks.children.append({
      block_id: page,
      children: [paragraph('X'), paragraph('Y')],
      ...(position && { position }),
    });

    expect(textsOn(sandbox, page)).toEqual(texts);
  });

  it('goes after a block, if that is there', async () => {
    const { sandbox, client, contacts, page } = aPage();
    const append = (id: string) =>
      client.blocks.children.append({
        block_id: page,
        children: [paragraph('X'), paragraph('Y')],
        position: { type: 'after_block', after_block: { id } },
      });

    await append(`${contacts.contentOf(page)[1]?.id}`);

    expect(textsOn(sandbox, page)).toEqual(['A', 'B', 'X', 'Y', 'C']);
    expect(await refusalOf(append(NOWHERE))).toMatchObject({ status: 400 });
  });

  it('goes into a block that can hold others, and into no other', async () => {
    const { sandbox, client, page } = aPage();
    const { results } = await client.blocks.children.append({ block_id: page, children: EVERY_BLOCK });
    const into = (index: number) =>
      client.blocks.children.append({ block_id: `${results[index]?.id}`, children: [paragraph('inside')] });

    for (const index of [1, 3, 4, 5, 6, 7, 8]) await into(index);
    expect(textsOn(sandbox, `${results[8]?.id}`)).toEqual(['inside']);
    for (const index of [0, 2, 9]) {
      expect(await refusalOf(into(index))).toMatchObject({ status: 400, message: 'Block does not support children.' });
    }
  });

  it('edits the page that the block is on', async () => {
    const { sandbox, client, page } = aPage();
    sandbox.wait(5 * 60_000);

    await client.blocks.children.append({ block_id: page, children: [paragraph('X')] });

    expect(await client.pages.retrieve({ page_id: page })).toMatchObject({
      last_edited_time: new Date(NOON + 5 * 60_000 - 30_000).toISOString(),
    });
  });

  it('is refused on a page in the trash, and in a block on one', async () => {
    const { client, contacts, page } = aPage();
    const inside = `${contacts.contentOf(page)[0]?.id}`;
    contacts.trashRow(page);
    const append = (block_id: string) =>
      refusalOf(client.blocks.children.append({ block_id, children: [paragraph('X')] }));

    expect((await append(page)).message).toContain("Can't edit block that is archived");
    expect((await append(inside)).message).toContain('archived ancestor');
    expect(await append(NOWHERE)).toMatchObject({ status: 404 });
  });
});

describe('what one request may hold', () => {
  const append = async (children: unknown): Promise<AskAnswer> => {
    const { sandbox, page } = aPage();
    return sandbox.ask('PATCH', `/v1/blocks/${page}/children`, { body: { children } });
  };
  const nested = (levels: number): object =>
    levels === 0 ? paragraph('x') : { toggle: { rich_text: [], children: [nested(levels - 1)] } };
  const filled = (blocks: number) => ({ toggle: { rich_text: [], children: Array(blocks).fill(paragraph('x')) } });

  it.each<[string, unknown]>([
    ['100 blocks', Array(100).fill(paragraph('x'))],
    ['two levels below the first', [nested(2)]],
    ['1000 blocks in all', Array(10).fill(filled(99))],
    ['2000 characters', [paragraph('x'.repeat(2000))]],
    ['100 pieces of text', [{ paragraph: { rich_text: Array(100).fill({ text: { content: 'x' } }) } }]],
  ])('may be %s', async (_, children) => {
    expect((await append(children)).status).toBe(200);
  });

  it.each<[string, unknown, string]>([
    ['101 blocks', Array(101).fill(paragraph('x')), 'body.children.length should be ≤ `100`, instead was `101`.'],
    [
      'three levels below the first',
      [nested(3)],
      'body.children[0].toggle.children[0].toggle.children[0].toggle.children should be not present',
    ],
    ['1001 blocks in all', [...Array(10).fill(filled(99)), paragraph('x')], 'instead held `1001`'],
    [
      '2001 characters',
      [paragraph('x'.repeat(2001))],
      'body.children[0].paragraph.rich_text[0].text.content.length should be ≤ `2000`, instead was `2001`.',
    ],
    [
      '101 pieces of text',
      [{ paragraph: { rich_text: Array(101).fill({ text: { content: 'x' } }) } }],
      'body.children[0].paragraph.rich_text.length should be ≤ `100`',
    ],
    ['blocks in a divider', [{ divider: { children: [] } }], 'body.children[0].divider.children should be not present'],
    [
      'blocks in a heading that cannot be folded',
      [{ heading_1: { rich_text: [], children: [] } }],
      'heading_1.children',
    ],
    ['a page', [{ child_page: { title: 'x' } }], 'body.children[0].child_page should be not present'],
    ['no text where there must be one', [{ paragraph: {} }], 'body.children[0].paragraph.rich_text should be defined'],
    ['a type that disagrees', [{ type: 'quote', ...paragraph('x') }], 'body.children[0].type'],
    ['a color that there is not', [{ quote: { rich_text: [], color: 'black' } }], 'body.children[0].quote.color'],
    ['something else than a block', [{ object: 'page', ...paragraph('x') }], 'body.children[0].object'],
    ['a flag of the answers', [{ ...paragraph('x'), has_children: false }], 'body.children[0].has_children'],
    ['no list', paragraph('x'), 'body.children should be an array'],
    ['nothing', undefined, 'body.children should be defined'],
  ])('may not be %s', async (_, children, words) => {
    const answer = await append(children);

    expect(answer).toMatchObject({ status: 400, body: { code: 'validation_error' } });
    expect(answer.body['message']).toContain(words);
  });

  it('may not say where by the older word, in any version', async () => {
    for (const version of ['2025-09-03', '2026-03-11']) {
      const sandbox = connect({ version });
      const answer = await sandbox.ask('PATCH', `/v1/blocks/${rowOf(sandbox, 'Ada Moreau')}/children`, {
        body: { children: [paragraph('x')], after: NOWHERE },
      });
      expect(answer.body['message']).toContain('body.after should be not present');
    }
  });
});

describe('the children of a page', () => {
  it('come in pages, each once', async () => {
    const sandbox = connect({ seed: 'W8' });
    const block_id = rowOf(sandbox, 'Ann');
    const texts: string[] = [];

    let start_cursor: string | undefined;
    do {
      const { results, next_cursor } = await sandbox.client.blocks.children.list({
        block_id,
        ...(start_cursor !== undefined && { start_cursor }),
      });
      for (const block of results) {
        if ('type' in block && block.type === 'paragraph') texts.push(block.paragraph.rich_text[0]?.plain_text ?? '');
        if ('type' in block && block.type === 'child_page') texts.push(block.child_page.title);
      }
      expect(results.length).toBeLessThanOrEqual(100);
      start_cursor = next_cursor ?? undefined;
    } while (start_cursor !== undefined);

    expect(texts).toHaveLength(251);
    expect(new Set(texts).size).toBe(251);
    expect(texts.at(-1)).toBe('Call prep 2025-12-10 [0123456789]');
  });

  it.each([
    ['page_size=101', 'query.page_size should be ≤ `100`'],
    ['page_size=0', 'query.page_size should be ≥ `1`'],
    ['page_size=five', 'query.page_size'],
    ['start_cursor=next', 'query.start_cursor should be a valid uuid'],
    [`start_cursor=${NOWHERE}`, 'start_cursor provided is invalid'],
    ['size=5', 'query.size should be not present'],
  ])('are not had with ?%s', async (query, words) => {
    const { sandbox, page } = aPage();
    const answer = await sandbox.ask('GET', `/v1/blocks/${page}/children?${query}`);

    expect(answer.status).toBe(400);
    expect(answer.body['message']).toContain(words);
  });

  it('do not show what is in the trash', async () => {
    const { sandbox, client, contacts, page } = aPage();
    contacts.fill(page, { paragraphs: [], childPages: ['D'] });
    const [first, , , last] = contacts.contentOf(page);
    await client.blocks.delete({ block_id: `${first?.id}` });
    await client.pages.update({ page_id: `${last?.id}`, in_trash: true });

    expect((await client.blocks.children.list({ block_id: page })).results).toHaveLength(2);
    await client.pages.update({ page_id: `${last?.id}`, in_trash: false });
    expect(textsOn(sandbox, page)).toEqual(['B', 'C', 'D']);
  });
});

describe('a block', () => {
  it('takes another text, color or tick, and keeps the rest', async () => {
    const { client, page } = aPage();
    const { results } = await client.blocks.children.append({
      block_id: page,
      children: [{ to_do: { rich_text: text('To do'), checked: true } }],
    });
    const block_id = `${results[0]?.id}`;

    await client.blocks.update({ block_id, to_do: { checked: false } });
    const changed = await client.blocks.update({ block_id, to_do: { rich_text: text('Done'), color: 'green' } });

    expect(changed).toMatchObject({
      id: block_id,
      to_do: { checked: false, color: 'green', rich_text: [{ plain_text: 'Done' }] },
    });
  });

  it('stays of its type', async () => {
    const { client, contacts, page } = aPage();
    const block_id = `${contacts.contentOf(page)[0]?.id}`;

    const refusal = await refusalOf(client.blocks.update({ block_id, quote: { rich_text: text('x') } }));

    expect(refusal).toMatchObject({ status: 400, code: 'validation_error' });
  });

  it('goes into the trash and comes back to its place', async () => {
    const { sandbox, client, contacts, page } = aPage();
    const block_id = `${contacts.contentOf(page)[1]?.id}`;

    expect(await client.blocks.delete({ block_id })).toMatchObject({ id: block_id, in_trash: true });
    expect(textsOn(sandbox, page)).toEqual(['A', 'C']);
    expect((await refusalOf(client.blocks.delete({ block_id }))).message).toContain('archived');
    expect((await refusalOf(client.blocks.update({ block_id, paragraph: {} }))).message).toContain('archived');
    await client.blocks.update({ block_id, in_trash: false });
    expect(textsOn(sandbox, page)).toEqual(['A', 'B', 'C']);
  });

  it('may be a page or a database, which then is in the trash', async () => {
    const { client, contacts, page } = aPage();

    expect(await client.blocks.delete({ block_id: page })).toMatchObject({ type: 'child_page', in_trash: true });
    expect(await client.blocks.delete({ block_id: contacts.databaseId })).toMatchObject({ type: 'child_database' });
    expect(await client.pages.retrieve({ page_id: page })).toMatchObject({ in_trash: true });
    expect(await client.databases.retrieve({ database_id: contacts.databaseId })).toMatchObject({ in_trash: true });
  });

  it.each<[object, string]>([
    [{}, 'body should be an object that names a type'],
    [{ child_page: { title: 'x' } }, 'body.child_page should be not present'],
    [{ paragraph: { rich_text: [], children: [] } }, 'body.paragraph.children should be not present'],
    [{ archived: true }, 'body.archived should be not present'],
    [{ in_trash: 'yes' }, 'body.in_trash should be a boolean'],
  ])('is not changed by %j', async (body, words) => {
    const { sandbox, contacts, page } = aPage();
    const answer = await sandbox.ask('PATCH', `/v1/blocks/${contacts.contentOf(page)[0]?.id}`, { body });

    expect(answer.status).toBe(400);
    expect(answer.body['message']).toContain(words);
  });
});
