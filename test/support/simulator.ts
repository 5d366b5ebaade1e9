import { defaultPayloadConverter, type QueryDefinition } from '@temporalio/common';
import { optionalTsToMs } from '@temporalio/common/lib/time.js';
import type { Clock } from '../../src/activities/mail-sender.ts';
import { type BookingEvent, type BookingKey, workflowIdOf } from '../../src/booking.ts';
import type { BookingRuns } from '../../src/temporal/booking-runs.ts';
import type { Activities } from '../../src/worker/create-activities.ts';
import {
  bookingEventSignal,
  type KeptState,
  type PrecallOutcome,
  type PrecallPrepInput,
  type Timetable,
  timetableQuery,
} from '../../src/workflows/messages.ts';
import { precallStartsAt, precallStatus } from '../../src/workflows/search-attributes.ts';
import { aPlan } from './a-booking.ts';
import {
  type Activity,
  type ActivityRunner,
  createActivityRunner,
  type ScheduledActivity,
} from './simulated-activity.ts';
import { type Command, type Job, type Sandbox, type SandboxedRun, startOf } from './simulated-sandbox.ts';
import { type Agenda, createAgenda, createTurns, type Turns } from './simulated-time.ts';

/** What `precallPrep` asks for. */
export type BookingActivities = Omit<Activities, 'reconcileBookings' | 'publishBrief'>;

export interface SimulatorOptions {
  sandbox: Sandbox;
  /** Where the clock stands at first. ISO 8601 or epoch milliseconds. */
  startsAt: string | number;
  /** They do what they do in earnest, but wait by this clock. */
  activities: (clock: Clock) => BookingActivities;
  input?: Partial<PrecallPrepInput>;
  /** Whatever happens beside the runs is brought to its end before the clock moves on. */
  untilQuiet?: () => Promise<void>;
}

/** A run as it stands. */
export interface SimulatedRun {
  status: 'running' | 'completed' | 'failed';
  /** Once it has completed. */
  outcome?: PrecallOutcome;
  searchAttributes: Readonly<Record<string, unknown>>;
}

/**
 * Temporal in this process, for orders of news: any number of runs of the real workflow code on one clock, which moves only when it
 * is told to. It knows nothing of histories, limits and lost workers: that is for the tests on real servers.
 *
 * One thing happens at a time, in an order that depends on nothing but what was asked for, so that a story that fails once fails
 * each time.
 */
export interface Simulator extends BookingRuns {
  now(): number;
  /** Waits until nothing is left to do at this instant. @throws {Error} when a workflow or the simulator has failed. */
  settle(): Promise<void>;
  /** Lets happen what is due until then, in its order. ISO 8601 or epoch milliseconds. */
  advanceTo(instant: string | number): Promise<void>;
  /** The latest run of a booking. */
  run(booking: BookingKey): SimulatedRun | undefined;
  /** @throws {Error} when there is no run, or it has ended. */
  timetable(booking: BookingKey): Promise<Timetable>;
}

const WORKFLOW_TYPE = 'precallPrep';

export function createSimulator(options: SimulatorOptions): Simulator {
  const { sandbox, startsAt, activities, input, untilQuiet = async () => {} } = options;
  const agenda = createAgenda(new Date(startsAt).getTime());
  const turns = createTurns();
  // They need the clock, which belongs to what runs them.
  const byName: Record<string, Activity> = {};
  const runner = createActivityRunner(byName, agenda, turns);
  Object.assign(byName, activities(runner.clock));
  const runs = new Map<string, Run>();

  async function start(workflowId: string, callStartsAt: string, signal: Job, resume?: KeptState): Promise<void> {
    const now = agenda.now();
    const run = createRun({
      sandboxed: await sandbox.create({ workflowId, workflowType: WORKFLOW_TYPE, now }),
      runner,
      agenda,
      turns,
      searchAttributes: { [precallStatus.name]: 'scheduled', [precallStartsAt.name]: callStartsAt },
    });
    runs.set(workflowId, run);
    const given: PrecallPrepInput = {
      ...{ plan: aPlan(), campaignStatusFor: 'everybody', searchAttributes: true, ...input },
      ...(resume && { resume }),
    };
    const payload = defaultPayloadConverter.toPayload(given);
    await run.work([startOf(workflowId, WORKFLOW_TYPE, now, payload), signal]);
  }

  async function settle(): Promise<void> {
    await turns.idle();
    await untilQuiet();
    await turns.idle();
  }

  return {
    now: agenda.now,
    settle,

    async advanceTo(instant) {
      const end = new Date(instant).getTime();
      do await settle();
      while (agenda.next(end));
      agenda.moveTo(end);
    },

    run: (booking) => runs.get(workflowIdOf(booking)),

    timetable: (booking) =>
      turns.take(() => {
        const run = runs.get(workflowIdOf(booking));
        if (run?.status !== 'running') throw new Error('No run of this booking is open');
        return run.query(timetableQuery);
      }),

    prepare: async () => undefined,

    tell: (event) =>
      turns.take(async () => {
        const workflowId = workflowIdOf(event.booking);
        const run = runs.get(workflowId);
        // A run that has failed may be followed by another.
        if (run?.status === 'completed') return 'closed';
        if (run?.status === 'running') await run.work([signalOf(event)]);
        else await start(workflowId, event.booking.startsAt, signalOf(event));
        return 'told';
      }),

    inform: (booking, event) =>
      turns.take(async () => {
        const run = runs.get(workflowIdOf(booking));
        if (run?.status !== 'running') return 'absent';
        await run.work([signalOf(event)]);
        return 'told';
      }),

    reopen: (booking, state, event) =>
      turns.take(async () => {
        const workflowId = workflowIdOf(booking);
        const run = runs.get(workflowId);
        const resume = state as KeptState;
        if (run?.status === 'running') await run.work([signalOf(event)]);
        else await start(workflowId, resume.known.booking.startsAt, signalOf(event), resume);
      }),

    async restore() {
      throw new Error('The simulator loses no runs');
    },

    async *openRuns() {
      for (const [workflowId, { status }] of runs) if (status === 'running') yield workflowId;
    },

    whyNotReady: async () => undefined,

    async close() {
      await turns.idle();
      for (const run of runs.values()) await run.dispose();
    },
  };
}

interface Run extends SimulatedRun {
  /** Tells it what has happened, and does what it asks for. */
  work(jobs: Job[]): Promise<void>;
  query<T>(query: QueryDefinition<T>): Promise<T>;
  dispose(): Promise<void>;
}

interface RunOptions {
  sandboxed: SandboxedRun;
  runner: ActivityRunner;
  agenda: Agenda;
  turns: Turns;
  searchAttributes: Record<string, unknown>;
}

function createRun({ sandboxed, runner, agenda, turns, searchAttributes }: RunOptions): Run {
  const timers = new Map<number, () => void>();
  const activities = new Map<number, ScheduledActivity>();
  const pending: Job[] = [];

  const run: Run = {
    status: 'running',
    searchAttributes,

    async work(jobs) {
      pending.push(...jobs);
      while (run.status === 'running' && pending.length > 0) {
        const commands = await sandboxed.activate(agenda.now(), pending.splice(0));
        for (const command of commands) await follow(command);
      }
    },

    async query(query) {
      const queryWorkflow = { queryId: 'query', queryType: query.name, arguments: [] };
      const [answer] = await sandboxed.activate(agenda.now(), [{ queryWorkflow }]);
      const { succeeded, failed } = answer?.respondToQuery ?? {};
      if (!succeeded?.response) throw new Error(`The query has failed: ${failed?.message}`);
      return defaultPayloadConverter.fromPayload(succeeded.response);
    },

    async dispose() {
      if (run.status === 'running') await end('failed');
    },
  };

  async function follow(command: Command): Promise<void> {
    const { startTimer, cancelTimer, scheduleActivity, requestCancelActivity, scheduleLocalActivity } = command;
    if (startTimer) return startTimerOf(startTimer.seq!, optionalTsToMs(startTimer.startToFireTimeout) ?? 0);
    if (cancelTimer) return callOff(cancelTimer.seq!);
    if (scheduleActivity) return schedule(scheduleActivity);
    if (requestCancelActivity) return cancel(requestCancelActivity.seq!);
    // It is done within the workflow task: no news comes in between.
    if (scheduleLocalActivity) {
      return resolve(scheduleLocalActivity.seq!, await runner.runLocally(scheduleLocalActivity), true);
    }
    const { upsertWorkflowSearchAttributes, completeWorkflowExecution, failWorkflowExecution } = command;
    if (upsertWorkflowSearchAttributes) return upsert(upsertWorkflowSearchAttributes.searchAttributes);
    if (completeWorkflowExecution) {
      run.outcome = defaultPayloadConverter.fromPayload(completeWorkflowExecution.result!);
      return end('completed');
    }
    if (failWorkflowExecution) return end('failed');
    throw new Error(`The simulator does not know the command ${Object.keys(command).join()}`);
  }

  function startTimerOf(seq: number, ms: number): void {
    const fire = () => {
      timers.delete(seq);
      turns.add(() => run.work([{ fireTimer: { seq } }]));
    };
    timers.set(seq, agenda.at(agenda.now() + ms, fire));
  }

  function callOff(seq: number): void {
    timers.get(seq)?.();
    timers.delete(seq);
  }

  function schedule(command: NonNullable<Command['scheduleActivity']>): void {
    const seq = command.seq!;
    const settle = (result: Resolution) => {
      activities.delete(seq);
      return run.work([resolved(seq, result)]);
    };
    activities.set(seq, runner.start(command, settle));
  }

  function cancel(seq: number): void {
    const result = activities.get(seq)?.cancel();
    if (!result) return;
    activities.delete(seq);
    resolve(seq, result);
  }

  function resolve(seq: number, result: Resolution, isLocal = false): void {
    pending.push(resolved(seq, result, isLocal));
  }

  function upsert(given: SearchAttributes): void {
    const values = Object.entries(given?.indexedFields ?? {}).map(([name, payload]) => [
      name,
      defaultPayloadConverter.fromPayload(payload),
    ]);
    run.searchAttributes = { ...run.searchAttributes, ...Object.fromEntries(values) };
  }

  async function end(status: 'completed' | 'failed'): Promise<void> {
    run.status = status;
    for (const callOff of timers.values()) callOff();
    for (const activity of activities.values()) activity.abandon();
    await sandboxed.dispose();
  }

  return run;
}

type Resolution = NonNullable<NonNullable<Job['resolveActivity']>['result']>;
type SearchAttributes = NonNullable<Command['upsertWorkflowSearchAttributes']>['searchAttributes'];

function resolved(seq: number, result: Resolution, isLocal = false): Job {
  return { resolveActivity: { seq, result, isLocal } };
}

function signalOf(event: BookingEvent): Job {
  return {
    signalWorkflow: { signalName: bookingEventSignal.name, input: [defaultPayloadConverter.toPayload(event)] },
  };
}
