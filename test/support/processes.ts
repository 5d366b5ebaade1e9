import { execFileSync } from 'node:child_process';

/**
 * Every process, of whatever name, whose command line holds `mark` or that is in the process group `group`.
 *
 * @returns a line for each: pid, group and command line.
 */
export function processesOf({ mark, group }: { mark?: string; group?: number }): string[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,pgid=,stat=,args='], { encoding: 'utf8' }).split('\n');
  return lines.filter((line) => {
    const [, pgid, stat = ''] = line.trim().split(/\s+/);
    const isGone = stat.startsWith('Z');
    return !isGone && ((mark !== undefined && line.includes(mark)) || (group !== undefined && Number(pgid) === group));
  });
}
