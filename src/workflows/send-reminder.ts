import { ActivityCancellationType, log, proxyActivities } from '@temporalio/workflow';
import type { EmailActivities } from '../activities/index.ts';
import { type Attendee, isMailable } from '../booking.ts';
import type { BookingState } from './booking-state.ts';
import { decisionOf, decisionOfAll } from './decision-of.ts';
import { failureReason } from './failure-reason.ts';
import type { Decision, FailReason } from './messages.ts';
import { mailStep, offsetLabel, type PlannedReminder } from './timetable.ts';

/** The mail server's own limits are shorter: an attempt that takes longer than this is lost. */
const LONGEST_SEND_MS = 6 * 60_000;
/** A worker that dies while it waits for the due instant is noticed this long after it. */
const NOTICED_WITHIN_MS = 15_000;

/**
 * Mails one reminder to everyone on the booking, each in an activity of their own: what one recipient's mail server
 * refuses does not keep the mail from the others.
 *
 * @param deadline when trying ends, epoch milliseconds: the call's start, or the moment a later reminder takes over.
 * @returns `held` when there is news of the booking that has not been heard yet. Who has got the mail by then will not get it
 * again: each mail is claimed before it is sent.
 */
export async function sendReminder(
  known: BookingState,
  reminder: PlannedReminder,
  deadline: number,
): Promise<Decision | 'held'> {
  const recipients = known.booking.attendees.filter(isMailable);
  const decision = decisionOfAll(
    await Promise.all(recipients.map((recipient) => sendTo(recipient, known, reminder, deadline))),
  );
  const hasCaughtUp = decision !== 'held' && decision.outcome === 'sent' && reminder.catchesUp;
  return hasCaughtUp ? { ...decision, reason: decision.reason ?? 'caught_up' } : decision;
}

async function sendTo(
  recipient: Attendee,
  { booking, heard, acknowledgedBy }: BookingState,
  { offsetMs, template, dueAt, when, calendarFile }: PlannedReminder,
  deadline: number,
): Promise<Decision | 'held'> {
  const now = Date.now();
  const waitMs = Math.max(0, dueAt - now);
  const offset = offsetLabel(offsetMs);
  const activities: EmailActivities = proxyActivities<EmailActivities>({
    scheduleToCloseTimeout: Math.max(1, deadline - now),
    startToCloseTimeout: waitMs + LONGEST_SEND_MS,
    heartbeatTimeout: waitMs + NOTICED_WITHIN_MS,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { initialInterval: '1 second', maximumInterval: '4 minutes' },
    summary: `${offset} reminder, due ${new Date(dueAt).toISOString()}`,
  });

  try {
    return decisionOf(
      await activities.sendReminder({
        booking,
        recipient,
        offsetMs,
        step: mailStep(offset),
        template,
        dueAt: new Date(dueAt).toISOString(),
        deadline: new Date(deadline).toISOString(),
        heard,
        ...(acknowledgedBy.length > 0 && { acknowledgedBy }),
        ...(when === 'unconfirmed' && { unconfirmedOnly: true }),
        ...(calendarFile && { calendarFile }),
      }),
    );
  } catch (error) {
    const reason = failureReason(error, 'not_delivered_in_time') as FailReason;
    log.warn('reminder not sent', { bookingUid: booking.uid, offset, reason });
    return { outcome: 'failed', reason };
  }
}
