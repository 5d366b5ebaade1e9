import type { DataConverter } from '@temporalio/common';
import { type NativeConnection, Worker } from '@temporalio/worker';
import { notionQueueOf } from '../workflows/messages.ts';
import type { Activities } from './create-activities.ts';
import { workflowBundle } from './workflow-bundle.ts';

export interface PrecallWorkerOptions {
  connection: NativeConnection;
  namespace: string;
  taskQueue: string;
  activities: Activities;
  /** The one that the clients have: what Temporal keeps is encrypted with it. */
  dataConverter: DataConverter;
  /** How long activities that are under way at the end may still take. */
  shutdownGraceMs: number;
  /** How many workflow tasks are worked on at once; the SDK's own number suits a Temporal on another machine. */
  workflowTaskSlots?: number;
}

/** Runs workflows and activities until it is told to shut down. */
export interface PrecallWorker {
  /** Settles when it has shut down, or rejects when it failed. */
  done: Promise<void>;
  shutdown(): void;
}

/** Reminders that are about to fall due wait in memory, each in a slot of its own. */
const REMINDER_SLOTS = 2_000;
/** What falls due together is then not replayed from its history at each step; some 0.6 MB each. */
const CACHED_WORKFLOWS = 1_000;
/** Notion allows a handful of requests at once; more would only wait for each other. */
const NOTION_SLOTS = 10;

/**
 * Polls the task queue for workflows and mail, and a queue of its own for Notion, so that nothing waits behind it.
 *
 * @throws {Error} when Temporal refuses the worker.
 */
export async function startWorker(options: PrecallWorkerOptions): Promise<PrecallWorker> {
  const { connection, namespace, taskQueue, activities, dataConverter, shutdownGraceMs, workflowTaskSlots } = options;
  const { findMembership, updateContact, noteReminderSent, publishBrief, ...others } = activities;
  const common = {
    connection,
    namespace,
    dataConverter,
    shutdownGraceTime: shutdownGraceMs,
    shutdownForceTime: shutdownGraceMs + 3_000,
  };

  const workers = await Promise.all([
    Worker.create({
      ...common,
      taskQueue,
      workflowBundle: await workflowBundle(),
      activities: others,
      maxConcurrentActivityTaskExecutions: REMINDER_SLOTS,
      maxCachedWorkflows: CACHED_WORKFLOWS,
      ...(workflowTaskSlots && { maxConcurrentWorkflowTaskExecutions: workflowTaskSlots }),
    }),
    Worker.create({
      ...common,
      taskQueue: notionQueueOf(taskQueue),
      activities: { findMembership, updateContact, noteReminderSent, publishBrief },
      maxConcurrentActivityTaskExecutions: NOTION_SLOTS,
    }),
  ]);
  const shutdown = () => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  const done = Promise.all(workers.map((worker) => worker.run())).then(() => undefined);
  // One that failed takes the other down, so that the process ends instead of doing half its work.
  done.catch(shutdown);
  return { done, shutdown };
}
