import { Queue } from 'bullmq';
import type { Job } from './job.ts';
import { type Peer, startPeer } from './peer.ts';
import { startRedis } from './redis.ts';
import { startWorker } from './worker.ts';

/** What its worker is told. */
export interface BullmqSettings {
  connection: { host: string; port: number };
  queue: string;
  concurrency: number;
}

/** @param executable of Redis. */
export function startBullmq(executable: string, concurrency: number): Promise<Peer> {
  return startPeer(async (options) => {
    const redis = await startRedis(executable);
    const connection = { host: '127.0.0.1', port: redis.port };
    const told: BullmqSettings = { connection, queue: 'reminders', concurrency };
    const queue = new Queue<Job>(told.queue, { connection });
    queue.on('error', console.error);
    const worker = await startWorker('./bullmq-worker.ts', { ...options, told });
    return {
      async add(jobs) {
        const timestamp = Date.now();
        await queue.addBulk(
          jobs.map((data) => ({ name: 'reminder', data, opts: { timestamp, delay: data.dueAt - timestamp } })),
        );
      },
      async stop() {
        await worker.stop();
        await queue.close();
        await redis.stop();
      },
    };
  });
}
