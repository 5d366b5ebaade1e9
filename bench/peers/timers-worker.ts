import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Job } from './job.ts';
import { becomeWorker } from './worker.ts';

/** Run as a process of its own: writes all mails out, then hands each over when its timer ends. */
const { mailer, told, sayReady } = await becomeWorker<{ jobsFile: string }>();
const jobs = JSON.parse(await readFile(told.jobsFile, 'utf8')) as Job[];

const waiting = [];
for (const job of jobs) {
  const mail = await mailer.prepare(job);
  waiting.push(untilDue(job).then(() => mail.send()));
}
sayReady();
await Promise.all(waiting);

/** Timers may end a moment early. */
async function untilDue({ dueAt }: Job): Promise<void> {
  for (let leftMs = dueAt - Date.now(); leftMs > 0; leftMs = dueAt - Date.now()) await sleep(leftMs);
}
