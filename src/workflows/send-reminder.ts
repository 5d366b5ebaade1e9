import { ActivityCancellationType, log, proxyActivities } from '@temporalio/workflow';
import type { EmailActivities, ReminderSent } from '../activities/index.ts';
import { type Attendee, type Booking, isMailable } from '../booking.ts';
import { failureReason } from './failure-reason.ts';
import type { ReminderReport } from './messages.ts';
import type { Decision } from './report.ts';
import { offsetLabel, type PlannedReminder } from './timetable.ts';

/** The mail server's own limits are shorter: an attempt that takes longer than this is lost. */
const LONGEST_SEND_MS = 6 * 60_000;
/** A worker that dies while it waits for the due instant is noticed this long after it. */
const NOTICED_WITHIN_MS = 15_000;

/**
 * Mails one reminder to everyone on the booking, each in an activity of their own: what one recipient's mail server
 * refuses does not keep the mail from the others.
 *
 * @param deadline when trying ends, epoch milliseconds: the call's start, or the moment a later reminder takes over.
 */
export async function sendReminder(booking: Booking, reminder: PlannedReminder, deadline: number): Promise<Decision> {
  const recipients = booking.attendees.filter(isMailable);
  const decisions = await Promise.all(recipients.map((recipient) => sendTo(recipient, booking, reminder, deadline)));

  const sent = decisions.find(({ outcome }) => outcome === 'sent');
  if (!sent) return decisions[0] ?? { outcome: 'skipped', reason: 'no_email_address' };
  return decisions.every(({ outcome }) => outcome === 'sent') ? sent : { ...sent, reason: 'not_all_recipients' };
}

async function sendTo(
  recipient: Attendee,
  booking: Booking,
  { offsetMs, template, dueAt }: PlannedReminder,
  deadline: number,
): Promise<Decision> {
  const now = Date.now();
  const waitMs = Math.max(0, dueAt - now);
  const activities: EmailActivities = proxyActivities<EmailActivities>({
    scheduleToCloseTimeout: Math.max(1, deadline - now),
    startToCloseTimeout: waitMs + LONGEST_SEND_MS,
    heartbeatTimeout: waitMs + NOTICED_WITHIN_MS,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { initialInterval: '1 second', maximumInterval: '4 minutes' },
    summary: `${offsetLabel(offsetMs)} reminder, due ${new Date(dueAt).toISOString()}`,
  });

  try {
    const sent: ReminderSent = await activities.sendReminder({
      booking,
      recipient,
      offsetMs,
      template,
      dueAt: new Date(dueAt).toISOString(),
    });
    return { outcome: 'sent', sentAt: sent.sentAt };
  } catch (error) {
    const reason = failureReason(error, 'not_delivered_in_time') as NonNullable<ReminderReport['reason']>;
    log.warn('reminder not sent', { bookingUid: booking.uid, offset: offsetLabel(offsetMs), reason });
    return { outcome: 'failed', reason };
  }
}
