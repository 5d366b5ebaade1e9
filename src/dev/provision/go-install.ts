import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run, withinMs } from './command.ts';
import type { Maker } from './provision.ts';

/** Generous: a small machine with a cold module cache takes several times the usual. */
const LIMIT_MS = 30 * 60_000;

/**
 * Builds one command of a Go module.
 *
 * @param pkg the package with its version, such as github.com/temporalio/cli/cmd/temporal@v1.5.1.
 */
export function goInstall(waiting: Pick<Maker, 'doing' | 'patience'>, pkg: string): Maker {
  return {
    ...waiting,
    async make(executable, env) {
      const bin = `${executable}.bin`;
      await mkdir(bin);
      await run('go', ['install', pkg], { env: { ...env, GOBIN: bin }, signal: withinMs(LIMIT_MS) });

      const [built] = await readdir(bin);
      if (!built) throw new Error(`go install ${pkg} built nothing`);
      await rename(join(bin, built), executable);
      await rm(bin, { recursive: true });
    },
  };
}
