import type { Command } from 'commander';
import { loadConfig } from '../config.ts';
import { bannerOf } from '../dev/banner.ts';
import { startStack } from '../dev/embedded-stack.ts';
import { createLogger } from '../logger.ts';
import { installRuntime } from '../temporal/connect-worker.ts';
import { untilStopped } from './until-stopped.ts';

const PREFERRED_PORTS = {
  temporal: 7233,
  temporalUi: 8233,
  codec: 8234,
  notion: 8010,
  calcom: 8011,
  smtp: 8025,
  mail: 8026,
};

export function addStart(program: Command): void {
  program
    .command('start')
    .description('runs everything in one process, with stand-ins for what is not set up')
    .action(runStart);
}

async function runStart(): Promise<void> {
  const config = loadConfig('embedded');
  const log = createLogger(config.logLevel, 'precall');
  installRuntime(log);
  const stopped = untilStopped();
  const say = (line: string) => process.stdout.write(`${line}\n`);

  const stack = await startStack({ config, log, say, preferredPorts: PREFERRED_PORTS });
  say(bannerOf(stack, config));
  try {
    await Promise.race([stopped, stack.failed]);
    say('\nStopping…');
  } finally {
    await stack.stop();
  }
}
