import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, inject } from 'vitest';
import { startTimeSkipping } from './time-skipping-server.ts';

/**
 * A time-skipping Temporal for the tests of one file, there from `beforeAll` to `afterAll`.
 *
 * Its clock is one for all runs, and jumps only while somebody waits in `handle.result()` or `env.sleep()`: tests that
 * share it run one after the other, and end every run they start.
 */
export function useTimeSkipping(): { readonly env: TestWorkflowEnvironment; renew(): Promise<void> } {
  let server: Awaited<ReturnType<typeof startTimeSkipping>> | undefined;

  const start = async () => {
    server = await startTimeSkipping(inject('testServerPath'));
  };
  beforeAll(start);

  afterAll(() => server?.stop());

  return {
    get env() {
      if (!server) throw new Error('The test server is there only while tests run.');
      return server.env;
    },
    /** Leaves a server behind on which something hangs, and starts another. */
    async renew() {
      await server?.abandon();
      await start();
    },
  };
}
