import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { OperatorError } from '../../operator-error.ts';
import { strictLiquid } from '../../strict-liquid.ts';

/** What a page says beside its own words. Text is escaped where it is put in. */
export interface Page {
  title: string;
  text: string;
  /** What it is about. */
  call?: CallOnPage;
  /** What can be done, each with one button that posts to the page's own address. */
  forms?: readonly PageForm[];
  link?: { href: string; text: string };
}

export interface CallOnPage {
  title: string;
  date: string;
  time: string;
  /** In words. */
  zone: string;
  organizer: string;
}

export interface PageForm {
  button: string;
  /** A second thing to do is told with words of its own. */
  title?: string;
  text?: string;
  /** Asks why. */
  reason?: { label: string; hint: string };
  /** Is sent with it. */
  scope?: string;
}

const Text = z.string().trim().min(1);
const said = z.strictObject({ title: Text, text: Text });
const asked = said.extend({ button: Text });

const PageWords = z.strictObject({
  ...{ call: Text, when: Text, with: Text, clock: Text.includes('{time}') },
  ...{ confirm: asked, confirmed: said },
  ...{ cancel: asked.extend({ reason: Text, hint: Text }), cancelElsewhere: asked, cancelled: said },
  ...{ move: asked, unsubscribe: asked, unsubscribeAll: asked, unsubscribed: said, unsubscribedAll: said },
  ...{
    offAlready: said,
    toBeMoved: said,
    movedAlready: said,
    begun: said,
    noWay: said,
    noCalendarFile: said,
    failed: said,
  },
  ...{ elsewhere: Text, bookAgain: Text, again: Text, gone: said, expired: said, unknown: said, unavailable: said },
});

/** All that the pages say in one language. */
export type PageWords = z.infer<typeof PageWords>;

/** Writes the pages behind the links in mails. */
export interface PageRenderer {
  render(language: string, page: Page): string;
  /** English, where there is no such language. */
  wordsIn(language: string): { language: string; words: PageWords };
  /** For a policy that lets the page's own style in, and no other: `sha256-…`. */
  styleHash: string;
}

const FOLDER = fileURLToPath(new URL('../../../pages', import.meta.url));
const ENGLISH = 'en';

/** @throws {OperatorError} when a file in `pages/` is missing or broken. */
export function createPageRenderer(folder = FOLDER): PageRenderer {
  try {
    const languages = readLanguages(join(folder, 'words'));
    const engine = strictLiquid([folder], { outputEscape: 'escape' });
    const template = engine.parseFileSync('page');
    const style = engine.renderFileSync('style') as string;

    const renderer: PageRenderer = {
      wordsIn(given) {
        const language = languages.has(given) ? given : ENGLISH;
        return { language, words: languages.get(language)! };
      },
      render(given, page) {
        const { language, words } = renderer.wordsIn(given);
        return engine.renderSync(template, { ...complete(page), language, words }) as string;
      },
      styleHash: `sha256-${createHash('sha256').update(style).digest('base64')}`,
    };
    for (const language of languages.keys()) for (const sample of SAMPLES) renderer.render(language, sample);
    return renderer;
  } catch (error) {
    throw new OperatorError(`The pages in ${folder} cannot be used: ${(error as Error).message}`);
  }
}

function readLanguages(folder: string): Map<string, PageWords> {
  const languages = readdirSync(folder).map((file): [string, PageWords] => {
    const { data, error } = PageWords.safeParse(readYaml(folder, file));
    if (!data) throw new Error(`words/${file}: ${error.issues.map(faultIn).join(', ')}`);
    return [file.replace(/\.yaml$/, ''), data];
  });
  if (!languages.some(([language]) => language === ENGLISH)) throw new Error(`words/${ENGLISH}.yaml is missing`);
  return new Map(languages);
}

function readYaml(folder: string, file: string): unknown {
  try {
    return parseYaml(readFileSync(join(folder, file), 'utf8'));
  } catch (error) {
    throw new Error(`words/${file}: ${(error as Error).message.split('\n')[0]}`);
  }
}

function faultIn({ path, message }: z.core.$ZodIssue): string {
  return `${path.join('.')}: ${message}`;
}

/** What is not there is null, so that the template can ask for it. */
function complete({ title, text, call = undefined, forms = [], link = undefined }: Page) {
  const whole = forms.map((form) => ({ title: null, text: null, reason: null, scope: null, ...form }));
  return { title, text, call: call ?? null, forms: whole, link: link ?? null };
}

const BARE: Page = { title: 'A title', text: 'Some text' };
const SAMPLES: readonly Page[] = [
  BARE,
  {
    ...BARE,
    call: { title: 'Discovery call', date: 'Thursday', time: '09:00', zone: 'UTC', organizer: 'Grace Hopper' },
    forms: [
      { button: 'Yes', reason: { label: 'Why', hint: 'Please' } },
      { ...BARE, button: 'No', scope: 'all' },
    ],
    link: { href: 'https://example.com/', text: 'There' },
  },
];
