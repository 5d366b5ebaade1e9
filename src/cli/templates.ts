import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { type Config, loadConfig } from '../config.ts';
import { findStandIns } from '../dev/stand-ins.ts';
import { createMailTransport } from '../email/create-mail-transport.ts';
import {
  createMailRenderer,
  type MailRenderer,
  type RenderedMail,
  SHIPPED_TEMPLATES_DIR,
} from '../email/mail-renderer.ts';
import { MailRefused, MailUndelivered, sendMail } from '../email/mail-transport.ts';
import { domainOf, type Mailbox, parseMailbox } from '../email/mailbox.ts';
import { sampleMail } from '../email/sample-mail.ts';
import { createLocalPace } from '../local-pace.ts';
import { createLogger } from '../logger.ts';
import { OperatorError } from '../operator-error.ts';
import { templatesOf } from '../plan-choices.ts';
import { oneMailbox } from './one-mailbox.ts';

interface Options {
  /** BCP 47. */
  language: string;
}

const NOTES = `
The mails are those of templates/ and of your own in TEMPLATES_DIR; templates/README.md tells how to write them. What they say here is
made up: a booking of which everything is known.`;

export function addTemplates(program: Command): void {
  const templates = program
    .command('templates')
    .description('checks the mails, shows what they look like, sends one to try')
    .addHelpText('after', NOTES);

  templates
    .command('check')
    .description('looks for faults in every mail and language; exits with 1 when there are any, having told each')
    .action(check);

  inLanguage(templates.command('preview'))
    .description('prints the text of a mail, or writes text and HTML into a folder')
    .option('--out <folder>', 'where to write <mail>.<language>.txt and .html')
    .action(preview);

  inLanguage(templates.command('send-test'))
    .description('sends a mail through the mail server or Resend, as it would go to an attendee or host')
    .requiredOption('--to <address>', 'to whom', oneMailbox)
    .action(sendTest);
}

function inLanguage(command: Command): Command {
  return command
    .argument('<mail>', 'its name, such as 24h')
    .option('--language <tag>', 'the language of the reader, such as de', 'en');
}

function check(): void {
  const config = loadConfig('client');
  rendererOf(config);
  const own = config.email.templatesDir;
  process.stdout.write(
    own === undefined ? 'All mails are in order.\n' : `All mails are in order, with those of ${own}.\n`,
  );
}

async function preview(template: string, { language, out }: Options & { out?: string }): Promise<void> {
  const mail = write(rendererOf(loadConfig('client')), template, language);
  if (out === undefined) {
    process.stdout.write(`Subject: ${mail.subject}\n\n${mail.text}`);
    return;
  }
  await mkdir(out, { recursive: true });
  for (const [extension, content] of [
    ['txt', `Subject: ${mail.subject}\n\n${mail.text}`],
    ['html', mail.html],
  ] as const) {
    const file = join(out, `${template}.${mail.language}.${extension}`);
    await writeFile(file, content);
    process.stdout.write(`${file}\n`);
  }
}

async function sendTest(template: string, { language, to }: Options & { to: Mailbox }): Promise<void> {
  const config = loadConfig('client');
  const { language: _, ...mail } = write(rendererOf(config), template, language);
  const from = parseMailbox(config.email.from);
  const transport = transportOf(config, from);
  try {
    await sendMail(transport, { to, messageId: `<${randomUUID()}@${domainOf(from)}>`, ...mail });
  } catch (error) {
    if (error instanceof MailRefused || error instanceof MailUndelivered) throw new OperatorError(`${error.message}.`);
    throw error;
  } finally {
    transport.close();
  }
  process.stdout.write(`The mail server has taken it: ${mail.subject}\n`);
}

/** @throws {TemplateError} about every fault. */
function rendererOf({ email, timeZone, reminders }: Config): MailRenderer {
  return createMailRenderer({
    templatesDir: SHIPPED_TEMPLATES_DIR,
    ownTemplatesDir: email.templatesDir,
    fallbackTimeZone: timeZone,
    required: templatesOf(reminders),
  });
}

function write(renderer: MailRenderer, template: string, locale: string): RenderedMail {
  const sample = sampleMail(template);
  return renderer.render({ ...sample, reader: { ...sample.reader, locale } });
}

/** What `npm start` catches mails with stands in where nothing is set up. */
function transportOf({ email, dataDir }: Config, from: Mailbox) {
  return createMailTransport({
    email: { ...email, smtpUrl: email.smtpUrl ?? findStandIns(dataDir)?.smtpUrl },
    from,
    // A single mail disturbs the pace of the others little.
    paceOf: ({ requestsPerSecond }) => createLocalPace({ requestsPerMinute: 60 * requestsPerSecond }),
    log: createLogger('silent', 'precall-templates'),
  });
}
