import { ActivityCancellationType, type ActivityOptions } from '@temporalio/workflow';

/** How activities are tried that wait for others: a mail server, or Notion. */
export const RETRIED = {
  // The end of one that is withdrawn must come from its history, as the end of any other does.
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '1 second', maximumInterval: '4 minutes' },
} satisfies ActivityOptions;
