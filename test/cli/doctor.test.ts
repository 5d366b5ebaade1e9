import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import getPort from 'get-port';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Check } from '../../src/check.ts';
import { addDoctor } from '../../src/cli/doctor.ts';
import { openDoor } from '../../src/dev/calcom-sandbox/door.ts';
import { type CalcomSandbox, startCalcomSandbox } from '../../src/dev/calcom-sandbox/sandbox.ts';
import { type MailCatcher, startMailCatcher } from '../../src/dev/mail-catcher/mail-catcher.ts';
import { type NotionSandbox, startNotionSandbox } from '../../src/dev/notion-sandbox/sandbox.ts';
import { tellStandIns } from '../../src/dev/stand-ins.ts';
import { migratePostgresAt } from '../../src/store/migrate.ts';
import { startScriptedResend } from '../email/scripted-resend.ts';
import { usePostgres } from '../support/postgres.ts';

let folder = '';
let notion: NotionSandbox;
let calcom: CalcomSandbox;
let catcher: MailCatcher;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'precall-doctor-'));
  notion = await startNotionSandbox();
  calcom = await startCalcomSandbox({ webhook: { url: 'https://precall.example.com', secret: undefined } });
  catcher = await startMailCatcher();
});
afterAll(async () => {
  await Promise.all([notion.stop(), calcom.stop(), catcher.stop()]);
  await rm(folder, { recursive: true });
});
afterEach(() => {
  notion.reset();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

interface Told {
  text: string;
  exitCode: number | undefined;
}

/** What is written with nothing in the environment but these settings, and the exit code. */
async function doctor(settings: Record<string, string>, ...args: string[]): Promise<Told> {
  for (const name of Object.keys(process.env)) {
    if (/^(NOTION|CALCOM|SMTP|RESEND|EMAIL|TEMPORAL|DATABASE|OPERATOR|PUBLIC_URL)/.test(name)) vi.stubEnv(name, '');
  }
  for (const [name, value] of Object.entries({ DATA_DIR: join(folder, 'data'), ...settings })) vi.stubEnv(name, value);
  const told: Told = { text: '', exitCode: undefined };
  vi.spyOn(process.stdout, 'write').mockImplementation((text, ...others: unknown[]) => {
    told.text += text;
    const done = others.at(-1) as (() => void) | undefined;
    done?.();
    return true;
  });
  vi.spyOn(process, 'exit').mockImplementation((code) => {
    told.exitCode = Number(code);
    return undefined as never;
  });
  const program = new Command('precall');
  addDoctor(program);
  await program.parseAsync(['doctor', ...args], { from: 'user' });
  vi.mocked(process.stdout.write).mockRestore();
  return told;
}

const toNotion = () => ({
  NOTION_TOKEN: notion.token,
  NOTION_BASE_URL: notion.url,
  NOTION_BUSINESSX_DB_ID: notion.contactsDatabaseId,
  NOTION_EMAIL_SEQUENCE_DB_ID: notion.sequenceDatabaseId,
});

function checksIn({ text }: Told): Check[] {
  return (JSON.parse(text) as { checks: Check[] }).checks;
}

describe('precall doctor', { timeout: 60_000 }, () => {
  it('finds nothing wrong where nothing is set up, and says what npm start does about it', async () => {
    const { text, exitCode } = await doctor({});

    expect(exitCode).toBe(0);
    expect(text).toMatch(/^Notion\n {2}✓ settings +Not set up: npm start stands in with a sandbox/);
    expect(text).toMatch(/\nMail\n {2}✓ settings +Not set up: npm start catches the mails/);
    expect(text).toMatch(/\n\nAll is well\.\n$/);
  });

  it('shows each part with what was looked at, and is well when all is', async () => {
    const { text, exitCode } = await doctor({ ...toNotion(), SMTP_URL: catcher.smtpUrl });

    expect(exitCode).toBe(0);
    expect(text).toMatch(/^ {2}✓ token +It belongs to the integration/m);
    expect(text).toMatch(/^ {2}✓ connection +The mail server answers/m);
    expect(text).toMatch(/\nClock\n {2}✓ Notion/);
  });

  it('exits with 1 for what works with something missing', async () => {
    notion.contacts.removeOption('Christmas Campaign Status', 'Pre-Call Prep');

    const { text, exitCode } = await doctor(toNotion());

    expect(exitCode).toBe(1);
    expect(text).toMatch(/^ {2}! campaign status +.*no option "Pre-Call Prep"/m);
    expect(text).toMatch(/\n1 warning\.\n$/);
  });

  it('exits with 2 for what does not work, and looks at everything else all the same', async () => {
    notion.contacts.removeProperty('Booking Status');

    const { text, exitCode } = await doctor({
      ...toNotion(),
      SMTP_URL: `smtp://127.0.0.1:${await getPort()}`,
      CALCOM_API_KEY: calcom.apiKey,
      CALCOM_BASE_URL: calcom.url,
      DATABASE_URL: `postgresql://precall@127.0.0.1:${await getPort()}/precall`,
      TEMPORAL_ADDRESS: `127.0.0.1:${await getPort()}`,
    });

    expect(exitCode).toBe(2);
    expect(text).toMatch(/^ {2}✗ booking status +.*add it in Notion/m);
    expect(text).toMatch(/^ {2}✗ connection +Temporal does not answer at .*start it, or set TEMPORAL_ADDRESS/m);
    expect(text).toMatch(/^ {2}✗ connection +The store does not answer.*Start PostgreSQL/m);
    expect(text).toMatch(/^ {2}✗ connection +.*connection refused/m);
    expect(text).toMatch(/^ {2}✓ API key/m);
    expect(text).toMatch(/\n4 errors, 1 warning\.\n$/);
  });

  it('is JSON for programs', async () => {
    const told = await doctor({ NOTION: 'off' }, '--json');

    expect(JSON.parse(told.text)).toMatchObject({ verdict: 'ok', checks: expect.any(Array) });
    expect(checksIn(told)).toContainEqual({
      part: 'notion',
      what: 'settings',
      verdict: 'ok',
      message: 'It is off: NOTION=off.',
    });
    expect(new Set(checksIn(told).map(({ part }) => part))).toEqual(
      new Set(['notion', 'calcom', 'temporal', 'store', 'mail', 'clock']),
    );
  });

  it('names each of its checks once', async () => {
    const told = await doctor({ ...toNotion(), SMTP_URL: catcher.smtpUrl }, '--json', '--write-probe');

    const names = checksIn(told).map(({ part, what }) => `${part}/${what}`);
    expect(new Set(names).size).toBe(names.length);
  });

  it('shows settings that cannot be understood as what they are', async () => {
    const { text, exitCode } = await doctor({ PORT: 'eighty', NOTION_TOKEN: 'ntn_alone' });

    expect(exitCode).toBe(2);
    expect(text).toMatch(/Check these settings[\s\S]*PORT: expected a port number/);
    expect(text).toContain('NOTION_BUSINESSX_DB_ID: is required');
  });

  it('says so when there is nothing to try what it is asked for on', async () => {
    const { text, exitCode } = await doctor({}, '--send-to', 'ada@example.com', '--write-probe');

    expect(text).toMatch(/^ {2}✗ test mail +There is nothing to try it on/m);
    expect(text).toMatch(/^ {2}✗ write probe +There is nothing to try it on/m);
    expect(exitCode).toBe(2);
  });

  it('sends a test mail when it is asked to', async () => {
    const before = catcher.mails().length;

    const { text } = await doctor({ SMTP_URL: catcher.smtpUrl }, '--send-to', 'Ada <ada@example.com>');

    expect(text).toMatch(/^ {2}✓ test mail/m);
    expect(catcher.mails().slice(before)).toMatchObject([{ envelope: { to: ['ada@example.com'] } }]);
    expect(text).not.toContain('ada@');
  });

  it('asks Resend where mails are sent through it', async () => {
    const resend = await startScriptedResend();
    resend.domains = [{ id: 'd1', name: 'example.com', status: 'verified', capabilities: { sending: 'enabled' } }];
    const settings = {
      RESEND_API_KEY: 're_test_0123456789',
      RESEND_BASE_URL: resend.url,
      EMAIL_FROM: 'calls@example.com',
    };

    const told = await doctor(settings, '--json', '--send-to', 'ada@example.com');
    await resend.stop();

    expect(checksIn(told).filter(({ part }) => part === 'mail')).toMatchObject([
      { what: 'key', verdict: 'ok' },
      { what: 'sender', verdict: 'ok' },
      { what: 'test mail', verdict: 'ok' },
      { what: 'links', verdict: 'warning' },
    ]);
    expect(resend.sent).toHaveLength(1);
  });

  describe('of the links in mails that others get', () => {
    const linksWith = async (settings: Record<string, string>) =>
      checksIn(await doctor(settings, '--json')).find(({ part, what }) => part === 'mail' && what === 'links');
    // Nothing listens there, and that is told at once.
    const production = async () => ({
      DATABASE_URL: `postgresql://precall@127.0.0.1:${await getPort()}/precall`,
      SMTP_URL: `smtp://127.0.0.1:${await getPort()}`,
    });

    it.each([
      [{}, 'PUBLIC_URL is not set: the links in mails lead to http://localhost:8000'],
      [{ PORT: '9000' }, 'PUBLIC_URL is not set: the links in mails lead to http://localhost:9000'],
      [{ PUBLIC_URL: 'http://127.0.0.1:8000' }, 'PUBLIC_URL is an address of this machine'],
    ])('warns where nobody else could open them: %j', async (settings, words) => {
      expect(await linksWith({ ...(await production()), ...settings })).toMatchObject({
        verdict: 'warning',
        message: expect.stringMatching(new RegExp(`^${words}.*Set PUBLIC_URL to the https address`)),
      });
    });

    it('is content with an address that the outside knows', async () => {
      expect(await linksWith({ ...(await production()), PUBLIC_URL: 'https://calls.example.com' })).toEqual({
        part: 'mail',
        what: 'links',
        verdict: 'ok',
        message: 'They lead to https://calls.example.com.',
      });
    });

    it('says nothing where the mails stay on this machine', async () => {
      expect(await linksWith({ SMTP_URL: catcher.smtpUrl })).toBeUndefined();
      expect(await linksWith({})).toBeUndefined();
    });
  });

  it('waits for a mail server that takes seconds for each answer, as long as it answers', async () => {
    const slowOne = createServer((socket) => {
      const answer = (words: string) => sleep(5_200).then(() => socket.write(`${words}\r\n`));
      answer('220 mail.example.com');
      socket.on('error', () => {});
      socket.on('data', () => answer('250 mail.example.com'));
    });
    slowOne.listen(0, '127.0.0.1');
    await once(slowOne, 'listening');

    const { port } = slowOne.address() as AddressInfo;
    const told = await doctor({ SMTP_URL: `smtp://127.0.0.1:${port}` }, '--json');
    slowOne.close();

    expect(checksIn(told).filter(({ part }) => part === 'mail')).toMatchObject([
      { what: 'connection', verdict: 'ok' },
      { what: 'login', verdict: 'ok' },
    ]);
  });

  it('names the key of the Cal.com sandbox as what is set', async () => {
    const told = await doctor({ CALCOM_API_KEY: 'sandbox' }, '--json');

    expect(checksIn(told)).toContainEqual({
      part: 'calcom',
      what: 'settings',
      verdict: 'ok',
      message: 'CALCOM_API_KEY=sandbox: bookings are read back from the sandbox of npm start, which does not run now.',
    });
  });

  it('writes to Notion only when it is asked to', async () => {
    const committed = () => notion.journal.filter((entry) => entry.committed).length;

    await doctor(toNotion());
    expect(committed()).toBe(0);

    const { text } = await doctor(
      toNotion(),
      '--probe-page',
      `https://www.notion.so/Ada-${notion.contacts.rows()[0]!.id.replaceAll('-', '')}`,
    );
    expect(text).toMatch(/^ {2}✓ write probe/m);
    expect(committed()).toBe(4);
  });

  it('holds no secret', async () => {
    const secrets = { ...toNotion(), CALCOM_API_KEY: calcom.apiKey, CALCOM_BASE_URL: calcom.url };

    const { text } = await doctor(secrets);

    expect(text).not.toContain(notion.token);
    expect(text).not.toContain(calcom.apiKey);
  });
});

describe('precall doctor beside a running npm start', { timeout: 60_000 }, () => {
  it('looks at what stands in', async () => {
    const DATA_DIR = join(folder, 'running');
    const { token, url: baseUrl, contactsDatabaseId, sequenceDatabaseId } = notion;
    const forget = tellStandIns(await made(DATA_DIR), {
      url: `http://127.0.0.1:${await getPort()}`,
      notion: { token, baseUrl, contactsDatabaseId, sequenceDatabaseId },
      smtpUrl: catcher.smtpUrl,
    });

    const told = await doctor({ DATA_DIR }, '--json');

    const verdicts = checksIn(told).map(({ part, what, verdict }) => `${part}/${what}: ${verdict}`);
    expect(verdicts).toContain('notion/booking status: ok');
    expect(verdicts).toContain('mail/login: ok');
    // It does not answer here, and the store is asked through it.
    expect(checksIn(told)).toContainEqual({
      part: 'store',
      what: 'check',
      verdict: 'error',
      message: expect.stringContaining('is the server running?'),
    });
    forget();
  });

  it.each([
    ['', 'No CALCOM_API_KEY'],
    ['sandbox', 'CALCOM_API_KEY=sandbox'],
  ])('looks at the Cal.com sandbox with CALCOM_API_KEY=%s', async (key, setting) => {
    const DATA_DIR = join(folder, 'booking');
    const forget = tellStandIns(await made(DATA_DIR), { url: `http://127.0.0.1:${await getPort()}` });
    const close = openDoor(DATA_DIR, { url: calcom.url, token: calcom.apiKey });

    const told = await doctor({ DATA_DIR, CALCOM_API_KEY: key }, '--json');
    close();
    forget();

    expect(checksIn(told)).toContainEqual({
      part: 'calcom',
      what: 'settings',
      verdict: 'ok',
      message: `${setting}: the sandbox of the running npm start stands in.`,
    });
    expect(checksIn(told)).toContainEqual(expect.objectContaining({ part: 'calcom', what: 'API key', verdict: 'ok' }));
  });
});

describe('precall doctor with a PostgreSQL', { timeout: 120_000 }, () => {
  const postgres = usePostgres();

  it('keeps to the pace that all processes share', async () => {
    const databaseUrl = await postgres.createDatabase();
    await migratePostgresAt(databaseUrl);

    const told = await doctor({ ...toNotion(), DATABASE_URL: databaseUrl, TEMPORAL_ADDRESS: '127.0.0.1:1' }, '--json');

    const verdicts = checksIn(told).map(({ part, what, verdict }) => `${part}/${what}: ${verdict}`);
    expect(verdicts).toContain('store/tables: ok');
    expect(verdicts).toContain('notion/booking status: ok');
    expect(await pacedTokens(databaseUrl)).toBe(1);
  });
});

async function made(dataDir: string): Promise<string> {
  await mkdir(dataDir, { recursive: true });
  return dataDir;
}

async function pacedTokens(databaseUrl: string): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows } = await client.query('select count(*)::int as count from notion_pace');
  await client.end();
  return rows[0].count;
}
