import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { DeliveryCounts } from './figures.ts';

/** What the store holds, read beside the processes that write it. Bookings of one load have a name that their uids begin with. */
export interface Ledger {
  counts(name: string): Promise<Pick<DeliveryCounts, 'kept' | 'dispatched'>>;
  /** From when each was received until Temporal had it, in milliseconds. */
  dispatchLags(name: string): Promise<number[]>;
  /** From when the first was received until Temporal had the last, in milliseconds. */
  dispatchedWithin(name: string): Promise<number>;
  /** How many wait to be dispatched. */
  backlog(): Promise<number>;
  /** @throws {Error} when some still wait after so long. */
  untilDispatched(limitMs: number): Promise<void>;
  /** How many bookings a worker has taken up, and reported to be waiting for their call. */
  asleep(): Promise<number>;
  /** Of the whole database once what is dead has been swept, in bytes. */
  size(): Promise<number>;
  close(): Promise<void>;
}

export function createLedger(databaseUrl: string): Ledger {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  // One that is lost while idle would end the process.
  pool.on('error', () => {});
  const rows = async <T extends pg.QueryResultRow>(statement: string, ...values: unknown[]): Promise<T[]> =>
    (await pool.query<T>(statement, values)).rows;
  const number = async (statement: string, ...values: unknown[]): Promise<number> =>
    Number((await rows<{ number: string | null }>(statement, ...values))[0]?.number ?? 0);

  const backlog = () => number(`select count(*) as number from deliveries where status = 'pending'`);
  return {
    async counts(name) {
      const kept = await number('select count(*) as number from deliveries where starts_with(subject_uid, $1)', name);
      const dispatched = await number(
        `select count(*) as number from deliveries where starts_with(subject_uid, $1) and status = 'dispatched'`,
        name,
      );
      return { kept, dispatched };
    },

    async dispatchLags(name) {
      const lags = await rows<{ ms: number }>(
        `select (extract(epoch from dispatched_at - received_at) * 1000)::float8 as ms
         from deliveries where starts_with(subject_uid, $1) and status = 'dispatched'`,
        name,
      );
      return lags.map(({ ms }) => ms);
    },

    dispatchedWithin: (name) =>
      number(
        `select extract(epoch from max(dispatched_at) - min(received_at)) * 1000 as number
         from deliveries where starts_with(subject_uid, $1)`,
        name,
      ),

    backlog,

    async untilDispatched(limitMs) {
      const deadline = Date.now() + limitMs;
      for (let waiting = await backlog(); waiting > 0; waiting = await backlog()) {
        if (Date.now() > deadline) throw new Error(`${waiting} still wait after ${limitMs / 1_000} s`);
        await sleep(250);
      }
    },

    asleep: () => number(`select count(*) as number from bookings where status = 'scheduled' and report is not null`),

    async size() {
      await pool.query('vacuum');
      return number('select pg_database_size(current_database()) as number');
    },

    close: () => pool.end(),
  };
}
