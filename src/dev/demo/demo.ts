import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import type { Logger } from 'pino';
import { type Config, loadConfig, SANDBOX_API_KEY } from '../../config.ts';
import { bannerOf } from '../banner.ts';
import { type Stack, startStack } from '../embedded-stack.ts';
import { type Check, tableOf } from './checks.ts';
import { GRACE_MS, playFirstAct } from './first-act.ts';
import { checksOfFirstAct } from './first-act-checks.ts';
import { playSecondAct } from './second-act.ts';
import { checksOfSecondAct } from './second-act-checks.ts';

export interface DemoOptions {
  env: NodeJS.ProcessEnv;
  log: Logger;
  say: (line: string) => void;
  /** Called once the checks are done, with everything still running, to look around. */
  meanwhile?: () => Promise<void>;
}

/**
 * Books calls seconds ahead and tells what happens, then checks it all through public doors.
 *
 * @returns whether every check passed.
 */
export async function runDemo(options: DemoOptions): Promise<boolean> {
  const { log, say } = options;
  const dataDir = await mkdtemp(join(tmpdir(), 'precall-demo-'));
  say('Precall demo, in two acts: a call that takes place, and one that is moved and then cancelled.\n');
  say('Starting Temporal, the worker, the server, and stand-ins for Cal.com, Notion and the mail server …');

  try {
    const config = demoConfig(options.env, dataDir);
    const stack = await startStack({ config, log, say });
    try {
      const checks = await play(stack, config, say);
      if (options.meanwhile) {
        say(bannerOf(stack, config));
        await options.meanwhile();
      }
      return checks.every(({ passed }) => passed);
    } finally {
      await stack.stop();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** What the operator has set in the environment holds, but for Cal.com, the times, the ports and the folder. */
function demoConfig(env: NodeJS.ProcessEnv, dataDir: string): Config {
  const ownWay = {
    PORT: '0',
    DATA_DIR: dataDir,
    // The invented calls exist nowhere else.
    CALCOM_API_KEY: SANDBOX_API_KEY,
    REMINDER_OFFSETS: '30s,20s,10s',
    MEETING_THRESHOLD: '5s',
  };
  const config = loadConfig('embedded', { ...env, ...ownWay }, join(dataDir, 'precall.yaml'));
  return { ...config, reminders: { ...config.reminders, graceMs: GRACE_MS } };
}

async function play(stack: Stack, config: Config, say: (line: string) => void): Promise<Check[]> {
  const { calcom } = stack;
  if (!calcom) throw new Error('The demo has no Cal.com to book on');
  const connection = await Connection.connect({ address: stack.temporal.address });
  try {
    const stage = { stack, config, calcom, connection, say };
    say('\nA call is booked 45 seconds ahead, with reminders 30, 20 and 10 seconds before it.\n');
    const first = checksOfFirstAct(await playFirstAct(stage));
    say(`\n${tableOf(first)}`);

    say('\nAnother call is booked for the day after tomorrow, moved to half a minute ahead, and cancelled.\n');
    const second = checksOfSecondAct(await playSecondAct(stage));
    say(`\n${tableOf(second)}\n`);
    return [...first, ...second];
  } finally {
    await connection.close();
  }
}
