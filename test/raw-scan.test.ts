import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formsOf, scanForCanaries } from './support/raw-scan.ts';

const EMAIL = 'Canary+7@birds.example';
const NAME = 'Łucja Kanarek';

describe('a raw scan', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'precall-scan-'));
    await mkdir(join(folder, 'base/16384'), { recursive: true });
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function scan(content: string | Buffer) {
    const file = join(folder, 'base/16384/2619');
    await writeFile(file, content);
    const findings = await scanForCanaries(folder, [EMAIL, NAME]);
    return findings.map(({ canary, form }) => [canary, form]);
  }

  it.each([
    ['utf8', EMAIL, EMAIL],
    ['utf8', NAME, NAME],
    ['lower case', EMAIL, EMAIL.toLowerCase()],
    ['percent-encoded', EMAIL, `?email=${encodeURIComponent(EMAIL)}&`],
    ['JSON', NAME, '"\\u0141ucja Kanarek"'],
    ['utf16le', NAME, Buffer.from(`x${NAME}x`, 'utf16le')],
    ['utf16be', NAME, Buffer.from(`x${NAME}x`, 'utf16le').swap16()],
    ['hex', EMAIL, `\\x${Buffer.from(EMAIL).toString('hex')}`],
    ['HEX', EMAIL, Buffer.from(EMAIL).toString('hex').toUpperCase()],
  ])('finds a canary in %s', async (form, canary, content) => {
    const padded = Buffer.concat([Buffer.alloc(9_999, 0xee), Buffer.from(content), Buffer.alloc(77, 0xee)]);

    expect(await scan(padded)).toContainEqual([canary, form]);
  });

  it.each([0, 1, 2, 3, 4, 5])('finds it in base64 behind %i other bytes, whatever follows', async (before) => {
    for (const after of ['', '~', '~~', '\u{ff}\u{ff}\u{ff}']) {
      for (const encoding of ['base64', 'base64url'] as const) {
        const content = Buffer.from(`${'~'.repeat(before)}${EMAIL}${after}`).toString(encoding);
        expect(await scan(`{"data":"${content}"}`)).toContainEqual([EMAIL, `base64+${before % 3}`]);
      }
    }
  });

  it('tells where it was', async () => {
    await writeFile(join(folder, 'temporal.db-wal'), `12345${EMAIL}`);

    expect(await scanForCanaries(folder, [EMAIL])).toEqual([
      { file: join(folder, 'temporal.db-wal'), canary: EMAIL, form: 'utf8', offset: 5 },
    ]);
    expect(await scanForCanaries(join(folder, 'temporal.db-wal'), [EMAIL])).toHaveLength(1);
  });

  it('finds nothing where there is nothing', async () => {
    expect(await scan(Buffer.from('Canary 7 at birds.example, Lucja Kanarek'))).toEqual([]);
  });

  it('does not pass over a place that is not there', async () => {
    await expect(scanForCanaries(join(folder, 'nowhere'), [EMAIL])).rejects.toThrow('ENOENT');
  });

  it('does not take a canary that any file may hold by chance', () => {
    expect(() => formsOf('Ada')).toThrow(/8 characters/);
  });
});
