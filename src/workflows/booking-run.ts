import { condition, setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { ContactUpdate } from '../activities/index.ts';
import { type BookingEvent, isMailable } from '../booking.ts';
import { type BookingState, hear } from './booking-state.ts';
import { describeTimetable } from './current-details.ts';
import { keepContact } from './keep-contact.ts';
import { lookUpCampaign } from './look-up-campaign.ts';
import {
  type CampaignReport,
  type NotionReport,
  notionQueueOf,
  type PrecallPrepInput,
  type Timetable,
} from './messages.ts';
import { type Decision, reportOf, whyNotLookedUp } from './report.ts';
import { changesBetween, type Published, publishedOf } from './search-attributes.ts';
import { sendReminder } from './send-reminder.ts';
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
  #published: Published | undefined;

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
    await condition(() => this.#isOver || this.#isLookedUp);
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
      await condition(() => this.#isOver || this.#campaign !== undefined || !this.#isLookedUp, '1 minute');
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

  /** How things stand, as the query and the result tell it. */
  get report(): Timetable {
    return reportOf({
      ...this.#state,
      plan: this.#input.plan,
      decisionOf: (reminder) => this.#decisions.get(keyOf(reminder)),
      campaign: this.#campaign,
      notion: this.#notion,
      isOver: this.#isOver,
    });
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

  get #notionQueue(): string {
    return notionQueueOf(workflowInfo().taskQueue);
  }

  get #isLookedUp(): boolean {
    return whyNotLookedUp(this.#booking, this.#isTooSoon) === undefined;
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

  /** Tells the operator, in the Temporal UI, how things stand. */
  #show(): void {
    const { report } = this;
    setCurrentDetails(describeTimetable(report));
    if (!this.#input.searchAttributes) return;

    const published = publishedOf(report);
    const changes = changesBetween(this.#published ?? published, published);
    if (changes.length > 0) upsertSearchAttributes(changes);
    this.#published = published;
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
