import { setTimeout as sleep } from 'node:timers/promises';
import { keptSecret } from '../src/kept-secret.ts';

/** Run as a process of its own: at a given instant asks for the secret in a folder, and reports it. */
const [folder, at] = process.argv.slice(2) as [string, string];

await sleep(Number(at) - Date.now());
console.log(keptSecret(folder, 'secret'));
