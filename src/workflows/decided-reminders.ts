import type { RunRecord } from '../activities/index.ts';
import { type Booking, isMailable } from '../booking.ts';
import type { ReminderReport, Timetable } from './messages.ts';
import { mailStep } from './timetable.ts';

/** The reminders that nobody gets, one for each recipient who would have got it. */
export function decidedReminders({ attendees, startsAt }: Booking, { reminders }: Timetable): RunRecord['decided'] {
  return reminders.flatMap(({ offset, dueAt, outcome, reason }) =>
    isNotSent(outcome)
      ? attendees.filter(isMailable).map(({ email: recipient }) => ({
          step: mailStep(offset),
          startsAt,
          dueAt,
          recipient,
          outcome,
          reason: reason ?? 'unknown',
        }))
      : [],
  );
}

function isNotSent(outcome: ReminderReport['outcome']): outcome is 'skipped' | 'failed' {
  return outcome === 'skipped' || outcome === 'failed';
}
