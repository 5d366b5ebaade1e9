import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import type { DeliveryList, DeliveryView, Redelivery } from '../server/operator-api.ts';
import { type AsJson, operatorApiOf } from './operator-api.ts';
import { plain, tableOf } from './plain-text.ts';

interface Options {
  url?: string;
  json?: boolean;
}

const STATUSES = ['pending', 'dispatched', 'ignored', 'rejected', 'quarantined'];

export function addDeliveries(program: Command): void {
  const deliveries = program.command('deliveries').description('what has arrived, and what became of it');

  withServer(deliveries.command('list'))
    .description('the newest deliveries')
    .addOption(new Option('--status <status>', 'only those').choices(STATUSES))
    .option('--before <id>', 'only older ones, by the id of a delivery', number)
    .option('--limit <count>', 'how many, 200 at most', number, 50)
    .action(list);

  withServer(deliveries.command('show'))
    .description('one delivery with its body, which holds names and addresses')
    .addArgument(new Argument('<id>').argParser(number))
    .action(show);

  withServer(deliveries.command('redeliver'))
    .description('reads a delivery again; a booking is handed on')
    .addArgument(new Argument('<id>').argParser(number))
    .addHelpText('after', '\nExits with 1 when it cannot be read as a booking.')
    .action(redeliver);
}

function withServer(command: Command): Command {
  return command
    .option('--url <url>', 'where the server is (default: PUBLIC_URL, or this machine)')
    .option('--json', 'for programs');
}

interface ListOptions extends Options {
  status?: string;
  before?: number;
  limit: number;
}

async function list({ status, before, limit, ...options }: ListOptions): Promise<void> {
  const query = new URLSearchParams({
    limit: `${limit}`,
    ...(status && { status }),
    ...(before && { before: `${before}` }),
  });
  const page = await operatorApiOf(options).get<DeliveryList>(`/api/deliveries?${query}`);
  print(page, options, listText);
}

function listText({ deliveries, next }: AsJson<DeliveryList>): string {
  if (deliveries.length === 0) return 'No deliveries.\n';
  const rows = deliveries.map(({ id, receivedAt, status, trigger, subjectUid, reason, lastError }) => [
    `${id}`,
    receivedAt,
    status,
    trigger,
    subjectUid,
    reason ?? lastError,
  ]);
  const table = tableOf([['id', 'received', 'status', 'trigger', 'booking', 'reason'], ...rows]);
  return next === undefined ? table : `${table}\nOlder ones: --before ${next}\n`;
}

async function show(id: number, options: Options): Promise<void> {
  const delivery = await operatorApiOf(options).get<DeliveryView>(`/api/deliveries/${id}`);
  print(delivery, options, showText);
}

function showText({ body, headers, warnings, ...facts }: AsJson<DeliveryView>): string {
  const rows = [
    ...Object.entries(facts).map(([name, value]) => [name, `${value}`]),
    ...Object.entries(headers).map(([name, value]) => [name, value]),
    ...warnings.map((warning) => ['warning', warning]),
  ];
  return `${tableOf(rows)}\n${body === undefined ? 'Its body has reached its age and is gone.' : bodyText(body)}\n`;
}

/** JSON is laid out; anything else is shown line by line as it came. */
function bodyText(body: string): string {
  return laidOut(body).split('\n').map(plain).join('\n');
}

function laidOut(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

async function redeliver(id: number, options: Options): Promise<void> {
  const redelivery = await operatorApiOf(options).post<Redelivery>(`/api/deliveries/${id}/redeliver`);
  print(redelivery, options, ({ status, reason }) =>
    status === 'pending'
      ? `Delivery ${id} can be read: it is handed on.\n`
      : `Delivery ${id} was read again and is still ${status}: ${plain(reason ?? 'no reason given')}\n`,
  );
  process.exitCode = redelivery.status === 'pending' ? 0 : 1;
}

/** Escaped like this, JSON is the same JSON, and harmless in a terminal too. */
function print<Answer>(answer: Answer, { json }: Options, textOf: (answer: Answer) => string): void {
  process.stdout.write(json ? `${JSON.stringify(answer, null, 2)}\n` : textOf(answer));
}

function number(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('expected a whole number, above 0');
}
