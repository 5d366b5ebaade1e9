import type { Command } from 'commander';
import { runDemo } from '../dev/demo/demo.ts';
import { createLogger } from '../logger.ts';
import { installRuntime } from '../temporal/connect-worker.ts';
import { untilStopped } from './until-stopped.ts';

export function addDemo(program: Command): void {
  program
    .command('demo')
    .description('books calls seconds ahead, moves and cancels one, tells what happens, and checks it')
    .option('--keep', 'leave everything running afterwards, to look around')
    .action(async ({ keep }: { keep?: boolean }) => {
      const log = createLogger('warn', 'precall-demo');
      installRuntime(log);
      const stopped = untilStopped();
      const passed = runDemo({
        env: process.env,
        log,
        say: (line) => process.stdout.write(`${line}\n`),
        ...(keep && { meanwhile: async () => void (await stopped) }),
      });
      process.exitCode = (await passed) ? 0 : 1;
    });
}
