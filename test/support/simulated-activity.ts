import {
  type ApplicationFailure,
  CancelledFailure,
  defaultFailureConverter,
  defaultPayloadConverter,
  ensureApplicationFailure,
} from '@temporalio/common';
import { msNumberToTs, optionalTsToMs } from '@temporalio/common/lib/time.js';
import type { coresdk } from '@temporalio/proto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type { Clock } from '../../src/activities/mail-sender.ts';
import type { Agenda, Turns } from './simulated-time.ts';

export type Activity = (...args: never[]) => Promise<unknown>;
export type Resolution = coresdk.activity_result.IActivityResolution;

/** What runs ask for: an activity, or a local one. */
type Schedule = Pick<
  coresdk.workflow_commands.IScheduleActivity & coresdk.workflow_commands.IScheduleLocalActivity,
  | 'activityId'
  | 'activityType'
  | 'arguments'
  | 'scheduleToCloseTimeout'
  | 'retryPolicy'
  | 'cancellationType'
  | 'localRetryThreshold'
  | 'attempt'
  | 'originalScheduleTime'
>;

/** Runs activities as a worker and the server together would: attempt by attempt, by a clock that they do not see move. */
export interface ActivityRunner {
  /** The clock by which an activity waits for its instant. */
  readonly clock: Clock;
  /** @param settle takes the outcome, in the turn in which it comes about. */
  start(schedule: Schedule, settle: (resolution: Resolution) => Promise<void>): ScheduledActivity;
  /** One attempt, at once: a later one is the run's to ask for. */
  runLocally(schedule: Schedule): Promise<Resolution>;
}

export interface ScheduledActivity {
  /**
   * An attempt that is under way hears of it with its next heartbeat, and may end as it likes; it is the last.
   *
   * @returns the outcome, if that is all that there was to wait for.
   */
  cancel(): Resolution | undefined;
  /** Nobody waits for it any more. */
  abandon(): void;
}

const SILENT = new DefaultLogger('ERROR', () => undefined);
/** As the server has them where a policy does not say. */
const FIRST_INTERVAL_MS = 1_000;
const BACKOFF_COEFFICIENT = 2;
const LONGEST_INTERVAL_FACTOR = 100;
const WAIT_CANCELLATION_COMPLETED = 1;

/** An attempt, which has its turns until it ends or waits for an instant. */
interface Attempt {
  ended: Promise<unknown>;
  pause: () => void;
}

export function createActivityRunner(
  activities: Readonly<Record<string, Activity>>,
  agenda: Agenda,
  turns: Turns,
): ActivityRunner {
  let current: Attempt | undefined;

  /** Lets an attempt go on until it ends or waits for an instant, while nothing else moves. */
  async function letGoOn(attempt: Attempt, begin: () => void): Promise<void> {
    const paused = new Promise<void>((pause) => {
      attempt.pause = pause;
    });
    current = attempt;
    begin();
    await Promise.race([attempt.ended, paused]);
    current = undefined;
  }

  async function inTurns(work: () => Promise<void>): Promise<void> {
    const attempt: Attempt = { ended: Promise.resolve(), pause: () => {} };
    await letGoOn(attempt, () => {
      attempt.ended = work();
    });
  }

  const clock: Clock = {
    now: agenda.now,
    async waitUntil(at) {
      const attempt = current;
      if (at <= agenda.now() || !attempt) return;
      await new Promise<void>((wake) => {
        agenda.at(at, () => turns.add(() => letGoOn(attempt, wake)));
        attempt.pause();
      });
    },
  };

  function environmentOf({ activityId, activityType }: Schedule, attempt: number): MockActivityEnvironment {
    return new MockActivityEnvironment(
      { attempt, activityId: activityId ?? '', activityType: activityType ?? '' },
      { logger: SILENT },
    );
  }

  async function perform(schedule: Schedule, environment: MockActivityEnvironment): Promise<Resolution> {
    const activity = activities[schedule.activityType ?? ''];
    if (!activity) throw new Error(`There is no activity ${schedule.activityType}`);
    const args = (schedule.arguments ?? []).map((payload) => defaultPayloadConverter.fromPayload<never>(payload));
    const value = await environment.run(activity, ...args);
    return { completed: { result: value === undefined ? null : defaultPayloadConverter.toPayload(value) } };
  }

  return {
    clock,

    start(schedule, settle) {
      const deadline = agenda.now() + (optionalTsToMs(schedule.scheduleToCloseTimeout) ?? Number.POSITIVE_INFINITY);
      let attempts = 0;
      let isUnderWay = false;
      let isCancelRequested = false;
      let isSettled = false;
      let callOffRetry = () => {};

      function end(resolution: Resolution): Promise<void> {
        isSettled = true;
        return settle(resolution);
      }

      async function attempt(): Promise<void> {
        if (isSettled) return;
        attempts += 1;
        isUnderWay = true;
        const environment = environmentOf(schedule, attempts);
        environment.on('heartbeat', () => {
          if (isCancelRequested) environment.cancel();
        });
        const outcome = await perform(schedule, environment).catch((error: unknown) => ({ error }));
        isUnderWay = false;
        if (isSettled) return;
        if (!('error' in outcome)) return end(outcome);
        if (isCancelRequested && outcome.error instanceof CancelledFailure) return end(cancelled(schedule));

        const failure = ensureApplicationFailure(outcome.error);
        const pauseMs = isCancelRequested ? undefined : pauseAfter(schedule, failure, attempts);
        const again = pauseMs === undefined ? Number.POSITIVE_INFINITY : agenda.now() + pauseMs;
        if (again > deadline || again === Number.POSITIVE_INFINITY) return end(failed(schedule, failure));
        callOffRetry = agenda.at(again, () => turns.add(() => inTurns(attempt)));
      }

      turns.add(() => inTurns(attempt));
      return {
        cancel() {
          if (isSettled) return undefined;
          isCancelRequested = true;
          if (isUnderWay && schedule.cancellationType === WAIT_CANCELLATION_COMPLETED) return undefined;
          isSettled = true;
          callOffRetry();
          return cancelled(schedule);
        },
        abandon() {
          isSettled = true;
          callOffRetry();
        },
      };
    },

    async runLocally(schedule) {
      const attempt = schedule.attempt ?? 1;
      const scheduledAt = optionalTsToMs(schedule.originalScheduleTime) ?? agenda.now();
      const deadline = scheduledAt + (optionalTsToMs(schedule.scheduleToCloseTimeout) ?? Number.POSITIVE_INFINITY);
      try {
        return await perform(schedule, environmentOf(schedule, attempt));
      } catch (error) {
        const failure = ensureApplicationFailure(error);
        const pauseMs = pauseAfter(schedule, failure, attempt);
        if (pauseMs === undefined || agenda.now() + pauseMs > deadline) return failed(schedule, failure);
        return {
          backoff: {
            attempt: attempt + 1,
            backoffDuration: msNumberToTs(pauseMs),
            originalScheduleTime: msNumberToTs(scheduledAt),
          },
        };
      }
    },
  };
}

/** @returns undefined when it is not to be tried again. */
function pauseAfter({ retryPolicy }: Schedule, failure: ApplicationFailure, attempts: number): number | undefined {
  const { nonRetryable, type, nextRetryDelay } = failure;
  if (nonRetryable || retryPolicy?.nonRetryableErrorTypes?.includes(type ?? '')) return undefined;
  if (retryPolicy?.maximumAttempts && attempts >= retryPolicy.maximumAttempts) return undefined;
  if (typeof nextRetryDelay === 'number') return nextRetryDelay;

  const firstMs = optionalTsToMs(retryPolicy?.initialInterval) ?? FIRST_INTERVAL_MS;
  const longestMs = optionalTsToMs(retryPolicy?.maximumInterval) ?? LONGEST_INTERVAL_FACTOR * firstMs;
  const coefficient = retryPolicy?.backoffCoefficient || BACKOFF_COEFFICIENT;
  return Math.min(firstMs * coefficient ** (attempts - 1), longestMs);
}

function failed(schedule: Schedule, failure: ApplicationFailure): Resolution {
  return { failed: { failure: ofActivity(schedule, 'Activity task failed', failure) } };
}

function cancelled(schedule: Schedule): Resolution {
  return { cancelled: { failure: ofActivity(schedule, 'Activity cancelled', new CancelledFailure('CANCELLED')) } };
}

function ofActivity({ activityId, activityType }: Schedule, message: string, cause: Error) {
  return {
    message,
    source: 'simulator',
    activityFailureInfo: { activityType: { name: activityType ?? '' }, activityId: activityId ?? '' },
    cause: defaultFailureConverter.errorToFailure(cause, defaultPayloadConverter),
  };
}
