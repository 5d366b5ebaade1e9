import { closeSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataDirInUse, lockDataDir } from '../src/data-dir-lock.ts';

/**
 * Run as a process of its own: from a given instant takes a data folder again and again, and gives it back or leaves it
 * as a killed process would. Reports how often it had it, and how often another had it at the same time.
 */
const [folder, durationMs, at] = process.argv.slice(2) as [string, string, string];
const occupied = `${folder}.occupied`;
const report = { taken: 0, shared: 0 };

await sleep(Number(at) - Date.now());
for (const end = Number(at) + Number(durationMs); Date.now() < end; ) {
  try {
    const giveBack = lockDataDir(folder);
    report.taken += 1;
    try {
      closeSync(openSync(occupied, 'wx'));
    } catch {
      report.shared += 1;
    }
    rmSync(occupied, { force: true });
    if (report.taken % 2 === 0) giveBack();
    else writeFileSync(newestLock(), `${process.pid} of a killed process`);
  } catch (error) {
    if (!(error instanceof DataDirInUse)) throw error;
  }
}
console.log(JSON.stringify(report));

function newestLock(): string {
  const locks = readdirSync(folder).filter((name) => /^lock\.\d+$/.test(name));
  const newest = locks.toSorted((a, b) => Number(a.slice(5)) - Number(b.slice(5))).at(-1);
  return join(folder, newest!);
}
