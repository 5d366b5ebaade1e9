import { type Command, InvalidArgumentError, Option } from 'commander';
import ms, { type StringValue } from 'ms';
import { loadConfig } from '../config.ts';
import { CONTROL_PATH, type Operation, type OperationResult } from '../dev/calcom-sandbox/control.ts';
import { type Door, findDoor } from '../dev/calcom-sandbox/door.ts';
import { OperatorError } from '../operator-error.ts';
import { plain } from './plain-text.ts';

const YEAR_MS = 366 * 24 * 60 * 60_000;

interface Options {
  in: number;
  name: string;
  email: string;
  move?: string;
  cancel?: string;
  silent?: boolean;
}

const NOTES = `
It is done on the Cal.com sandbox of the npm start that runs on DATA_DIR, which tells Precall of it as Cal.com would. What is
silent is told to nobody: it has to be found. That takes CALCOM_API_KEY=sandbox.`;

export function addBook(program: Command): void {
  program
    .command('book')
    .description('books, moves or cancels a call on the Cal.com sandbox of npm start')
    .addOption(
      new Option('--in <duration>', 'how long from now the call is to start')
        .argParser(duration)
        .default(ms('10m'), '10m'),
    )
    .option('--name <name>', 'who books', 'Ada Moreau')
    .option('--email <address>', 'their address', 'ada.moreau@example.com')
    .option('--move <uid>', 'moves this booking instead')
    .addOption(new Option('--cancel <uid>', 'cancels this booking instead').conflicts('move'))
    .option('--silent', 'without a webhook')
    .addHelpText('after', NOTES)
    .action(book);
}

async function book(options: Options): Promise<void> {
  const { dataDir } = loadConfig('client');
  const door = findDoor(dataDir);
  if (!door) {
    throw new OperatorError(
      `There is no Cal.com sandbox in ${dataDir}: start Precall (npm start) without a CALCOM_API_KEY of Cal.com's.`,
    );
  }
  const result = await perform(door, operationOf(options, Date.now()));
  process.stdout.write(`${sentencesOf(options, result).map(plain).join('\n')}\n`);
}

function operationOf({ in: inMs, name, email, move, cancel, silent = false }: Options, now: number): Operation {
  const startsAt = new Date(now + inMs).toISOString();
  if (cancel !== undefined) return { operation: 'cancel', uid: cancel, silent };
  if (move !== undefined) return { operation: 'move', uid: move, startsAt, silent };
  return { operation: 'book', startsAt, attendee: { name, email }, silent };
}

async function perform({ url, token }: Door, operation: Operation): Promise<OperationResult> {
  let response: Response;
  try {
    response = await fetch(`${url}${CONTROL_PATH}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(operation),
      // A token must not follow a redirect to somebody else.
      redirect: 'manual',
    });
  } catch {
    throw new OperatorError(`The Cal.com sandbox at ${url} does not answer: is npm start still running?`);
  }
  const answer = (await response.json().catch(() => ({}))) as Answer;
  if (response.ok && answer.data) return answer.data;
  throw new OperatorError(plain(answer.error?.message ?? `The Cal.com sandbox answers ${response.status}.`));
}

interface Answer {
  data?: OperationResult;
  error?: { message: string };
}

function sentencesOf({ move, cancel, silent }: Options, { uid, startsAt, webhooks }: OperationResult): string[] {
  const done = cancel === undefined ? (move === undefined ? 'Booked' : `Moved ${move}:`) : 'Cancelled';
  const told = webhooks.map(({ trigger, status }) => `  ${trigger}: ${status ?? 'nobody answered'}`);
  return [`${done} ${uid}, starts ${startsAt}`, ...(silent ? ['  silently: no webhook was sent'] : told)];
}

function duration(text: string): number {
  const durationMs = ms(text as StringValue);
  if (durationMs > 0 && durationMs <= YEAR_MS) return durationMs;
  throw new InvalidArgumentError('expected a duration such as 20s, a year at most');
}
