import { ActivityCancellationType, log, proxyActivities } from '@temporalio/workflow';
import type { NoticeActivities } from '../activities/index.ts';
import type { Booking } from '../booking.ts';
import { failureReason } from './failure-reason.ts';
import type { Decision } from './messages.ts';

/**
 * Tells the owner of a move that the host did not accept: the call that was to be moved is gone as well, and nobody else says so.
 *
 * @param giveUpAt epoch milliseconds.
 */
export async function tellOwner(booking: Booking, giveUpAt: number): Promise<Decision> {
  const { sendNotice }: NoticeActivities = proxyActivities<NoticeActivities>({
    scheduleToCloseTimeout: Math.max(1, giveUpAt - Date.now()),
    startToCloseTimeout: '6 minutes',
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { initialInterval: '1 second', maximumInterval: '4 minutes' },
    summary: 'Notice to the owner: the move was not accepted',
  });
  try {
    return await sendNotice({ booking, notice: 'move_rejected' });
  } catch (error) {
    const reason = failureReason(error, 'not_delivered_in_time') as NonNullable<Decision['reason']>;
    log.warn('notice not sent', { bookingUid: booking.uid, reason });
    return { outcome: 'failed', reason };
  }
}
