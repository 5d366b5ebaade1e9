import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GuardedProcess } from '../../src/dev/guarded-process.ts';
import { type Peer, startPeer } from './peer.ts';
import { startWorker } from './worker.ts';

/** What the least is that it can take: one process that has written all mails and waits. Nothing of it is durable. */
export function startTimers(): Promise<Peer> {
  return startPeer(async (options) => {
    const folder = await mkdtemp(join(tmpdir(), 'precall-bench-'));
    const jobsFile = join(folder, 'jobs.json');
    let worker: GuardedProcess | undefined;
    return {
      async add(jobs) {
        await writeFile(jobsFile, JSON.stringify(jobs));
        worker = await startWorker('./timers-worker.ts', { ...options, told: { jobsFile } });
      },
      async stop() {
        await worker?.stop();
        await rm(folder, { recursive: true, force: true });
      },
    };
  });
}
