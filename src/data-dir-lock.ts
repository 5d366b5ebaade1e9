import { mkdirSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { createWhole } from './create-whole.ts';
import { OperatorError } from './operator-error.ts';
import { identityOf } from './process-identity.ts';

/** Another process works on this data folder. */
export class DataDirInUse extends OperatorError {
  override readonly name = 'DataDirInUse';

  constructor(dataDir: string, pid: number) {
    super(
      `Precall is already running on the data folder ${dataDir} (process ${pid}).\n` +
        'Stop it first, or set DATA_DIR to another folder and PORT to another port.',
    );
  }
}

/**
 * Takes the data folder for this process alone. A lock that a killed process left behind is taken over at once.
 *
 * The lock is the newest of the files `lock.1`, `lock.2`, …, and names its owner. Whoever finds it without a living owner
 * creates the next one, which only one process can. The newest stays when it is given back: were it removed, its number
 * could be taken again by a process that looked earlier.
 *
 * @returns a function that gives the folder back.
 * @throws {DataDirInUse} while its owner lives.
 */
export function lockDataDir(dataDir: string): () => void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const fileOf = (lock: number) => join(dataDir, `lock.${lock}`);

  for (;;) {
    const seen = newestLock(dataDir);
    const owner = readIfThere(fileOf(seen));
    const pid = Number.parseInt(owner, 10);
    if (pid && owner === identityOf(pid)) throw new DataDirInUse(dataDir, pid);

    const mine = seen + 1;
    if (!createWhole(fileOf(mine), identityOf(process.pid) ?? '')) continue;
    if (newestLock(dataDir) > mine) {
      // There had been one of this number before, and the owner of a newer one cleared it away.
      rmSync(fileOf(mine), { force: true });
      continue;
    }
    for (const lock of locksIn(dataDir)) if (lock < mine) rmSync(fileOf(lock), { force: true });
    return () => emptyIfThere(fileOf(mine));
  }
}

/** 0 if there is none. */
function newestLock(dataDir: string): number {
  return Math.max(0, ...locksIn(dataDir));
}

function locksIn(dataDir: string): number[] {
  return readdirSync(dataDir).flatMap((name) => (/^lock\.\d+$/.test(name) ? [Number(name.slice('lock.'.length))] : []));
}

function readIfThere(file: string): string {
  return unlessGone(() => readFileSync(file, 'utf8')) ?? '';
}

function emptyIfThere(file: string): void {
  unlessGone(() => truncateSync(file));
}

function unlessGone<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
