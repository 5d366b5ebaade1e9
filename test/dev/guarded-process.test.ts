import { execFileSync } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { type GuardedProcess, startGuarded } from '../../src/dev/guarded-process.ts';

const started: GuardedProcess[] = [];
afterEach(() => Promise.all(started.splice(0).map((guarded) => guarded.stop())));

async function shell(script: string, onLine?: (line: string) => void): Promise<GuardedProcess> {
  const guarded = await startGuarded('/bin/sh', ['-c', script], onLine);
  started.push(guarded);
  return guarded;
}

/** A signal that arrives before the script has set its trap would just end it. */
async function untilReady(script: string): Promise<GuardedProcess> {
  let guarded: Promise<GuardedProcess> | undefined;
  await new Promise<void>((resolve) => {
    guarded = shell(script, () => resolve());
  });
  return guarded!;
}

const isRunning = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** The guard and its reader form a process group of their own with what they guard. */
const groupOf = (pid: number) => execFileSync('ps', ['-o', 'pgid=', '-p', `${pid}`], { encoding: 'utf8' }).trim();
const membersOf = (group: string) =>
  execFileSync('ps', ['-A', '-o', 'pgid=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.trim().startsWith(`${group} `));

describe('a guarded process', () => {
  it('tells how it ended and what it said last', async () => {
    const heard: string[] = [];

    const guarded = await shell('echo starting; echo "no disk" >&2; exit 7', (line) => heard.push(line));

    expect(await guarded.exited).toMatchObject({ code: 7, expected: false });
    expect((await guarded.exited).lastLines.toSorted()).toEqual(['no disk', 'starting']);
    expect(heard.toSorted()).toEqual(['no disk', 'starting']);
  });

  it('ends as one that could not be started when there is no such command', async () => {
    const guarded = await startGuarded('/nowhere/server', []);

    expect(await guarded.exited).toMatchObject({ code: 127, lastLines: [expect.stringContaining('/nowhere/server')] });
  });

  it('has no helper left when it ends by itself', async () => {
    const guarded = await shell('exec sleep 60');
    const group = groupOf(guarded.pid);
    expect(membersOf(group).length).toBeGreaterThan(1);

    process.kill(guarded.pid, 'SIGKILL');

    expect(await guarded.exited).toMatchObject({ code: 137, expected: false });
    expect(membersOf(group)).toEqual([]);
  });

  describe('when it is stopped', () => {
    it('may finish what it is doing', async () => {
      const guarded = await untilReady('trap "echo saved; exit 0" TERM; echo ready; while :; do sleep 0.05; done');

      await guarded.stop();

      expect(await guarded.exited).toEqual({ code: 0, expected: true, lastLines: ['ready', 'saved'] });
    });

    it('is killed when it takes more than 3 s', async () => {
      const guarded = await untilReady('trap "" TERM; echo ready; while :; do sleep 0.05; done');

      const askedAt = Date.now();
      await guarded.stop();

      expect(Date.now() - askedAt).toBeGreaterThan(2_500);
      expect(Date.now() - askedAt).toBeLessThan(5_000);
      expect(isRunning(guarded.pid)).toBe(false);
    }, 10_000);
  });
});
