import type { Command } from 'commander';
import type { FoundDifference, ReconcilePass, ReconcileReport } from '../workflows/reconcile.ts';
import { operatorApiOf } from './operator-api.ts';
import { plain, tableOf } from './plain-text.ts';

interface Options {
  url?: string;
  json?: boolean;
  dryRun?: boolean;
}

const NOTES = `
What nobody has heard of is taken at once. To call a booking off, move it or revive it, two passes at least ten minutes apart have to
find the same. It may be repeated at any time. Exits with 1 when Cal.com could not be asked about everything.`;

export function addReconcile(program: Command): void {
  program
    .command('reconcile')
    .description("compares Cal.com's bookings with ours, and takes what no webhook has told of")
    .option('--dry-run', 'tells what differs, and changes nothing')
    .option('--url <url>', 'where the server is (default: PUBLIC_URL, or this machine)')
    .option('--json', 'for programs')
    .addHelpText('after', NOTES)
    .action(reconcile);
}

async function reconcile({ dryRun = false, json, ...options }: Options): Promise<void> {
  const pass = await operatorApiOf(options).post<ReconcilePass>('/api/reconcile', { dryRun });
  process.stdout.write(json ? `${JSON.stringify(pass, null, 2)}\n` : textOf(pass, dryRun));
  process.exitCode = pass.report.status === 'done' ? 0 : 1;
}

function textOf({ report, differences }: ReconcilePass, dryRun: boolean): string {
  const table = differences.length > 0 ? `${tableOf([HEAD, ...differences.map((one) => rowOf(one, dryRun))])}\n` : '';
  return `${table}${summaryOf(report, differences.length)}\n`;
}

const HEAD = ['booking', 'seat', 'Cal.com says', 'found', ''];

function rowOf(
  { bookingUid, seat, finding, foundAt, outcome }: FoundDifference,
  dryRun: boolean,
): (string | undefined)[] {
  const done = dryRun ? 'would be put right' : 'put right';
  return [
    bookingUid,
    seat,
    finding,
    foundAt,
    outcome === 'repaired' ? done : 'waits for a later pass to find the same',
  ];
}

function summaryOf({ status, reason, listed, compared }: ReconcileReport, differing: number): string {
  const counts = `${compared} bookings compared, ${differing} differ. Cal.com has listed ${listed}.`;
  return status === 'done' ? counts : `${counts}\nNot everything could be compared (${status}): ${plain(reason ?? '')}`;
}
