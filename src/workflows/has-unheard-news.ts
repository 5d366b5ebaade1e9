import { log, proxyLocalActivities } from '@temporalio/workflow';
import type { RecordActivities } from '../activities/index.ts';
import type { BookingKey } from '../booking.ts';
import { failureReason } from './failure-reason.ts';
import type { OneAtATime } from './one-at-a-time.ts';

const { hasUnheardNews: ask }: RecordActivities = proxyLocalActivities<RecordActivities>({
  scheduleToCloseTimeout: '1 minute',
  startToCloseTimeout: '5 seconds',
  localRetryThreshold: '1 millisecond',
  retry: { initialInterval: '2 seconds' },
});

/** Whether the inbox holds news of the booking that has not come here; true also while nobody can tell. */
export async function hasUnheardNews(
  booking: BookingKey,
  heard: readonly string[],
  inTurn: OneAtATime,
): Promise<boolean> {
  try {
    return await inTurn(() => ask(booking, heard));
  } catch (error) {
    log.warn('the inbox could not be asked for late news', {
      bookingUid: booking.uid,
      reason: failureReason(error, 'store_unavailable'),
    });
    return true;
  }
}
