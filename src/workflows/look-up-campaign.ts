import { log } from '@temporalio/workflow';
import type { Booking } from '../booking.ts';
import { failureReason } from './failure-reason.ts';
import type { CampaignReport } from './messages.ts';
import { notionActivities } from './notion-activities.ts';
import { unlessOvertaken } from './unless-overtaken.ts';

export interface CampaignLookUp {
  /** When trying ends, epoch milliseconds. */
  giveUpAt: number;
  taskQueue: string;
  /** Whether nothing depends on it any more. */
  overtaken: () => boolean;
  /** Takes what it has to wait for meanwhile. */
  report: (report: CampaignReport) => void;
}

/**
 * Looks up whether the booker is in a campaign, trying until it is time to give up while Notion is down or cannot be used. What cannot
 * be found out stays `unknown`.
 *
 * @returns undefined if it was overtaken.
 */
export async function lookUpCampaign(
  booking: Booking,
  { giveUpAt, taskQueue, overtaken, report }: CampaignLookUp,
): Promise<CampaignReport | undefined> {
  const { email } = booking.attendees[0];
  const told: string[] = [];
  try {
    for (;;) {
      const { findMembership } = notionActivities({ taskQueue, giveUpAt, summary: 'Campaign membership' });
      const asked = told.length > 0 ? { email, told } : { email };
      const found = await unlessOvertaken(overtaken, () => findMembership(asked));
      if (found?.state !== 'unknown' || found.reason === undefined) return found;
      told.push(found.reason);
      report(found);
    }
  } catch (error) {
    const reason = failureReason(error, told.at(-1) ?? 'notion_unavailable');
    log.warn('campaign membership not found out', { bookingUid: booking.uid, reason });
    return { state: 'unknown', reason };
  }
}
