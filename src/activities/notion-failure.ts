import { ApplicationFailure } from '@temporalio/activity';
import { NotionRefusal, NotionUnavailable } from '../notion/errors.ts';

/** Decides whether trying again can help: not after a refusal, which only a person can resolve. */
export function asFailure(error: unknown): ApplicationFailure {
  if (error instanceof NotionRefusal) {
    return ApplicationFailure.create({ message: error.message, type: error.reason, nonRetryable: true });
  }
  if (error instanceof NotionUnavailable && error.retryAfterMs) {
    return ApplicationFailure.create({ message: error.message, type: error.name, nextRetryDelay: error.retryAfterMs });
  }
  return ApplicationFailure.fromError(error);
}
