import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { type GuardedProcess, startGuarded } from '../src/dev/guarded-process.ts';

/** What a process holds and has used: resident memory in MiB, processor time in seconds. */
export interface ProcessUsage {
  memory: number;
  cpu: number;
}

const READY_LIMIT_MS = 60_000;

/**
 * A program of ours in a process of its own, with these settings and no others of ours.
 *
 * @param folder its working directory, where the operator's choices are.
 */
export function startNode(
  file: string,
  args: readonly string[],
  settings: Record<string, string>,
  { folder = tmpdir(), onLine }: { folder?: string; onLine?: (line: string) => void } = {},
): Promise<GuardedProcess> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...settings };
  const assignments = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const loader = file.endsWith('.ts') ? ['--import', import.meta.resolve('tsx')] : [];
  const command = ['env', '-i', ...assignments, process.execPath, ...loader, file, ...args];
  return startGuarded('sh', ['-c', 'cd "$0" && exec "$@"', folder, ...command], onLine);
}

/** @throws {Error} with the last lines of a process that ends instead. */
export async function untilItAnswers(url: string, precall: GuardedProcess): Promise<void> {
  await untilReady('Precall', precall, async () => (await fetch(url).catch(() => undefined))?.ok === true);
}

/**
 * Looks again and again until it is so.
 *
 * @throws {Error} with the last lines of a process that ends instead.
 */
export async function untilReady(
  what: string,
  running: GuardedProcess,
  isReady: () => boolean | Promise<boolean>,
): Promise<void> {
  const ended = running.exited.then(({ lastLines }) => lastLines);
  for (const deadline = Date.now() + READY_LIMIT_MS; !(await isReady()); ) {
    const lastLines = await Promise.race([ended, sleep(50)]);
    if (lastLines) throw new Error([`${what} ended at once:`, ...lastLines].join('\n  '));
    if (Date.now() > deadline) throw new Error(`${what} was not ready after ${READY_LIMIT_MS / 1_000} s`);
  }
}

/** @returns nothing used for a process that has not been started. */
export function usageOf(running: { pid: number } | undefined): ProcessUsage {
  if (!running) return { memory: 0, cpu: 0 };
  const row = execFileSync('ps', ['-o', 'rss=,cputimes=', '-p', `${running.pid}`], { encoding: 'utf8' });
  const [residentKiB, cpu] = row.trim().split(/\s+/).map(Number);
  return { memory: Math.round(residentKiB! / 1_024), cpu: cpu! };
}
