import { setTimeout as sleep } from 'node:timers/promises';
import { createPace } from '../../src/store/create-pace.ts';
import { createPostgres } from '../../src/store/database.ts';
import { silent } from '../support/silent.ts';

/** Run as a process of its own: at a given instant reserves 50 turns, four at a time, as if it were `noon`, and reports them. */
const [databaseUrl, noon, at] = process.argv.slice(2) as [string, string, string];

const database = createPostgres(databaseUrl, silent);
const pace = createPace(
  { database, log: silent },
  { token: 'ntn_secret', requestsPerMinute: 150, now: () => Number(noon) },
);
await sleep(Number(at) - Date.now());

const turns = [];
while (turns.length < 50) {
  const atOnce = Math.min(4, 50 - turns.length);
  turns.push(...(await Promise.all(Array.from({ length: atOnce }, () => pace.reserve('bookings', 120_000)))));
}
console.log(JSON.stringify(turns));
await database.close();
