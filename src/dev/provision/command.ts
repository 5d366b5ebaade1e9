import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

export interface CommandOptions {
  env: NodeJS.ProcessEnv;
  cwd?: string;
  /** Ends the command; its reason becomes the error. */
  signal: AbortSignal;
}

/**
 * Runs a command to its end and gives back all it wrote.
 *
 * @throws {Error} in one line: not there, no longer wanted, or the end of what it complained about.
 */
export async function run(command: string, args: readonly string[], options: CommandOptions): Promise<string> {
  try {
    const { stdout, stderr } = await execute(command, args, {
      ...options,
      killSignal: 'SIGKILL',
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout + stderr;
  } catch (error) {
    throw new Error(reasonOf(error as CommandFailure, command, options.signal), { cause: error });
  }
}

/** The time a command may take, worded for the error that {@link run} throws when it takes longer. */
export function withinMs(limitMs: number): AbortSignal {
  const controller = new AbortController();
  const give = () => controller.abort(new Error(`took longer than ${Math.round(limitMs / 1000)} s`));
  setTimeout(give, limitMs).unref();
  return controller.signal;
}

interface CommandFailure extends Error {
  code?: string | number;
  stdout?: string;
  stderr?: string;
}

function reasonOf(failure: CommandFailure, command: string, signal: AbortSignal): string {
  if (signal.aborted) return signal.reason instanceof Error ? signal.reason.message : String(signal.reason);
  if (failure.code === 'ENOENT') return `${command} is not installed`;

  const lines = `${failure.stdout ?? ''}\n${failure.stderr ?? ''}`.split('\n').filter((line) => line.trim() !== '');
  const end = lines.slice(-3).join(' ').trim().slice(-400);
  return withoutCredentials(end || `${command} failed (${failure.code ?? failure.message})`);
}

/** Proxies and private registries are often given as https://user:password@host, and tools repeat that. */
function withoutCredentials(text: string): string {
  return text.replace(/:\/\/[^/@\s]+@/g, '://***@');
}
