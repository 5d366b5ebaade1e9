import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * What tells a process from every other that has or had the same pid: when it started. Linux is asked directly, where `ps`
 * may be missing and rounds its answer to a second that shifts as the clock is set.
 *
 * @returns undefined when no such process runs, one that is dead but not yet reaped included.
 */
export function identityOf(pid: number): string | undefined {
  const startedAt = process.platform === 'linux' ? startTimeOnLinux(pid) : startTimeByPs(pid);
  return startedAt && `${pid} ${startedAt}`;
}

function startTimeOnLinux(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command's name before the last parenthesis may hold anything; what follows are fields 3, 4, …
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const startTicks = fields[18];
    const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return state === 'Z' || state === 'X' ? undefined : `${startTicks} ${bootId}`;
  } catch {
    return undefined;
  }
}

function startTimeByPs(pid: number): string | undefined {
  try {
    const started = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      // Two processes may be told different zones and languages.
      env: { PATH: process.env['PATH'], TZ: 'UTC', LC_ALL: 'C' },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return started.trim() || undefined;
  } catch {
    return undefined;
  }
}
