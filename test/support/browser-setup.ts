import type { TestProject } from 'vitest/node';
import { type BrowserPath, findBrowser } from './browser.ts';

declare module 'vitest' {
  interface ProvidedContext {
    browserPath: BrowserPath;
  }
}

export default async function setup(project: TestProject): Promise<void> {
  project.provide('browserPath', await findBrowser(process.env, console.log));
}
