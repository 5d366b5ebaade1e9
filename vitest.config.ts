import { defineConfig } from 'vitest/config';

/** Adapters and tools against real sockets, processes and Temporal's native core: seconds each, no server of Temporal's. */
const PARTS = [
  'test/activities/{brief,email,mail-faults,notices,notion,read-back,reconcile}.test.ts',
  'test/cli/**/*.test.ts',
  'test/data-dir-lock.test.ts',
  'test/deploy/{create-database,temporal-init}.test.ts',
  'test/dev/**/*.test.ts',
  'test/email/{check-mail,check-resend,create-mail-transport,resend-transport,smtp-transport}.test.ts',
  'test/kept-secret.test.ts',
  'test/notion/{budget,contact,contract,create-ask,data-source,doctor,failures,faults,find-contact}.test.ts',
  'test/notion/{faults.properties,membership,note-reminder,publish-brief}.test.ts',
  'test/server/{calcom-webhook,dispatcher,lost-runs,mail-events,operator-api,server,sockets,suppressions-api}.test.ts',
  'test/store/**/*.test.ts',
  'test/support/postgres.test.ts',
  'test/temporal/check-temporal.test.ts',
  'test/worker/**/*.test.ts',
  'test/workflows/{chains,mails,replay,simulator}.test.ts',
];
const SKIPPING_TIME = ['test/workflows/*.server.test.ts'];
const IN_BROWSER = ['test/**/*.browser.test.ts'];
const SYSTEM = ['test/system/**/*.test.ts'];

/**
 * Five kinds of test, cheapest first: `unit` is rules and reading, in a few seconds; `parts` are the adapters; `browser` looks at
 * pages in a real one; `workflows` skips time on Temporal's test server; `system` runs real processes on a real Temporal, two files at a time because
 * they share two cores with it.
 */
export default defineConfig({
  test: {
    // Temporal's native module does not survive worker threads.
    pool: 'forks',
    setupFiles: 'test/support/property-cases.ts',
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...PARTS, ...IN_BROWSER, ...SKIPPING_TIME, ...SYSTEM],
          // Properties are tried with hundreds of bodies, and the machine may have something else to do.
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'parts',
          include: PARTS,
          globalSetup: 'test/support/notion-schemas-setup.ts',
          // Starting a process or PGlite takes a quarter of that, on a machine that has nothing else to do.
          testTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: IN_BROWSER,
          globalSetup: 'test/support/browser-setup.ts',
          testTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'workflows',
          include: SKIPPING_TIME,
          globalSetup: 'test/support/workflow-setup.ts',
          testTimeout: 30_000,
          hookTimeout: 60_000,
          // For what the test server loses: see test/support/booking-workflow.ts.
          retry: 2,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'system',
          include: SYSTEM,
          globalSetup: 'test/support/system-setup.ts',
          testTimeout: 180_000,
          // Hooks start four processes and tell whole stories, on a machine that may be half as fast as this was tried on.
          hookTimeout: 240_000,
          // They mostly wait for instants; more of them at once would be late on two cores.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
