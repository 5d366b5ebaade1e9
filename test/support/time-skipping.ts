import { TestWorkflowEnvironment } from '@temporalio/testing';
import getPort from 'get-port';
import { afterAll, beforeAll, inject } from 'vitest';
import { startTemporalProcess, type TemporalProcess } from '../../src/dev/temporal-process.ts';

/** How long a JVM may take to start while every core is busy. Within vitest's time-out for hooks. */
const START_LIMIT_MS = 50_000;

/**
 * A time-skipping Temporal for the tests of one file, there from `beforeAll` to `afterAll`.
 *
 * Its clock is one for all runs, and jumps only while somebody waits in `handle.result()` or `env.sleep()`: tests that
 * share it run one after the other, and end every run they start.
 */
export function useTimeSkipping(): { readonly env: TestWorkflowEnvironment } {
  let server: TemporalProcess | undefined;
  let env: TestWorkflowEnvironment | undefined;

  beforeAll(async () => {
    const executable = inject('testServerPath');
    const plan = async () => {
      const port = await getPort();
      return { executable, args: [`${port}`], address: `127.0.0.1:${port}`, namespace: 'default' };
    };
    server = await startTemporalProcess(plan, { limitMs: START_LIMIT_MS });

    // The public factory starts the server itself and gives a JVM no more than 5 s, too few on a busy machine; the
    // public way to a running server never skips time. What both of them call can do it.
    env = await TestWorkflowEnvironment['create']({
      server: { type: 'existing' },
      address: server.address,
      supportsTimeSkipping: true,
    });
  });

  afterAll(async () => {
    await env?.teardown();
    await server?.stop();
  });

  return {
    get env() {
      if (!env) throw new Error('The test server is there only while tests run.');
      return env;
    },
  };
}
