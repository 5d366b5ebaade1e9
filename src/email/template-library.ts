import { readFileSync } from 'node:fs';
import type { Liquid, Template } from 'liquidjs';
import { nearestTo } from '../alike.ts';
import { strictLiquid } from '../strict-liquid.ts';
import { type MailVariables, mailVariables } from './mail-variables.ts';
import { bareMail, sampleMail } from './sample-mail.ts';
import {
  FIRST_LANGUAGE,
  findFile,
  languagesIn,
  mailsIn,
  type Roots,
  readStyles,
  readWords,
  type Styles,
  type Words,
} from './template-files.ts';

/** The mails of one language, by name. */
export interface LanguageOfMails {
  words: Words;
  mails: Map<string, MailParts>;
}

/** Each writes its part of a mail. */
export interface MailParts {
  subject: WritePart;
  text: WritePart;
  html: WritePart;
}

type WritePart = (variables: MailVariables) => string;

/**
 * Reads all mails in all languages. Each part is parsed, checked for variables that do not exist, and tried out, so that what is
 * broken is found here.
 *
 * @param faults what is wrong is added to it, each with file, line and column where there is one, and once for each mail that it is
 * in; if there is any, what is returned cannot be used.
 */
export function readTemplateLibrary(roots: Roots, faults: string[]): Map<string, LanguageOfMails> {
  const reader = createPartReader(roots, readStyles(roots, faults));
  const languages = languagesIn(roots).map((language): [string, LanguageOfMails] => {
    const words = readWords(roots, language, faults);
    const mails = mailsIn(roots, language).map((name): [string, MailParts] => {
      const samples = samplesOf(name, language, words);
      const part = (part: keyof MailParts) =>
        reader({ path: `${language}/${name}/${part}.liquid`, isHtml: part === 'html', words, samples, faults });
      return [name, { subject: part('subject'), text: part('text'), html: part('html') }];
    });
    return [language, { words, mails: new Map(mails) }];
  });
  const library = new Map(languages);
  faults.push(...onlyTranslated(library));
  return library;
}

function onlyTranslated(library: ReadonlyMap<string, LanguageOfMails>): string[] {
  const first = library.get(FIRST_LANGUAGE);
  return [...library].flatMap(([language, { mails }]) =>
    [...mails.keys()]
      .filter((name) => !first?.mails.has(name))
      .map((name) => `${language}/${name}: every mail is needed in ${FIRST_LANGUAGE} as well`),
  );
}

/** One where everything is known, and one where next to nothing is: between them they take most branches. */
function samplesOf(name: string, language: string, words: Words): MailVariables[] {
  return [sampleMail(name), bareMail(name)].map((mail) =>
    mailVariables(mail, { language, words, fallbackTimeZone: 'UTC' }),
  );
}

interface PartToRead {
  /** Below the roots. */
  path: string;
  isHtml: boolean;
  words: Words;
  samples: readonly MailVariables[];
  faults: string[];
}

function createPartReader(roots: Roots, styles: Styles): (part: PartToRead) => WritePart {
  const plain = strictLiquid(roots);
  const escaping = strictLiquid(roots, { outputEscape: 'escape' });

  return (part) => {
    const file = findFile(roots, part.path);
    if (!file) {
      part.faults.push(`${part.path} is missing`);
      return () => '';
    }
    try {
      return readPart(part, { file, engine: part.isHtml ? escaping : plain, styles });
    } catch (error) {
      part.faults.push(faultIn(file, error));
      return () => '';
    }
  };
}

function readPart(
  { path, isHtml, words, samples, faults }: PartToRead,
  { file, engine, styles }: { file: string; engine: Liquid; styles: Styles },
): WritePart {
  const template = engine.parseFileSync(path);
  const common = { words, darkMode: styles.darkMode };
  // Shared parts are rendered in a scope of their own, and see only what is global.
  const write: WritePart = (variables) => engine.renderSync(template, {}, { globals: { ...variables, ...common } });

  const unknown = unknownVariables(engine, template, { ...samples[0], ...common });
  faults.push(...unknown);
  const tried = unknown.length === 0 ? samples.map(write) : [];
  if (!isHtml) return write;

  faults.push(...unknownClasses(tried, styles, file));
  return (variables) => withStyles(write(variables), styles);
}

/** Rendering finds a misspelled variable only in the branches it takes; the mail of a booking may be the first to take another. */
function unknownVariables(engine: Liquid, template: Template[], scope: object): string[] {
  const used = Object.values(engine.analyzeSync(template).globals).flat();
  return used.flatMap((variable) => {
    const path = variable.toArray();
    if (exists(path, scope)) return [];
    const { file, row, col } = variable.location;
    return [`${file}:${row}:${col}: ${noSuchVariable(path.join('.'), scope)}`];
  });
}

function noSuchVariable(name: string, scope: object): string {
  return `there is no variable ${name}${didYouMean(name, namesIn(scope))}`;
}

function didYouMean(name: string, names: Iterable<string>): string {
  const [nearest] = nearestTo(name, [...names]);
  return nearest === undefined ? '' : `; did you mean ${nearest}?`;
}

function exists([name, ...rest]: readonly unknown[], scope: unknown): boolean {
  if (name === undefined) return true;
  if (Array.isArray(scope)) return name === 'size' || exists(rest, scope[0]);
  if (typeof scope === 'string') return name === 'size';
  return typeof scope === 'object' && scope !== null && Object.hasOwn(scope, String(name))
    ? exists(rest, (scope as Record<string, unknown>)[String(name)])
    : false;
}

const CLASS = / class="([\w -]+)"(?: style="([^"]*)")?/g;

/**
 * Puts inline what each class stands for, before what a template itself says inline. What others have written cannot pass for a
 * class: its quotes are escaped.
 */
function withStyles(html: string, { inline }: Styles): string {
  return html.replaceAll(CLASS, (_, names: string, own: string | undefined) => {
    const style = [...names.split(' ').map((name) => inline.get(name)), own].filter(Boolean).join(';');
    return ` class="${names}"${style && ` style="${style}"`}`;
  });
}

function unknownClasses(htmls: readonly string[], { inline }: Styles, file: string): string[] {
  const used = htmls.flatMap((html) => [...html.matchAll(CLASS)].flatMap(([, names]) => names!.split(' ')));
  return [...new Set(used)]
    .filter((name) => !inline.has(name))
    .map((name) => {
      const suggestion = didYouMean(name, inline.keys());
      return `${file}${placeOf(`class="${name}`, file)}: there is no style ${name}${suggestion}`;
    });
}

/** The variables as templates name them: `call.title`. */
function namesIn(scope: object, prefix = ''): string[] {
  return Object.entries(scope).flatMap(([name, value]) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? namesIn(value, `${prefix}${name}.`)
      : [prefix + name],
  );
}

/** What LiquidJS reports, with the place in front. */
function faultIn(file: string, error: unknown): string {
  if (!(error instanceof Error)) throw error;
  const { token, originalError } = error as Error & Partial<LiquidFault>;
  const words = (originalError ?? error).message.replace(/,( file:[^,]*,)? line:\d+, col:\d+$/, '');
  if (token) return `${token.file ?? file}:${token.getPosition().join(':')}: ${words}`;

  const [, part] = /Failed to lookup "([^"]*)"/.exec(words) ?? [];
  if (part === undefined) return `${file}: ${words}`;
  return `${file}${placeOf(part, file)}: there is no shared part ${part}`;
}

interface LiquidFault {
  token: { file?: string; getPosition(): number[] };
  originalError: Error;
}

/** Where the file itself says it; nowhere, if a shared part does. LiquidJS does not tell of everything where it stands. */
function placeOf(words: string, file: string): string {
  const lines = readFileSync(file, 'utf8').split('\n');
  const row = lines.findIndex((line) => line.includes(words));
  return row < 0 ? '' : `:${row + 1}:${lines[row]!.indexOf(words) + 1}`;
}
