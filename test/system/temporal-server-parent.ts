import { startTemporalServer } from '../../src/dev/temporal-server.ts';

/** Run as a process of its own: starts a Temporal dev server, reports its pid and address, and stays until it is killed. */
const [executable, dbFilename] = process.argv.slice(2) as [string, string];
const { pid, address } = await startTemporalServer({ executable, dbFilename });
console.log(JSON.stringify({ pid, address }));
