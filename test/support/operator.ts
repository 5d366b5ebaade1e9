import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import type { RestoreReport } from '../../src/server/lost-runs.ts';
import type { DeliverySummary } from '../../src/store/inbox.ts';

const PRECALL = fileURLToPath(new URL('../../dist/cli/precall.js', import.meta.url));

/** What `precall rebuild` has found and done, as it is built. */
export async function rebuild(url: string): Promise<RestoreReport> {
  const { PATH = '', HOME = '' } = process.env;
  const args = [PRECALL, 'rebuild', '--url', url, '--json'];
  const rebuilding = promisify(execFile)(process.execPath, args, { env: { PATH, HOME } });
  // It exits with 1, and still reports, when something could not be put back.
  const { stdout } = await rebuilding.catch((error: { stdout: string }) => error);
  return JSON.parse(stdout) as RestoreReport;
}

/** Everything that has arrived, newest first. */
export async function deliveriesOf(url: string): Promise<DeliverySummary[]> {
  const response = await fetch(`${url}/api/deliveries?limit=200`);
  return ((await response.json()) as { deliveries: DeliverySummary[] }).deliveries;
}

/** Lets every booking be known for longer: one of the last seconds is taken for one that Temporal does not list yet. */
export async function letBookingsSettle(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(`update bookings set first_seen_at = first_seen_at - interval '5 minutes'`);
  await client.end();
}
