import { resolve } from 'node:path';
import { Liquid, type Template } from 'liquidjs';
import type { Attendee, Booking } from '../booking.ts';
import { oneLine } from '../clean-text.ts';
import type { TemplateName } from '../config.ts';
import { OperatorError } from '../operator-error.ts';
import { type MailVariables, mailVariables } from './mail-variables.ts';

export interface RenderedMail {
  /** One line. */
  subject: string;
  text: string;
  html: string;
}

/** The mails in `templates/`: the reminders, and the notice to the owner that a move was not accepted. */
export type MailTemplate = TemplateName | 'move-rejected';

/** Writes the mails. */
export interface ReminderRenderer {
  /** @param mail `now` is epoch milliseconds: the mail says how far away the call is then. */
  render(mail: { booking: Booking; attendee: Attendee; template: MailTemplate; now: number }): RenderedMail;
}

/** A mail template cannot be used. The message names file, line and fault. */
export class TemplateError extends OperatorError {
  override readonly name = 'TemplateError';
}

const TEMPLATES: readonly MailTemplate[] = ['72h', '24h', '2h', 'move-rejected'];

/**
 * Reads the mails in `templatesDir`: `<name>/subject.liquid`, `text.liquid` and `html.liquid` for each {@link MailTemplate}.
 *
 * Everything is parsed, checked for variables that do not exist and tried out here, so that a broken template stops the
 * start-up, not a reminder.
 *
 * @throws {TemplateError} about the first template that is missing or broken.
 */
export function createReminderRenderer({
  templatesDir,
  fallbackTimeZone,
}: {
  templatesDir: string;
  fallbackTimeZone: string;
}): ReminderRenderer {
  const root = resolve(templatesDir);
  const plain = createEngine(root);
  const escaping = createEngine(root, { outputEscape: 'escape' });

  const mails = new Map(
    TEMPLATES.map((name) => [
      name,
      {
        subject: load(plain, `${name}/subject`),
        text: load(plain, `${name}/text`),
        html: load(escaping, `${name}/html`),
      },
    ]),
  );

  return {
    render({ booking, attendee, template, now }) {
      const { subject, text, html } = mails.get(template)!;
      const variables = mailVariables({ booking, attendee, now, fallbackTimeZone });
      return {
        subject: oneLine(subject(variables)),
        text: `${text(variables).trim()}\n`,
        html: `${html(variables).trim()}\n`,
      };
    },
  };
}

type Renderable = (variables: MailVariables) => string;

function createEngine(root: string, options: { outputEscape?: 'escape' } = {}): Liquid {
  return new Liquid({
    root,
    extname: '.liquid',
    cache: true,
    strictVariables: true,
    strictFilters: true,
    ownPropertyOnly: true,
    parseLimit: 1_000_000,
    renderLimit: 1_000,
    memoryLimit: 10_000_000,
    ...options,
  });
}

function load(engine: Liquid, name: string): Renderable {
  try {
    const template = engine.parseFileSync(name);
    refuseUnknownVariables(engine, template);
    const render: Renderable = (variables) => engine.renderSync(template, variables);
    for (const sample of SAMPLES) render(sample);
    return render;
  } catch (error) {
    if (error instanceof TemplateError) throw error;
    throw new TemplateError(`Mail template ${name}: ${error instanceof Error ? error.message : error}`);
  }
}

/** Rendering finds a misspelled variable only in the branches it takes; a reminder may be the first to take another. */
function refuseUnknownVariables(engine: Liquid, template: Template[]): void {
  const used = Object.values(engine.analyzeSync(template).globals).flat();
  for (const variable of used) {
    const path = variable.toArray();
    if (exists(path, SAMPLE)) continue;
    const { file, row, col } = variable.location;
    throw new TemplateError(`There is no variable ${path.join('.')}, file:${file}, line:${row}, col:${col}`);
  }
}

function exists(path: readonly unknown[], scope: unknown): boolean {
  const [name, ...rest] = path;
  if (name === undefined) return true;
  return typeof scope === 'object' && scope !== null && Object.hasOwn(scope, String(name))
    ? exists(rest, (scope as Record<string, unknown>)[String(name)])
    : false;
}

const SAMPLE: MailVariables = {
  attendee: { name: 'Ada Lovelace' },
  booker: { name: 'Ada Lovelace' },
  organizer: { name: 'Grace Hopper' },
  call: {
    title: 'Discovery call',
    when: 'tomorrow at 09:00',
    date: 'Thursday, 3 December 2026',
    time: '09:00',
    zone: 'Central Standard Time, America/Chicago',
    duration: '30 minutes',
    joinUrl: 'https://example.com/call',
    location: '12 St James’s Square',
  },
};

const SAMPLES: readonly MailVariables[] = [
  SAMPLE,
  { ...SAMPLE, call: { ...SAMPLE.call, joinUrl: null } },
  {
    attendee: { name: null },
    booker: { name: null },
    organizer: { name: null },
    call: { ...SAMPLE.call, duration: null, joinUrl: null, location: null },
  },
];
