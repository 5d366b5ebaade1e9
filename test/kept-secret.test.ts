import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createWhole } from '../src/create-whole.ts';
import { installationKeyOf, keptSecret } from '../src/kept-secret.ts';
import { OperatorError } from '../src/operator-error.ts';
import { race } from './support/contenders.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'precall-secret-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const modeOf = (file: string) => statSync(file).mode & 0o777;

describe('a kept secret', () => {
  it('is made when it is first asked for, and stays', () => {
    const secret = keptSecret(folder, 'secret');

    expect(Buffer.from(secret, 'base64')).toHaveLength(32);
    expect(keptSecret(folder, 'secret')).toBe(secret);
    expect(keptSecret(folder, 'another')).not.toBe(secret);
  });

  it('is for its owner’s eyes only, as is the folder that is made for it', () => {
    const inside = join(folder, 'a', 'b');

    keptSecret(inside, 'secret');

    expect(modeOf(join(inside, 'secret'))).toBe(0o600);
    expect(modeOf(inside)).toBe(0o700);
    expect(readdirSync(inside)).toEqual(['secret']);
  });

  it('may have been edited into a file that ends in a newline', () => {
    writeFileSync(join(folder, 'secret'), `${'k'.repeat(32)}\n`);

    expect(keptSecret(folder, 'secret')).toBe('k'.repeat(32));
  });

  it.each(['', '\n', 'too short'])('is not taken from a file that holds none: %j', (content) => {
    writeFileSync(join(folder, 'secret'), content);

    expect(() => keptSecret(folder, 'secret')).toThrow(OperatorError);
    expect(readFileSync(join(folder, 'secret'), 'utf8')).toBe(content);
  });

  it('is the same for processes that ask for it at the same moment', { timeout: 30_000 }, async () => {
    const secrets = await race(join(import.meta.dirname, 'kept-secret-contender.ts'), 6, [folder]);

    expect(secrets[0]).toMatch(/^[\w+/]{43}=$/);
    expect(new Set(secrets).size).toBe(1);
    expect(readdirSync(folder)).toEqual(['secret']);
  });
});

describe('the installation key', () => {
  it('is the one in the settings, else the one that is kept', () => {
    expect(installationKeyOf({ installationKey: 'k'.repeat(32), dataDir: folder })).toBe('k'.repeat(32));
    expect(readdirSync(folder)).toEqual([]);

    const kept = installationKeyOf({ installationKey: undefined, dataDir: folder });
    expect(installationKeyOf({ installationKey: undefined, dataDir: folder })).toBe(kept);
    expect(keptSecret(folder, 'webhook-secret')).not.toBe(kept);
  });
});

describe('a file that is created whole', () => {
  it('is left as it is when it is there already', () => {
    const file = join(folder, 'file');

    expect([createWhole(file, 'first'), createWhole(file, 'second')]).toEqual([true, false]);
    expect(readFileSync(file, 'utf8')).toBe('first');
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it('is not created where it cannot be, and leaves nothing behind', () => {
    expect(() => createWhole(join(folder, 'nowhere', 'file'), 'content')).toThrow(/ENOENT/);
    expect(() => createWhole(join(folder, 'file'), undefined as never)).toThrow();
    expect(readdirSync(folder)).toEqual([]);
  });
});
