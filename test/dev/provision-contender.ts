import { existsSync } from 'node:fs';
import { appendFile, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Program, provision } from '../../src/dev/provision/provision.ts';

/**
 * Run as a process of its own: wants a program whose making takes until the file `finish` is there, and reports on
 * standard output.
 */
const [cacheDir, journal, finish] = process.argv.slice(2) as [string, string, string];

const program: Program = {
  title: 'the slow program',
  id: 'slow',
  version: '1',
  setting: 'SLOW_PATH',
  check: async () => {},
  makers: [
    {
      doing: 'Making it',
      async make(executable) {
        await appendFile(journal, 'begun\n');
        await writeFile(executable, '#!/bin/sh\n', { mode: 0o755 });
        while (!existsSync(finish)) await sleep(20);
        await appendFile(journal, 'ended\n');
      },
    },
  ],
  remedies: [],
};

console.log(await provision(program, { env: {}, cacheDir, say: console.log }));
