import { describe, expect, it } from 'vitest';
import { addSuppressions } from '../../src/cli/suppressions.ts';
import { createPersonOf } from '../../src/person.ts';
import { INSTALLATION_KEY } from '../calcom/support.ts';
import { runCommand } from './run-command.ts';
import { useOperator } from './use-operator.ts';

const ADDRESS = 'tobias.okafor@example.com';

const operator = useOperator();
const precall = (...args: string[]) => runCommand(addSuppressions, 'suppressions', ...args, '--url', operator.url);

const hasBounced = () =>
  operator.stores.store.suppressions.suppress({
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
    expect(await operator.stores.store.suppressions.list()).toEqual([]);
  });

  it('fails when nothing stood against it', async () => {
    expect(await precall('lift', ADDRESS)).toBe(`Nothing stands against mails to ${ADDRESS}.\n`);
    expect(process.exitCode).toBe(1);
  });
});
