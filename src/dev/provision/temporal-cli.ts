import { run, withinMs } from './command.ts';
import { goInstall } from './go-install.ts';
import { type Program, type ProvisionOptions, provision } from './provision.ts';
import { sdkDownload } from './sdk-download.ts';

/** The newest release that `go install` can build: later ones carry a `replace` directive, which it refuses. */
const VERSION = '1.5.1';

/** Temporal's command line, which brings the dev server and its UI. */
export const temporalCli: Program = {
  title: 'the Temporal CLI',
  id: 'temporal',
  version: VERSION,
  setting: 'TEMPORAL_CLI_PATH',
  command: 'temporal',
  async check(executable, env) {
    const answer = await run(executable, ['--version'], { env, signal: withinMs(20_000) });
    if (!answer.includes('temporal version')) throw new Error('it does not answer --version as Temporal does');
  },
  makers: [
    sdkDownload({ doing: 'Downloading Temporal' }, { factory: 'createLocal', version: `v${VERSION}` }),
    goInstall(
      { doing: 'Building Temporal with Go', patience: 'this takes about three minutes, once' },
      `github.com/temporalio/cli/cmd/temporal@v${VERSION}`,
    ),
  ],
  remedies: [
    'install the Temporal CLI (https://docs.temporal.io/cli), or set TEMPORAL_CLI_PATH to where it is',
    'let this machine reach https://temporal.download, once, so that it can be downloaded',
    'install Go 1.25 or newer (https://go.dev/dl), so that it can be built',
  ],
};

/**
 * Finds Temporal's command line, or gets it, which can take minutes.
 *
 * @returns the path of the executable.
 * @throws {ProgramMissingError} saying what was tried and what a person can do.
 */
export function provisionTemporalCli(options: ProvisionOptions): Promise<string> {
  return provision(temporalCli, options);
}
