import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { OperatorError } from '../operator-error.ts';
import { type GuardedProcess, startGuarded } from './guarded-process.ts';

/** How one attempt to start a Temporal server looks. */
export interface TemporalCommand {
  executable: string;
  args: readonly string[];
  /** host:port, where it will answer. */
  address: string;
  namespace: string;
}

export interface TemporalProcess extends GuardedProcess {
  readonly address: string;
}

/** The server ended, or did not answer, before it could be used. */
export class TemporalStartError extends OperatorError {
  override readonly name = 'TemporalStartError';
  readonly endedByItself: boolean;

  constructor(message: string, { endedByItself = false } = {}) {
    super(message);
    this.endedByItself = endedByItself;
  }
}

const ATTEMPTS = 3;
const SHOWN_LINES = 20;
/** A server needs well under a second, and gRPC would wait a whole one after the first refusal. */
const EAGER = { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 100 };

/**
 * Starts a Temporal server of whatever kind and waits until it answers for its namespace.
 *
 * Free ports are looked up before they are used, ours and those the server picks for itself, so now and then another
 * process takes one in between and the server ends at once. Then it is started again.
 *
 * @param plan called for every attempt, so that each has ports of its own.
 * @throws {TemporalStartError} with the last lines the server wrote.
 */
export async function startTemporalProcess(
  plan: () => Promise<TemporalCommand>,
  { limitMs, log }: { limitMs: number; log?: ((line: string) => void) | undefined },
): Promise<TemporalProcess> {
  for (let attempt = 1; ; attempt++) {
    const { executable, args, address, namespace } = await plan();
    const server = await startGuarded(executable, args, log);
    try {
      await untilItAnswers(server, { address, namespace, limitMs });
      return { address, ...server };
    } catch (error) {
      const again = error instanceof TemporalStartError && error.endedByItself && attempt < ATTEMPTS;
      if (!again) throw error;
    }
  }
}

async function untilItAnswers(
  server: GuardedProcess,
  { address, namespace, limitMs }: { address: string; namespace: string; limitMs: number },
): Promise<void> {
  const waiting = new AbortController();
  const outcome = await Promise.race([
    firstAnswer(address, namespace, waiting.signal).then(() => 'answered' as const),
    server.exited.then(() => 'ended' as const),
    sleep(limitMs, 'silent' as const, { signal: waiting.signal }),
  ]);
  waiting.abort();
  if (outcome === 'answered') return;

  await server.stop();
  const { code, lastLines } = await server.exited;
  const what = outcome === 'ended' ? `ended at once (exit code ${code})` : `did not answer within ${limitMs / 1000} s`;
  const lines = withoutStack(lastLines).slice(-SHOWN_LINES);
  throw new TemporalStartError([`Temporal ${what}. Its last lines:`, ...lines.map((line) => `  ${line}`)].join('\n'), {
    endedByItself: outcome === 'ended',
  });
}

async function firstAnswer(address: string, namespace: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const connection = Connection.lazy({ address, connectTimeout: '2 seconds', channelArgs: EAGER });
    try {
      await connection.ensureConnected();
      // The frontend answers a moment before it knows the namespace.
      await connection.workflowService.describeNamespace({ namespace });
      return;
    } catch {
      await sleep(100);
    } finally {
      await connection.close();
    }
  }
}

/** Go prints a page of stack after the sentence that tells what went wrong. */
function withoutStack(lines: readonly string[]): readonly string[] {
  const stack = lines.findIndex((line) => /^goroutine \d+/.test(line));
  return stack === -1 ? lines : lines.slice(0, stack);
}
