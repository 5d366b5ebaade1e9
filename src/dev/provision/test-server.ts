import { run, withinMs } from './command.ts';
import { mavenDependencies } from './maven.ts';
import { type Program, type ProvisionOptions, provision } from './provision.ts';
import { sdkDownload } from './sdk-download.ts';

/** Part of Temporal's Java SDK, and released with it. */
const VERSION = '1.38.0';

/** Temporal's test server, which skips time. */
export const testServer: Program = {
  title: "Temporal's test server",
  id: 'temporal-test-server',
  version: VERSION,
  setting: 'TEMPORAL_TEST_SERVER_PATH',
  async check(executable, env) {
    const answer = await run(executable, [], { env, signal: withinMs(60_000) });
    if (!answer.includes('Usage')) throw new Error('it does not explain itself as the test server does');
  },
  makers: [
    sdkDownload(
      { doing: "Downloading Temporal's test server" },
      { factory: 'createTimeSkipping', version: `v${VERSION}` },
    ),
    mavenDependencies(
      { doing: "Getting Temporal's test server with Maven", patience: 'this takes about ten seconds, once' },
      {
        groupId: 'io.temporal',
        artifactId: 'temporal-test-server',
        version: VERSION,
        mainClass: 'io.temporal.testserver.TestServer',
      },
    ),
  ],
  remedies: [
    'set TEMPORAL_TEST_SERVER_PATH to an executable that takes the port as its argument',
    'let this machine reach https://temporal.download, once, so that it can be downloaded',
    'install Java 11 or newer and Maven, so that it can be put together from Maven Central',
  ],
};

/**
 * Finds Temporal's time-skipping test server, or gets it. Only tests need it.
 *
 * @returns the path of an executable that takes the port as its argument.
 * @throws {ProgramMissingError} saying what was tried and what a person can do.
 */
export function provisionTestServer(options: ProvisionOptions): Promise<string> {
  return provision(testServer, options);
}
