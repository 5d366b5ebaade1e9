import PgBoss from 'pg-boss';
import type { Job } from './job.ts';
import type { PgBossSettings } from './pg-boss.ts';
import { becomeWorker } from './worker.ts';

/** Run as a process of its own: sends the mails of the jobs that pg-boss hands over, those of one batch at once. */
const { mailer, told, sayReady } = await becomeWorker<PgBossSettings>();
const boss = new PgBoss(told.databaseUrl);
boss.on('error', console.error);
await boss.start();
for (let started = 0; started < told.workers; started += 1) {
  await boss.work<Job>(told.queue, told.options, (jobs) => Promise.all(jobs.map(({ data }) => mailer.send(data))));
}
sayReady();
