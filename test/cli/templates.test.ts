import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { addTemplates } from '../../src/cli/templates.ts';
import { type MailCatcher, startMailCatcher } from '../../src/dev/mail-catcher/mail-catcher.ts';
import { until } from '../support/until.ts';
import { runCommand } from './run-command.ts';

let folder = '';
let catcher: MailCatcher;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'precall-templates-'));
  catcher = await startMailCatcher();
});
afterAll(async () => {
  await catcher.stop();
  await rm(folder, { recursive: true });
});
afterEach(() => {
  vi.unstubAllEnvs();
});

/** What is written with these settings. */
async function templates(args: string[], settings: Record<string, string> = {}): Promise<string> {
  const given = { DATA_DIR: join(folder, 'data'), SMTP_URL: '', RESEND_API_KEY: '', TEMPLATES_DIR: '', ...settings };
  for (const [name, value] of Object.entries(given)) vi.stubEnv(name, value);
  return runCommand(addTemplates, 'templates', ...args);
}

/** A folder of the operator's own. */
async function ownTemplates(files: Record<string, string>): Promise<string> {
  const own = await mkdtemp(join(folder, 'own-'));
  for (const [file, content] of Object.entries(files)) {
    await mkdir(join(own, file, '..'), { recursive: true });
    await writeFile(join(own, file), content);
  }
  return own;
}

describe('precall templates check', () => {
  it('finds nothing wrong with the mails that Precall comes with', async () => {
    expect(await templates(['check'])).toBe('All mails are in order.\n');
  });

  it('says whose mails it has looked at', async () => {
    const own = await ownTemplates({ 'en/24h/subject.liquid': 'Soon' });

    expect(await templates(['check'], { TEMPLATES_DIR: own })).toBe(`All mails are in order, with those of ${own}.\n`);
  });

  it('tells every fault with its place', async () => {
    const own = await ownTemplates({
      'en/24h/subject.liquid': '{{ call.titel }}',
      'de/2h/text.liquid': 'Guten Tag\n{% if call.joinUrl %}',
    });
    const checking = templates(['check'], { TEMPLATES_DIR: own });

    await expect(checking).rejects.toThrow(/en\/24h\/subject\.liquid:1:4: .*call\.titel; did you mean call\.title\?/);
    await expect(checking).rejects.toThrow(/de\/2h\/text\.liquid:2:1: /);
  });
});

describe('precall templates preview', () => {
  it('prints subject and text of a mail', async () => {
    expect(await templates(['preview', '2h'])).toMatch(
      /^Subject: We start today at 09:00, in 2 hours: Discovery call\n\nHello Ada Lovelace,\n/,
    );
  });

  it('does so in another language, and as a host reads it', async () => {
    expect(await templates(['preview', 'host-booked', '--language', 'de-AT'])).toMatch(
      /^Subject: Neue Buchung: Ada Lovelace, Donnerstag, 3\. Dezember 2026, 16:00 Uhr\n/,
    );
  });

  it('writes text and HTML into a folder', async () => {
    const out = join(folder, 'previews', 'of', 'today');

    const told = await templates(['preview', '72h', '--language', 'fr', '--out', out]);

    expect(told).toBe(`${join(out, '72h.fr.txt')}\n${join(out, '72h.fr.html')}\n`);
    expect((await readdir(out)).toSorted()).toEqual(['72h.fr.html', '72h.fr.txt']);
    expect(await readFile(join(out, '72h.fr.html'), 'utf8')).toMatch(/^<!doctype html>\n<html lang="fr"/);
  });

  it('says which mails there are when it does not know one', async () => {
    await expect(templates(['preview', '3d'])).rejects.toThrow(/no mail 3d; there are 24h, 2h, 72h, /);
  });
});

describe('precall templates send-test', () => {
  it('hands a mail to the mail server', async () => {
    const told = await templates(['send-test', 'moved', '--to', 'Ada <ada@example.com>', '--language', 'nl'], {
      SMTP_URL: catcher.smtpUrl,
    });

    await until('mail', () => catcher.mails().length === 1);
    expect(told).toMatch(/^The mail server has taken it: Verplaatst naar /);
    expect(catcher.mails()[0]).toMatchObject({
      envelope: { to: ['ada@example.com'] },
      subject: expect.stringMatching(/^Verplaatst naar /),
      html: expect.stringContaining('<html lang="nl"'),
    });
  });

  it('says in words when the mail server does not take it', async () => {
    const sending = templates(['send-test', '2h', '--to', 'ada@example.com'], { SMTP_URL: 'smtp://127.0.0.1:9' });

    await expect(sending).rejects.toThrow('The mail could not be handed to the mail server: connection refused.');
  });

  it('says what to set where there is nothing to send with', async () => {
    await expect(templates(['send-test', '2h', '--to', 'ada@example.com'])).rejects.toThrow(/Set SMTP_URL or RESEND/);
  });
});
