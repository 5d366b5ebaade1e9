import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run, withinMs } from '../../src/dev/provision/command.ts';
import { goInstall } from '../../src/dev/provision/go-install.ts';
import { mavenDependencies } from '../../src/dev/provision/maven.ts';
import type { Program } from '../../src/dev/provision/provision.ts';
import { sdkDownload } from '../../src/dev/provision/sdk-download.ts';
import { provisionTemporalCli, temporalCli } from '../../src/dev/provision/temporal-cli.ts';
import { provisionTestServer, testServer } from '../../src/dev/provision/test-server.ts';

let folder: string;
let env: NodeJS.ProcessEnv;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'precall-makers-'));
  await mkdir(join(folder, 'bin'));
  await mkdir(join(folder, 'made'));
  env = { PATH: [join(folder, 'bin'), '/usr/bin', '/bin'].join(delimiter), HOME: folder };
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Puts a command on the PATH that writes down how it was called. */
async function command(name: string, script: string): Promise<void> {
  const path = join(folder, 'bin', name);
  await writeFile(path, `#!/bin/sh\necho "$@" >> "${folder}/${name}.calls"\n${script}\n`);
  await chmod(path, 0o755);
}
const callsOf = async (name: string) => (await readFile(join(folder, `${name}.calls`), 'utf8')).trim();
const made = () => join(folder, 'made', 'program');
const answerOf = (executable: string, ...args: string[]) => run(executable, args, { env, signal: withinMs(10_000) });

describe('building with Go', () => {
  const maker = goInstall({ doing: 'Building' }, 'example.com/tool/cmd/tool@v1.2.3');

  it('installs the pinned version beside its place, and leaves nothing else there', async () => {
    await command('go', 'printf "#!/bin/sh\\necho built\\n" > "$GOBIN/tool" && chmod +x "$GOBIN/tool"');

    await maker.make(made(), env);

    expect(await callsOf('go')).toBe('install example.com/tool/cmd/tool@v1.2.3');
    expect(await answerOf(made())).toBe('built\n');
    expect(await readdir(join(folder, 'made'))).toEqual(['program']);
  });

  it('says what Go complained about, without the password of a private proxy', async () => {
    await command('go', 'echo "Get https://me:hunter2@proxy.example: 403 Forbidden" >&2; exit 1');

    await expect(maker.make(made(), env)).rejects.toThrow('Get https://***@proxy.example: 403 Forbidden');
  });

  it('says that Go is not installed', async () => {
    await expect(maker.make(made(), { PATH: join(folder, 'bin') })).rejects.toThrow('go is not installed');
  });
});

describe('getting a Java program with Maven', () => {
  const maker = mavenDependencies(
    { doing: 'Getting' },
    { groupId: 'com.example', artifactId: 'server', version: '2.0', mainClass: 'com.example.Server' },
  );
  const fakeMaven = `
    cp pom.xml "${'$'}HOME/asked.xml"
    for arg; do case "$arg" in -DoutputDirectory=*) lib="\${arg#*=}"; mkdir -p "$lib" && touch "$lib/server.jar";; esac; done`;

  it('asks for what the program needs at run time', async () => {
    await command('mvn', fakeMaven);

    await maker.make(made(), env);

    expect(await callsOf('mvn')).toContain('copy-dependencies -DincludeScope=runtime');
    expect((await readFile(join(folder, 'asked.xml'), 'utf8')).replace(/\s+/g, '')).toContain(
      '<groupId>com.example</groupId><artifactId>server</artifactId><version>2.0</version>',
    );
    expect((await readdir(join(folder, 'made'))).sort()).toEqual(['lib', 'program']);
  });

  it('makes a launcher that becomes the JVM and finds its jars wherever it was moved', async () => {
    await command('mvn', fakeMaven);
    await command('java', 'echo "pid $$"');
    await maker.make(made(), env);
    const moved = join(folder, 'moved here');
    await run('mv', [join(folder, 'made'), moved], { env, signal: withinMs(5_000) });

    await answerOf(join(moved, 'program'), '7233');

    expect(await callsOf('java')).toMatch(new RegExp(`-cp ${moved}/lib/\\* com\\.example\\.Server 7233$`));
    expect(await readFile(join(moved, 'program'), 'utf8')).toMatch(/^exec /m);
  });

  it('says that Maven is not installed', async () => {
    await expect(maker.make(made(), { PATH: join(folder, 'bin') })).rejects.toThrow('mvn is not installed');
  });
});

describe('downloading through the SDK', () => {
  let proxy: Server | undefined;
  const sockets = new Set<Socket>();
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    proxy?.close();
  });

  it('fails at once where there is no way to the internet', async () => {
    const offline = { ...env, HTTPS_PROXY: 'http://127.0.0.1:1' };
    const startedAt = Date.now();

    const attempt = sdkDownload({ doing: 'Downloading' }, { factory: 'createLocal', version: 'v1.5.1' }).make(
      made(),
      offline,
    );

    await expect(attempt).rejects.toThrow(/refused/i);
    expect(Date.now() - startedAt).toBeLessThan(10_000);
  }, 15_000);

  it('gives up when nothing arrives', async () => {
    proxy = createServer((socket) => sockets.add(socket.on('error', () => {}))).listen(0, '127.0.0.1');
    await new Promise((resolve) => proxy!.once('listening', resolve));
    const { port } = proxy.address() as { port: number };
    const silent = { ...env, HTTPS_PROXY: `http://127.0.0.1:${port}` };

    const download = sdkDownload(
      { doing: 'Downloading' },
      { factory: 'createLocal', version: 'v1.5.1', stallMs: 2_000 },
    );

    await expect(download.make(made(), silent)).rejects.toThrow('nothing arrived from temporal.download for 2 s');
    expect(sockets.size, 'it did try').toBeGreaterThan(0);
  }, 15_000);
});

describe.each<[string, Program, typeof provisionTemporalCli, RegExp[]]>([
  [
    'the Temporal CLI',
    temporalCli,
    provisionTemporalCli,
    [/TEMPORAL_CLI_PATH/, /temporal\.download/, /install Go/, /go is not installed/],
  ],
  [
    "Temporal's test server",
    testServer,
    provisionTestServer,
    [/TEMPORAL_TEST_SERVER_PATH/, /temporal\.download/, /Java .* and Maven/, /mvn is not installed/],
  ],
])('%s', (_, program, provisionIt, hints) => {
  it('is the one that its setting names', async () => {
    await command('mine', 'exit 0');
    const mine = join(folder, 'bin', 'mine');

    expect(await provisionIt({ env: { [program.setting]: mine }, cacheDir: folder, say: () => {} })).toBe(mine);
  });

  it('is an error that names three ways to get it where there is neither internet nor compiler', async () => {
    const bare = { PATH: join(folder, 'bin'), HTTPS_PROXY: 'http://127.0.0.1:1' };

    const error = await provisionIt({ env: bare, cacheDir: join(folder, 'cache'), say: () => {} }).then(
      () => undefined,
      (reason: Error) => reason,
    );

    for (const hint of hints) expect(error?.message).toMatch(hint);
  }, 15_000);
});

it('a `temporal` on the PATH that is some other program is passed over', async () => {
  await command('temporal', 'echo "tempo: a metronome"');
  const said: string[] = [];
  const bare = {
    ...env,
    HTTPS_PROXY: 'http://127.0.0.1:1',
  };

  await provisionTemporalCli({ env: bare, cacheDir: join(folder, 'cache'), say: (line) => said.push(line) }).catch(
    () => {},
  );

  expect(said[0]).toBe(
    `Passing over ${join(folder, 'bin', 'temporal')}: it does not answer --version as Temporal does`,
  );
}, 15_000);
