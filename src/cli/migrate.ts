import type { Command } from 'commander';
import { loadConfig } from '../config.ts';
import { createLogger } from '../logger.ts';
import { migrateStore } from '../store/store.ts';

export function addMigrate(program: Command): void {
  program
    .command('migrate')
    .description('brings the tables of the database up to date; every process does so itself when it starts')
    .action(runMigrate);
}

async function runMigrate(): Promise<void> {
  const config = loadConfig('migrate');
  const log = createLogger(config.logLevel, 'precall-migrate');
  const migrated = await migrateStore({ ...config.store, dataDir: config.dataDir, log });
  const what =
    migrated === 0 ? 'The tables are up to date.' : `The tables are up to date: applied ${migrated} migrations.`;
  process.stdout.write(`${what}\n`);
}
