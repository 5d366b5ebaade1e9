import { TestWorkflowEnvironment } from '@temporalio/testing';
import getPort from 'get-port';
import { startTemporalProcess } from '../../src/dev/temporal-process.ts';

/** How long a JVM may take to start while every core is busy. Within vitest's time-out for hooks. */
const START_LIMIT_MS = 50_000;

/** Starts Temporal's time-skipping server. Its clock is one for all runs. */
export async function startTimeSkipping(executable: string): Promise<{
  env: TestWorkflowEnvironment;
  stop(): Promise<void>;
  /** Ends the server alone: what still works on it fails. */
  abandon(): Promise<void>;
}> {
  const plan = async () => {
    const port = await getPort();
    return { executable, args: [`${port}`], address: `127.0.0.1:${port}`, namespace: 'default' };
  };
  const server = await startTemporalProcess(plan, { limitMs: START_LIMIT_MS });

  // The public factory starts the server itself and gives a JVM no more than 5 s, too few on a busy machine; the
  // public way to a running server never skips time. What both of them call can do it.
  const env = await TestWorkflowEnvironment['create']({
    server: { type: 'existing' },
    address: server.address,
    supportsTimeSkipping: true,
  });
  return {
    env,
    async stop() {
      await env.teardown();
      await server.stop();
    },
    abandon: () => server.stop(),
  };
}
