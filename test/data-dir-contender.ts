import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataDirInUse, lockDataDir } from '../src/data-dir-lock.ts';

/**
 * Run as a process of its own: at a given instant tries to take a data folder, says whether it has got it, and keeps it
 * until its standard input ends.
 */
const [folder, at] = process.argv.slice(2) as [string, string];

await sleep(Number(at) - Date.now());
try {
  const giveBack = lockDataDir(folder);
  process.stdout.write('mine\n');
  await text(process.stdin);
  giveBack();
} catch (error) {
  if (!(error instanceof DataDirInUse)) throw error;
  process.stdout.write('in use\n');
}
process.exit();
