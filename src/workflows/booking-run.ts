import { condition, setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { ContactUpdate } from '../activities/index.ts';
import { type BookingEvent, isMailable } from '../booking.ts';
import { type BookingState, hear } from './booking-state.ts';
import { describeTimetable } from './current-details.ts';
import { keepContact } from './keep-contact.ts';
import { lookUpCampaign } from './look-up-campaign.ts';
import type { CampaignReport, NotionReport, PrecallPrepInput, ReminderReport, Timetable } from './messages.ts';
import { precallCampaign, precallStartsAt, precallStatus } from './search-attributes.ts';
import { type Decision, sendReminder } from './send-reminder.ts';
import * as timetable from './timetable.ts';
import { unlessOvertaken } from './unless-overtaken.ts';

const WEEK_MS = 7 * 24 * 3_600_000;

/** What one run knows, has decided and has had done; `precallPrep` tells in which order. */
export class BookingRun {
  readonly #input: PrecallPrepInput;
  readonly #decisions = new Map<string, Decision>();
  #known: BookingState | undefined;
  #campaign: CampaignReport | undefined;
  #notion: NotionReport = { outcome: 'pending' };
  #hasBooked = false;
  #isOver = false;
  /** What the search attributes say: at first what the run was started with. */
  #published: { status: Timetable['status']; startsAt: string; campaign?: string | undefined } | undefined;

  constructor(input: PrecallPrepInput) {
    this.#input = input;
  }

  hear(event: BookingEvent): void {
    const known = hear(this.#known, event);
    if (known === this.#known) return;
    this.#known = known;
    this.#published ??= { status: 'scheduled', startsAt: known.booking.startsAt };
    this.#show();
  }

  get isKnown(): boolean {
    return this.#known !== undefined;
  }

  /** What comes next: the soonest undecided reminder, else the end of the call and the grace after it. */
  get nextStep(): timetable.Step {
    const overAt = Date.parse(this.#booking.endsAt) + this.#input.plan.graceMs;
    return timetable.nextStep(this.#planned, (reminder) => this.#decisions.has(keyOf(reminder)), overAt);
  }

  /** @returns whether news overtook the wait. */
  async waitFor(step: timetable.Step, overtaken: () => boolean): Promise<boolean> {
    const now = Date.now();
    const at = step.kind === 'reminder' ? timetable.wakeAt(this.#booking.uid, step.at, now) : step.at;
    return at > now && condition(overtaken, at - now, { summary: labelOf(step) });
  }

  /** Sends a reminder whose time has come, or decides why not. News withdraws a send that is being retried. */
  async remind(reminder: timetable.PlannedReminder, overtaken: () => boolean): Promise<void> {
    const startsAt = Date.parse(this.#booking.startsAt);
    const skipped = timetable.whySkip(reminder, this.#planned, startsAt, Date.now());
    const deadline = timetable.deadlineOf(reminder, this.#planned, startsAt);
    const decision: Decision | undefined = skipped
      ? { outcome: 'skipped', reason: skipped }
      : await unlessOvertaken(overtaken, () => sendReminder(this.#booking, reminder, deadline));
    if (!decision) return;
    this.#decisions.set(keyOf(reminder), decision);
    this.#show();
  }

  /** Finds out whether the booker is in a campaign, trying as long as the run lives. */
  async findCampaign(): Promise<void> {
    await condition(() => this.#isOver || this.#whyNoCampaign === undefined);
    if (this.#isOver) return;
    this.#campaign = await unlessOvertaken(
      () => this.#isOver,
      () => lookUpCampaign(this.#booking, this.#notionGivesUpAt, this.#notionQueue),
    );
    this.#show();
  }

  /** Keeps the booker's row in Notion right, until the call is over and the row says so. */
  async keepContact(): Promise<void> {
    if (!isMailable(this.#booking.attendees[0])) {
      this.#notion = { outcome: 'skipped', reason: 'no_email_address' };
      this.#show();
      return;
    }
    if (this.#input.campaignStatusFor === 'members') {
      // One write instead of two, if membership is known soon; the date does not wait longer for it.
      await condition(
        () => this.#isOver || this.#campaign !== undefined || this.#whyNoCampaign !== undefined,
        '1 minute',
      );
    }
    await keepContact({
      wanted: () => this.#wantedContact,
      isFinal: () => this.#isOver,
      giveUpAt: () => this.#notionGivesUpAt,
      taskQueue: this.#notionQueue,
      report: (report) => {
        this.#notion = report;
        this.#hasBooked ||= report.outcome === 'updated' || report.outcome === 'unchanged';
        this.#show();
      },
    });
  }

  /** The call is over: what is still being tried for its sake is withdrawn, and its row is closed. */
  finish(): void {
    this.#isOver = true;
    this.#show();
  }

  get timetable(): Timetable {
    const tooSoon = this.#isTooSoon;
    return {
      status: tooSoon ? 'skipped' : this.#isOver ? 'completed' : 'scheduled',
      ...(tooSoon && { reason: 'meeting_too_soon' }),
      bookingUid: this.#booking.uid,
      startsAt: this.#booking.startsAt,
      reminders: this.#planned.map((reminder) => this.#reportOf(reminder)),
      campaign: this.#campaign ?? this.#campaignMeanwhile,
      notion: this.#notion,
    };
  }

  get #state(): BookingState {
    if (!this.#known) throw new Error('Nothing is known of the booking yet');
    return this.#known;
  }

  get #booking() {
    return this.#state.booking;
  }

  get #isTooSoon(): boolean {
    return timetable.isTooSoon(this.#booking, this.#state.confirmedAt, this.#input.plan);
  }

  get #planned(): timetable.PlannedReminder[] {
    return timetable.planReminders(this.#booking, this.#state.confirmedAt, this.#input.plan);
  }

  get #notionGivesUpAt(): number {
    return Date.parse(this.#booking.endsAt) + this.#input.plan.graceMs + WEEK_MS;
  }

  /** Notion's work has a queue of its own, so that nothing waits behind it. */
  get #notionQueue(): string {
    return `${workflowInfo().taskQueue}-notion`;
  }

  get #whyNoCampaign(): string | undefined {
    if (this.#isTooSoon) return 'meeting_too_soon';
    return isMailable(this.#booking.attendees[0]) ? undefined : 'no_email_address';
  }

  get #campaignMeanwhile(): CampaignReport {
    const reason = this.#whyNoCampaign;
    return reason ? { state: 'not_looked_up', reason } : { state: 'unknown', reason: 'not_known_yet' };
  }

  get #wantedContact(): ContactUpdate {
    const { uid, attendees, startsAt } = this.#booking;
    const contact = { bookingUid: uid, email: attendees[0].email, startsAt };
    if (this.#isOver) return { ...contact, bookingStatus: 'Completed', onlyIfBooked: this.#hasBooked };
    const belongs = this.#input.campaignStatusFor === 'everybody' || this.#campaign?.state === 'member';
    return belongs && !this.#isTooSoon
      ? { ...contact, bookingStatus: 'Booked', campaignStatus: 'Pre-Call Prep' }
      : { ...contact, bookingStatus: 'Booked' };
  }

  #reportOf(reminder: timetable.PlannedReminder): ReminderReport {
    const report = { offset: timetable.offsetLabel(reminder.offsetMs), dueAt: new Date(reminder.dueAt).toISOString() };
    if (reminder.skipped) return { ...report, outcome: 'skipped', reason: reminder.skipped };
    return { ...report, ...(this.#decisions.get(keyOf(reminder)) ?? { outcome: 'planned' }) };
  }

  /** Tells the operator, in the Temporal UI, how things stand. */
  #show(): void {
    const shown = this.timetable;
    setCurrentDetails(describeTimetable(shown));
    if (!this.#input.searchAttributes) return;

    const { status, startsAt } = shown;
    const campaign =
      shown.campaign.state === 'member'
        ? shown.campaign.campaign
        : shown.campaign.state === 'none'
          ? 'none'
          : undefined;
    const changed = [
      ...(status === this.#published?.status ? [] : [{ key: precallStatus, value: status }]),
      ...(startsAt === this.#published?.startsAt ? [] : [{ key: precallStartsAt, value: new Date(startsAt) }]),
      ...(campaign === this.#published?.campaign || !campaign ? [] : [{ key: precallCampaign, value: campaign }]),
    ];
    if (changed.length > 0) upsertSearchAttributes(changed);
    this.#published = { status, startsAt, campaign };
  }
}

/** The due instant is part of it: when a call moves, the same offset is a new reminder. */
function keyOf({ dueAt, offsetMs }: timetable.PlannedReminder): string {
  return `${dueAt}/${offsetMs}`;
}

function labelOf(step: timetable.Step): string {
  const at = new Date(step.at).toISOString();
  return step.kind === 'end'
    ? `Until the call is over, ${at}`
    : `${timetable.offsetLabel(step.reminder.offsetMs)} reminder, due ${at}`;
}
