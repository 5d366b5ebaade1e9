import type { Command } from 'commander';
import type { Lifted, SuppressionList } from '../server/suppressions-api.ts';
import { type AsJson, operatorApiOf } from './operator-api.ts';
import { plain, tableOf } from './plain-text.ts';

interface Options {
  url?: string;
  json?: boolean;
}

const REASONS: Record<AsJson<SuppressionList>['suppressions'][number]['reason'], string> = {
  hard_bounce: 'bounced',
  complaint: 'complained',
  unsubscribed: 'unsubscribed',
};

export function addSuppressions(program: Command): void {
  const suppressions = program.command('suppressions').description('to whom no mail goes any more');

  withServer(suppressions.command('list')).description('the newest first, addresses shortened').action(list);

  withServer(suppressions.command('lift'))
    .description('sends mails to an address again')
    .argument('<address>')
    .addHelpText(
      'after',
      '\nResend keeps a list of its own: remove the address there as well.\nExits with 1 when nothing stood against it.',
    )
    .action(lift);
}

function withServer(command: Command): Command {
  return command.option('--url <url>', 'where the server is (default: this machine)').option('--json', 'for programs');
}

async function list(options: Options): Promise<void> {
  const answer = await operatorApiOf(options).get<SuppressionList>('/api/suppressions');
  print(answer, options, listText);
}

function listText({ suppressions }: AsJson<SuppressionList>): string {
  if (suppressions.length === 0) return 'Mails go to everybody.\n';
  const rows = suppressions.map(({ at, reason, address, bookingUid }) => [
    at,
    REASONS[reason],
    bookingUid ?? 'all mails',
    address,
  ]);
  return tableOf([['since', 'reason', 'booking', 'address'], ...rows]);
}

async function lift(address: string, options: Options): Promise<void> {
  const answer = await operatorApiOf(options).post<Lifted>('/api/suppressions/lift', { address });
  print(answer, options, ({ lifted }) =>
    lifted ? `Mails go to ${plain(address)} again.\n` : `Nothing stands against mails to ${plain(address)}.\n`,
  );
  process.exitCode = answer.lifted ? 0 : 1;
}

function print<Answer>(answer: Answer, { json }: Options, textOf: (answer: Answer) => string): void {
  process.stdout.write(json ? `${JSON.stringify(answer, null, 2)}\n` : textOf(answer));
}
