import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { oneLine } from '../clean-text.ts';
import { type MailToWrite, mailVariables } from './mail-variables.ts';
import { TemplateError } from './template-error.ts';
import { FIRST_LANGUAGE } from './template-files.ts';
import { readTemplateLibrary } from './template-library.ts';

export type { MailLinks, MailReader, MailToWrite } from './mail-variables.ts';
export { TemplateError } from './template-error.ts';

/** The mails in `templates/`; operators may add others. */
export const MAIL_TEMPLATES = [
  '72h',
  '24h',
  '2h',
  'confirmation',
  'moved',
  'cancelled',
  'no-show',
  'host-booked',
  'host-moved',
  'host-cancelled',
  'move-rejected',
] as const;

export type ShippedTemplate = (typeof MAIL_TEMPLATES)[number];

/** The folder of the mails that come with Precall. */
export const SHIPPED_TEMPLATES_DIR = fileURLToPath(new URL('../../templates', import.meta.url));

export interface RenderedMail {
  /** One line. */
  subject: string;
  text: string;
  html: string;
  /** BCP 47: `en`, `de`, … */
  language: string;
}

/** Writes the mails. */
export interface MailRenderer {
  /**
   * Never fails for what a booking holds.
   *
   * @throws {TemplateError} when there is no such mail: see {@link has}.
   */
  render(mail: MailToWrite): RenderedMail;
  /** The language that there are mails in and that suits the reader best (`de-AT`: German), else English. Hosts have none known. */
  languageFor(reader: { locale?: string }): string;
  has(template: string): boolean;
}

export interface MailRendererOptions {
  /** See {@link SHIPPED_TEMPLATES_DIR}. */
  templatesDir: string;
  /** The operator's folder, of the same layout. A file there takes the place of the same file in `templatesDir`. */
  ownTemplatesDir?: string | undefined;
  /** IANA name, for whom no zone is known. */
  fallbackTimeZone: string;
  /** Mails that the settings ask for by name. */
  required?: readonly string[];
}

/**
 * Reads and tries out all mails, so that one that is broken stops the start, and never a mail on its way.
 *
 * @throws {TemplateError} about everything that is missing or broken.
 */
export function createMailRenderer(options: MailRendererOptions): MailRenderer {
  const { templatesDir, ownTemplatesDir, fallbackTimeZone, required = [] } = options;
  const roots = [ownTemplatesDir, templatesDir].flatMap((folder) => (folder === undefined ? [] : [resolve(folder)]));
  const lost = roots.filter((root) => !existsSync(root)).map((root) => `${root}: there is no such folder`);
  if (lost.length > 0) throw new TemplateError(lost);

  const faults: string[] = [];
  const library = readTemplateLibrary(roots, faults);
  const has = (template: string) => library.get(FIRST_LANGUAGE)?.mails.has(template) ?? false;
  const noSuchMail = (template: string) =>
    `there is no mail ${template}; there are ${[...(library.get(FIRST_LANGUAGE)?.mails.keys() ?? [])].join(', ')}`;
  for (const template of [...MAIL_TEMPLATES, ...required]) if (!has(template)) faults.push(noSuchMail(template));
  if (faults.length > 0) throw new TemplateError(faults);

  const languages = [...library.keys()];
  return {
    has,
    languageFor: ({ locale }) => bestMatch(languages, locale),
    render(mail) {
      if (!has(mail.template)) throw new TemplateError([noSuchMail(mail.template)]);
      const translated = languages.filter((language) => library.get(language)?.mails.has(mail.template));
      const language = bestMatch(translated, mail.reader.locale);
      const { words, mails } = library.get(language)!;
      const { subject, text, html } = mails.get(mail.template)!;
      const variables = mailVariables(mail, { language, words, fallbackTimeZone });
      return {
        subject: oneLine(subject(variables)),
        text: paragraphs(text(variables)),
        html: `${html(variables).trim()}\n`,
        language,
      };
    },
  };
}

/** RFC 4647, 3.4: `de-AT-1996`, then `de-AT`, then `de`. */
function bestMatch(languages: readonly string[], locale = ''): string {
  for (let tag = locale.slice(0, 35).replaceAll('_', '-'); tag; tag = tag.slice(0, Math.max(0, tag.lastIndexOf('-')))) {
    const match = languages.find((language) => language.toLowerCase() === tag.toLowerCase());
    if (match) return match;
  }
  return FIRST_LANGUAGE;
}

/** Without the gaps that parts leave behind which say nothing in this mail. */
function paragraphs(text: string): string {
  return `${text
    .replaceAll(/[ \t]+$/gm, '')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim()}\n`;
}
