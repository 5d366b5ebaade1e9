import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseYaml, YAMLParseError } from 'yaml';
import type { TimeWords } from './call-times.ts';

/** Folders of the same layout: a file in an earlier one takes the place of the same file in a later one. */
export type Roots = readonly string[];

/** The short words of one language that mails share, from its `words.yaml`. */
export interface Words {
  /** What a call without a title is called. */
  untitled: string;
  times: TimeWords;
  [name: string]: string | object;
}

/** How mails look. */
export interface Styles {
  /** What a class stands for: `color:#3b4252;margin:0`. */
  inline: Map<string, string>;
  /** CSS rules for what changes in dark mode. */
  darkMode: string;
}

/** Every mail is there in it, and every word. */
export const FIRST_LANGUAGE = 'en';

const LANGUAGE_TAG = /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/;

/** The languages that there are mails in, as their folders are called: BCP 47. */
export function languagesIn(roots: Roots): string[] {
  return foldersIn(roots, '.').filter((name) => LANGUAGE_TAG.test(name));
}

/** The mails that a language has at least a part of. */
export function mailsIn(roots: Roots, language: string): string[] {
  return foldersIn(roots, language);
}

function foldersIn(roots: Roots, path: string): string[] {
  const names = roots.flatMap((root) => {
    const folder = join(root, path);
    if (!existsSync(folder)) return [];
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name);
  });
  return [...new Set(names)].toSorted();
}

/** Where the file is that counts; undefined if there is none. */
export function findFile(roots: Roots, path: string): string | undefined {
  return roots.map((root) => join(root, path)).find((file) => existsSync(file));
}

/**
 * Reads the words of a language, and adds to the faults those that it lacks. They are those of the first language until then, so
 * that further faults can be looked for.
 */
export function readWords(roots: Roots, language: string, faults: string[]): Words {
  const known = readYaml(roots.slice(-1), `${FIRST_LANGUAGE}/words.yaml`, faults);
  const own = readYaml(roots, `${language}/words.yaml`, faults);
  faults.push(...lackingIn(wordsIn(own.content), wordsIn(known.content)).map((fault) => `${own.file}: ${fault}`));
  const times = { ...timesIn(known.content), ...timesIn(own.content) };
  return { ...known.content, ...own.content, times } as unknown as Words;
}

function lackingIn(words: ReadonlyMap<string, string>, known: ReadonlyMap<string, string>): string[] {
  return [...known].flatMap(([name, original]) => {
    const word = words.get(name);
    if (word === undefined) return [`there is no word for ${name}`];
    const lost = (original.match(/\{\w+\}/g) ?? []).filter((place) => !word.includes(place));
    return lost.length > 0 ? [`${name} lacks ${lost.join(' and ')}`] : [];
  });
}

function timesIn(content: YamlMap): YamlMap {
  return isMap(content['times']) ? content['times'] : {};
}

/** Words by name, such as `times.at`. */
function wordsIn(content: YamlMap, prefix = ''): Map<string, string> {
  const words = Object.entries(content).flatMap(([name, value]): [string, string][] =>
    isMap(value) ? [...wordsIn(value, `${prefix}${name}.`)] : [[prefix + name, String(value)]],
  );
  return new Map(words);
}

/**
 * Reads `shared/styles.yaml`: properties by the name of the class. A colour that differs in dark mode stands behind a slash, as in
 * `'#3b4252 / #d3d7e0'`.
 */
export function readStyles(roots: Roots, faults: string[]): Styles {
  const { file, content } = readYaml(roots, 'shared/styles.yaml', faults);
  const inline = new Map<string, string>();
  const darkRules: string[] = [];
  for (const [name, properties] of Object.entries(content)) {
    if (!isMap(properties)) {
      faults.push(`${file}: ${name}: expected properties such as \`color: '#3b4252 / #d3d7e0'\``);
      continue;
    }
    const pairs = Object.entries(properties).map(([property, value]) => [property, ...String(value).split(' / ')]);
    inline.set(name, pairs.map(([property, light]) => `${property}:${light}`).join(';'));
    const dark = pairs.flatMap(([property, , value]) => (value ? [`${property}:${value} !important`] : []));
    if (dark.length > 0) darkRules.push(`.${name}{${dark.join(';')}}`);
  }
  return { inline, darkMode: darkRules.join('\n    ') };
}

type YamlMap = Record<string, unknown>;

function readYaml(roots: Roots, path: string, faults: string[]): { file: string; content: YamlMap } {
  const file = findFile(roots, path);
  if (!file) {
    faults.push(`${path} is missing`);
    return { file: path, content: {} };
  }
  try {
    const content: unknown = parseYaml(readFileSync(file, 'utf8'));
    if (isMap(content)) return { file, content };
    faults.push(`${file}: expected names with values, such as \`when: When\``);
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    const { line, col } = error.linePos?.[0] ?? { line: 1, col: 1 };
    faults.push(`${file}:${line}:${col}: ${error.message.split(' at line ')[0]}`);
  }
  return { file, content: {} };
}

function isMap(value: unknown): value is YamlMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
