import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, inject } from 'vitest';
import { processesOf } from './processes.ts';
import { until } from './until.ts';

/** How the product is started: as it is in production, from source, or from source as `npm start` does. */
export type StartedFrom = 'dist' | 'source' | 'tsx';

export interface PrecallProcess {
  readonly pid: number;
  /** What it has written so far, on both streams. */
  output(): string;
  /** Waits until it has ended by itself. */
  untilEnded(limitMs?: number): Promise<ProcessEnd>;
  /** Waits until it has written something that matches. */
  untilSays(pattern: RegExp, limitMs?: number): Promise<RegExpMatchArray>;
  /** Sends a signal to the process, or with `toGroup` to its whole group, as a terminal's Ctrl-C is. */
  signal(signal: NodeJS.Signals, options?: { toGroup?: boolean }): void;
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
}

export interface ProcessEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
}

const ENTRY: Record<StartedFrom, () => string[]> = {
  dist: () => [fromRoot('dist/cli/precall.js')],
  source: () => ['--import', import.meta.resolve('tsx'), fromRoot('src/cli/precall.ts')],
  tsx: () => [fileURLToPath(import.meta.resolve('tsx/cli')), fromRoot('src/cli/precall.ts')],
};

/**
 * Lets the tests of a file start the product's processes, each in a group of its own and with nothing in its environment
 * but what it is given. What still runs after the tests is killed.
 */
export function usePrecallProcesses() {
  const started: PrecallProcess[] = [];

  afterAll(async () => {
    await Promise.all(started.map((process) => process.kill()));
  });

  return {
    start(
      command: 'server' | 'worker' | 'start' | 'demo',
      { from = 'dist', cwd, env }: { from?: StartedFrom; cwd: string; env: Record<string, string> },
    ): PrecallProcess {
      const precall = spawnPrecall([...ENTRY[from](), command], cwd, env);
      started.push(precall);
      return precall;
    },
    /** What all of them have written. */
    output: () => started.map((process) => process.output()).join('\n'),
  };
}

function spawnPrecall(args: string[], cwd: string, env: Record<string, string>): PrecallProcess {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, args, {
    cwd,
    env: { PATH, HOME, TEMPORAL_CLI_PATH: inject('temporalCliPath'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const { pid } = child;
  if (!pid) throw new Error('The process could not be started');

  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  let end: ProcessEnd | undefined;
  child.once('close', (code, signal) => {
    end = { code, signal };
  });

  const send = (target: number, signal: NodeJS.Signals) => {
    try {
      process.kill(target, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  };
  return {
    pid,
    output: () => output,
    untilEnded: (limitMs = 30_000) =>
      until(
        () => `end of the process that wrote:\n${output}`,
        () => end,
        limitMs,
      ),
    untilSays: (pattern, limitMs = 30_000) =>
      until(
        () => `line like ${pattern} in:\n${output}`,
        () => output.match(pattern) ?? undefined,
        limitMs,
      ),
    signal: (signal, { toGroup = false } = {}) => send(toGroup ? -pid : pid, signal),
    async kill() {
      send(-pid, 'SIGKILL');
      await until('end of the process group', () => processesOf({ group: pid }).length === 0);
    },
  };
}

function fromRoot(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}
