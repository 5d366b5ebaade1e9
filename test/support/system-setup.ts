import { execFileSync } from 'node:child_process';
import type { TestProject } from 'vitest/node';
import { provisionTemporalCli } from '../../src/dev/provision/temporal-cli.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Temporal's command line, which brings the dev server. */
    temporalCliPath: string;
  }
}

/** What runs in these tests is the product as it is built, so it is built first. */
export default async function setup(project: TestProject): Promise<void> {
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: ['ignore', 'inherit', 'inherit'] });
  project.provide('temporalCliPath', await provisionTemporalCli({ env: process.env, say: console.log }));
}
