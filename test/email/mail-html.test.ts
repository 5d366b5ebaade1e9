import { describe, expect, it } from 'vitest';
import { MAIL_TEMPLATES } from '../../src/email/mail-renderer.ts';
import { aBooking } from './a-booking.ts';
import { aMail, LANGUAGES, LINKS, renderer } from './a-mail.ts';
import { type Element, readHtml } from './read-html.ts';

/** With everything in it that it can have. */
function html(template: string, locale: string): string {
  const role = template.startsWith('host-') || template === 'move-rejected' ? 'host' : 'attendee';
  const booking = aBooking({ answers: [{ question: 'How large is your team?', answer: '12' }] });
  const [ada] = booking.attendees;
  const mail = aMail({ template, booking, reader: { ...ada, locale, role }, links: LINKS, reason: 'A strike' });
  return renderer.render({ ...mail, acknowledged: true, previousStartsAt: '2026-12-02T09:30:00.000Z' }).html;
}

const EVERY = MAIL_TEMPLATES.flatMap((template) => LANGUAGES.map((language) => [template, language] as const));

/** What WCAG AA asks for text of any size. */
const LEAST_CONTRAST = 4.5;
/** Gmail cuts what is longer. */
const LARGEST_BYTES = 100_000;

describe.each(EVERY)('the HTML of %s in %s', (template, language) => {
  const source = html(template, language);
  const root = readHtml(source);
  const elements = everyElement(root);

  it('is small enough to be shown whole', () => {
    expect(Buffer.byteLength(source)).toBeLessThan(LARGEST_BYTES / 4);
  });

  it('loads nothing from anywhere, and runs nothing', () => {
    expect(source).not.toMatch(
      /<(?:link|script|iframe|object|embed|form|video|base)\b|url\(|@import|\s(?:src|background|on\w+)=/i,
    );
  });

  it('has a text in place of every image', () => {
    const silent = elements.filter(({ name, attributes }) => name === 'img' && !attributes.has('alt'));

    expect(silent).toEqual([]);
  });

  it('is laid out by tables, which say that they are no data, and by nothing that mail programs ignore', () => {
    const tables = elements.filter(({ name }) => name === 'table');

    expect(tables.length).toBeGreaterThan(2);
    expect(tables.filter(({ attributes }) => attributes.get('role') !== 'presentation')).toEqual([]);
    expect(source).not.toMatch(/position\s*:|display\s*:\s*(?:flex|grid|inline-flex)|float\s*:|var\(--|calc\(/);
  });

  it('names its language and direction, and has a title and one heading', () => {
    const [page] = elements;

    expect(page?.attributes.get('lang')).toBe(language);
    expect(page?.attributes.get('dir')).toBe('ltr');
    expect(elements.filter(({ name }) => name === 'h1' || name === 'title').map(textOf)).toEqual([
      expect.stringMatching(/./),
      expect.stringMatching(/./),
    ]);
  });

  it('shows a line of its own beside the subject, which the mail itself does not', () => {
    const [preview] = elements.filter(({ attributes }) => attributes.get('class') === 'preview');

    expect(textOf(preview!).trim()).not.toBe('');
    expect(preview?.attributes.get('style')).toContain('display:none');
  });

  it.each(['light', 'dark'] as const)('can be read in %s mode', (mode) => {
    const shades = shadesOf(root, mode === 'dark' ? darkRules(source) : new Map());
    const weak = shades.filter(({ contrast }) => contrast < LEAST_CONTRAST);

    expect(shades.length).toBeGreaterThan(5);
    expect(weak).toEqual([]);
  });

  it('has dark colours of its own for everything that is visible', () => {
    const backgrounds = (rules: Rules) => new Set(shadesOf(root, rules).map(({ background }) => background));
    const light = backgrounds(new Map());

    expect([...backgrounds(darkRules(source))].filter((background) => light.has(background))).toEqual([]);
  });
});

function everyElement(element: Element): Element[] {
  return element.children.flatMap((child) => (typeof child === 'string' ? [] : [child, ...everyElement(child)]));
}

function textOf({ children }: Element): string {
  return children.map((child) => (typeof child === 'string' ? child : textOf(child))).join('');
}

/** Declarations by class. */
type Rules = Map<string, Map<string, string>>;

interface Shade {
  text: string;
  color: string;
  background: string;
  contrast: number;
}

/** Every text that is to be seen, with the colours that it has from itself or from what it is in. */
function shadesOf(element: Element, rules: Rules, color = '#000000', background = '#ffffff'): Shade[] {
  const style = declarations(element.attributes.get('style') ?? '');
  const ownRules = (element.attributes.get('class') ?? '').split(' ').flatMap((name) => [...(rules.get(name) ?? [])]);
  for (const [property, value] of ownRules) style.set(property, value);
  if (style.get('display') === 'none' || ['style', 'title'].includes(element.name)) return [];

  const own = { color: style.get('color') ?? color, background: style.get('background-color') ?? background };
  return element.children.flatMap((child) => {
    if (typeof child !== 'string') return shadesOf(child, rules, own.color, own.background);
    const text = child.trim();
    return text ? [{ text, ...own, contrast: contrastOf(own.color, own.background) }] : [];
  });
}

function darkRules(source: string): Rules {
  const [, dark = ''] = /prefers-color-scheme: dark\) \{([\s\S]*?)\n {2}\}/.exec(source) ?? [];
  return new Map([...dark.matchAll(/\.(\w+)\{([^}]*)\}/g)].map(([, name, style]) => [name!, declarations(style!)]));
}

function declarations(style: string): Map<string, string> {
  const pairs = style.split(';').map((declaration) => declaration.replace('!important', '').split(':'));
  return new Map(pairs.map(([property, ...value]) => [property!.trim(), value.join(':').trim()]));
}

/** WCAG 2.2, contrast ratio. */
function contrastOf(a: string, b: string): number {
  const [darker, lighter] = [luminanceOf(a), luminanceOf(b)].toSorted((one, other) => one - other);
  return (lighter! + 0.05) / (darker! + 0.05);
}

function luminanceOf(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}
