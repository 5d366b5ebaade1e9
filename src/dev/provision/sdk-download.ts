import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { run } from './command.ts';
import type { Maker } from './provision.ts';

export interface SdkDownload {
  /** How the SDK's test environment is created around this program; it downloads on the way. */
  factory: 'createLocal' | 'createTimeSkipping';
  /** A tag of the program's releases, such as v1.5.1. */
  version: string;
  /** Without a byte arriving for this long there is no internet here. */
  stallMs?: number;
}

// The SDK's download has no time limit and cannot be called off, so it runs in a process that can be killed. Plain
// JavaScript in a string: it runs alike from the sources, from dist and inside the test runner.
const DOWNLOAD = `
  const [testing, factory, downloadDir, version] = process.argv.slice(1);
  process.once('SIGINT', () => process.exit(130));
  require(testing)
    .TestWorkflowEnvironment[factory]({ server: { executable: { type: 'cached-download', downloadDir, version } } })
    .then((environment) => environment.teardown())
    .then(() => process.exit(0), (error) => { console.error(error.message); process.exit(1); });
`;

/** Lets Temporal's SDK download the program from temporal.download, pinned to one release. */
export function sdkDownload(
  waiting: Pick<Maker, 'doing' | 'patience'>,
  { factory, version, stallMs = 20_000 }: SdkDownload,
): Maker {
  return {
    ...waiting,
    async make(executable, env) {
      const folder = `${executable}.download`;
      await mkdir(folder);
      const testing = createRequire(import.meta.url).resolve('@temporalio/testing');
      const stalled = watchForStall(folder, stallMs);
      const failure = await run(process.execPath, ['--eval', DOWNLOAD, testing, factory, folder, version], {
        env,
        signal: stalled.signal,
      }).then(
        () => undefined,
        (error: Error) => error,
      );
      stalled.end();

      // It also starts the program and gives up after 5 s, which says nothing about the download on a busy machine.
      const downloaded = (await readdir(folder)).find((name) => !name.endsWith('.downloading'));
      if (!downloaded) throw new Error(causeOf(failure), { cause: failure });
      await rename(join(folder, downloaded), executable);
      await rm(folder, { recursive: true });
    },
  };
}

/** Aborts once the files in `folder` have stopped growing. */
function watchForStall(folder: string, stallMs: number): { signal: AbortSignal; end(): void } {
  const controller = new AbortController();
  let seenBytes = 0;
  let grewAt = Date.now();
  const timer = setInterval(
    async () => {
      const bytes = await bytesIn(folder);
      if (bytes !== seenBytes) {
        seenBytes = bytes;
        grewAt = Date.now();
      } else if (Date.now() - grewAt > stallMs) {
        controller.abort(new Error(`nothing arrived from temporal.download for ${Math.round(stallMs / 1000)} s`));
      }
    },
    Math.min(stallMs, 500),
  );
  return { signal: controller.signal, end: () => clearInterval(timer) };
}

async function bytesIn(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  const sizes = names.map((name) =>
    stat(join(folder, name)).then(
      ({ size }) => size,
      () => 0,
    ),
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** The SDK repeats the address at every level of its error; the cause stands at the end. */
function causeOf(failure: Error | undefined): string {
  if (!failure) return 'the SDK downloaded nothing';
  return failure.message.split(': ').slice(-2).join(': ');
}
