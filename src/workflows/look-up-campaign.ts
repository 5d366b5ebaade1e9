import { log, proxyActivities } from '@temporalio/workflow';
import type { CampaignActivities } from '../activities/index.ts';
import type { Booking } from '../booking.ts';
import { failureReason } from './failure-reason.ts';
import type { CampaignReport } from './messages.ts';

/**
 * Looks up whether the booker is in a campaign, trying until `giveUpAt` (epoch milliseconds) while Notion is down.
 * What cannot be found out stays `unknown`.
 */
export async function lookUpCampaign(booking: Booking, giveUpAt: number, taskQueue: string): Promise<CampaignReport> {
  const { findMembership }: CampaignActivities = proxyActivities<CampaignActivities>({
    taskQueue,
    scheduleToCloseTimeout: Math.max(1, giveUpAt - Date.now()),
    startToCloseTimeout: '2 minutes',
    retry: { initialInterval: '1 second', maximumInterval: '4 minutes' },
    summary: 'Campaign membership',
  });
  try {
    return await findMembership({ email: booking.attendees[0].email });
  } catch (error) {
    const reason = failureReason(error, 'notion_unavailable');
    log.warn('campaign membership not found out', { bookingUid: booking.uid, reason });
    return { state: 'unknown', reason };
  }
}
