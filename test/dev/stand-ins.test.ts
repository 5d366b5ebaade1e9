import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findStandIns, tellStandIns } from '../../src/dev/stand-ins.ts';

const URL = 'http://127.0.0.1:8000';

let dataDir = '';
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'precall-stand-ins-'));
});
afterAll(() => rm(dataDir, { recursive: true }));

describe('the word of what stands in', () => {
  it('is found by another process while npm start runs, and not afterwards', () => {
    const standIns = {
      url: URL,
      temporal: { address: '127.0.0.1:7233', namespace: 'default' },
      notion: {
        token: 'ntn_secret',
        baseUrl: 'http://127.0.0.1:8010',
        contactsDatabaseId: 'contacts',
        sequenceDatabaseId: 'sequence',
      },
      smtpUrl: 'smtp://127.0.0.1:8025',
    };

    const forget = tellStandIns(dataDir, standIns);
    expect(findStandIns(dataDir)).toEqual(standIns);

    forget();
    expect(findStandIns(dataDir)).toBeUndefined();
  });

  it("is for its owner's eyes only", async () => {
    const forget = tellStandIns(dataDir, { url: URL });

    expect((await stat(join(dataDir, 'stand-ins.json'))).mode & 0o777).toBe(0o600);

    forget();
  });

  it('of a process that was killed counts no more, and gives way to the next', async () => {
    const file = join(dataDir, 'stand-ins.json');
    tellStandIns(dataDir, { url: URL });
    const left = await readFile(file, 'utf8');
    await writeFile(file, left.replace(`"${process.pid} `, '"1 '));

    expect(findStandIns(dataDir)).toBeUndefined();

    const forget = tellStandIns(dataDir, { url: 'http://127.0.0.1:9000' });
    expect(findStandIns(dataDir)).toEqual({ url: 'http://127.0.0.1:9000' });
    forget();
  });

  it('that cannot be read is none', async () => {
    await writeFile(join(dataDir, 'stand-ins.json'), 'nothing');

    expect(findStandIns(dataDir)).toBeUndefined();
  });
});
