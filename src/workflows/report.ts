import { type Booking, isMailable } from '../booking.ts';
import type { BookingPlan } from '../booking-plan.ts';
import { type BookingState, isNoShow } from './booking-state.ts';
import type { CampaignReport, Decision, NoticeDecisions, NoticeReport, NotionReport, Timetable } from './messages.ts';
import { NOTICES, planNotices } from './planned-notices.ts';
import { type CalledOff, isTooSoon, offsetLabel, type PlannedReminder } from './timetable.ts';

/** Everything a report is made of. */
export interface Standing extends BookingState {
  plan: BookingPlan;
  /** Of the reminders that the booking gets, as they stand now. */
  reminders: readonly PlannedReminder[];
  decisionOf: (reminder: PlannedReminder) => Decision | undefined;
  /** Undefined until the look-up has told. */
  campaign: CampaignReport | undefined;
  notion: NotionReport;
  noticeDecisions: NoticeDecisions;
  isOver: boolean;
}

/** How things stand, for whoever asks: no names, no addresses. */
export function reportOf(facts: Standing): Timetable {
  const { booking, confirmedAt, plan, reminders, decisionOf, campaign, notion, acknowledgedBy } = facts;
  const attendance = attendanceOf(facts);
  return {
    ...statusOf(facts),
    bookingUid: booking.uid,
    startsAt: booking.startsAt,
    reminders: reminders.map((reminder) => ({
      offset: offsetLabel(reminder.offsetMs),
      dueAt: new Date(reminder.dueAt).toISOString(),
      ...becameOf(reminder, decisionOf(reminder)),
    })),
    campaign: campaign ?? campaignMeanwhile(booking, isTooSoon(booking, confirmedAt, plan)),
    notion,
    notices: noticesOf(facts),
    ...(acknowledgedBy.length > 0 && { acknowledged: true }),
    ...(attendance && { attendance }),
  };
}

/** Why the booking has no reminders any more; undefined while it stands. */
export function calledOff({ standing }: Pick<BookingState, 'standing'>): CalledOff | undefined {
  return standing === 'live' ? undefined : standing;
}

/** Why the booker is not looked up in the campaign; undefined if they are. */
export function whyNotLookedUp(booking: Booking, tooSoon: boolean): string | undefined {
  if (tooSoon) return 'meeting_too_soon';
  return isMailable(booking.attendees[0]) ? undefined : 'no_email_address';
}

function statusOf(facts: Standing): Pick<Timetable, 'status' | 'reason'> {
  const { booking, confirmedAt, plan, standing, calledOffAs, isOver } = facts;
  if (standing === 'cancelled') return { status: standing, ...(calledOffAs && { reason: calledOffAs }) };
  if (standing === 'superseded') return { status: standing };
  if (isTooSoon(booking, confirmedAt, plan)) return { status: 'skipped', reason: 'meeting_too_soon' };
  return { status: isOver ? 'completed' : 'scheduled' };
}

/** Undefined before the call, and for one that was called off. */
function attendanceOf(facts: Standing): Timetable['attendance'] {
  if (facts.standing !== 'live') return undefined;
  if (isNoShow(facts)) return 'no_show';
  if (facts.hasEnded) return 'came';
  return facts.isOver ? 'not_known' : undefined;
}

/** What was sent stays sent, whatever has happened to the booking since. */
function becameOf({ skipped }: PlannedReminder, decision: Decision | undefined): Decision {
  return decision ?? (skipped ? { outcome: 'skipped', reason: skipped } : { outcome: 'planned' });
}

/** Mails that leave at once may arrive in any order: they are told in that of the story. */
function noticesOf({ plan, noticeDecisions, ...state }: Standing): NoticeReport[] {
  const planned = Object.fromEntries(
    planNotices(state, plan.notices).map(({ notice }) => [notice, { outcome: 'planned' } as const]),
  );
  const became: NoticeDecisions = { ...planned, ...noticeDecisions };
  return NOTICES.flatMap((notice) => (became[notice] ? [{ notice, ...became[notice] }] : []));
}

function campaignMeanwhile(booking: Booking, tooSoon: boolean): CampaignReport {
  const reason = whyNotLookedUp(booking, tooSoon);
  return reason ? { state: 'not_looked_up', reason } : { state: 'unknown', reason: 'not_known_yet' };
}
