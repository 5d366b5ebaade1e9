import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createWhole } from '../create-whole.ts';
import { OperatorError } from '../operator-error.ts';

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
 * Takes the data folder for this process alone. A lock that a killed process left behind is taken over at once: it names
 * its owner by pid and start time, so that a pid that was given out again is not mistaken for it.
 *
 * @returns a function that gives the folder back.
 * @throws {DataDirInUse} while its owner lives.
 */
export function lockDataDir(dataDir: string): () => void {
  mkdirSync(dataDir, { recursive: true });
  const file = join(dataDir, 'lock');
  const mine = `${process.pid} ${startTimeOf(process.pid)}`;

  while (!createWhole(file, mine)) {
    const owner = readIfThere(file);
    const pid = Number.parseInt(owner, 10);
    if (owner && owner === `${pid} ${startTimeOf(pid)}`) throw new DataDirInUse(dataDir, pid);
    removeStale(file, owner);
  }
  return () => {
    if (readIfThere(file) === mine) rmSync(file, { force: true });
  };
}

/** Of two processes that find the same stale lock, one moves it away; a lock that came in its place is put back. */
function removeStale(file: string, stale: string): void {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (readIfThere(aside) !== stale) createWhole(file, readIfThere(aside));
  rmSync(aside, { force: true });
}

function startTimeOf(pid: number): string {
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return '';
  }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
