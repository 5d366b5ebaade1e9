export interface Element {
  name: string;
  attributes: Map<string, string>;
  children: (Element | string)[];
}

const NEVER_CLOSED = ['meta', 'br', 'img'];
const TAG = /<(\/?)([a-z][a-z0-9]*)((?:\s+[\w-]+="[^"]*")*)\s*>/gi;

/**
 * Reads HTML as our templates write it: every attribute quoted, every element closed but those that never are.
 *
 * @throws {Error} at what is not closed, or closed without having been opened.
 */
export function readHtml(source: string): Element {
  const root: Element = { name: 'root', attributes: new Map(), children: [] };
  const open = [root];
  let readTo = 0;
  for (const match of source.replace(/<!doctype html>/i, (tag) => ' '.repeat(tag.length)).matchAll(TAG)) {
    const [tag, slash, name, attributes] = match;
    const inside = open.at(-1)!;
    inside.children.push(textBetween(source, readTo, match.index));
    readTo = match.index + tag.length;
    if (slash) {
      if (inside.name !== name) throw new Error(`</${name}> closes <${inside.name}>`);
      open.pop();
      continue;
    }
    const element: Element = { name: name!, attributes: readAttributes(attributes!), children: [] };
    inside.children.push(element);
    if (!NEVER_CLOSED.includes(name!)) open.push(element);
  }
  if (open.length > 1) throw new Error(`<${open.at(-1)!.name}> is not closed`);
  return root;
}

function textBetween(source: string, from: number, to: number): string {
  return source.slice(from, to).replace(/<!doctype html>/i, '');
}

function readAttributes(text: string): Map<string, string> {
  return new Map([...text.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, name, value]) => [name!, value!]));
}
