import { type Attendee, isMailable } from '../booking.ts';
import { attemptMail } from './attempt-mail.ts';
import type { BookingState } from './booking-state.ts';
import { decisionOfAll } from './decision-of.ts';
import type { Decision } from './messages.ts';
import { mailStep, offsetLabel, type PlannedReminder } from './timetable.ts';

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
  const offset = offsetLabel(offsetMs);
  const step = mailStep(offset);
  const due = new Date(dueAt).toISOString();
  const summary = `${offset} reminder, due ${due}`;
  const waitMs = Math.max(0, dueAt - Date.now());

  return attemptMail({ bookingUid: booking.uid, step, summary, deadline, waitMs }, (activities) =>
    activities.sendReminder({
      booking,
      recipient,
      offsetMs,
      step,
      template,
      dueAt: due,
      deadline: new Date(deadline).toISOString(),
      heard,
      ...(acknowledgedBy.length > 0 && { acknowledgedBy }),
      ...(when === 'unconfirmed' && { unconfirmedOnly: true }),
      ...(calendarFile && { calendarFile }),
    }),
  );
}
