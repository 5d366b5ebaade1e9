import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** Stands in for the temporal command: keeps the namespace and its attributes as files, and can be down or slow to learn. */
const TEMPORAL = `#!/bin/sh
cd "$(dirname "$0")"
echo "$*" >> calls
case "$*" in
  'operator cluster health') if [ -e down ]; then echo 'connection refused' >&2; exit 1; fi ;;
  'operator namespace describe '*) [ -e namespace ] ;;
  'operator namespace create '*) touch namespace ;;
  'operator search-attribute list '*)
    if [ -e unknown ]; then rm unknown; exit 1; fi
    echo '  Name  Type'
    cat attributes ;;
  'operator search-attribute create '*) echo "  $7  $9" >> attributes ;;
  *) exit 64 ;;
esac
`;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'precall-init-'));
  writeFileSync(join(folder, 'temporal'), TEMPORAL);
  chmodSync(join(folder, 'temporal'), 0o755);
  writeFileSync(join(folder, 'attributes'), '  TemporalChangeVersion  KeywordList\n');
});

afterEach(() => rmSync(folder, { recursive: true }));

function runInit(env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync('sh', ['deploy/temporal/init.sh'], {
    env: { PATH: `${folder}:${process.env['PATH']}`, ...env },
    encoding: 'utf8',
  });
  const calls = readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n');
  return { status, stdout, stderr, created: calls.filter((call) => call.includes(' create ')) };
}

describe('the script that prepares a Temporal server', () => {
  it('creates the namespace with 30 days of retention and the search attributes Precall writes', () => {
    const { status, created } = runInit();

    expect(status).toBe(0);
    expect(created).toEqual([
      'operator namespace create --namespace default --retention 30d',
      'operator search-attribute create --namespace default --name PrecallStatus --type Keyword',
      'operator search-attribute create --namespace default --name PrecallStartsAt --type Datetime',
      'operator search-attribute create --namespace default --name PrecallCampaign --type Keyword',
    ]);
  });

  it('creates nothing when it runs again', () => {
    runInit();
    rmSync(join(folder, 'calls'));

    expect(runInit()).toMatchObject({ status: 0, created: [] });
  });

  it('works on the namespace it is told', () => {
    const { created } = runInit({ TEMPORAL_NAMESPACE: 'calls' });

    expect(created).toHaveLength(4);
    expect(created.every((call) => call.includes('--namespace calls '))).toBe(true);
  });

  it('adds the search attributes that an earlier version did not know', () => {
    writeFileSync(join(folder, 'namespace'), '');
    writeFileSync(join(folder, 'attributes'), '  PrecallStatus  Keyword\n  PrecallStartsAt  Datetime\n');

    expect(runInit().created).toEqual([
      'operator search-attribute create --namespace default --name PrecallCampaign --type Keyword',
    ]);
  });

  it('stops at a search attribute of the right name and the wrong type', () => {
    writeFileSync(join(folder, 'attributes'), '  PrecallStartsAt  Keyword\n');

    const { status, stderr } = runInit();

    expect(status).toBe(1);
    expect(stderr).toContain('PrecallStartsAt: is of type Keyword and Precall needs Datetime');
  });

  it('waits until the server knows its new namespace', () => {
    writeFileSync(join(folder, 'unknown'), '');

    expect(runInit()).toMatchObject({ status: 0 });
    expect(existsSync(join(folder, 'unknown'))).toBe(false);
  });

  it('gives up on a server that stays down, with the words of the temporal command', () => {
    writeFileSync(join(folder, 'down'), '');

    const { status, stderr, created } = runInit({ TEMPORAL_INIT_TIMEOUT: '1' });

    expect({ status, created }).toEqual({ status: 1, created: [] });
    expect(stderr).toContain('connection refused');
  });
});
