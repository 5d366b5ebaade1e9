import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { addSuppressions } from '../../src/cli/suppressions.ts';
import { createPersonOf } from '../../src/person.ts';
import { INSTALLATION_KEY } from '../calcom/support.ts';
import { useServers, useStore } from '../server/support.ts';

const stores = useStore();
const createTestServer = useServers(stores);
const TOKEN = 'the-token-of-the-operator';
const ADDRESS = 'tobias.okafor@example.com';

let url: string;

beforeEach(async () => {
  vi.stubEnv('OPERATOR_TOKEN', TOKEN);
  const { app } = createTestServer({ operatorToken: TOKEN });
  url = await app.listen({ host: '127.0.0.1', port: 0 });
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

/** @returns what was written; the exit code is the process's. */
async function precall(...args: string[]): Promise<string> {
  let written = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written += text;
    return true;
  });
  const program = new Command('precall');
  addSuppressions(program);
  await program.parseAsync(['suppressions', ...args, '--url', url], { from: 'user' });
  return written;
}

const hasBounced = () =>
  stores.store.suppressions.suppress({
    person: createPersonOf(INSTALLATION_KEY)(ADDRESS),
    reason: 'hard_bounce',
    address: ADDRESS,
    at: '2026-12-01T10:00:00.000Z',
  });

describe('precall suppressions list', () => {
  it('shows who gets no mails, and why', async () => {
    await hasBounced();

    const [head, first] = (await precall('list')).split('\n');

    expect(head).toMatch(/^since +reason +booking +address$/);
    expect(first).toMatch(/^2026-12-01T10:00:00\.000Z +bounced +all mails +t…@example\.com$/);
  });

  it('says so when there is nobody', async () => {
    expect(await precall('list')).toBe('Mails go to everybody.\n');
  });

  it('is JSON for programs', async () => {
    await hasBounced();

    expect(JSON.parse(await precall('list', '--json'))).toMatchObject({ suppressions: [{ reason: 'hard_bounce' }] });
  });
});

describe('precall suppressions lift', () => {
  it('sends mails to an address again', async () => {
    await hasBounced();

    expect(await precall('lift', ADDRESS)).toBe(`Mails go to ${ADDRESS} again.\n`);
    expect(process.exitCode).toBe(0);
    expect(await stores.store.suppressions.list()).toEqual([]);
  });

  it('fails when nothing stood against it', async () => {
    expect(await precall('lift', ADDRESS)).toBe(`Nothing stands against mails to ${ADDRESS}.\n`);
    expect(process.exitCode).toBe(1);
  });
});
