import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findRedis } from '../../../bench/peers/redis.ts';

describe('a Redis on the path', () => {
  let root = '';
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'precall-path-'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  /** A folder with these programs in it. */
  function aFolder(name: string, ...programs: string[]): string {
    const folder = join(root, name);
    mkdirSync(folder);
    for (const program of programs) writeFileSync(join(folder, program), '');
    return folder;
  }

  it('is found in whatever folder it is', () => {
    const path = [aFolder('first', 'ls'), aFolder('second', 'redis-server')].join(delimiter);

    expect(findRedis(path)).toBe(join(root, 'second', 'redis-server'));
  });

  it('may be a Valkey', () => {
    expect(findRedis(aFolder('only', 'valkey-server'))).toBe(join(root, 'only', 'valkey-server'));
  });

  it('is not there when there is neither', () => {
    expect(findRedis(aFolder('other', 'redis-cli'))).toBeUndefined();
    expect(findRedis('')).toBeUndefined();
  });
});
