import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, type WorkerOptions } from '@temporalio/worker';
import { FAILURE_CONVERTER_PATH } from '../temporal/data-converter.ts';

/** Where `npm run build` leaves the bundle. */
export const PREBUILT = new URL('../workflow-bundle.js', import.meta.url);

/** Puts the workflows together as Temporal's sandbox runs them. */
export async function bundleWorkflows(): Promise<string> {
  const workflowsPath = fileURLToPath(new URL('../workflows', import.meta.url));
  // At its usual level the bundler lists every file.
  const { code } = await bundleWorkflowCode({
    workflowsPath,
    // A prebuilt bundle takes none from the worker that runs it.
    failureConverterPath: FAILURE_CONVERTER_PATH,
    logger: new DefaultLogger('WARN'),
  });
  return code;
}

/** What a worker runs: the bundle that a build left, or one that is made now. */
export async function workflowBundle(): Promise<NonNullable<WorkerOptions['workflowBundle']>> {
  const codePath = fileURLToPath(PREBUILT);
  return existsSync(codePath) ? { codePath } : { code: await bundleWorkflows() };
}
