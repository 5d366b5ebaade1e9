import { ApplicationFailure } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import {
  NotionBusy,
  NotionParked,
  NotionRefusal,
  NotionUnavailable,
  OF_ONE_PAGE,
  type RefusalReason,
} from '../notion/errors.ts';

/** What was refused for the sake of one person's rows: everybody else's are not concerned, and the answer stays the same. */
const OF_ONE_BOOKING: ReadonlySet<RefusalReason> = new Set([...OF_ONE_PAGE, 'address_unusable', 'invalid_request']);

/**
 * However long Notion was away or a lane was parked: so soon is it asked again once it answers. An attempt before its time costs
 * nothing there.
 */
const LONGEST_PAUSE_MS = 4 * 60_000;

/**
 * Decides whether trying again can help: not after a refusal that concerns this booking alone. What concerns all bookings is mended by a
 * person some day, and then everything becomes right by itself.
 */
export function asFailure(error: unknown): ApplicationFailure {
  const reason = sharedTrouble(error);
  if (reason !== undefined) {
    const { message, retryInMs = LONGEST_PAUSE_MS } = error as NotionRefusal & { retryInMs?: number };
    return putOff(reason, message, Math.min(retryInMs, LONGEST_PAUSE_MS));
  }
  if (error instanceof NotionRefusal) {
    return ApplicationFailure.create({ message: error.message, type: error.reason, nonRetryable: true });
  }
  if (error instanceof NotionBusy) {
    return putOff('notion_busy', error.message, Math.min(error.retryInMs, LONGEST_PAUSE_MS));
  }
  if (error instanceof NotionUnavailable && error.retryAfterMs) {
    return ApplicationFailure.create({
      message: error.message,
      type: error.name,
      nextRetryDelay: Math.min(error.retryAfterMs, LONGEST_PAUSE_MS),
    });
  }
  return ApplicationFailure.fromError(error);
}

/** Why nothing of this kind can be done for anybody until a person has changed something; undefined if it is not so. */
export function sharedTrouble(error: unknown): RefusalReason | undefined {
  if (error instanceof NotionParked) return error.reason;
  return error instanceof NotionRefusal && !OF_ONE_BOOKING.has(error.reason) ? error.reason : undefined;
}

/** An ordinary wait, of which the log need not be full. */
export function putOff(type: string, message: string, pauseMs: number): ApplicationFailure {
  return ApplicationFailure.create({
    message,
    type,
    nextRetryDelay: pauseMs,
    category: ApplicationFailureCategory.BENIGN,
  });
}
