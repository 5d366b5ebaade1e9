import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { useFolder } from '../support/outside.ts';
import { type PrecallProcess, usePrecallProcesses } from '../support/precall-process.ts';
import { processesOf } from '../support/processes.ts';

const NOBODY_LISTENS = 'smtp://127.0.0.1:9';

const folder = useFolder();
const processes = usePrecallProcesses();

interface Finished {
  code: number | null;
  output: string;
  process: PrecallProcess;
}

/** Both run at the same time, each with a folder of its own for what is temporary. */
async function demo(name: string, env: Record<string, string>): Promise<Finished> {
  const TMPDIR = join(folder.path, name);
  await mkdir(TMPDIR);
  const process = processes.start('demo', { from: 'tsx', cwd: folder.path, env: { TMPDIR, ...env } });
  const { code } = await process.untilEnded(220_000);
  return { code, output: process.output(), process };
}

let good: Finished;
let broken: Finished;

beforeAll(async () => {
  // What an operator may have lying about in the folder is none of the demo's business.
  await writeFile(join(folder.path, '.env'), `SMTP_URL=${NOBODY_LISTENS}\nNOTION=off\n`);
  await writeFile(join(folder.path, 'precall.yaml'), 'grace: a while\n');
  [good, broken] = await Promise.all([demo('good', {}), demo('broken', { SMTP_URL: NOBODY_LISTENS })]);
}, 230_000);

describe('precall demo', () => {
  it('passes every check and exits 0', () => {
    expect(good.output.match(/^ {2}PASS /gm)?.length ?? 0, good.output).toBe(17);
    expect(good.output).not.toContain('FAIL');
    expect(good.code).toBe(0);
  });

  it('tells what happens: the webhook, the workflow, the mails and the row', () => {
    expect(good.output).toMatch(/posts the signed webhook: 202 accepted/);
    expect(good.output).toMatch(
      /workflow started: http:\/\/127\.0\.0\.1:\d+\/namespaces\/default\/workflows\/precall%2F/,
    );
    expect(good.output).toMatch(/campaign membership: member of Christmas 2025/);
    expect(good.output.match(/mail arrived, \d+ ms after it was due/g)).toHaveLength(3);
    expect(good.output).toMatch(/Notion row: status Booked, call date \d{4}-\d\d-\d\d, campaign status Pre-Call Prep/);
  });

  it('tells of the second call: booked, moved and cancelled, what is sent of it and what the row says', () => {
    const [, second = ''] = good.output.split('Another call is booked');

    expect(second.match(/Cal\.com posts that .*: 202 accepted/g)).toHaveLength(3);
    expect(second).toMatch(/the run of the old time: superseded/);
    expect(second.match(/Notion row: status Booked, call date (\S+),/g)).toHaveLength(2);
    expect(second).toMatch(/Notion row: status Cancelled/);
    expect(second).toMatch(/mails to Bruno Keller so far: 3 · “/);
    expect(second).toMatch(/mails to Bruno Keller so far: 4 · “/);
  });

  it('fails and exits 1 when the mails cannot be sent', () => {
    expect(broken.output).toMatch(/^ {2}FAIL {2}all three reminders were sent/m);
    expect(broken.output).toMatch(/^ {2}FAIL {2}moved: a mail said so, and two reminders of the new time were sent/m);
    expect(broken.code).toBe(1);
  });

  it('leaves no process and no file', async () => {
    for (const { process } of [good, broken])
      expect(processesOf({ mark: folder.path, group: process.pid })).toEqual([]);
    for (const name of ['good', 'broken']) expect(await ownFilesIn(join(folder.path, name))).toEqual([]);
  });

  const ownFilesIn = async (path: string) => (await readdir(path)).filter((name) => name.startsWith('precall'));
});
