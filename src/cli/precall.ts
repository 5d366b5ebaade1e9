#!/usr/bin/env node
import { Command } from 'commander';
import { OperatorError } from '../operator-error.ts';
import { addBook } from './book.ts';
import { addCodecServer } from './codec-server.ts';
import { addDeliveries } from './deliveries.ts';
import { addDemo } from './demo.ts';
import { addDoctor } from './doctor.ts';
import { loadEnvFile } from './env-file.ts';
import { addMigrate } from './migrate.ts';
import { addRebuild } from './rebuild.ts';
import { addReconcile } from './reconcile.ts';
import { addScenarios } from './scenarios.ts';
import { addServer } from './server.ts';
import { addStart } from './start.ts';
import { addSuppressions } from './suppressions.ts';
import { addTemplates } from './templates.ts';
import { addWorker } from './worker.ts';

const program = new Command('precall')
  .description('Looks after every call booked on Cal.com: reminders that arrive on time, Notion rows that are right.')
  .showHelpAfterError()
  .hook('preAction', (_program, command) => {
    // The demo books an invented call: it must reach nobody's mail server and nobody's Notion by accident.
    if (command.name() !== 'demo') loadEnvFile();
  });

const commands = [
  addStart,
  addServer,
  addWorker,
  addCodecServer,
  addMigrate,
  addDoctor,
  addDeliveries,
  addRebuild,
  addReconcile,
  addSuppressions,
  addTemplates,
  addBook,
  addDemo,
  addScenarios,
];
for (const add of commands) add(program);

try {
  await program.parseAsync();
} catch (error) {
  const words = error instanceof OperatorError ? error.message : error instanceof Error ? error.stack : error;
  process.stderr.write(`${words}\n`);
  process.exit(1);
}
