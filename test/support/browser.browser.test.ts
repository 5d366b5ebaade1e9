import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { findBrowser } from './browser.ts';

const quiet = () => undefined;

describe('the browser of the tests', () => {
  it('is the one that CHROMIUM_PATH names, and no other where that does not run', async () => {
    const path = inject('browserPath');
    if (path !== 'playwright') expect(await findBrowser({ CHROMIUM_PATH: path }, quiet)).toBe(path);

    await expect(findBrowser({ CHROMIUM_PATH: '/nowhere/chromium' }, quiet)).rejects.toThrow();
    await expect(findBrowser({ ...process.env, CHROMIUM_PATH: process.execPath }, quiet)).rejects.toThrow();
  });

  it('is looked for on the PATH, where what cannot be run is passed over', async () => {
    const path = inject('browserPath');
    const { PATH = '' } = process.env;

    expect(await findBrowser({ ...process.env, PATH: `${join(import.meta.dirname)}:${PATH}` }, quiet)).toBe(path);
  });
});
