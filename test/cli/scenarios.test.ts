import { Command } from 'commander';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { addScenarios } from '../../src/cli/scenarios.ts';
import { type NotionSandbox, startNotionSandbox } from '../../src/dev/notion-sandbox/sandbox.ts';
import { OperatorError } from '../../src/operator-error.ts';
import { rejectionOf } from '../notion/support.ts';

const NOWHERE = 'http://127.0.0.1:1';

let notion: NotionSandbox;
beforeAll(async () => {
  notion = await startNotionSandbox();
});
afterAll(() => notion.stop());
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** What the command ends with on a server that does not answer; Notion is looked at before. */
function scenarios(contactsId: string | undefined, ...args: string[]): Promise<Error> {
  vi.stubEnv('NOTION_BUSINESSX_DB_ID', contactsId ?? '');
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const program = new Command('precall');
  addScenarios(program);
  const atNotion = ['--notion', notion.url, '--notion-token', notion.token];
  return rejectionOf(program.parseAsync(['scenarios', '--url', NOWHERE, ...atNotion, ...args], { from: 'user' }));
}

const linkOf = (id: string) => `https://www.notion.so/acme/Contacts-${id.replaceAll('-', '')}?v=${'0'.repeat(32)}`;

describe('precall scenarios', () => {
  it.each<[string, () => [string | undefined, ...string[]]]>([
    ['the id in the settings', () => [notion.contactsDatabaseId]],
    ['the link in the settings', () => [linkOf(notion.contactsDatabaseId)]],
    ['the link as an option', () => [undefined, '--notion-contacts-db', linkOf(notion.contactsDatabaseId)]],
    ['the option rather than the settings', () => ['nonsense', '--notion-contacts-db', notion.contactsDatabaseId]],
    ['none, for the sandbox has one', () => [undefined]],
  ])('finds the contacts database by %s', async (_what, args) => {
    const error = await scenarios(...args());

    expect(error).toBeInstanceOf(OperatorError);
    expect(error.message).toMatch(/^Nobody answers at/);
  });

  it.each<[string, [string | undefined, ...string[]]]>([
    ['NOTION_BUSINESSX_DB_ID', ['nonsense']],
    ['--notion-contacts-db', [undefined, '--notion-contacts-db', 'nonsense']],
  ])('says that %s names no database', async (name, args) => {
    const error = await scenarios(...args);

    expect(error).toBeInstanceOf(OperatorError);
    expect(error.message).toBe(
      `${name}: expected the link of a Notion database or the id in it: the 32 hex digits before ?v=`,
    );
  });
});
