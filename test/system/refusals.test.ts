import { describe, expect, it } from 'vitest';
import { ENCRYPTION_KEYS, SECRET, useFolder } from '../support/outside.ts';
import { usePrecallProcesses } from '../support/precall-process.ts';

const folder = useFolder();
const processes = usePrecallProcesses();

const settings = {
  DATABASE_URL: 'postgresql://127.0.0.1:9/precall',
  ENCRYPTION_KEYS,
  CALCOM_WEBHOOK_SECRET: SECRET,
  SMTP_URL: 'smtp://127.0.0.1:9',
  NOTION: 'off',
};

describe.each(['server', 'worker'] as const)('precall %s', (command) => {
  it.each(['DATABASE_URL', 'ENCRYPTION_KEYS'])('without %s says what that is for, and stops', async (missing) => {
    const precall = processes.start(command, { cwd: folder.path, env: { ...settings, [missing]: '' } });

    expect(await precall.untilEnded()).toEqual({ code: 1, signal: null });
    const [, ...faults] = precall.output().trim().split('\n');
    expect(faults).toEqual([expect.stringMatching(`^  ${missing}: is required so that `)]);
  });
});
