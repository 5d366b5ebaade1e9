import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run, withinMs } from '../../src/dev/provision/command.ts';
import { type Maker, type Program, provision } from '../../src/dev/provision/provision.ts';

let folder: string;
let cacheDir: string;
let said: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'precall-provision-'));
  cacheDir = join(folder, 'cache');
  said = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const say = (line: string) => said.push(line);

/** A program whose `--version` says which way it came, so that a test sees which one it was given. */
const aScript = (origin: string, exitCode = 0) => `#!/bin/sh\necho "tool from ${origin}"\nexit ${exitCode}\n`;

async function put(path: string, content: string): Promise<string> {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, content);
  await chmod(path, 0o755);
  return path;
}

const makes = (doing: string): Maker => ({
  doing,
  make: async (executable) => void (await put(executable, aScript(doing))),
});

const fails = (doing: string, reason: string): Maker => ({
  doing,
  async make(executable) {
    await put(executable, 'half a program');
    throw new Error(reason);
  },
});

function aTool(makers: readonly Maker[]): Program {
  return {
    title: 'the tool',
    id: 'tool',
    version: '1.2.3',
    setting: 'TOOL_PATH',
    command: 'tool',
    check: (executable, env) => run(executable, ['--version'], { env, signal: withinMs(5_000) }),
    makers,
    remedies: ['install the tool', 'let this machine reach the internet', 'install a compiler'],
  };
}

const originOf = async (executable: string) =>
  (await run(executable, [], { env: process.env, signal: withinMs(5_000) })).trim().replace('tool from ', '');

describe('a program that is named by its setting', () => {
  it('is used, whatever else is there', async () => {
    const named = await put(join(folder, 'mine'), aScript('setting'));
    await put(join(folder, 'bin', 'tool'), aScript('path'));

    const env = { TOOL_PATH: named, PATH: `${folder}/bin` };

    expect(await provision(aTool([makes('download')]), { env, cacheDir, say })).toBe(named);
    expect(said).toEqual([]);
  });

  it.each([
    ['does not exist', async () => '/nowhere/tool'],
    ['is a folder', async () => folder],
    ['cannot be executed', () => writeFile(join(folder, 'text'), '').then(() => join(folder, 'text'))],
  ])('is a fault that names the setting when it %s', async (_, path) => {
    const TOOL_PATH = await path();

    await expect(provision(aTool([makes('download')]), { env: { TOOL_PATH }, cacheDir, say })).rejects.toThrow(
      `TOOL_PATH names ${TOOL_PATH}, which is not an executable file.`,
    );
  });

  it('is not looked for when the setting is empty', async () => {
    const executable = await provision(aTool([makes('download')]), { env: { TOOL_PATH: '' }, cacheDir, say });

    expect(await originOf(executable)).toBe('download');
  });
});

describe('a program on the PATH', () => {
  it('is used without a word', async () => {
    const installed = await put(join(folder, 'bin', 'tool'), aScript('path'));

    const env = { PATH: `/nowhere:${folder}/bin:/usr/bin` };

    expect(await provision(aTool([makes('download')]), { env, cacheDir, say })).toBe(installed);
    expect(said).toEqual([]);
  });

  it('is passed over with a line when it does not run, for the next one on the PATH', async () => {
    const broken = await put(join(folder, 'broken', 'tool'), aScript('broken', 1));
    const working = await put(join(folder, 'working', 'tool'), aScript('path'));

    const env = { PATH: `${folder}/broken:${folder}/working:/usr/bin` };

    expect(await provision(aTool([]), { env, cacheDir, say })).toBe(working);
    expect(said).toEqual([`Passing over ${broken}: tool from broken`]);
  });
});

describe('a program that is nowhere', () => {
  it('is made once, and then comes out of the cache without a word', async () => {
    const first = await provision(aTool([makes('download')]), { env: {}, cacheDir, say });
    expect(said).toEqual(['download', expect.stringContaining('The tool is ready in')]);
    said = [];
    const second = await provision(aTool([fails('download', 'no longer possible')]), { env: {}, cacheDir, say });

    expect(second).toBe(first);
    expect(said).toEqual([]);
  });

  it('has its version in its path, so that another version is made anew', async () => {
    const older = await provision(aTool([makes('download')]), { env: {}, cacheDir, say });
    const newer = await provision({ ...aTool([makes('build')]), version: '1.3.0' }, { env: {}, cacheDir, say });

    expect(older).toContain('1.2.3');
    expect(await originOf(newer)).toBe('build');
    expect(await originOf(older)).toBe('download');
  });

  it('is made the next way when one fails, and says so', async () => {
    const program = aTool([
      fails('Downloading the tool', 'no internet'),
      { ...makes('Building the tool'), patience: 'this takes three minutes' },
    ]);

    const executable = await provision(program, { env: {}, cacheDir, say });

    expect(await originOf(executable)).toBe('Building the tool');
    expect(said.slice(0, 3)).toEqual([
      'Downloading the tool',
      'That did not work: no internet',
      'Building the tool; this takes three minutes',
    ]);
  });

  it('is never kept when it was made but does not run here', async () => {
    const wrongPlatform: Maker = {
      doing: 'Downloading the tool',
      make: async (executable) => void (await put(executable, aScript('download', 126))),
    };

    const executable = await provision(aTool([wrongPlatform, makes('build')]), { env: {}, cacheDir, say });

    expect(await originOf(executable)).toBe('build');
  });

  it('is an error that tells what was tried and the ways out when no way works', async () => {
    const program = aTool([fails('Downloading', 'no internet'), fails('Building', 'go is not installed')]);

    const attempt = provision(program, { env: {}, cacheDir, say });

    await expect(attempt).rejects.toThrow(
      [
        'The tool is needed, and there was no way to get it:',
        '  - Downloading: no internet',
        '  - Building: go is not installed',
        'Do one of these and start again:',
        '  - install the tool',
        '  - let this machine reach the internet',
        '  - install a compiler',
      ].join('\n'),
    );
    expect(await readdir(join(cacheDir, 'tool')), 'leaves nothing behind').toEqual([]);
  });

  it('is made although a folder of that name without the program is there', async () => {
    const executable = await provision(aTool([makes('download')]), { env: {}, cacheDir, say });
    await rm(executable);

    expect(await provision(aTool([makes('build')]), { env: {}, cacheDir, say })).toBe(executable);
    expect(await originOf(executable)).toBe('build');
  });
});

describe('two processes that want it at once', () => {
  const contenders: ChildProcess[] = [];
  afterEach(() => contenders.splice(0).map((contender) => contender.kill('SIGKILL')));

  const finish = () => join(folder, 'finish');
  const contender = () => {
    const script = fileURLToPath(new URL('./provision-contender.ts', import.meta.url));
    const args = ['--import', 'tsx', script, cacheDir, join(folder, 'journal'), finish()];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    contenders.push(child);
    return child;
  };
  const journal = () => readFile(join(folder, 'journal'), 'utf8').catch(() => '');
  const untilBegun = async () => {
    while ((await journal()) === '') await sleep(20);
  };

  it('make it once: the second waits, says so, and uses what the first made', async () => {
    const first = createInterface({ input: contender().stdout! })[Symbol.asyncIterator]();
    await untilBegun();
    const second = createInterface({ input: contender().stdout! })[Symbol.asyncIterator]();

    expect((await second.next()).value).toBe('Waiting for another process that is getting the slow program');
    await writeFile(finish(), '');

    const path = (await second.next()).value;
    expect(path).toMatch(/slow$/);
    expect(await first.next()).toMatchObject({ value: 'Making it' });
    expect(await first.next()).toMatchObject({ value: expect.stringContaining('is ready in') });
    expect(await first.next()).toMatchObject({ value: path });
    expect(await journal()).toBe('begun\nended\n');
  }, 30_000);

  it('do not hinder each other when the first is killed: its half is thrown away and its lock taken over', async () => {
    const first = contender();
    await untilBegun();
    first.kill('SIGKILL');
    await once(first, 'exit');
    const left = await readdir(join(cacheDir, 'slow'));
    expect(left).toEqual([expect.stringMatching(/\.lock$/), expect.stringContaining('.partial-')]);
    const lock = left[0]!;
    const aMinuteAgo = new Date(Date.now() - 60_000);
    await utimes(join(cacheDir, 'slow', lock), aMinuteAgo, aMinuteAgo);

    await writeFile(finish(), '');
    const said = await text(contender().stdout!);

    expect(await journal()).toBe('begun\nbegun\nended\n');
    expect(said).not.toContain('Waiting');
    expect(await readdir(join(cacheDir, 'slow'))).toEqual([expect.stringMatching(/^1-[a-z]+-\w+$/)]);
  }, 30_000);
});
