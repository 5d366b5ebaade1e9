import {
  ScheduleAlreadyRunning,
  ScheduleClient,
  ScheduleNotFoundError,
  type ScheduleOptions,
  type ScheduleOptionsStartWorkflowAction,
  ScheduleOverlapPolicy,
} from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { reconcile } from '../workflows/reconcile.ts';

type StartReconcile = ScheduleOptionsStartWorkflowAction<typeof reconcile>;

export interface ReconcileScheduleOptions {
  connection: NativeConnection;
  namespace: string;
  /** Where the passes run. */
  taskQueue: string;
  /** Undefined where there is no key to ask Cal.com with: there is no schedule then. */
  everyMs: number | undefined;
  log: Logger;
}

/** As Temporal's UI lists it. */
export const RECONCILE_SCHEDULE = 'precall-reconcile';

const TRY_AGAIN_MS = 30_000;

/**
 * Makes the schedule of the passes over Cal.com's bookings, or brings it up to date, or removes it, until that has worked out.
 *
 * @returns settles after the first attempt, with what ends the others.
 */
export async function keepReconcileSchedule(options: ReconcileScheduleOptions): Promise<{ stop(): void }> {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;

  async function attempt(): Promise<void> {
    try {
      await setSchedule(options);
    } catch (err) {
      if (isStopped) return;
      options.log.warn({ err }, "the passes over Cal.com's bookings could not be scheduled: it is tried again");
      timer = setTimeout(() => void attempt(), TRY_AGAIN_MS).unref();
    }
  }

  await attempt();
  return {
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}

async function setSchedule({ connection, namespace, taskQueue, everyMs }: ReconcileScheduleOptions): Promise<void> {
  const schedules = new ScheduleClient({ connection, namespace });
  const handle = schedules.getHandle(RECONCILE_SCHEDULE);
  if (everyMs === undefined) {
    await handle.delete().catch(unless(ScheduleNotFoundError));
    return;
  }
  const schedule = scheduleOf(taskQueue, everyMs);
  const isNew = await schedules
    .create({ ...schedule, scheduleId: RECONCILE_SCHEDULE })
    .then(() => true)
    .catch(unless(ScheduleAlreadyRunning));
  // Whoever has paused it meant to.
  if (!isNew) await handle.update(({ state }) => ({ ...schedule, state }));
}

function scheduleOf(taskQueue: string, everyMs: number): Omit<ScheduleOptions<StartReconcile>, 'scheduleId'> {
  return {
    spec: { intervals: [{ every: everyMs }] },
    action: { type: 'startWorkflow', workflowType: 'reconcile', workflowId: RECONCILE_SCHEDULE, taskQueue, args: [] },
    // After an outage one pass finds all that there is to find.
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 minute' },
  };
}

/** @returns a handler that takes such an error for an answer. */
function unless(expected: new (...args: never[]) => Error): (error: unknown) => undefined {
  return (error) => {
    if (!(error instanceof expected)) throw error;
    return undefined;
  };
}
