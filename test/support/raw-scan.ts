import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A canary that lies somewhere for anybody to read. */
export interface Finding {
  file: string;
  canary: string;
  /** How it is written there, such as `utf8` or `base64+1`. */
  form: string;
  /** In bytes from the start of the file. */
  offset: number;
}

/**
 * Looks for texts in the bytes of a file, or of every file below a folder, in every form in which software commonly keeps
 * text. The first place of each form in each file is found.
 *
 * What was compressed is not seen, nor what a database has cut at the edge of a page: canaries are short, and lie in
 * more than one place.
 *
 * @throws {Error} when there is nothing at `path`, or a canary is too short to be told from chance.
 */
export async function scanForCanaries(path: string, canaries: readonly string[]): Promise<Finding[]> {
  const needles = canaries.flatMap((canary) => formsOf(canary).map((needle) => ({ canary, ...needle })));
  const findings: Finding[] = [];
  for (const file of await filesAt(path)) {
    const bytes = await readFile(file).catch(unlessGone);
    for (const { canary, form, needle } of needles) {
      const offset = bytes.indexOf(needle);
      if (offset >= 0) findings.push({ file, canary, form, offset });
    }
  }
  return findings;
}

/** The same text as different software writes it. */
export function formsOf(canary: string): { form: string; needle: Buffer }[] {
  if (canary.length < 8) throw new Error(`A canary has 8 characters at least: ${canary}`);
  const bytes = Buffer.from(canary);
  const hex = bytes.toString('hex');
  const all = [
    { form: 'utf8', needle: bytes },
    { form: 'lower case', needle: Buffer.from(canary.toLowerCase()) },
    { form: 'percent-encoded', needle: Buffer.from(encodeURIComponent(canary)) },
    { form: 'JSON', needle: Buffer.from(asciiJson(canary)) },
    { form: 'utf16le', needle: Buffer.from(canary, 'utf16le') },
    { form: 'utf16be', needle: Buffer.from(canary, 'utf16le').swap16() },
    { form: 'hex', needle: Buffer.from(hex) },
    { form: 'HEX', needle: Buffer.from(hex.toUpperCase()) },
    ...[0, 1, 2].flatMap((shift) => {
      const base64 = base64Within(bytes, shift);
      return [
        { form: `base64+${shift}`, needle: Buffer.from(base64) },
        { form: `base64url+${shift}`, needle: Buffer.from(base64.replaceAll('+', '-').replaceAll('/', '_')) },
      ];
    }),
  ];
  return all.filter(({ needle }, index) => all.findIndex((other) => other.needle.equals(needle)) === index);
}

/** Base64 packs three bytes at a time: what a text becomes depends on how many stand before it, and its edges on its neighbours. */
function base64Within(bytes: Buffer, shift: number): string {
  const end = shift + bytes.length;
  const digits = Buffer.concat([Buffer.alloc(shift), bytes])
    .toString('base64')
    .replace(/=+$/, '');
  return digits.slice(Math.ceil((shift * 8) / 6), end % 3 === 0 ? undefined : -1);
}

function asciiJson(text: string): string {
  return JSON.stringify(text)
    .slice(1, -1)
    .replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

async function filesAt(path: string): Promise<string[]> {
  if ((await stat(path)).isFile()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

/** A database at work removes files of its own. */
function unlessGone(error: NodeJS.ErrnoException): Buffer {
  if (error.code === 'ENOENT') return Buffer.alloc(0);
  throw error;
}
