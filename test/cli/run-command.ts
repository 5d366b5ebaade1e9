import { Command } from 'commander';
import { vi } from 'vitest';

/**
 * Runs a command of `precall` in this process.
 *
 * @param add what adds it to the program.
 * @returns what was written; the exit code is the process's.
 */
export async function runCommand(add: (program: Command) => void, ...args: string[]): Promise<string> {
  let written = '';
  const writing = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written += text;
    return true;
  });
  const program = new Command('precall');
  add(program);
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ writeErr: () => undefined });
  }
  try {
    await program.parseAsync(args, { from: 'user' });
  } finally {
    writing.mockRestore();
  }
  return written;
}
