import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DataDirInUse, lockDataDir } from '../src/data-dir-lock.ts';
import { identityOf } from '../src/process-identity.ts';
import { HEAD_START_MS, kill, race, spawnScript } from './support/contenders.ts';
import { until } from './support/until.ts';

const CONTENDER = join(import.meta.dirname, 'data-dir-contender.ts');

let folder: string;
const started: Contender[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'precall-lock-'));
});
afterEach(async () => {
  await Promise.all(started.splice(0).map(({ child }) => kill(child)));
  rmSync(folder, { recursive: true });
});

interface Contender {
  child: ReturnType<typeof spawnScript>;
  said: string;
}

/** Starts a process that goes for the folder, and waits for what it says. */
async function contend(startsAt = 0): Promise<Contender> {
  const child = spawnScript(CONTENDER, [folder, `${startsAt}`]);
  const contender = { child, said: '' };
  const [said] = await once(child.stdout, 'data');
  contender.said = String(said).trim();
  if (contender.said === 'mine') started.push(contender);
  return contender;
}

const lockFile = () => {
  const [file, ...others] = readdirSync(folder);
  expect(others).toEqual([]);
  return join(folder, file!);
};

describe('a data folder', { timeout: 30_000 }, () => {
  it('is made for its owner’s eyes only when it is not there', () => {
    const inside = join(folder, 'a', 'b');

    lockDataDir(inside)();

    expect(readdirSync(inside)).toEqual(['lock.1']);
  });

  it('belongs to one at a time, and to the next once it is given back', () => {
    const giveBack = lockDataDir(folder);

    expect(() => lockDataDir(folder)).toThrow(DataDirInUse);
    expect(() => lockDataDir(folder)).toThrow(new RegExp(`${folder} \\(process ${process.pid}\\)`));
    giveBack();
    const giveBackAgain = lockDataDir(folder);
    expect(() => lockDataDir(folder)).toThrow(DataDirInUse);
    giveBackAgain();
    lockDataDir(folder)();
    expect(readdirSync(folder)).toHaveLength(1);
  });

  it('may have been removed before it is given back', () => {
    const inside = join(folder, 'inside');
    const giveBack = lockDataDir(inside);
    rmSync(inside, { recursive: true });

    expect(giveBack).not.toThrow();
  });

  it('is told to be in use while another process has it, wherever that process thinks it is', async () => {
    const { TZ } = process.env;
    process.env['TZ'] = 'Asia/Kathmandu';
    try {
      const owner = await contend();
      process.env['TZ'] = 'America/St_Johns';

      expect(owner.said).toBe('mine');
      expect(() => lockDataDir(folder)).toThrow(`(process ${owner.child.pid})`);
    } finally {
      if (TZ === undefined) delete process.env['TZ'];
      else process.env['TZ'] = TZ;
    }
  });

  it('is free at once when the process that had it is killed', async () => {
    const owner = await contend();
    expect(() => lockDataDir(folder)).toThrow(DataDirInUse);

    await kill(owner.child);

    lockDataDir(folder)();
  });

  it('is free when the pid of the process that had it was given to another', () => {
    const others = [
      `${process.pid} 1 ${'0'.repeat(36)}`,
      `${process.ppid} 1`,
      '1',
      '0 0',
      '999999999 5',
      'nonsense',
      '',
    ];

    for (const owner of others) {
      writeFileSync(join(folder, 'lock.7'), owner);
      lockDataDir(folder)();
      rmSync(lockFile());
    }
  });

  it('goes to exactly one of several that find the lock of a killed process at the same moment', async () => {
    const dead = await contend();
    await kill(dead.child);

    const startsAt = Date.now() + HEAD_START_MS;
    const contenders = await Promise.all(Array.from({ length: 5 }, () => contend(startsAt)));

    expect(contenders.map(({ said }) => said).toSorted()).toEqual([...Array(4).fill('in use'), 'mine']);
    const owner = contenders.find(({ said }) => said === 'mine');
    expect(readFileSync(lockFile(), 'utf8')).toMatch(new RegExp(`^${owner?.child.pid} `));
  });

  it('is never had by two in a storm of processes that come, go and are killed', async () => {
    const reports = await race(join(import.meta.dirname, 'data-dir-storm.ts'), 3, [join(folder, 'stormy'), '2000']);

    const total = (of: 'taken' | 'shared') => reports.reduce((sum, report) => sum + JSON.parse(report)[of], 0);
    expect(total('taken')).toBeGreaterThan(20);
    expect(total('shared')).toBe(0);
  });
});

describe('the identity of a process', () => {
  it('stays, is another one for another process, and ends with it', async () => {
    const { child } = await contend();
    const pid = child.pid!;
    const identity = identityOf(pid);

    expect(identity).toMatch(new RegExp(`^${pid} `));
    expect(identityOf(pid)).toBe(identity);
    expect(identityOf(process.pid)).not.toBe(identity);
    await kill(child);
    expect(identityOf(pid)).toBeUndefined();
  });

  it('is none once the process is dead, although its parent has not yet taken note', async () => {
    const parent = spawn('/bin/sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    try {
      const [pid] = await once(parent.stdout, 'data');
      await until('end of the child', () => identityOf(Number(pid)) === undefined, 5_000);

      expect(() => process.kill(Number(pid), 0)).not.toThrow();
    } finally {
      parent.kill('SIGKILL');
    }
  });
});
