import type { TestProject } from 'vitest/node';
import { provisionTestServer } from '../../src/dev/provision/test-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** An executable that takes a port: Temporal's time-skipping test server. */
    testServerPath: string;
  }
}

export default async function setup(project: TestProject): Promise<void> {
  project.provide('testServerPath', await provisionTestServer({ env: process.env, say: console.log }));
}
