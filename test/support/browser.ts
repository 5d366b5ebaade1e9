import { accessSync, constants, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { run, withinMs } from '../../src/dev/provision/command.ts';

/** Where a browser may be found that is not playwright's own. */
const COMMANDS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const DEBIANS = '/usr/bin/chromium';
const MINUTE_MS = 60_000;

/** Which browser it is: the path of an executable, or playwright's own. */
export type BrowserPath = string | 'playwright';

interface Way {
  what: string;
  /** @returns undefined where there is nothing to try. @throws {Error} when it cannot be had this way. */
  get(): Promise<BrowserPath | undefined> | BrowserPath | undefined;
}

/**
 * Finds a Chromium that runs here, or gets one: what CHROMIUM_PATH names, else one on the PATH, else playwright's own download, else
 * Debian's package where we may install it.
 *
 * @param say takes a line for whoever waits for one to arrive.
 * @throws {Error} saying what was tried.
 */
export async function findBrowser(env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<BrowserPath> {
  const given = env['CHROMIUM_PATH']?.trim();
  if (given) {
    await tryOut(given);
    return given;
  }
  const ways: Way[] = [
    ...onPath(env).map((path) => ({ what: path, get: () => path })),
    { what: 'the one that playwright has downloaded', get: () => 'playwright' as const },
    { what: 'a download of playwright’s', get: () => download(env, say) },
    { what: 'Debian’s package', get: () => installPackage(env, say) },
  ];

  const failures: string[] = [];
  for (const { what, get } of ways) {
    try {
      const path = await get();
      if (path === undefined) continue;
      await tryOut(path);
      return path;
    } catch (error) {
      failures.push(`  - ${what}: ${(error as Error).message.split('\n')[0]}`);
    }
  }
  throw new Error(
    [
      'A Chromium is needed to look at the pages, and there was no way to get one:',
      ...failures,
      'Install Chromium or Chrome, or set CHROMIUM_PATH to one.',
    ].join('\n'),
  );
}

export function openBrowser(path: BrowserPath): Promise<Browser> {
  return chromium.launch(path === 'playwright' ? {} : { executablePath: path });
}

async function tryOut(path: BrowserPath): Promise<void> {
  const browser = await openBrowser(path);
  await browser.close();
}

function onPath(env: NodeJS.ProcessEnv): string[] {
  const folders = (env['PATH'] ?? '').split(delimiter).filter(Boolean);
  return COMMANDS.flatMap((command) => folders.map((folder) => join(folder, command))).filter(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function download(env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<BrowserPath> {
  say('Downloading a browser to look at the pages with');
  const cli = join(dirname(createRequire(import.meta.url).resolve('playwright-core/package.json')), 'cli.js');
  await run(process.execPath, [cli, 'install', 'chromium-headless-shell'], { env, signal: withinMs(5 * MINUTE_MS) });
  return 'playwright';
}

async function installPackage(env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<BrowserPath | undefined> {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return undefined;
  say('Installing Debian’s package of Chromium');
  const options = { env: { ...env, DEBIAN_FRONTEND: 'noninteractive' }, signal: withinMs(10 * MINUTE_MS) };
  await run('apt-get', ['update', '-qq'], options);
  await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], options);
  return DEBIANS;
}
