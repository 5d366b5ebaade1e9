import { Worker } from 'bullmq';
import type { BullmqSettings } from './bullmq.ts';
import type { Job } from './job.ts';
import { becomeWorker } from './worker.ts';

/** Run as a process of its own: sends the mail of each job when BullMQ hands it over. */
const { mailer, told, sayReady } = await becomeWorker<BullmqSettings>();
const worker = new Worker<Job>(told.queue, ({ data }) => mailer.send(data), {
  connection: told.connection,
  concurrency: told.concurrency,
});
worker.on('error', console.error);
worker.on('failed', (_job, error) => console.error(error));
await worker.waitUntilReady();
sayReady();
