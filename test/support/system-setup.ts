import type { TestProject } from 'vitest/node';
import { provisionTemporalCli } from '../../src/dev/provision/temporal-cli.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Temporal's command line, which brings the dev server. */
    temporalCliPath: string;
  }
}

export default async function setup(project: TestProject): Promise<void> {
  project.provide('temporalCliPath', await provisionTemporalCli({ env: process.env, say: console.log }));
}
