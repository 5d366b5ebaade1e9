import { type Booking, isMailable } from '../booking.ts';
import type { BookingPlan, ReminderStep } from '../booking-plan.ts';
import type { CampaignReport } from './messages.ts';

/** Why a reminder is not sent. */
export type SkipReason =
  /** The call was confirmed less than the threshold before its start: it gets no reminders at all. */
  | 'meeting_too_soon'
  /** Its moment had passed when the booking was confirmed. */
  | 'past_when_booked'
  /** The call had begun before the reminder could be sent. */
  | 'call_started'
  /** A later reminder was due as well when work resumed: one mail says it all. */
  | 'later_reminder_due'
  /** Nobody on this booking has an address that mail can reach. */
  | 'no_email_address'
  /** News was on its way that could have called the reminder off, and it had not come when the call began. */
  | 'news_not_heard'
  /** It was missed as well, and another mail makes up for it. */
  | 'merged'
  /** It is for members of a campaign, or for everybody else, and nobody could be asked in time which the booker is. */
  | 'membership_unknown'
  | 'not_a_member'
  | 'is_a_member'
  | CalledOff;

/** Why a booking has no reminders any more: it was cancelled, or another one has taken its place. */
export type CalledOff = 'cancelled' | 'superseded';

/** A reminder that lies ahead, or one that will not be sent and why. Instants are epoch milliseconds. */
export interface PlannedReminder extends ReminderStep {
  /** Names it among all reminders of the booking: when a call moves, the same offset is a new reminder. */
  key: string;
  dueAt: number;
  /** It makes up for what was missed because the call was booked too late: it is sent at once. */
  catchesUp?: true;
  skipped?: SkipReason;
}

/** What the run waits for next. */
export type Step = { kind: 'reminder'; at: number; reminder: PlannedReminder } | { kind: 'end'; at: number };

const LONGEST_LEAD_MS = 120_000;
/** Of a booking's longest lead: what is woken for at the last moment would be late behind what is woken for together with it. */
const LEAST_SHARE = 0.2;

/** Whether the call was confirmed so shortly before its start that nobody needs reminding. */
export function isTooSoon(booking: Booking, confirmedAt: string, plan: Pick<BookingPlan, 'thresholdMs'>): boolean {
  return Date.parse(booking.startsAt) - Date.parse(confirmedAt) < plan.thresholdMs;
}

/** What a booking's reminders depend on besides the booking. */
export interface Layout extends Pick<BookingPlan, 'steps' | 'thresholdMs'> {
  /** When they are due where that is not their offset before the call, by the offset. Epoch milliseconds. */
  dueAtByOffset?: Readonly<Record<number, number>>;
  /** Why none of them is sent any more. */
  calledOff?: CalledOff | undefined;
}

/**
 * Lays out the reminders of a booking, soonest first.
 *
 * One whose moment had passed when the booking was confirmed is marked, not sent late: whoever books an hour ahead does
 * not want yesterday's reminder. Of those that are to be made up for, the last one is sent at once for all of them.
 */
export function planReminders(booking: Booking, confirmedAt: string, layout: Layout): PlannedReminder[] {
  const { steps, dueAtByOffset = {}, calledOff } = layout;
  const startsAt = Date.parse(booking.startsAt);
  const tooSoon = isTooSoon(booking, confirmedAt, layout);
  const isMissed = ({ offsetMs }: ReminderStep) => startsAt - offsetMs < Date.parse(confirmedAt);
  const makesUp = Math.min(...steps.filter((step) => step.late && isMissed(step)).map(({ offsetMs }) => offsetMs));

  return steps
    .map((step): PlannedReminder => {
      const { offsetMs } = step;
      const ownInstant = startsAt - offsetMs;
      const reminder = { ...step, key: `${ownInstant}/${offsetMs}`, dueAt: dueAtByOffset[offsetMs] ?? ownInstant };
      if (tooSoon) return { ...reminder, skipped: 'meeting_too_soon' };
      if (!booking.attendees.some(isMailable)) return { ...reminder, skipped: 'no_email_address' };
      if (isMissed(step) && !step.late) return { ...reminder, skipped: 'past_when_booked' };
      if (isMissed(step) && offsetMs !== makesUp) return { ...reminder, skipped: 'merged' };
      if (calledOff) return { ...reminder, skipped: calledOff };
      return isMissed(step) ? { ...reminder, catchesUp: true } : reminder;
    })
    .sort((a, b) => a.dueAt - b.dueAt);
}

/** The soonest reminder that is neither skipped nor decided; when none is left, the moment the call is over for good. */
export function nextStep(
  planned: readonly PlannedReminder[],
  isDecided: (reminder: PlannedReminder) => boolean,
  overAt: number,
): Step {
  const reminder = planned.find((candidate) => !candidate.skipped && !isDecided(candidate));
  return reminder ? { kind: 'reminder', at: reminder.dueAt, reminder } : { kind: 'end', at: overAt };
}

export function isSameStep(a: Step, b: Step): boolean {
  return (
    a.kind === b.kind &&
    a.at === b.at &&
    (a.kind === 'end' || b.kind === 'end' || a.reminder.offsetMs === b.reminder.offsetMs)
  );
}

/** Until when a reminder is tried: the call's start, or the moment a later reminder takes its place. */
export function deadlineOf(reminder: PlannedReminder, planned: readonly PlannedReminder[], startsAt: number): number {
  return planned.find(({ dueAt, skipped }) => !skipped && dueAt > reminder.dueAt)?.dueAt ?? startsAt;
}

/** Why a reminder whose time has come is not sent after all; undefined if it is. */
export function whySkip(
  reminder: PlannedReminder,
  planned: readonly PlannedReminder[],
  startsAt: number,
  now: number,
): SkipReason | undefined {
  if (now >= startsAt) return 'call_started';
  const laterIsDue = planned.some(({ dueAt, skipped }) => !skipped && dueAt > reminder.dueAt && dueAt <= now);
  return laterIsDue ? 'later_reminder_due' : undefined;
}

/** Whether it may still turn out if the booker is a member of a campaign. */
export function isMembershipToCome(state: CampaignReport['state'] | undefined): boolean {
  return state === undefined || state === 'unknown';
}

/** Why a reminder is not for this booker; undefined if it is, as far as their membership decides. */
export function whyNotFor(
  { when }: ReminderStep,
  membership: CampaignReport['state'] | undefined,
): SkipReason | undefined {
  if (when !== 'members' && when !== 'others') return undefined;
  if (membership === 'member') return when === 'members' ? undefined : 'is_a_member';
  if (membership === 'none') return when === 'others' ? undefined : 'not_a_member';
  return 'membership_unknown';
}

/**
 * When to wake for something due at `dueAt`: 24 s to two minutes earlier, as is fixed by the booking's uid, never more than a
 * quarter of the wait. Many calls start at the same minute; the spread keeps their reminders from queueing, and the activity
 * waits in memory for the exact instant.
 */
export function wakeAt(uid: string, dueAt: number, now: number): number {
  const longestMs = Math.min(LONGEST_LEAD_MS, Math.max(0, dueAt - now) / 4);
  return Math.floor(dueAt - longestMs * (LEAST_SHARE + (1 - LEAST_SHARE) * shareOf(uid)));
}

/** How long before the call, as people write it: `72h`, `90m`, `10s`. */
export function offsetLabel(offsetMs: number): string {
  if (offsetMs % 3_600_000 === 0) return `${offsetMs / 3_600_000}h`;
  if (offsetMs % 60_000 === 0) return `${offsetMs / 60_000}m`;
  return `${offsetMs / 1_000}s`;
}

/** Names a reminder among all mails of a booking. */
export function mailStep(offset: string): string {
  return `reminder/${offset}`;
}

/** Spreads uids evenly over [0, 1): FNV-1a, because the workflow sandbox has no hash of its own. */
function shareOf(uid: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < uid.length; index += 1) {
    hash = Math.imul(hash ^ uid.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) / 2 ** 32;
}
