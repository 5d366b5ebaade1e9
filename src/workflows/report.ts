import { type Booking, isMailable } from '../booking.ts';
import type { ReminderPlan } from '../config.ts';
import type { CampaignReport, NotionReport, ReminderReport, Timetable } from './messages.ts';
import { isTooSoon, offsetLabel, type PlannedReminder, planReminders } from './timetable.ts';

/** What was decided about a reminder. */
export type Decision = Pick<ReminderReport, 'outcome' | 'reason' | 'sentAt'>;

/** Everything a report is made of. */
export interface Standing {
  booking: Booking;
  /** ISO 8601, UTC. */
  confirmedAt: string;
  plan: ReminderPlan;
  decisionOf: (reminder: PlannedReminder) => Decision | undefined;
  /** Undefined until the look-up has told. */
  campaign: CampaignReport | undefined;
  notion: NotionReport;
  isOver: boolean;
}

/** How things stand, for whoever asks: no names, no addresses. */
export function reportOf({ booking, confirmedAt, plan, decisionOf, campaign, notion, isOver }: Standing): Timetable {
  const tooSoon = isTooSoon(booking, confirmedAt, plan);
  return {
    status: tooSoon ? 'skipped' : isOver ? 'completed' : 'scheduled',
    ...(tooSoon && { reason: 'meeting_too_soon' }),
    bookingUid: booking.uid,
    startsAt: booking.startsAt,
    reminders: planReminders(booking, confirmedAt, plan).map((reminder) => ({
      offset: offsetLabel(reminder.offsetMs),
      dueAt: new Date(reminder.dueAt).toISOString(),
      ...becameOf(reminder, decisionOf(reminder)),
    })),
    campaign: campaign ?? campaignMeanwhile(booking, tooSoon),
    notion,
  };
}

/** Why the booker is not looked up in the campaign; undefined if they are. */
export function whyNotLookedUp(booking: Booking, tooSoon: boolean): string | undefined {
  if (tooSoon) return 'meeting_too_soon';
  return isMailable(booking.attendees[0]) ? undefined : 'no_email_address';
}

function becameOf({ skipped }: PlannedReminder, decision: Decision | undefined): Decision {
  if (skipped) return { outcome: 'skipped', reason: skipped };
  return decision ?? { outcome: 'planned' };
}

function campaignMeanwhile(booking: Booking, tooSoon: boolean): CampaignReport {
  const reason = whyNotLookedUp(booking, tooSoon);
  return reason ? { state: 'not_looked_up', reason } : { state: 'unknown', reason: 'not_known_yet' };
}
