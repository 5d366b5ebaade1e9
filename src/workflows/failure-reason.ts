import { ActivityFailure, ApplicationFailure, isCancellation, TimeoutFailure } from '@temporalio/workflow';

/**
 * Why an activity failed, in one word for reports: the type of a final failure, which the activity names; `unavailable`
 * when it was retried until its time was up. Anything else than an activity's failure is thrown on.
 */
export function failureReason(error: unknown, unavailable: string): string {
  // On replay, a local activity that has run out of time fails with its bare cause.
  if (error instanceof TimeoutFailure) return unavailable;
  if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
  const { cause } = error;
  return cause instanceof ApplicationFailure && cause.nonRetryable && cause.type ? cause.type : unavailable;
}
