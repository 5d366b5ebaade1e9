import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/** Long enough for a few processes to start on a busy machine. */
export const HEAD_START_MS = 2_500;

/**
 * Runs a TypeScript file as several processes, which are told the instant at which all of them should act.
 *
 * @returns what each wrote, once all have ended.
 */
export function race(file: string, processes: number, args: string[]): Promise<string[]> {
  const startsAt = Date.now() + HEAD_START_MS;
  return Promise.all(
    Array.from({ length: processes }, async () => {
      const contender = spawnScript(file, [...args, `${startsAt}`]);
      return (await text(contender.stdout)).trim();
    }),
  );
}

/** Starts a TypeScript file as a process of its own. */
export function spawnScript(file: string, args: string[]) {
  return spawn(process.execPath, ['--import', import.meta.resolve('tsx'), file, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}

/** SIGKILL, and waits until it is gone. */
export async function kill(child: ReturnType<typeof spawnScript>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
