import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { CampaignActivities, ContactActivities } from '../activities/index.ts';

export interface NotionAttempts {
  taskQueue: string;
  /** When trying ends, epoch milliseconds. */
  giveUpAt: number;
  /** For the Temporal UI. */
  summary: string;
}

/** What is asked of Notion, again and again until it is time to give up. */
export function notionActivities({
  taskQueue,
  giveUpAt,
  summary,
}: NotionAttempts): CampaignActivities & ContactActivities {
  return proxyActivities<CampaignActivities & ContactActivities>({
    taskQueue,
    scheduleToCloseTimeout: Math.max(1, giveUpAt - Date.now()),
    startToCloseTimeout: '2 minutes',
    // The end of one that is withdrawn must come from its history, as the end of any other does.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { initialInterval: '1 second', maximumInterval: '4 minutes' },
    summary,
  });
}
