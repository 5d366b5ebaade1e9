import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection, isGrpcServiceError, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import proto from '@temporalio/proto';
import type { Logger } from 'pino';
import { type BookingEvent, workflowIdOf } from '../booking.ts';
import type { Config } from '../config.ts';
import type { precallPrep } from '../workflows/index.ts';
import { bookingEventSignal, type PrecallPrepInput } from '../workflows/messages.ts';
import { precallStartsAt, precallStatus } from '../workflows/search-attributes.ts';
import { type NamespaceAbilities, prepareNamespace } from './prepare-namespace.ts';

/** Whoever reports a booking waits for the answer; without a deadline Temporal's client tries for half a minute. */
const DEADLINE_MS = 4_000;
/** gRPC would wait up to two minutes before it tries a server again that has been away; then webhooks are refused for as long. */
const LONGEST_RECONNECT_PAUSE_MS = 1_000;
/** Pollers ask again after a minute at the latest. */
const POLLER_SEEN_WITHIN_MS = 75_000;

/** The runs of `precallPrep`, one for each booking. */
export interface BookingRuns {
  /**
   * Connects and makes the namespace ready ahead of the first booking.
   *
   * @throws {TemporalUnavailable} when Temporal cannot be reached; the first booking then tries again.
   */
  prepare(): Promise<void>;
  /**
   * Hands an event to its booking's run, and starts the run if it is the first. Once it returns, Temporal keeps the event,
   * whether a worker is there or not.
   *
   * @returns the run's workflow id, and `closed` if the call is over and the run takes no more news.
   * @throws {TemporalUnavailable} when Temporal did not take it.
   */
  tell(event: BookingEvent): Promise<{ workflowId: string; result: 'accepted' | 'closed' }>;
  /** What keeps bookings from being looked after, in words; undefined when all is well. */
  whyNotReady(): Promise<string | undefined>;
  close(): Promise<void>;
}

/** Temporal cannot be reached, or did not answer in time. Nothing was kept; the sender has to try again. */
export class TemporalUnavailable extends Error {
  override readonly name = 'TemporalUnavailable';
  readonly statusCode = 503;

  constructor(cause: unknown) {
    super('Temporal did not take the booking', { cause });
  }
}

/** Connects when first asked, and again after each failure, so that the server starts and stays up without Temporal. */
export function createBookingRuns(
  config: Pick<Config, 'temporal' | 'reminders' | 'campaignStatusFor'>,
  log: Logger,
): BookingRuns {
  const { connectionOptions, taskQueue, namespace = 'default' } = config.temporal;
  const connection = Connection.lazy({
    ...connectionOptions,
    channelArgs: { 'grpc.max_reconnect_backoff_ms': LONGEST_RECONNECT_PAUSE_MS },
  });
  const client = new Client({ connection, namespace });
  let abilities: Promise<NamespaceAbilities> | undefined;

  const underWay = new Set<Promise<unknown>>();

  async function inTime<T>(request: () => Promise<T>): Promise<T> {
    const asking = connection.withDeadline(Date.now() + DEADLINE_MS, request);
    underWay.add(asking);
    const forget = () => underWay.delete(asking);
    asking.then(forget, forget);

    // The client pauses up to seconds between its attempts, and looks at the deadline only when it tries again.
    const waiting = new AbortController();
    const tooLate = sleep(DEADLINE_MS, undefined, { signal: waiting.signal }).then(() => {
      throw new Error(`No answer within ${DEADLINE_MS / 1_000} s`);
    });
    return Promise.race([asking, tooLate]).finally(() => waiting.abort());
  }

  async function prepared<T>(request: (abilities: NamespaceAbilities) => Promise<T>): Promise<T> {
    try {
      return await inTime(async () => {
        abilities ??= prepareNamespace(connection, namespace, log);
        return request(await abilities);
      });
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) throw error;
      abilities = undefined;
      throw new TemporalUnavailable(error);
    }
  }

  async function signalWithStart(event: BookingEvent, { searchAttributes }: NamespaceAbilities): Promise<void> {
    const { booking } = event;
    const input: PrecallPrepInput = {
      plan: config.reminders,
      campaignStatusFor: config.campaignStatusFor,
      searchAttributes,
    };
    await client.workflow.signalWithStart<typeof precallPrep, [BookingEvent]>('precallPrep', {
      workflowId: workflowIdOf(booking),
      taskQueue,
      args: [input],
      signal: bookingEventSignal,
      signalArgs: [event],
      // A completed run is a tombstone: its call is over, and a late repeat must not start another.
      workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
      staticSummary: `Call on ${booking.startsAt.slice(0, 16).replace('T', ' ')} UTC`,
      ...(searchAttributes && {
        typedSearchAttributes: [
          { key: precallStatus, value: 'scheduled' },
          { key: precallStartsAt, value: new Date(booking.startsAt) },
        ],
      }),
    });
  }

  return {
    prepare: () => prepared(async () => undefined),

    async tell(event) {
      const workflowId = workflowIdOf(event.booking);
      try {
        await prepared((abilities) => signalWithStart(event, abilities));
        return { workflowId, result: 'accepted' };
      } catch (error) {
        if (error instanceof WorkflowExecutionAlreadyStartedError) return { workflowId, result: 'closed' };
        throw error;
      }
    },

    async whyNotReady() {
      try {
        return await inTime(async () => {
          const polled = await Promise.all([
            isPolled(connection, namespace, taskQueue, 'TASK_QUEUE_TYPE_WORKFLOW'),
            isPolled(connection, namespace, taskQueue, 'TASK_QUEUE_TYPE_ACTIVITY'),
          ]);
          return polled.every(Boolean) ? undefined : 'no worker is polling';
        });
      } catch (error) {
        return `Temporal does not answer${isGrpcServiceError(error) ? ` (gRPC status ${error.code})` : ''}`;
      }
    },

    async close() {
      // The client throws out of a timer when it tries a request again on a closed connection.
      await Promise.allSettled(underWay);
      await connection.close();
    },
  };
}

async function isPolled(
  connection: Connection,
  namespace: string,
  taskQueue: string,
  kind: 'TASK_QUEUE_TYPE_WORKFLOW' | 'TASK_QUEUE_TYPE_ACTIVITY',
): Promise<boolean> {
  const { pollers } = await connection.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: proto.temporal.api.enums.v1.TaskQueueType[kind],
  });
  return pollers.some(
    ({ lastAccessTime }) => Date.now() - Number(lastAccessTime?.seconds ?? 0) * 1_000 < POLLER_SEEN_WITHIN_MS,
  );
}
