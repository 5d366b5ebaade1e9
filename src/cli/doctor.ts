import { type Command, InvalidArgumentError } from 'commander';
import type { Check } from '../check.ts';
import { type Config, ConfigError, loadConfig } from '../config.ts';
import type { Mailbox } from '../email/mailbox.ts';
import { createLogger } from '../logger.ts';
import { readNotionId } from '../notion-id.ts';
import { checkParts } from './check-parts.ts';
import { oneMailbox } from './one-mailbox.ts';
import { plain } from './plain-text.ts';

interface Options {
  json?: boolean;
  writeProbe?: boolean;
  probePage?: string;
  sendTo?: Mailbox;
}

const NOTES = `
Every part is looked at as the settings here lead to it; what npm start runs in place of one is looked at while it runs. Nothing is
changed but what the options ask for. Exits with 0 when all is well, with 1 when there are warnings, with 2 when there are errors.`;

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('looks whether everything is set up as it has to be, and tells what to do where it is not')
    .option('--write-probe', 'creates a page in Notion, changes it and puts it into the trash')
    .option(
      '--probe-page <link>',
      'where to create it: a page that is shared with the integration (default: where the contacts database is)',
      page,
    )
    .option('--send-to <address>', 'sends a test mail', oneMailbox)
    .option('--json', 'for programs')
    .addHelpText('after', NOTES)
    .action(doctor);
}

async function doctor(options: Options): Promise<void> {
  const outcome = await examine(options);
  await write(options.json ? `${JSON.stringify(outcome, null, 2)}\n` : textOf(outcome));
  // A part that has not answered would keep the process for as long as it is waited for.
  process.exit(EXIT_CODES[outcome.verdict]);
}

interface Outcome {
  verdict: Check['verdict'];
  checks: readonly Check[];
  /** What is wrong with the settings, where nothing can be looked at because of that. */
  settings?: string;
}

const EXIT_CODES = { ok: 0, warning: 1, error: 2 } as const;

async function examine({ writeProbe = false, probePage, sendTo }: Options): Promise<Outcome> {
  let config: Config;
  try {
    config = loadConfig('client');
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { verdict: 'error', checks: [], settings: error.message };
  }
  const checks = await checkParts({
    config,
    writeProbe: writeProbe || probePage !== undefined ? { pageId: probePage } : undefined,
    sendTo,
    // What goes wrong is told by the checks.
    log: createLogger('silent', 'precall-doctor'),
  });
  return { verdict: worstOf(checks), checks };
}

function worstOf(checks: readonly Check[]): Check['verdict'] {
  const verdicts = checks.map(({ verdict }) => verdict);
  return verdicts.includes('error') ? 'error' : verdicts.includes('warning') ? 'warning' : 'ok';
}

const TITLES: Record<Check['part'], string> = {
  notion: 'Notion',
  calcom: 'Cal.com',
  temporal: 'Temporal',
  store: 'Store',
  mail: 'Mail',
  clock: 'Clock',
};

const SIGNS = { ok: '✓', warning: '!', error: '✗' } as const;

function textOf({ checks, settings }: Outcome): string {
  if (settings !== undefined) return `${settings}\n`;
  const width = Math.max(...checks.map(({ what }) => what.length));
  const parts = Object.entries(TITLES).flatMap(([part, title]) => {
    const lines = checks
      .filter((check) => check.part === part)
      .map(({ what, verdict, message }) => plain(`  ${SIGNS[verdict]} ${what.padEnd(width)}  ${message}`));
    return lines.length > 0 ? [[title, ...lines].join('\n')] : [];
  });
  return `${parts.join('\n\n')}\n\n${summaryOf(checks)}\n`;
}

function summaryOf(checks: readonly Check[]): string {
  const count = (verdict: Check['verdict'], name: string) => {
    const { length } = checks.filter((check) => check.verdict === verdict);
    return length === 0 ? [] : [`${length} ${name}${length === 1 ? '' : 's'}`];
  };
  const found = [...count('error', 'error'), ...count('warning', 'warning')];
  return found.length === 0 ? 'All is well.' : `${found.join(', ')}.`;
}

/** Ends when all of it has left. */
function write(text: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(text, () => resolve()));
}

function page(text: string): string {
  const reading = readNotionId(text);
  if ('id' in reading) return reading.id;
  throw new InvalidArgumentError('expected the link of a page, or the 32 hex digits at its end');
}
