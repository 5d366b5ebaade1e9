import { type Client, isGrpcServiceError, type WorkflowHandle } from '@temporalio/client';
import { OperatorError } from '../../operator-error.ts';
import type { precallPrep } from '../../workflows/index.ts';
import { type Timetable, timetableQuery } from '../../workflows/messages.ts';
import { precallStatus } from '../../workflows/search-attributes.ts';

/** The runs that the server under test starts, seen from Temporal. */
export interface StartedRuns {
  /** How things stand with a run; undefined while no worker answers for it. */
  timetable(workflowId: string): Promise<Timetable | undefined>;
  /** What a run's status is; without a worker, what it last said of itself. */
  status(workflowId: string): Promise<string | undefined>;
  /** Ends a run at once: nothing it has planned happens any more. */
  end(workflowId: string): Promise<void>;
}

const ANSWER_WITHIN_MS = 3_000;
const NOT_FOUND = 5;

/** @throws {OperatorError} when there is no such Temporal, or no such namespace in it. */
export async function openStartedRuns(client: Client, address: string): Promise<StartedRuns> {
  const { connection, workflow } = client;
  const { namespace } = client.options;
  const inTime = <T>(request: () => Promise<T>) => connection.withDeadline(Date.now() + ANSWER_WITHIN_MS, request);
  const handleOf = (workflowId: string): WorkflowHandle<typeof precallPrep> => workflow.getHandle(workflowId);

  try {
    await inTime(() => connection.workflowService.describeNamespace({ namespace }));
  } catch (error) {
    if (!isGrpcServiceError(error)) throw error;
    throw new OperatorError(
      error.code === NOT_FOUND
        ? `The Temporal at ${address} has no namespace ${namespace}: check --namespace.`
        : `Temporal does not answer at ${address}: check --temporal.`,
    );
  }

  const timetable = (workflowId: string) =>
    inTime(() => handleOf(workflowId).query(timetableQuery)).catch(() => undefined);
  return {
    timetable,
    async status(workflowId) {
      const answer = await timetable(workflowId);
      if (answer) return answer.status;
      const described = await inTime(() => handleOf(workflowId).describe()).catch(() => undefined);
      return described?.typedSearchAttributes.get(precallStatus);
    },
    async end(workflowId) {
      await inTime(() => handleOf(workflowId).terminate('precall scenarios: a trial, not a booking'));
    },
  };
}
