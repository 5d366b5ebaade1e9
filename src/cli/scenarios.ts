import type { Command } from 'commander';

export function addScenarios(program: Command): void {
  program.command('scenarios');
}
