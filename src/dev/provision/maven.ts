import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run, withinMs } from './command.ts';
import type { Maker } from './provision.ts';

export interface JavaProgram {
  groupId: string;
  artifactId: string;
  version: string;
  mainClass: string;
}

const LIMIT_MS = 15 * 60_000;
const COPY_DEPENDENCIES = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

/** Gets a Java program and everything it needs from Maven's repository, with a script that runs it. */
export function mavenDependencies(waiting: Pick<Maker, 'doing' | 'patience'>, program: JavaProgram): Maker {
  return {
    ...waiting,
    async make(executable, env) {
      const project = `${executable}.project`;
      await mkdir(project);
      await writeFile(join(project, 'pom.xml'), pomOf(program));

      const lib = join(dirname(executable), 'lib');
      const args = ['--batch-mode', '--quiet', COPY_DEPENDENCIES, '-DincludeScope=runtime', `-DoutputDirectory=${lib}`];
      await run('mvn', args, { env, cwd: project, signal: withinMs(LIMIT_MS) });
      await rm(project, { recursive: true });

      await writeFile(executable, launcherOf(program), { mode: 0o755 });
    },
  };
}

function pomOf({ groupId, artifactId, version }: JavaProgram): string {
  return `<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>precall</groupId>
  <artifactId>provision</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>${groupId}</groupId>
      <artifactId>${artifactId}</artifactId>
      <version>${version}</version>
    </dependency>
  </dependencies>
</project>
`;
}

/** `exec`, so that whoever kills the script kills the JVM; the other flags halve the time it takes to start. */
function launcherOf({ mainClass }: JavaProgram): string {
  return `#!/bin/sh
lib=$(cd "$(dirname "$0")/lib" && pwd) || exit 1
exec "\${JAVA_HOME:+$JAVA_HOME/bin/}java" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$lib/*" ${mainClass} "$@"
`;
}
