import { randomBytes } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { createCipher } from '../../src/cipher.ts';
import { openStore } from '../../src/store/store.ts';
import { silent } from '../support/silent.ts';

/** Run as a process of its own: opens the store of a data folder, says so, and keeps it until its standard input ends. */
const [dataDir] = process.argv.slice(2) as [string];

const cipher = createCipher([{ id: 'k1', bytes: randomBytes(32) }]);
const store = await openStore({ dataDir, cipher, log: silent });
process.stdout.write('open\n');
await text(process.stdin);
await store.close();
