import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, delimiter, dirname, join, resolve } from 'node:path';
import envPaths from 'env-paths';
import { OperatorError } from '../../operator-error.ts';
import { exclusively } from './exclusively.ts';

/** A program that is not part of the package: what it is called, and the ways to come by it. */
export interface Program {
  /** For people: "the Temporal CLI". */
  title: string;
  /** Folder in the cache, and the name of the executable in it. */
  id: string;
  /** The version that {@link makers} make. */
  version: string;
  /** The environment variable that names an executable to use instead. */
  setting: string;
  /** What it is called where people install it themselves; absent when nobody does. */
  command?: string;
  /** Runs it. @throws {Error} saying why it does not work on this machine. */
  check(executable: string, env: NodeJS.ProcessEnv): Promise<unknown>;
  /** Tried in turn, the quickest first. */
  makers: readonly Maker[];
  /** What a person can do about it when every way failed, one sentence each. */
  remedies: readonly string[];
}

/** One way to get a program from nothing. */
export interface Maker {
  /** What is going on: "Downloading Temporal". */
  doing: string;
  /** How long that takes, when it takes long. */
  patience?: string;
  /** Writes the executable to this path, with what it needs beside it. @throws {Error} with the reason in one line. */
  make(executable: string, env: NodeJS.ProcessEnv): Promise<void>;
}

export interface ProvisionOptions {
  env: NodeJS.ProcessEnv;
  /** Shared by every checkout of this user. */
  cacheDir?: string;
  /** Takes a line for whoever waits. Nothing is said when the program is there already. */
  say(line: string): void;
}

/** A program that is needed is not here, and no way to get it worked. */
export class ProgramMissingError extends OperatorError {
  override readonly name = 'ProgramMissingError';
}

const STILL_AT_IT_MS = 30_000;

/**
 * Finds a program, or gets it.
 *
 * @returns the path of an executable.
 * @throws {ProgramMissingError} saying what was tried and what a person can do.
 */
export async function provision(program: Program, options: ProvisionOptions): Promise<string> {
  const { env, cacheDir = userCache(), say } = options;
  const cached = join(cacheDir, program.id, `${program.version}-${process.platform}-${process.arch}`, program.id);

  return (
    (await named(program, env)) ??
    (await installed(program, env, say)) ??
    (await whenExecutable(cached)) ??
    (await make(program, cached, env, say))
  );
}

/** Outlives the checkout: a build of minutes is needed once per user and version. */
function userCache(): string {
  return envPaths('precall', { suffix: '' }).cache;
}

async function named({ setting, title }: Program, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const path = env[setting]?.trim();
  if (!path) return undefined;
  const executable = await whenExecutable(resolve(path));
  if (executable) return executable;
  throw new ProgramMissingError(`${setting} names ${path}, which is not an executable file. It should be ${title}.`);
}

async function installed({ command, check }: Program, env: NodeJS.ProcessEnv, say: (line: string) => void) {
  for (const folder of command ? (env['PATH'] ?? '').split(delimiter).filter(Boolean) : []) {
    const executable = await whenExecutable(resolve(folder, command!));
    if (!executable) continue;
    try {
      await check(executable, env);
      return executable;
    } catch (error) {
      say(`Passing over ${executable}: ${reason(error)}`);
    }
  }
  return undefined;
}

async function make(program: Program, cached: string, env: NodeJS.ProcessEnv, say: (line: string) => void) {
  const home = dirname(cached);
  await mkdir(dirname(home), { recursive: true });

  const onWait = () => say(`Waiting for another process that is getting ${program.title}`);
  return exclusively(home, onWait, async () => {
    const madeMeanwhile = await whenExecutable(cached);
    if (madeMeanwhile) return madeMeanwhile;

    await removeLeftovers(home);
    const failures: string[] = [];
    for (const maker of program.makers) {
      say([maker.doing, maker.patience].filter(Boolean).join('; '));
      try {
        await withSignsOfLife(say, () => makeInto(home, program, maker, env));
        say(`${capitalized(program.title)} is ready in ${home}`);
        return cached;
      } catch (error) {
        failures.push(`${maker.doing}: ${reason(error)}`);
        say(`That did not work: ${reason(error)}`);
      }
    }
    throw new ProgramMissingError(
      [
        `${capitalized(program.title)} is needed, and there was no way to get it:`,
        ...failures.map((failure) => `  - ${failure}`),
        'Do one of these and start again:',
        ...program.remedies.map((remedy) => `  - ${remedy}`),
      ].join('\n'),
    );
  });
}

/** Makes the program in a folder of its own and moves that into place in one step: what is in place is whole. */
async function makeInto(home: string, program: Program, maker: Maker, env: NodeJS.ProcessEnv): Promise<void> {
  const partial = await mkdtemp(`${home}.partial-${process.pid}-`);
  try {
    const executable = join(partial, program.id);
    await maker.make(executable, env);
    await program.check(executable, env);
    await rm(home, { recursive: true, force: true });
    await rename(partial, home);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/** What killed processes had begun. A process that lost its lock may still be at work, and keeps its folder. */
async function removeLeftovers(home: string): Promise<void> {
  const prefix = `${basename(home)}.partial-`;
  for (const entry of await readdir(dirname(home))) {
    if (!entry.startsWith(prefix) || isRunning(Number.parseInt(entry.slice(prefix.length), 10))) continue;
    await rm(join(dirname(home), entry), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function withSignsOfLife<T>(say: (line: string) => void, work: () => Promise<T>): Promise<T> {
  const startedAt = Date.now();
  const timer = setInterval(
    () => say(`… still at it after ${Math.round((Date.now() - startedAt) / 1000)} s`),
    STILL_AT_IT_MS,
  );
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

async function whenExecutable(path: string): Promise<string | undefined> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile() ? path : undefined;
  } catch {
    return undefined;
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
