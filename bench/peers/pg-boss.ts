import PgBoss from 'pg-boss';
import { startPostgres } from '../../test/support/postgres.ts';
import { type Peer, startPeer } from './peer.ts';
import { startWorker } from './worker.ts';

/** What its worker is told. */
export interface PgBossSettings extends Polling {
  databaseUrl: string;
  queue: string;
}

/** How many of its workers poll in the one process, and how; pg-boss has defaults for what `options` leaves out. */
export interface Polling {
  workers: number;
  options: Pick<PgBoss.WorkOptions, 'batchSize' | 'pollingIntervalSeconds'>;
}

export function startPgBoss(polling: Polling): Promise<Peer> {
  return startPeer(async (options) => {
    const postgres = await startPostgres();
    const told: PgBossSettings = { ...polling, databaseUrl: postgres.url, queue: 'reminders' };
    // Its maintenance is the worker's, as it would be with a server that only sends.
    const boss = new PgBoss({ connectionString: postgres.url, supervise: false, schedule: false });
    boss.on('error', console.error);
    await boss.start();
    await boss.createQueue(told.queue);
    const worker = await startWorker('./pg-boss-worker.ts', { ...options, told });
    return {
      async add(jobs) {
        await boss.insert(
          jobs.map((data) => ({ name: told.queue, data, startAfter: new Date(data.dueAt).toISOString() })),
        );
      },
      async stop() {
        await worker.stop();
        await boss.stop({ graceful: false });
        await postgres.stop();
      },
    };
  });
}
