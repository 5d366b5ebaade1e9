import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Check } from '../../src/check.ts';
import { checkTemporal } from '../../src/temporal/check-temporal.ts';
import { prepareNamespace } from '../../src/temporal/prepare-namespace.ts';
import { ENCRYPTION_KEYS, useFolder, useOutside, useTemporal } from '../support/outside.ts';
import { usePostgres } from '../support/postgres.ts';
import { usePrecallProcesses } from '../support/precall-process.ts';
import { silent } from '../support/silent.ts';

const PRECALL = fileURLToPath(new URL('../../dist/cli/precall.js', import.meta.url));

const folder = useFolder();
const outside = useOutside();
const processes = usePrecallProcesses();

/** `precall doctor` as built, with these settings and no others. */
function doctor(settings: Record<string, string>, ...args: string[]): Promise<{ code: number; text: string }> {
  const { PATH = '', HOME = '' } = process.env;
  const env = { PATH, HOME, DATA_DIR: join(folder.path, 'data'), ...settings };
  return new Promise((resolve) => {
    execFile(process.execPath, [PRECALL, 'doctor', ...args], { cwd: folder.path, env }, (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), text: `${stdout}${stderr}` });
    });
  });
}

describe('precall doctor of somebody who has just begun', () => {
  it('is well before anything runs', async () => {
    const { code, text } = await doctor({});

    expect(text).toMatch(/All is well\.\n$/);
    expect(code).toBe(0);
  });

  it('is well while npm start runs, and has looked at all that stands in', async () => {
    const start = processes.start('start', {
      cwd: folder.path,
      env: { PORT: '0', DATA_DIR: join(folder.path, 'data') },
    });
    await start.untilSays(/Ctrl-C stops everything/, 150_000);

    const { code, text } = await doctor({});

    expect(text).toMatch(/^ {2}✓ booking status/m);
    expect(text).toMatch(/^ {2}✓ triggers/m);
    expect(text).toMatch(/^ {2}✓ search attributes/m);
    expect(text).toMatch(/^ {2}✓ connection +PGlite in .*running npm start keeps/m);
    expect(text).toMatch(/^ {2}✓ login/m);
    expect(text).toMatch(/All is well\.\n$/);
    expect(code).toBe(0);

    const own = await doctor(outside.settings());

    expect(own.text).toMatch(/^ {2}✓ token/m);
    expect(own.text).not.toMatch(/^Notion\n {2}✓ settings/m);
    expect(own.code).toBe(0);

    start.signal('SIGTERM');
    await start.untilEnded();
    expect((await doctor({})).text).toMatch(/Not set up: npm start stands in with a sandbox/);
  });
});

describe('Temporal', () => {
  const temporal = useTemporal(folder);
  let connection: Connection;
  beforeAll(async () => {
    connection = await Connection.connect({ address: temporal.address });
  });
  afterAll(() => connection.close());

  const look = (namespace: string) => checkTemporal({ connectionOptions: { address: temporal.address }, namespace });
  const verdicts = (checks: Check[]) => checks.map(({ what, verdict }) => `${what}: ${verdict}`);

  it('lacks what runs need until it has been made ready, and then is well', async () => {
    const before = await look('default');

    expect(verdicts(before)).toEqual([
      'connection: ok',
      'namespace: ok',
      'retention: warning',
      'search attributes: warning',
    ]);
    expect(before[2]?.message).toMatch(/kept for 1 day: .*temporal operator namespace update .*--retention 30d/);
    expect(before[3]?.message).toMatch(/--name PrecallStatus --type Keyword/);

    await prepareNamespace(connection, 'default', silent);

    expect(verdicts(await look('default'))).toEqual([
      'connection: ok',
      'namespace: ok',
      'retention: ok',
      'search attributes: ok',
    ]);
  });

  it('has no such namespace', async () => {
    expect(await look('elsewhere')).toMatchObject([
      { what: 'namespace', verdict: 'error', message: expect.stringContaining('set TEMPORAL_NAMESPACE, or make it') },
    ]);
  });
});

describe('precall worker', () => {
  const postgres = usePostgres();

  const settings = () => ({
    ...outside.settings(),
    DATABASE_URL: postgres.url,
    ENCRYPTION_KEYS,
    TEMPORAL_ADDRESS: '127.0.0.1:1',
  });

  it('ends with what is to be done where only a person can help with Notion', async () => {
    outside.notion.contacts.removeProperty('Booking Status');

    const worker = processes.start('worker', { cwd: folder.path, env: settings() });

    expect((await worker.untilEnded()).code).toBe(1);
    expect(worker.output()).toMatch(/Notion is not as Precall needs it[\s\S]*no property "Booking Status"/);
    outside.notion.reset();
  });

  it('goes on where Notion does not answer', async () => {
    outside.notion.fail({ times: Number.POSITIVE_INFINITY, action: 'drop' });

    const worker = processes.start('worker', { cwd: folder.path, env: settings() });

    await worker.untilSays(/the worker starts without it/, 60_000);
    outside.notion.heal();
    await worker.untilSays(/Notion answers now/, 60_000);
  });
});
