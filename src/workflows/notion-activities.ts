import { proxyActivities } from '@temporalio/workflow';
import type { CampaignActivities, ContactActivities } from '../activities/index.ts';
import { RETRIED } from './retried.ts';

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
    ...RETRIED,
    taskQueue,
    scheduleToCloseTimeout: Math.max(1, giveUpAt - Date.now()),
    startToCloseTimeout: '2 minutes',
    summary,
  });
}
