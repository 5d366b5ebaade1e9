import { request as httpRequest } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { NotionSandbox } from '../../../src/dev/notion-sandbox/sandbox.ts';
import { ann, append, ask, book, childrenOf, createBrief, NOON, useSandbox } from './server-support.ts';

const start = useSandbox();

interface Visit {
  status: number | undefined;
  html: string;
}

/** By hand: fetch does not let one choose the Host header. */
function visit(url: string, headers: Record<string, string> = {}): Promise<Visit> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { headers }, async (response) => {
      let html = '';
      for await (const chunk of response) html += chunk;
      resolve({ status: response.statusCode, html });
    });
    request.on('error', reject).end();
  });
}

/** What the cells that are marked so say. */
function marked(html: string, mark: 'new' | 'seen'): string[] {
  const cells = html.matchAll(new RegExp(`<td class="${mark}">(.*?)</td>`, 'g'));
  return [...cells].map(([, cell = '']) => cell.replaceAll(/<[^>]*>/g, ''));
}

/** Where the one brief is shown that there is a link to. */
async function briefUrl(sandbox: NotionSandbox): Promise<string> {
  const { html } = await visit(sandbox.pageUrl);
  const href = /<a href="(\/sandbox\/pages\/[^"]+)"/.exec(html)?.[1];
  return `${sandbox.url}${href}`;
}

describe('the page', () => {
  it('shows both databases, whatever is in them, and no token', async () => {
    for (const seed of ['W1', 'W2', 'W3', 'W6', 'W7'] as const) {
      const sandbox = await start({ seed });
      const { status, html } = await visit(sandbox.pageUrl);
      expect(status).toBe(200);
      expect(html).toContain('BusinessX');
      expect(html).toContain('Email Sequence');
      expect(html).not.toContain(sandbox.token);
      expect(html).not.toContain(sandbox.control.secret);
    }
  });

  it('marks what changed last, and what had changed before', async () => {
    const sandbox = await start();
    const [one, other] = sandbox.contacts.rows();
    sandbox.setClock(NOON);
    await book(sandbox, `${one?.id}`);
    sandbox.advanceClock(1_000);
    await book(sandbox, `${other?.id}`, 'Cancelled');

    const { html } = await visit(sandbox.pageUrl);

    expect(marked(html, 'new')).toEqual(['Cancelled']);
    expect(marked(html, 'seen')).toEqual(['Booked']);
    expect(html).toContain('12:00:01');
  });

  it('shows who is in the trash as gone', async () => {
    const sandbox = await start({ seed: 'W4' });
    const { html } = await visit(sandbox.pageUrl);
    expect(html.match(/<tr class="gone">/g)).toHaveLength(1);
  });

  it('escapes what people have typed', async () => {
    const sandbox = await start();
    const evil = '<script>alert(1)</script>';
    const id = sandbox.contacts.add({ Name: evil, email: 'x@example.com' });
    await createBrief(sandbox, id, evil);
    await append(sandbox, sandbox.contacts.contentOf(id)[0]?.id ?? '', evil);

    for (const url of [sandbox.pageUrl, await briefUrl(sandbox)]) {
      const { html } = await visit(url);
      expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
      expect(html).not.toContain('<script');
    }
  });

  it('is shown under a name of this machine only, and not through a tunnel or proxy', async () => {
    const sandbox = await start();
    await childrenOf(sandbox, ann(sandbox));
    await createBrief(sandbox, ann(sandbox));
    const { port } = new URL(sandbox.url);
    for (const url of [sandbox.pageUrl, await briefUrl(sandbox)]) {
      for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`, 'localhost']) {
        expect((await visit(url, { host })).status).toBe(200);
      }
      for (const headers of [
        { host: 'evil.example' },
        { host: `localhost.evil.example:${port}` },
        { forwarded: 'for=1.2.3.4' },
        { 'x-forwarded-for': '1.2.3.4' },
        { via: '1.1 tunnel' },
      ]) {
        const { status, html } = await visit(url, headers as Record<string, string>);
        expect(status).toBe(403);
        expect(html).not.toMatch(/ann@x\.ca|What to know/);
      }
    }
  });

  it('is no request of the API', async () => {
    const sandbox = await start();
    await visit(sandbox.pageUrl);
    expect(sandbox.entries()).toEqual([]);
  });
});

describe('a brief', () => {
  it('is marked when it is new, and read by a link', async () => {
    const sandbox = await start();
    await createBrief(sandbox, ann(sandbox), 'Call prep 2026-01-05 [ab12cd34ef]');

    expect(marked((await visit(sandbox.pageUrl)).html, 'new')).toEqual(['Call prep 2026-01-05 [ab12cd34ef]']);
    const { status, html } = await visit(await briefUrl(sandbox));
    expect(status).toBe(200);
    expect(html).toContain('<h1>Call prep 2026-01-05 [ab12cd34ef]</h1>');
    expect(html).toContain('· on Ann');
    expect(html).toContain('What to know');
  });

  it('reads like a page: headings, lists as far in as they are nested, what is done and what is not', async () => {
    const sandbox = await start();
    const text = (content: string) => ({ rich_text: [{ text: { content } }] });
    const id = ann(sandbox);
    await createBrief(sandbox, id);
    const brief = sandbox.contacts.contentOf(id)[0]?.id ?? '';
    const children = [
      { heading_1: text('Who') },
      { bulleted_list_item: { ...text('Works at X'), children: [{ bulleted_list_item: text('since 2019') }] } },
      { numbered_list_item: text('First') },
      { numbered_list_item: text('Second') },
      { to_do: { ...text('Read the site'), checked: true } },
      { to_do: text('Call back') },
      { divider: {} },
      { quote: text('Two\nlines') },
    ];
    expect((await ask(sandbox, `/v1/blocks/${brief}/children`, { method: 'PATCH', body: { children } })).status).toBe(
      200,
    );

    const { html } = await visit(await briefUrl(sandbox));

    const lines = [
      ...html.matchAll(/<(h2|div|hr)(?: class="(in-\d)[^"]*")?>(?:<span class="sign">(.*?)<\/span>)?([^<]*)/g),
    ];
    expect(lines.map(([, tag, depth, sign, content]) => [tag, depth, sign, content?.trimEnd()])).toEqual([
      ['div', 'in-0', undefined, 'What to know'],
      ['h2', 'in-0', undefined, 'Who'],
      ['div', 'in-0', '•', 'Works at X'],
      ['div', 'in-1', '•', 'since 2019'],
      ['div', 'in-0', '1.', 'First'],
      ['div', 'in-0', '2.', 'Second'],
      ['div', 'in-0', '☑', 'Read the site'],
      ['div', 'in-0', '☐', 'Call back'],
      ['hr', undefined, undefined, ''],
      ['div', 'in-0', undefined, 'Two\nlines'],
    ]);
  });

  it('that is not there is not found', async () => {
    const sandbox = await start();
    for (const id of ['nope', '', ann(sandbox).toUpperCase()]) {
      expect((await visit(`${sandbox.pageUrl}/pages/${id}`)).status).toBe(404);
    }
  });
});
