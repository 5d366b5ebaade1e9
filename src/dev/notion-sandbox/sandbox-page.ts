import { Liquid } from 'liquidjs';
import { shown, valueIn } from './cells.ts';
import { contentOf, type SandboxBlock, titleOf } from './contents.ts';
import { type DataSource, type Page, pagesOf, type World } from './world.ts';

/** Where a person sees the databases. */
export const SANDBOX_PATH = '/sandbox';
const PAGES_PATH = `${SANDBOX_PATH}/pages/`;

/** Both pages have this around what they show. */
const TOP = `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta http-equiv="refresh" content="2">
  <title>{{ title }}</title>
  <style>
    :root { color-scheme: light dark; --ink: #1f2328; --dim: #667085; --line: #e4e7ec; --paper: #fff; --ground: #f6f7f9;
      --new: #fff3c4; --newline: #e0a800; --seen: #f0f6ff; --tag: #eceef2; --link: #175cd3; }
    @media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --dim: #98a1ae; --line: #2c3138; --paper: #181b20;
      --ground: #101216; --new: #4a3b00; --newline: #d9a400; --seen: #1a2637; --tag: #2a2f37; --link: #84adff; } }
    * { box-sizing: border-box }
    body { margin: 0; padding: 2.5rem clamp(1rem, 4vw, 3rem); background: var(--ground); color: var(--ink);
      font: 14px/1.5 ui-sans-serif, system-ui, "Segoe UI", Roboto, sans-serif }
    a { color: var(--link) }
    header { margin-bottom: 2rem } h1 { margin: 0; font-size: 1.35rem } header p { margin: .25rem 0 0; color: var(--dim) }
    section { margin-bottom: 2rem; background: var(--paper); border: 1px solid var(--line); border-radius: 12px; overflow: hidden }
    section > h2 { margin: 0; padding: .9rem .8rem; font-size: 1rem; border-bottom: 1px solid var(--line) }
    h2 small { margin-left: .5rem; color: var(--dim); font-weight: 400 }
    .scroll { overflow-x: auto }
    table { width: 100%; border-collapse: collapse; white-space: nowrap }
    th, td { padding: .55rem .8rem; text-align: left; border-bottom: 1px solid var(--line) }
    th { color: var(--dim); font-size: .8rem; font-weight: 500 } tr:last-child td { border-bottom: 0 }
    td.seen { background: var(--seen) } td.new { background: var(--new); box-shadow: inset 2px 0 var(--newline); font-weight: 600 }
    .tag { padding: .1rem .55rem; border-radius: 6px; background: var(--tag) }
    td.new .tag { background: transparent; padding-left: 0 }
    .gone td { color: var(--dim); text-decoration: line-through }
    .when { color: var(--dim); font-variant-numeric: tabular-nums }
    article { max-width: 46rem; padding: 1.25rem 1.5rem; background: var(--paper); border: 1px solid var(--line); border-radius: 12px }
    article > * { margin: .35rem 0; white-space: pre-wrap; overflow-wrap: anywhere }
    article h2, article h3, article h4 { margin-top: 1.1rem; line-height: 1.3 } article hr { border: 0; border-top: 1px solid var(--line) }
    .sign { color: var(--dim); margin-right: .5rem } .in-1 { padding-left: 1.6rem } .in-2 { padding-left: 3.2rem }
    .quote { border-left: 3px solid var(--line); padding-left: .8rem } .empty { color: var(--dim) }
  </style>
</head>
<body>
`;

const BOTTOM = `</body>
</html>
`;

const DATABASES = `${TOP}  <header>
    <h1>Notion sandbox</h1>
    <p>Stands in for your Notion workspace. It lives in memory and speaks Notion's API; what changed last is marked.</p>
  </header>
  {% for table in tables %}<section>
    <h2>{{ table.title }}<small>{{ table.rows.size }} rows</small></h2>
    <div class="scroll"><table>
      <thead><tr>{% for column in table.columns %}<th scope="col">{{ column }}</th>{% endfor %}{% if table.hasPages %}<th scope="col">Pages</th>{% endif %}<th scope="col">Changed</th></tr></thead>
      <tbody>
      {% for row in table.rows %}<tr{% if row.inTrash %} class="gone"{% endif %}>
        {% for cell in row.cells %}<td{% if cell.mark %} class="{{ cell.mark }}"{% endif %}>{% if cell.tag %}<span class="tag">{{ cell.text }}</span>{% else %}{{ cell.text }}{% endif %}</td>{% endfor %}
        {% if table.hasPages %}<td{% if row.pagesMark %} class="{{ row.pagesMark }}"{% endif %}>{% for page in row.pages %}<a href="{{ page.href }}">{{ page.title }}</a>{% unless forloop.last %}, {% endunless %}{% endfor %}</td>{% endif %}
        <td class="when">{{ row.changedAt }}</td>
      </tr>
      {% endfor %}
      </tbody>
    </table></div>
  </section>
  {% endfor %}
${BOTTOM}`;

const PAGE = `${TOP}  <header>
    <h1>{{ title }}</h1>
    <p><a href="{{ back }}">Notion sandbox</a>{% if on %} · on {{ on }}{% endif %}{% if inTrash %} · in the trash{% endif %}</p>
  </header>
  <article>
  {% for line in lines %}{% case line.type %}
    {% when 'heading_1' %}<h2 class="in-{{ line.depth }}">{{ line.text }}</h2>
    {% when 'heading_2' %}<h3 class="in-{{ line.depth }}">{{ line.text }}</h3>
    {% when 'heading_3' %}<h4 class="in-{{ line.depth }}">{{ line.text }}</h4>
    {% when 'divider' %}<hr>
    {% when 'child_page' %}<div class="in-{{ line.depth }}"><a href="{{ line.href }}">{{ line.text }}</a></div>
    {% else %}<div class="in-{{ line.depth }} {{ line.type }}">{% if line.sign %}<span class="sign">{{ line.sign }}</span>{% endif %}{{ line.text }}</div>
  {% endcase %}{% endfor %}
  {% if lines.size == 0 %}<p class="empty">Nothing is written here.</p>{% endif %}
  </article>
${BOTTOM}`;

const liquid = new Liquid({ outputEscape: 'escape' });
const databasesTemplate = liquid.parse(DATABASES);
const pageTemplate = liquid.parse(PAGE);

/**
 * What a person sees at a path, in HTML that needs nothing from the network.
 *
 * @returns undefined where nothing is shown there; what it returns else gives undefined where the page it would show is not there.
 */
export function pageAt(world: World, path: string): (() => Promise<string | undefined>) | undefined {
  if (path === SANDBOX_PATH) return () => renderDatabases(world);
  if (!path.startsWith(PAGES_PATH)) return undefined;
  return () => renderPage(world, path.slice(PAGES_PATH.length));
}

async function renderDatabases(world: World): Promise<string> {
  const tables = [...world.dataSources.values()].map((source) => tableOf(world, source));
  return liquid.render(databasesTemplate, { title: 'Notion sandbox', tables });
}

async function renderPage(world: World, id: string): Promise<string | undefined> {
  const page = world.pages.get(id);
  if (!page) return undefined;
  const around = world.pages.get(page.parentId ?? '');
  return liquid.render(pageTemplate, {
    title: titleOf(page) || 'Untitled',
    back: SANDBOX_PATH,
    on: around && titleOf(around),
    inTrash: page.inTrash,
    lines: linesOf(contentOf(world, id)),
  });
}

function tableOf(world: World, source: DataSource) {
  const pages = pagesOf(world, source.id);
  const newest = newestChange(world);
  const rows = pages.map((row) => ({
    inTrash: row.inTrash,
    changedAt: row.lastChange ? new Date(row.lastChange.at).toISOString().slice(11, 19) : '',
    cells: source.properties.map((property) => {
      const value = shown(property, valueIn(world, row, property));
      const text = Array.isArray(value) ? value.join(', ') : value === null ? '' : String(value);
      return { text, tag: property.options.length > 0 && text !== '', mark: markOf(row, property.id, newest) };
    }),
    pages: contentOf(world, row.id).flatMap(({ id, type, text }) =>
      type === 'child_page' ? [{ href: `${PAGES_PATH}${id}`, title: text }] : [],
    ),
    pagesMark: markOf(row, undefined, newest),
  }));
  return {
    title: source.name,
    columns: source.properties.map(({ name }) => name),
    hasPages: rows.some((row) => row.pages.length > 0),
    rows,
  };
}

/** Among the rows: what is written on a page counts as a change of its row. */
function newestChange(world: World): number {
  const rows = [...world.pages.values()].filter(({ parentId }) => world.dataSources.has(parentId ?? ''));
  return Math.max(0, ...rows.map((row) => row.lastChange?.at ?? 0));
}

/** @param propertyId absent for what is written on the row's page. */
function markOf({ lastChange }: Page, propertyId: string | undefined, newest: number): 'new' | 'seen' | undefined {
  if (!lastChange) return undefined;
  const { at, propertyIds } = lastChange;
  const isMeant = propertyId === undefined ? propertyIds.length === 0 : propertyIds.includes(propertyId);
  if (!isMeant) return undefined;
  return at === newest ? 'new' : 'seen';
}

interface Line {
  type: string;
  text: string;
  depth: number;
  /** What stands before the text, if anything. */
  sign: string | undefined;
  href: string;
}

/** From top to bottom, each as far in as it is nested. */
function linesOf(blocks: readonly SandboxBlock[], depth = 0): Line[] {
  return blocks.flatMap((block, index) => [
    { type: block.type, text: block.text, depth, sign: signOf(block, blocks, index), href: `${PAGES_PATH}${block.id}` },
    ...linesOf(block.children, depth + 1),
  ]);
}

function signOf({ type, checked }: SandboxBlock, blocks: readonly SandboxBlock[], index: number): string | undefined {
  switch (type) {
    case 'bulleted_list_item':
      return '•';
    case 'numbered_list_item':
      return `${index - blocks.findLastIndex((other, at) => at < index && other.type !== type)}.`;
    case 'to_do':
      return checked ? '☑' : '☐';
    case 'toggle':
      return '▸';
    default:
      return undefined;
  }
}
