import {
  type Client,
  isGrpcServiceError,
  QueryNotRegisteredError,
  ServiceError,
  type WorkflowHandle,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { OperatorError } from '../../operator-error.ts';
import type { precallPrep } from '../../workflows/index.ts';
import { type Timetable, timetableQuery } from '../../workflows/messages.ts';
import { precallStatus } from '../../workflows/search-attributes.ts';

/** The runs that the server under test starts, seen from Temporal. */
export interface StartedRuns {
  /**
   * How things stand with a run; undefined while there is none, or no worker answers for it. Absent without the keys that it
   * is encrypted with.
   *
   * @throws {OperatorError} when the keys are others.
   */
  timetable?: (workflowId: string) => Promise<Timetable | undefined>;
  /** What a run's status is; without a worker or the keys, what it last said of itself. */
  status(workflowId: string): Promise<string | undefined>;
}

const ANSWER_WITHIN_MS = 3_000;
const NOT_FOUND = 5;

/**
 * @param canDecrypt whether the client has keys.
 * @throws {OperatorError} when there is no such Temporal, or no such namespace in it.
 */
export async function openStartedRuns(
  client: Client,
  { address, canDecrypt }: { address: string; canDecrypt: boolean },
): Promise<StartedRuns> {
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
    inTime(() => handleOf(workflowId).query(timetableQuery)).catch((error: unknown) => {
      if (isUnanswered(error)) return undefined;
      throw new OperatorError(WRONG_KEYS);
    });
  return {
    ...(canDecrypt && { timetable }),
    async status(workflowId) {
      const answer = canDecrypt ? await timetable(workflowId) : undefined;
      if (answer) return answer.status;
      const described = await inTime(() => handleOf(workflowId).describe()).catch(() => undefined);
      return described?.typedSearchAttributes.get(precallStatus);
    },
  };
}

const WRONG_KEYS = `What Temporal holds cannot be read: it was encrypted with other keys. Give those of the server: what ENCRYPTION_KEYS
says there, or the file encryption-key of its data folder: --encryption-key-file .precall/encryption-key`;

/** Anything else has gone wrong with what was answered. */
function isUnanswered(error: unknown): boolean {
  return (
    isGrpcServiceError(error) ||
    error instanceof ServiceError ||
    error instanceof WorkflowNotFoundError ||
    error instanceof QueryNotRegisteredError
  );
}
