import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parseSync } from 'oxc-parser';
import { describe, expect, it } from 'vitest';

/** Which rooms each room may know. Files directly in src/ are the room `shared`, which every room knows. */
const MAY_IMPORT: Record<string, { values: string[]; types?: string[] }> = {
  shared: { values: [] },
  workflows: { values: [], types: ['activities'] },
  activities: { values: ['calcom', 'notion', 'email', 'store'], types: ['workflows'] },
  calcom: { values: [] },
  notion: { values: [] },
  email: { values: [] },
  store: { values: [] },
  temporal: { values: ['workflows'] },
  worker: { values: ['activities', 'calcom', 'notion', 'email', 'store', 'temporal', 'workflows'] },
  server: { values: ['calcom', 'notion', 'email', 'store', 'temporal', 'workflows'] },
  dev: { values: ['activities', 'calcom', 'notion', 'email', 'store', 'temporal', 'workflows', 'worker', 'server'] },
  cli: {
    values: ['activities', 'calcom', 'notion', 'email', 'store', 'temporal', 'workflows', 'worker', 'server', 'dev'],
  },
};

/** What workflow code may take from outside: nothing else is deterministic. */
const WORKFLOW_PACKAGES = ['@temporalio/workflow', '@temporalio/common'];
/** Shared files without I/O; from any other, workflows take types only. */
const PURE_FILES = ['src/booking.ts'];

interface Import {
  from: string;
  /** A path below the root for our own files, else the package's name. */
  to: string;
  isType: boolean;
}

const root = join(import.meta.dirname, '..');
const imports = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .flatMap((file) => importsOf(join(root, 'src', file)));

describe('the rooms of the house', () => {
  const ours = imports.filter(({ to }) => to.startsWith('src/'));

  it('are all known here, with what they may know', () => {
    expect(
      [...new Set(ours.flatMap(({ from, to }) => [roomOf(from), roomOf(to)]))].filter((room) => !(room in MAY_IMPORT)),
    ).toEqual([]);
    expect(ours.length).toBeGreaterThan(100);
  });

  it('know only rooms further in', () => {
    const wrong = ours.filter(({ from, to, isType }) => {
      const [room, other] = [roomOf(from), roomOf(to)];
      const { values, types = [] } = MAY_IMPORT[room]!;
      return room !== other && other !== 'shared' && !values.includes(other) && !(isType && types.includes(other));
    });

    expect(wrong.map(sentence)).toEqual([]);
  });
});

describe('workflow code', () => {
  const ofWorkflows = imports.filter(({ from, isType }) => roomOf(from) === 'workflows' && !isType);

  it('takes nothing from outside but the workflow SDK, and from shared files only what is pure', () => {
    const wrong = ofWorkflows.filter(
      ({ to }) => roomOf(to) !== 'workflows' && !WORKFLOW_PACKAGES.includes(to) && !PURE_FILES.includes(to),
    );

    expect(wrong.map(sentence)).toEqual([]);
  });
});

function importsOf(file: string): Import[] {
  const { module } = parseSync(file, readFileSync(file, 'utf8'));
  const statements = [
    ...module.staticImports.map(({ moduleRequest, entries }) => ({ to: moduleRequest.value, entries })),
    ...module.staticExports.flatMap(({ entries }) =>
      entries.flatMap((entry) => (entry.moduleRequest ? [{ to: entry.moduleRequest.value, entries: [entry] }] : [])),
    ),
  ];
  return statements.map(({ to, entries }) => ({
    from: relative(root, file),
    to: to.startsWith('.') ? relative(root, join(dirname(file), to)) : to,
    isType: entries.length > 0 && entries.every(({ isType }) => isType),
  }));
}

function roomOf(path: string): string {
  if (!path.startsWith('src/')) return path;
  const [, room, ...rest] = path.split('/');
  return rest.length === 0 ? 'shared' : room!;
}

function sentence({ from, to, isType }: Import): string {
  return `${from} imports ${isType ? 'types of ' : ''}${to}`;
}
