import { Command, InvalidArgumentError } from 'commander';
import { provisionTemporalCli } from '../src/dev/provision/temporal-cli.ts';
import { runFaults } from './faults.ts';
import { report } from './report.ts';
import type { Victim } from './stack.ts';

interface Options extends Record<Victim, number> {
  minutes: number;
  rate: number;
  seed: number;
}

const options = new Command('faults')
  .description('Kills the parts of Precall under a stream of webhooks, and tells what was lost or doubled.')
  .option('--server <times>', 'kills of the server', wholeNumber, 200)
  .option('--worker <times>', 'kills of the worker, while mails go out', wholeNumber, 50)
  .option('--temporal <times>', 'kills of Temporal, while mails go out', wholeNumber, 20)
  .option('--postgres <times>', 'kills of PostgreSQL', wholeNumber, 5)
  .option('--minutes <count>', 'how long to go on killing at most', wholeNumber, 25)
  .option('--rate <per-second>', 'webhooks posted a second', wholeNumber, 2)
  .option('--seed <number>', 'repeats the choices of an earlier run', wholeNumber, Date.now() % 1_000_000)
  .parse()
  .opts<Options>();

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());

const say = (line: string) => console.log(`${new Date().toISOString().slice(11, 19)}  ${line}`);
say(`seed ${options.seed}`);
const { server, worker, temporal, postgres } = options;
try {
  const results = await runFaults({
    kills: { server, worker, temporal, postgres },
    killsWithinMs: options.minutes * 60_000,
    seed: options.seed,
    perSecond: options.rate,
    startsIn: { from: 34_000, to: 100_000 },
    waitFor: 'ends',
    temporalCli: await provisionTemporalCli({ env: process.env, say: console.log }),
    signal: interrupted.signal,
    say,
  });
  console.log(report(results));
  process.exitCode = results.violations.length > 0 ? 1 : 0;
} catch (error) {
  if (!interrupted.signal.aborted) throw error;
  say('interrupted: everything is stopped');
  process.exitCode = 130;
}

function wholeNumber(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 0 && count <= 1_000_000) return count;
  throw new InvalidArgumentError('expected a whole number');
}
