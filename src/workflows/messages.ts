import { defineQuery, defineSignal } from '@temporalio/workflow';
import type { MailSkipReason } from '../activities/index.ts';
import type { BookingEvent } from '../booking.ts';
import type { BookingPlan } from '../booking-plan.ts';
import type { BookingState, CalledOffAs } from './booking-state.ts';
import type { Notice, OutOfDate } from './planned-notices.ts';
import type { SkipReason } from './timetable.ts';

/** Notion's work has a queue of its own, so that nothing waits behind it. */
export function notionQueueOf(taskQueue: string): string {
  return `${taskQueue}-notion`;
}

/** What every run is told when it starts. One object, so that a field can be added while older runs are alive. */
export interface PrecallPrepInput {
  plan: BookingPlan;
  /** Whose contact gets the campaign status. */
  campaignStatusFor: 'everybody' | 'members';
  /** Whether a contact is made for a booker who has none. */
  createsContacts?: boolean;
  /** How many of the plan's reminders are noted in a member's row when they were sent, the first ones first; none by default. */
  remindersNoted?: number;
  /** False where our search attributes could not be registered: writing an unknown one fails workflow tasks for ever. */
  searchAttributes: boolean;
  /** Where a lost run stood that this one takes the place of. */
  resume?: KeptState;
}

/** Everything a run needs to go on from here, in another Temporal too. It holds names and addresses. */
export interface RunState {
  /** Counts the changes: the later of two states has the higher one. */
  revision: number;
  known: BookingState;
  /** What was decided about each reminder, by its due instant and offset. */
  decisions: Record<string, Decision>;
  /** Absent until the look-up has told. */
  campaign?: CampaignReport;
  notion: NotionReport;
  /** What was decided about each notice. */
  notices: NoticeDecisions;
}

/** In the order in which they were decided. */
export type NoticeDecisions = Partial<Record<Notice, Decision>>;

/** A {@link RunState} as it was kept, perhaps by an earlier version. */
export type KeptState = Omit<RunState, 'known' | 'notices'> &
  Partial<Pick<RunState, 'notices'>> & {
    known: Omit<BookingState, 'acknowledgedBy'> & Partial<Pick<BookingState, 'acknowledgedBy'>>;
  };

/** What became of one reminder. `offset` is how long before the call, such as `24h`; instants are ISO 8601 in UTC. */
export interface ReminderReport {
  offset: string;
  dueAt: string;
  outcome: 'planned' | 'sent' | 'skipped' | 'failed';
  /**
   * Why it was skipped or failed; of one that was sent, that not all recipients were reached, that somebody may have it twice, or
   * that it makes up for what was missed.
   */
  reason?:
    | SkipReason
    | OutOfDate
    | MailSkipReason
    | FailReason
    | 'not_all_recipients'
    | 'possible_duplicate'
    | 'caught_up';
  sentAt?: string;
}

/** What became of one mail that tells what has happened. */
export interface NoticeReport extends Decision {
  notice: Notice;
}

export type FailReason =
  | 'mail_refused'
  /** It may have been taken, and it was written out for another mail server than the one that is set now. */
  | 'transport_changed'
  /** Resend has had another mail by the same name. */
  | 'key_reused'
  | 'not_delivered_in_time'
  /** Cal.com could not be asked whether the call still takes place, and what was known of it was too old. */
  | 'booking_unverified'
  /** Cal.com does not list the recipient any more. */
  | 'no_longer_listed'
  /** The connection was lost when the mail may have been taken, as often as the operator lets it be sent: it is not sent again. */
  | 'delivery_uncertain';

/** What was decided about a reminder. */
export type Decision = Pick<ReminderReport, 'outcome' | 'reason' | 'sentAt'>;

/** Whether the booker is in a campaign's e-mail sequence. `unknown` is not `none`: it may yet turn out. */
export interface CampaignReport {
  state: 'member' | 'none' | 'unknown' | 'not_looked_up';
  /** The campaign's name, for a member. */
  campaign?: string;
  /** Which e-mails of the sequence a member has got, by their numbers, and when: an instant or a calendar day, if known. */
  emailsSent?: readonly { email: number; at?: string }[];
  reason?: string;
}

/** What became of the booker's row in Notion. */
export interface NotionReport {
  outcome: 'pending' | 'updated' | 'unchanged' | 'failed' | 'skipped';
  /** Why it failed, was skipped or has to wait, why it was left as it is, or which fields could not be written. */
  reason?: string;
}

/** How things stand with one booking, without personal data. */
export interface Timetable {
  status: 'scheduled' | 'skipped' | 'completed' | 'cancelled' | 'superseded';
  reason?: 'meeting_too_soon' | CalledOffAs;
  bookingUid: string;
  startsAt: string;
  reminders: ReminderReport[];
  campaign: CampaignReport;
  notion: NotionReport;
  /** What tells of the booking: what was decided, and what is still to come. */
  notices: NoticeReport[];
  /** Whether somebody on the booking has said that they will be there. */
  acknowledged?: true;
  /** Whether the booker came, once the call has begun to be over; `not_known` when nobody has said. */
  attendance?: 'came' | 'no_show' | 'not_known';
}

/** What a run returns once the call is over. */
export type PrecallOutcome = Timetable;

/** News of the booking; also what a run is started with. */
export const bookingEventSignal = defineSignal<[BookingEvent]>('bookingEvent');

/** How things stand: what is due when, and what became of each reminder so far. */
export const timetableQuery = defineQuery<Timetable>('timetable');
