import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OperatorError } from '../../src/operator-error.ts';
import { createPageRenderer } from '../../src/server/pages/page-renderer.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'precall-pages-'));
  await cp(join(import.meta.dirname, '../../pages'), folder, { recursive: true });
});
afterEach(() => rm(folder, { recursive: true }));

async function change(file: string, from: string | RegExp, to: string): Promise<void> {
  const path = join(folder, file);
  await writeFile(path, (await readFile(path, 'utf8')).replace(from, to));
}

describe('the pages', () => {
  it('say everything in each of four languages', () => {
    const renderer = createPageRenderer(folder);

    const titles = ['en', 'de', 'fr', 'nl'].map((language) => renderer.wordsIn(language).words.confirm.title);
    expect(new Set(titles).size).toBe(4);
  });

  it.each<[string, string, string | RegExp, string, RegExp]>([
    ['a word is missing', 'words/nl.yaml', /^bookAgain:.*$/m, '', /words\/nl\.yaml: bookAgain: /],
    [
      'a sentence is empty',
      'words/de.yaml',
      /^ {2}button: Ich bin dabei$/m,
      "  button: ''",
      /words\/de\.yaml: confirm\.button: /,
    ],
    ['a word is misspelled', 'words/fr.yaml', 'bookAgain:', 'bookagain:', /words\/fr\.yaml: .*bookAgain/],
    ['the words are no YAML', 'words/en.yaml', 'call: Call', 'call: [', /words\/en\.yaml: Flow/],
    [
      'the template knows something else',
      'page.liquid',
      '{{ call.title }}',
      '{{ call.titel }}',
      /call\.titel.*line:17/,
    ],
    ['the template does not end', 'page.liquid', '{%- endfor %}', '', /tag .*for.* not closed/],
    ['the style is missing', 'page.liquid', "'style'", "'stile'", /stile/],
  ])('are refused at start, not when somebody opens one: %s', async (_, file, from, to, fault) => {
    await change(file, from, to);

    expect(() => createPageRenderer(folder)).toThrow(OperatorError);
    expect(() => createPageRenderer(folder)).toThrow(fault);
  });
});
