import { writeFile } from 'node:fs/promises';
import { bundleWorkflows, PREBUILT } from './workflow-bundle.ts';

/** The last step of `npm run build`: production workers start without bundling, and all run the same bytes. */
await writeFile(PREBUILT, await bundleWorkflows());
