import { type Attendee, isMailable } from '../booking.ts';
import { attemptMail } from './attempt-mail.ts';
import type { BookingState } from './booking-state.ts';
import { decisionOfAll } from './decision-of.ts';
import type { Decision } from './messages.ts';
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
  const step = noticeStep(notice);

  return attemptMail({ bookingUid: booking.uid, step, summary: `Notice: ${notice}`, deadline }, (activities) =>
    activities.sendNotice({
      booking,
      ...(recipient && { recipient, heard }),
      step,
      template: templateOf(notice),
      deadline: new Date(deadline).toISOString(),
      ...(acknowledgedBy.length > 0 && { acknowledgedBy }),
      ...(replaced && { replaced }),
      ...(reason && { reason }),
      ...(calledOffAs === 'reschedule_requested' && { isToBeMoved: true }),
      ...(withCalendarFile && recipient && { withCalendarFile }),
    }),
  );
}
