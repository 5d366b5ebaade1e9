import { ActivityCancellationType, log, proxyActivities } from '@temporalio/workflow';
import type { NoticeActivities } from '../activities/index.ts';
import { type Attendee, isMailable } from '../booking.ts';
import type { BookingState } from './booking-state.ts';
import { decisionOf, decisionOfAll } from './decision-of.ts';
import { failureReason } from './failure-reason.ts';
import type { Decision, FailReason } from './messages.ts';
import { noticeStep, type PlannedNotice, templateOf } from './planned-notices.ts';

/**
 * Mails a notice to whom it is for, each in an activity of their own, trying until its deadline.
 *
 * @param withCalendarFile whether the operator's plan for this booking asks for calendar entries.
 * @returns `held` when there is news of the booking that has not been heard yet.
 */
export async function sendNotice(
  known: BookingState,
  planned: PlannedNotice,
  withCalendarFile: boolean,
): Promise<Decision | 'held'> {
  return decisionOfAll(
    await Promise.all(
      recipientsOf(known, planned).map((recipient) => tell(recipient, known, planned, withCalendarFile)),
    ),
  );
}

/** Undefined for the host, whom the activity knows. */
function recipientsOf({ booking: { attendees } }: BookingState, { to }: PlannedNotice): (Attendee | undefined)[] {
  if (to === 'host') return [undefined];
  return (to === 'booker' ? attendees.slice(0, 1) : attendees).filter(isMailable);
}

async function tell(
  recipient: Attendee | undefined,
  known: BookingState,
  { notice, deadline }: PlannedNotice,
  withCalendarFile: boolean,
): Promise<Decision | 'held'> {
  const { booking, heard, acknowledgedBy, replaced, reason, calledOffAs } = known;
  const activities: NoticeActivities = proxyActivities<NoticeActivities>({
    scheduleToCloseTimeout: Math.max(1, deadline - Date.now()),
    startToCloseTimeout: '6 minutes',
    heartbeatTimeout: '15 seconds',
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { initialInterval: '1 second', maximumInterval: '4 minutes' },
    summary: `Notice: ${notice}`,
  });
  try {
    return decisionOf(
      await activities.sendNotice({
        booking,
        ...(recipient && { recipient, heard }),
        step: noticeStep(notice),
        template: templateOf(notice),
        deadline: new Date(deadline).toISOString(),
        ...(acknowledgedBy.length > 0 && { acknowledgedBy }),
        ...(replaced && { replaced }),
        ...(reason && { reason }),
        ...(calledOffAs === 'reschedule_requested' && { isToBeMoved: true }),
        ...(withCalendarFile && recipient && { withCalendarFile }),
      }),
    );
  } catch (error) {
    const why = failureReason(error, 'not_delivered_in_time') as FailReason;
    log.warn('notice not sent', { bookingUid: booking.uid, notice, reason: why });
    return { outcome: 'failed', reason: why };
  }
}
