import { type Command, InvalidArgumentError } from 'commander';
import ms, { type StringValue } from 'ms';
import type { Rebuild } from '../server/operator-api.ts';
import { operatorApiOf } from './operator-api.ts';

interface Options {
  url?: string;
  json?: boolean;
  since?: Date;
}

const NOTES = `
It may be repeated at any time: a run that is there is left alone, and no mail is sent twice. With --since, everything that was
delivered since then is dispatched once more; runs pass over what they know.`;

export function addRebuild(program: Command): void {
  program
    .command('rebuild')
    .description('puts back the runs of bookings that Temporal has lost')
    .option('--since <when>', 'dispatches again what was delivered since: 2h (ago) or 2026-12-03T15:00:00Z', since)
    .option('--url <url>', 'where the server is (default: PUBLIC_URL, or this machine)')
    .option('--json', 'for programs')
    .addHelpText('after', NOTES)
    .action(rebuild);
}

async function rebuild({ since, json, ...options }: Options): Promise<void> {
  const body = { ...(since && { since: since.toISOString() }) };
  const report = await operatorApiOf(options).post<Rebuild>('/api/rebuild', body);
  process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : `${textOf(report)}\n`);
  process.exitCode = report.failed > 0 ? 1 : 0;
}

function textOf({ live, missing, restored, closed, failed, toldAgain }: Rebuild): string {
  const lines =
    missing === 0
      ? [`Every one of ${live} live bookings has its run.`]
      : [
          `${missing} of ${live} live bookings had no run: ${restored} are put back, ${closed} are over.`,
          ...(failed > 0 ? [`${failed} could not be put back: the server's log tells why.`] : []),
        ];
  return [...lines, ...(toldAgain === undefined ? [] : [`${toldAgain} deliveries are dispatched again.`])].join('\n');
}

function since(text: string): Date {
  const agoMs = /^\d+(\.\d+)? *[a-z]+$/i.test(text) ? ms(text as StringValue) : undefined;
  const instant = agoMs === undefined ? new Date(text) : new Date(Date.now() - agoMs);
  if (!Number.isNaN(instant.getTime())) return instant;
  throw new InvalidArgumentError('expected a duration such as 2h, or an instant such as 2026-12-03T15:00:00Z');
}
