import { Liquid } from 'liquidjs';
import { shown } from './table.ts';
import { type DataSource, type Page, pagesOf, type World } from './world.ts';

const TEMPLATE = `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta http-equiv="refresh" content="2">
  <title>Notion sandbox</title>
  <style>
    :root { color-scheme: light dark; --ink: #1f2328; --dim: #667085; --line: #e4e7ec; --paper: #fff; --ground: #f6f7f9;
      --new: #fff3c4; --newline: #e0a800; --seen: #f0f6ff; --tag: #eceef2; }
    @media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --dim: #98a1ae; --line: #2c3138; --paper: #181b20;
      --ground: #101216; --new: #4a3b00; --newline: #d9a400; --seen: #1a2637; --tag: #2a2f37; } }
    * { box-sizing: border-box }
    body { margin: 0; padding: 2.5rem clamp(1rem, 4vw, 3rem); background: var(--ground); color: var(--ink);
      font: 14px/1.5 ui-sans-serif, system-ui, "Segoe UI", Roboto, sans-serif }
    header { margin-bottom: 2rem } h1 { margin: 0; font-size: 1.35rem } header p { margin: .25rem 0 0; color: var(--dim) }
    section { margin-bottom: 2rem; background: var(--paper); border: 1px solid var(--line); border-radius: 12px; overflow: hidden }
    h2 { margin: 0; padding: .9rem .8rem; font-size: 1rem; border-bottom: 1px solid var(--line) }
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
  </style>
</head>
<body>
  <header>
    <h1>Notion sandbox</h1>
    <p>Stands in for your Notion workspace. It lives in memory and speaks Notion's API; what changed last is marked.</p>
  </header>
  {% for table in tables %}<section>
    <h2>{{ table.title }}<small>{{ table.rows.size }} rows</small></h2>
    <div class="scroll"><table>
      <thead><tr>{% for column in table.columns %}<th scope="col">{{ column }}</th>{% endfor %}<th scope="col">Changed</th></tr></thead>
      <tbody>
      {% for row in table.rows %}<tr{% if row.inTrash %} class="gone"{% endif %}>
        {% for cell in row.cells %}<td{% if cell.mark %} class="{{ cell.mark }}"{% endif %}>{% if cell.tag %}<span class="tag">{{ cell.text }}</span>{% else %}{{ cell.text }}{% endif %}</td>{% endfor %}
        <td class="when">{{ row.changedAt }}</td>
      </tr>
      {% endfor %}
      </tbody>
    </table></div>
  </section>
  {% endfor %}
</body>
</html>
`;

const template = new Liquid({ outputEscape: 'escape' });
const parsed = template.parse(TEMPLATE);

/** The databases as tables, in HTML that needs nothing from the network. */
export async function renderSandboxPage(world: World): Promise<string> {
  const pages = [...world.pages.values()];
  const newest = Math.max(0, ...pages.map((page) => page.lastChange?.at ?? 0));
  return template.render(parsed, {
    tables: [...world.dataSources.values()].map((source) => tableOf(world, source, newest)),
  });
}

function tableOf(world: World, source: DataSource, newest: number) {
  return {
    title: source.name,
    columns: source.properties.map(({ name }) => name),
    rows: pagesOf(world, source.id).map((page) => ({
      inTrash: page.inTrash,
      changedAt: page.lastChange ? new Date(page.lastChange.at).toISOString().slice(11, 19) : '',
      cells: source.properties.map((property) => {
        const value = shown(property, page.values.get(property.id));
        const text = Array.isArray(value) ? value.join(', ') : value === null ? '' : String(value);
        return { text, tag: property.options.length > 0 && text !== '', mark: markOf(page, property.id, newest) };
      }),
    })),
  };
}

function markOf({ lastChange }: Page, propertyId: string, newest: number): 'new' | 'seen' | '' {
  if (!lastChange?.propertyIds.includes(propertyId)) return '';
  return lastChange.at === newest ? 'new' : 'seen';
}
