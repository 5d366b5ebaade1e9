import { log, proxyActivities } from '@temporalio/workflow';
import type { EmailActivities, MailOutcome, NoticeActivities } from '../activities/index.ts';
import { decisionOf } from './decision-of.ts';
import { failureReason } from './failure-reason.ts';
import type { Decision, FailReason } from './messages.ts';
import { RETRIED } from './retried.ts';

/** The mail server's own limits are shorter: an attempt that takes longer than this is lost. */
const LONGEST_SEND_MS = 6 * 60_000;
/** A worker that dies while it waits for the due instant is noticed this long after it. */
const NOTICED_WITHIN_MS = 15_000;

export interface MailToAttempt {
  bookingUid: string;
  /** See {@link mailStep} and {@link noticeStep}. */
  step: string;
  /** For the Temporal UI. */
  summary: string;
  /** When trying ends, epoch milliseconds. */
  deadline: number;
  /** How long an attempt waits for the due instant before it sends. */
  waitMs?: number;
}

/**
 * Has one mail to one person sent, again and again until its deadline.
 *
 * @returns `held` when there is news of the booking that has not been heard yet.
 */
export async function attemptMail(
  { bookingUid, step, summary, deadline, waitMs = 0 }: MailToAttempt,
  send: (activities: EmailActivities & NoticeActivities) => Promise<MailOutcome>,
): Promise<Decision | 'held'> {
  const activities = proxyActivities<EmailActivities & NoticeActivities>({
    ...RETRIED,
    scheduleToCloseTimeout: Math.max(1, deadline - Date.now()),
    startToCloseTimeout: waitMs + LONGEST_SEND_MS,
    heartbeatTimeout: waitMs + NOTICED_WITHIN_MS,
    summary,
  });
  try {
    return decisionOf(await send(activities));
  } catch (error) {
    const reason = failureReason(error, 'not_delivered_in_time') as FailReason;
    log.warn('mail not sent', { bookingUid, step, reason });
    return { outcome: 'failed', reason };
  }
}
