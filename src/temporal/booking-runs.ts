import { setTimeout as sleep } from 'node:timers/promises';
import {
  Client,
  Connection,
  type DataConverter,
  isGrpcServiceError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import proto from '@temporalio/proto';
import type { Logger } from 'pino';
import { type BookingEvent, type BookingKey, type TellingEvent, workflowIdOf } from '../booking.ts';
import type { Config } from '../config.ts';
import type { precallPrep } from '../workflows/index.ts';
import { bookingEventSignal, type KeptState, type PrecallPrepInput } from '../workflows/messages.ts';
import { precallStartsAt, precallStatus } from '../workflows/search-attributes.ts';
import { type NamespaceAbilities, prepareNamespace } from './prepare-namespace.ts';

/** Without a deadline Temporal's client tries for half a minute. */
const DEADLINE_MS = 4_000;
/** gRPC would wait up to two minutes before it tries a server again that has been away. */
const LONGEST_RECONNECT_PAUSE_MS = 1_000;
/** Pollers ask again after a minute at the latest. */
const POLLER_SEEN_WITHIN_MS = 75_000;

/** The runs of `precallPrep`, one for each booking. Every request throws {@link TemporalUnavailable} when it was not answered. */
export interface BookingRuns {
  /** Connects and makes the namespace ready ahead of the first booking. */
  prepare(): Promise<void>;
  /**
   * Hands an event to the run of its subject, and starts the run if it is the first. Once it returns, Temporal keeps the event,
   * whether a worker is there or not.
   *
   * @returns `closed` if the call is over and its run takes no more news.
   * @throws {TemporalRefused} when Temporal holds it for invalid.
   */
  tell(event: TellingEvent): Promise<'told' | 'closed'>;
  /**
   * Hands an event to the run of a booking that it concerns, if there is one. None is started: it would have nothing to do.
   *
   * @throws {TemporalRefused} when Temporal holds it for invalid.
   */
  inform(booking: BookingKey, event: BookingEvent): Promise<'told' | 'absent'>;
  /**
   * Hands an event to the run of a booking, and if that has ended, to another one that goes on from where it stood.
   *
   * @param state what the run last recorded.
   * @throws {TemporalRefused} when Temporal holds it for invalid.
   */
  reopen(booking: BookingKey, state: unknown, event: BookingEvent): Promise<void>;
  /**
   * Starts a run that goes on where a lost one stood.
   *
   * @param state what the lost run last recorded.
   * @returns what there was instead, if it was not lost: a `running` one, or one that has `closed`.
   */
  restore(booking: BookingKey, state: unknown): Promise<'restored' | 'running' | 'closed'>;
  /** The workflow ids of all runs that are open, as Temporal's visibility lists them: a moment late. */
  openRuns(): AsyncIterable<string>;
  /** What keeps bookings from being looked after, in words; undefined when all is well. */
  whyNotReady(): Promise<string | undefined>;
  close(): Promise<void>;
}

/** Temporal cannot be reached, or did not answer in time. Trying again later helps. */
export class TemporalUnavailable extends Error {
  override readonly name = 'TemporalUnavailable';

  constructor(cause: unknown) {
    super(`Temporal does not answer${isGrpcServiceError(cause) ? ` (gRPC status ${cause.code})` : ''}`, { cause });
  }
}

/** Temporal holds the request for invalid: the same again will hardly be taken. */
export class TemporalRefused extends Error {
  override readonly name = 'TemporalRefused';

  constructor(cause: Error) {
    super('Temporal refused it as invalid', { cause });
  }
}

const INVALID_ARGUMENT = 3;

export interface BookingRunsOptions {
  config: Pick<Config, 'temporal' | 'reminders' | 'campaignStatusFor' | 'notionChoices'>;
  dataConverter: DataConverter;
  log: Logger;
}

/** Connects when first asked, and again after each failure, so that the server starts and stays up without Temporal. */
export function createBookingRuns({ config, dataConverter, log }: BookingRunsOptions): BookingRuns {
  const { connectionOptions, taskQueue, namespace = 'default' } = config.temporal;
  const { noContact, reminderSent } = config.notionChoices;
  const connection = Connection.lazy({
    ...connectionOptions,
    channelArgs: { 'grpc.max_reconnect_backoff_ms': LONGEST_RECONNECT_PAUSE_MS },
  });
  const client = new Client({ connection, namespace, dataConverter });
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

  async function attempt<T>(request: (abilities: NamespaceAbilities) => Promise<T>): Promise<T> {
    try {
      return await inTime(async () => {
        abilities ??= prepareNamespace(connection, namespace, log);
        return request(await abilities);
      });
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError || error instanceof WorkflowNotFoundError) throw error;
      // Also when it was refused: somebody may have taken our search attributes away.
      abilities = undefined;
      const cause = (error as Error).cause ?? error;
      throw isGrpcServiceError(cause) && cause.code === INVALID_ARGUMENT
        ? new TemporalRefused(cause)
        : new TemporalUnavailable(cause);
    }
  }

  async function prepared<T>(request: (abilities: NamespaceAbilities) => Promise<T>): Promise<T> {
    const wasReady = abilities !== undefined;
    try {
      return await attempt(request);
    } catch (error) {
      if (!wasReady || !(error instanceof TemporalRefused)) throw error;
      // With its data, Temporal may have lost what was made ready in it.
      return attempt(request);
    }
  }

  function howToStart(
    booking: BookingKey,
    startsAt: string,
    { searchAttributes }: NamespaceAbilities,
    resume?: KeptState,
  ) {
    const input: PrecallPrepInput = {
      plan: config.reminders,
      campaignStatusFor: config.campaignStatusFor,
      ...(noContact === 'create' && { createsContacts: true }),
      ...(reminderSent.length > 0 && { remindersNoted: reminderSent.length }),
      searchAttributes,
      ...(resume && { resume }),
    };
    return {
      workflowId: workflowIdOf(booking),
      taskQueue,
      args: [input] as [PrecallPrepInput],
      // A completed run is a tombstone: its call is over, and a late repeat must not start another. See `reopen` for what may.
      workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
      staticSummary: `Call on ${startsAt.slice(0, 16).replace('T', ' ')} UTC`,
      ...(searchAttributes && {
        typedSearchAttributes: [
          { key: precallStatus, value: 'scheduled' },
          { key: precallStartsAt, value: new Date(startsAt) },
        ],
      }),
    } as const;
  }

  return {
    prepare: () => prepared(async () => undefined),

    async tell(event) {
      const { booking } = event;
      try {
        await prepared((able) =>
          client.workflow.signalWithStart<typeof precallPrep, [BookingEvent]>('precallPrep', {
            ...howToStart(booking, booking.startsAt, able),
            signal: bookingEventSignal,
            signalArgs: [event],
          }),
        );
        return 'told';
      } catch (error) {
        if (error instanceof WorkflowExecutionAlreadyStartedError) return 'closed';
        throw error;
      }
    },

    async inform(booking, event) {
      try {
        await prepared(() => client.workflow.getHandle(workflowIdOf(booking)).signal(bookingEventSignal, event));
        return 'told';
      } catch (error) {
        // It never ran, or its call is over.
        if (error instanceof WorkflowNotFoundError) return 'absent';
        throw error;
      }
    },

    async reopen(booking, state, event) {
      const resume = state as KeptState;
      await prepared((able) =>
        client.workflow.signalWithStart<typeof precallPrep, [BookingEvent]>('precallPrep', {
          ...howToStart(booking, resume.known.booking.startsAt, able, resume),
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          signal: bookingEventSignal,
          signalArgs: [event],
        }),
      );
    },

    async restore(booking, state) {
      const resume = state as KeptState;
      const handle = client.workflow.getHandle(workflowIdOf(booking));
      try {
        await prepared((able) =>
          client.workflow.start<typeof precallPrep>('precallPrep', {
            ...howToStart(booking, resume.known.booking.startsAt, able, resume),
          }),
        );
        return 'restored';
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
        const { status } = await prepared(() => handle.describe());
        return status.name === 'RUNNING' ? 'running' : 'closed';
      }
    },

    async *openRuns() {
      const list = client.workflow.list({
        query: `WorkflowType = 'precallPrep' AND ExecutionStatus = 'Running' AND TaskQueue = '${taskQueue}'`,
        pageSize: 1_000,
      });
      try {
        for await (const { workflowId } of list) yield workflowId;
      } catch (error) {
        throw new TemporalUnavailable(error);
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
        return new TemporalUnavailable(error).message;
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
