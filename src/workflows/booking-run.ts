import { condition, setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { ContactUpdate, ReminderSentNote, RunRecord } from '../activities/index.ts';
import { type BookingEvent, bookingKeyOf, isMailable } from '../booking.ts';
import { type BookingState, hear, isNoShow, merge } from './booking-state.ts';
import { describeTimetable } from './current-details.ts';
import { decidedReminders } from './decided-reminders.ts';
import { keepContact } from './keep-contact.ts';
import { hasUnheardNews } from './has-unheard-news.ts';
import { keepRecord } from './keep-record.ts';
import { lookUpCampaign } from './look-up-campaign.ts';
import { noteReminder } from './note-reminder.ts';
import {
  type CampaignReport,
  type Decision,
  type NotionReport,
  notionQueueOf,
  type PrecallPrepInput,
  type RunState,
  type Timetable,
} from './messages.ts';
import { calledOff, reportOf, whyNotLookedUp } from './report.ts';
import { changesBetween, type Published, publishedOf } from './search-attributes.ts';
import { sendReminder } from './send-reminder.ts';
import { tellOwner } from './tell-owner.ts';
import * as timetable from './timetable.ts';
import { unlessOvertaken } from './unless-overtaken.ts';

const WEEK_MS = 7 * 24 * 3_600_000;
/** The server looks every second for what is to be told. */
const FIRST_LATE_NEWS_PAUSE_MS = 5_000;
const LONGEST_LATE_NEWS_PAUSE_MS = 6 * 3_600_000;

/** What one run knows, has decided and has had done; `precallPrep` tells in which order. */
export class BookingRun {
  readonly #input: PrecallPrepInput;
  #revision = 0;
  #decisions: Record<string, Decision> = {};
  #known: BookingState | undefined;
  #campaign: CampaignReport | undefined;
  #isLookingUp = false;
  #notion: NotionReport = { outcome: 'pending' };
  #notice: Decision | undefined;
  #isOver = false;
  #hasEnded = false;
  /** What the search attributes say. */
  #published: Published | undefined;

  constructor(input: PrecallPrepInput) {
    this.#input = input;
    if (input.resume) this.#goOnFrom(input.resume);
  }

  hear(event: BookingEvent): void {
    const known = hear(this.#known, event);
    if (!known || known === this.#known) return;
    this.#known = known;
    this.#show();
  }

  get isKnown(): boolean {
    return this.#known !== undefined;
  }

  get isSuperseded(): boolean {
    return this.#state.standing === 'superseded';
  }

  /** What comes next: the soonest undecided reminder, else the end of the call and the grace after it. */
  get nextStep(): timetable.Step {
    // A cancelled call has no end: its run waits until it would have started, in case it is confirmed again.
    const endsAt = this.#state.standing === 'live' ? this.#booking.endsAt : this.#booking.startsAt;
    const overAt = Date.parse(endsAt) + this.#input.plan.graceMs;
    return timetable.nextStep(this.#planned, (reminder) => keyOf(reminder) in this.#decisions, overAt);
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
    const decision = skipped
      ? ({ outcome: 'skipped', reason: skipped } as const)
      : await unlessOvertaken(overtaken, () => sendReminder(this.#state, reminder, deadline));
    if (decision === 'held') return this.#awaitNews(reminder, overtaken);
    if (decision) this.#decide(reminder, decision);
  }

  /**
   * Waits, at the end of the call, for what has arrived and not come here yet: a cancel that was kept while Temporal was away must not
   * end as a completed call.
   *
   * @returns whether there is anything new.
   */
  async hearsLateNews(): Promise<boolean> {
    const booking = bookingKeyOf(this.#booking);
    const known = this.#state;
    if (known.standing !== 'live') return false;
    for (let pauseMs = FIRST_LATE_NEWS_PAUSE_MS; Date.now() < this.#notionGivesUpAt; pauseMs *= 2) {
      const isOnItsWay = await hasUnheardNews(booking, known.heard);
      if (!isOnItsWay || this.#state !== known) break;
      const wait = Math.min(pauseMs, LONGEST_LATE_NEWS_PAUSE_MS);
      const hasCome = await condition(() => this.#state !== known, wait, { summary: 'News of the call is on its way' });
      // Once it has come there may be nothing left to wait for: a booking that was replaced has its place taken for good.
      if (hasCome) break;
    }
    return this.#state !== known;
  }

  /** Finds out whether the booker is in a campaign, trying as long as something depends on it. */
  async findCampaign(): Promise<void> {
    await condition(() => this.#isOver || this.#isLookedUp);
    if (this.#isOver || (this.#campaign && this.#campaign.state !== 'unknown')) return;
    const tell = (report: CampaignReport) => {
      this.#campaign = report;
      this.#show();
    };
    this.#isLookingUp = true;
    const found = await unlessOvertaken(
      () => this.#isOver && !this.#hasNotes,
      () =>
        lookUpCampaign(this.#booking, {
          giveUpAt: this.#notionGivesUpAt,
          taskQueue: this.#notionQueue,
          report: tell,
        }),
    );
    this.#isLookingUp = false;
    if (found) tell(found);
    else this.#show();
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
        this.#show();
      },
    });
  }

  /** Notes in a member's row when reminders were sent, where the operator wants that: each after its mail, and after Notion is back. */
  async noteReminders(): Promise<void> {
    if (!this.#input.remindersNoted) return;
    const noted = new Set<string>();
    const next = () =>
      this.#campaign?.state === 'member' ? this.#notes.find((note) => !noted.has(nameOf(note))) : undefined;
    for (;;) {
      await condition(() => next() !== undefined || (this.#isOver && !(this.#isLookingUp && this.#hasNotes)));
      const note = next();
      if (!note) return;
      noted.add(nameOf(note));
      await noteReminder(note, this.#notionGivesUpAt, this.#notionQueue);
    }
  }

  /** Tells the owner once, if it turns out that a move was not accepted. */
  async tellOwner(): Promise<void> {
    await condition(() => this.#isOver || this.#state.calledOffAs === 'move_rejected');
    if (this.#isOver || this.#notice) return;
    this.#notice = await tellOwner(this.#booking, Date.parse(this.#booking.startsAt));
    this.#show();
  }

  /** Keeps the booking's row in the store, until the run has ended and the row says so. */
  async keepRecord(): Promise<void> {
    await keepRecord({
      current: () => this.#record,
      isFinal: () => this.#hasEnded,
      giveUpAt: () => this.#notionGivesUpAt,
      adopt: (kept) => this.#adopt(kept),
    });
  }

  /** The call is over: what is still being tried for its sake is withdrawn, and its row in Notion is closed. */
  finish(): void {
    this.#isOver = true;
    // Of what was called off there is nothing new to tell.
    if (this.#state.standing === 'live') this.#show();
  }

  /** Nothing will be done any more. */
  end(): void {
    this.#hasEnded = true;
    this.#show();
  }

  /** How things stand, as the query and the result tell it. */
  get report(): Timetable {
    return reportOf({
      ...this.#state,
      hasEnded: this.#callHasEnded,
      plan: this.#input.plan,
      decisionOf: (reminder) => this.#decisions[keyOf(reminder)],
      campaign: this.#campaign,
      notion: this.#notion,
      notice: this.#notice,
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
    const { booking, confirmedAt } = this.#state;
    return timetable.planReminders(booking, confirmedAt, this.#input.plan, calledOff(this.#state));
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

  /** The reminders that were sent and are to be noted, if the booker is a member. */
  get #notes(): ReminderSentNote[] {
    const { steps } = this.#input.plan;
    const { attendees } = this.#booking;
    return this.#planned.flatMap((reminder) => {
      const number = steps.findIndex(({ offsetMs }) => offsetMs === reminder.offsetMs) + 1;
      const { outcome, sentAt } = this.#decisions[keyOf(reminder)] ?? {};
      if (outcome !== 'sent' || sentAt === undefined || number > (this.#input.remindersNoted ?? 0)) return [];
      return [{ booking: bookingKeyOf(this.#booking), email: attendees[0].email, number, sentAt }];
    });
  }

  /** Whether there is something to note if the booker turns out to be a member. */
  get #hasNotes(): boolean {
    return !this.isSuperseded && this.#notes.length > 0;
  }

  get #record(): RunRecord {
    const { report } = this;
    return {
      booking: this.#booking,
      revision: this.#revision,
      status: report.status,
      report,
      state: {
        revision: this.#revision,
        known: this.#state,
        decisions: this.#decisions,
        ...(this.#campaign && { campaign: this.#campaign }),
        notion: this.#notion,
        ...(this.#notice && { notice: this.#notice }),
      },
      isOver: this.#hasEnded,
      decided: decidedReminders(this.#booking, report),
    };
  }

  /** The booking that takes this one's place keeps the row from then on. */
  get #wantedContact(): ContactUpdate | undefined {
    if (this.isSuperseded) return undefined;
    const { attendees, startsAt, endsAt } = this.#booking;
    return {
      booking: bookingKeyOf(this.#booking),
      email: attendees[0].email,
      startsAt,
      endsAt,
      ...this.#contactStanding,
    };
  }

  get #contactStanding(): Pick<ContactUpdate, 'standing' | 'changedAt' | 'inCampaign' | 'knownFrom' | 'create'> {
    const { standing, decidedBy, confirmedAt, facts } = this.#state;
    const { endsAt } = this.#booking;
    if (standing === 'cancelled') {
      return { standing, changedAt: decidedBy.occurredAt, inCampaign: false, knownFrom: facts.id };
    }
    if (isNoShow(this.#state)) return { standing: 'no_show', changedAt: endsAt, inCampaign: false };
    if (this.#isOver || this.#callHasEnded) return { standing: 'completed', changedAt: endsAt, inCampaign: false };
    const belongs = this.#input.campaignStatusFor === 'everybody' || this.#campaign?.state === 'member';
    return {
      standing: 'live',
      changedAt: confirmedAt,
      inCampaign: belongs && !this.#isTooSoon,
      // Who moves a call had a contact when they booked it, or nobody wanted one.
      ...(this.#input.createsContacts &&
        this.#state.confirmedBy.kind === 'confirmed' && { create: { name: this.#booking.attendees[0].name } }),
    };
  }

  /** Cal.com tells it once the end has passed; who says so before knows no better than the clock. */
  get #callHasEnded(): boolean {
    return this.#state.hasEnded && Date.now() >= Date.parse(this.#booking.endsAt);
  }

  #decide(reminder: timetable.PlannedReminder, decision: Decision): void {
    this.#decisions = { ...this.#decisions, [keyOf(reminder)]: decision };
    this.#show();
  }

  /** The inbox holds news of this booking that has not come here yet. Without it nobody knows whether to send. */
  async #awaitNews(reminder: timetable.PlannedReminder, overtaken: () => boolean): Promise<void> {
    const known = this.#state;
    const leftMs = Date.parse(this.#booking.startsAt) - Date.now();
    const hasCome = await condition(() => overtaken() || this.#state !== known, Math.max(1, leftMs), {
      summary: 'News that may call the reminder off is on its way',
    });
    if (!hasCome) this.#decide(reminder, { outcome: 'skipped', reason: 'news_not_heard' });
  }

  #goOnFrom({ revision, known, decisions, campaign, notion, notice }: RunState): void {
    this.#revision = revision;
    this.#known = known;
    this.#decisions = decisions;
    this.#campaign = campaign;
    this.#notion = notion;
    this.#notice = notice;
    this.#show();
  }

  /** What either run has decided or heard stays so. */
  #adopt(kept: RunState): void {
    const campaign = this.#campaign ?? kept.campaign;
    const notice = this.#notice ?? kept.notice;
    this.#goOnFrom({
      revision: Math.max(this.#revision, kept.revision),
      known: merge(this.#state, kept.known),
      decisions: { ...kept.decisions, ...this.#decisions },
      ...(campaign && { campaign }),
      notion: this.#notion.outcome === 'pending' ? kept.notion : this.#notion,
      ...(notice && { notice }),
    });
  }

  /** After each change: tells the operator, in the Temporal UI, how things stand. */
  #show(): void {
    this.#revision += 1;
    const { report } = this;
    setCurrentDetails(describeTimetable(report));
    if (!this.#input.searchAttributes) return;

    const published = publishedOf(report);
    // At first they say what the run was started with.
    this.#published ??= { status: 'scheduled', startsAt: report.startsAt };
    const changes = changesBetween(this.#published, published);
    if (changes.length > 0) upsertSearchAttributes(changes);
    this.#published = published;
  }
}

function nameOf({ number, sentAt }: ReminderSentNote): string {
  return `${number} ${sentAt}`;
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
