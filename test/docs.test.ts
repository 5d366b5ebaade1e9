import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Environment } from '../src/config.ts';

const root = join(import.meta.dirname, '..');
const pages = ['.', 'docs', 'docs/decisions', 'templates'].flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((file) => file.endsWith('.md'))
    .map((file) => join(folder, file)),
);

describe.each(pages)('%s', (page) => {
  const text = readFileSync(join(root, page), 'utf8');
  const targets = [...text.matchAll(/\]\((?!\w+:)([^)#]+)/g)].map(([, target]) => target!);

  it('links to files that exist', () => {
    const missing = targets.filter((target) => !existsSync(join(root, dirname(page), target)));

    expect(missing).toEqual([]);
  });
});

describe('README.md', () => {
  const named = new Set(readFileSync(join(root, 'README.md'), 'utf8').match(/`[A-Z_]+`/g));

  it.each(Object.keys(Environment.shape))('tells what %s is for', (setting) => {
    expect(named).toContain(`\`${setting}\``);
  });
});
