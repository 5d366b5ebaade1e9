import { fileURLToPath } from 'node:url';
import type { GuardedProcess } from '../../src/dev/guarded-process.ts';
import { startNode, untilReady } from '../processes.ts';
import { jobOf } from './job.ts';
import { createMailer, type Mailer, type MailerOptions } from './mailer.ts';
import { planBookings } from './planned-bookings.ts';

/** What each worker is told by its environment; and what its peer tells it. */
export interface WorkerSettings<Told> extends MailerOptions {
  told: Told;
}

const READY = 'ready';
const WARM_UP_COUNT = 50;

/**
 * Starts a worker in a process of its own, and waits until it can take up jobs. What else it writes is written here.
 *
 * @param program beside this file.
 * @throws {Error} with its last lines when it ends instead.
 */
export async function startWorker<Told>(program: string, settings: WorkerSettings<Told>): Promise<GuardedProcess> {
  let isReady = false;
  let isStopping = false;
  const onLine = (line: string) => {
    if (line === READY) isReady = true;
    else if (!isStopping) console.error(line);
  };
  const file = fileURLToPath(new URL(program, import.meta.url));
  const worker = await startNode(file, [], { WORKER_SETTINGS: JSON.stringify(settings) }, { onLine });

  await untilReady(program, worker, () => isReady);
  return {
    ...worker,
    stop() {
      isStopping = true;
      return worker.stop();
    },
  };
}

/**
 * For the worker: what it sends mails with, and what it was told.
 *
 * Some mails have been written and thrown away by then. Precall writes its mails ahead of their instant; here the first would else
 * be as late as compiling the code for it takes, which a worker that has run for a while has behind it.
 */
export async function becomeWorker<Told>(): Promise<{ mailer: Mailer; told: Told; sayReady: () => void }> {
  const { told, ...options } = JSON.parse(process.env['WORKER_SETTINGS'] ?? '{}') as WorkerSettings<Told>;
  const mailer = createMailer(options);
  for (const booking of planBookings('warm-up', WARM_UP_COUNT, Date.now(), 0)) {
    await mailer.prepare(jobOf(booking, options.installationKey));
  }
  return { mailer, told, sayReady: () => console.log(READY) };
}
