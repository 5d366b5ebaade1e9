import { defineConfig } from 'vitest/config';

/**
 * Three kinds of test, cheapest first: `unit` needs no server; `workflows` skips time on Temporal's test server; `system`
 * runs real processes against a real Temporal dev server, one file at a time because they share two cores with it.
 */
export default defineConfig({
  test: {
    // Temporal's native module does not survive worker threads.
    pool: 'forks',
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/workflows/*.server.test.ts', 'test/system/**'],
        },
      },
      {
        extends: true,
        test: {
          name: 'workflows',
          include: ['test/workflows/*.server.test.ts'],
          globalSetup: 'test/support/workflow-setup.ts',
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'system',
          include: ['test/system/**/*.test.ts'],
          globalSetup: 'test/support/system-setup.ts',
          testTimeout: 180_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
