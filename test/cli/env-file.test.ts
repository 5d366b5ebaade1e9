import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';

const CLI = join(import.meta.dirname, '../../src/cli/precall.ts');
const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/** Runs a command that stops at its settings, in a folder with this `.env`. @returns what it says about them. */
async function complaintsOf(command: string, { dotEnv, env }: { dotEnv?: string; env: Record<string, string> }) {
  const folder = await mkdtemp(join(tmpdir(), 'precall-env-'));
  try {
    if (dotEnv !== undefined) await writeFile(join(folder, '.env'), dotEnv);
    const cli = spawn(process.execPath, ['--import', TSX, CLI, command], {
      cwd: folder,
      env: { PATH: process.env['PATH'], TMPDIR: folder, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    return await text(cli.stderr);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

// Each starts a process, so they start together.
describe.concurrent('the .env file in the working directory', { timeout: 30_000 }, () => {
  it('holds settings, but gives way to what the environment says already', async () => {
    const complaints = await complaintsOf('server', {
      dotEnv: 'TIME_ZONE=Atlantis\nPORT=none',
      env: { PORT: '8000' },
    });

    expect(complaints).toContain('TIME_ZONE: expected an IANA time zone');
    expect(complaints).not.toContain('PORT');
  });

  it('may be missing', async () => {
    const complaints = await complaintsOf('server', { env: { PORT: 'none' } });

    expect(complaints).toMatch(/^Check these settings/);
    expect(complaints).toContain('PORT: expected a port number');
  });

  it('does not concern the demo, which must reach nobody by accident', async () => {
    const complaints = await complaintsOf('demo', { dotEnv: 'TIME_ZONE=Atlantis', env: { LOG_LEVEL: 'loud' } });

    expect(complaints).toContain('LOG_LEVEL');
    expect(complaints).not.toContain('TIME_ZONE');
  });
});
