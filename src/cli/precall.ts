#!/usr/bin/env node
import { Command } from 'commander';
import { ConfigError } from '../config.ts';
import { TemplateError } from '../email/reminder-renderer.ts';
import { addDemo } from './demo.ts';
import { addScenarios } from './scenarios.ts';
import { addServer } from './server.ts';
import { addStart } from './start.ts';
import { addWorker } from './worker.ts';

const program = new Command('precall')
  .description('Looks after every call booked on Cal.com: reminders that arrive on time, Notion rows that are right.')
  .showHelpAfterError();

for (const add of [addStart, addServer, addWorker, addDemo, addScenarios]) add(program);

try {
  await program.parseAsync();
} catch (error) {
  // A fault of the operator's is told in its own words; anything else is ours, and wants its stack.
  const isTheirs =
    error instanceof ConfigError ||
    error instanceof TemplateError ||
    (error instanceof Error && 'forOperator' in error);
  process.stderr.write(`${isTheirs ? error.message : error instanceof Error ? error.stack : error}\n`);
  process.exit(1);
}
