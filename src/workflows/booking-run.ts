import { condition, setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { ContactUpdate, LayoutRequest, ReminderSentNote, RunRecord } from '../activities/index.ts';
import { type BookingEvent, bookingKeyOf, isMailable } from '../booking.ts';
import type { ReminderPlan } from '../booking-plan.ts';
import { type BookingState, hear, isNoShow, merge } from './booking-state.ts';
import { choosePlan } from './choose-plan.ts';
import { describeTimetable } from './current-details.ts';
import { decidedReminders } from './decided-reminders.ts';
import { hasUnheardNews } from './has-unheard-news.ts';
import { keepContact } from './keep-contact.ts';
import { keepRecord } from './keep-record.ts';
import { isSameRequest, type Laid, layOut, layoutRequestOf } from './lay-out.ts';
import { lookUpCampaign } from './look-up-campaign.ts';
import {
  type CampaignReport,
  type Decision,
  type KeptState,
  type NoticeDecisions,
  type NotionReport,
  notionQueueOf,
  type PrecallPrepInput,
  type RunState,
  type Timetable,
} from './messages.ts';
import { noteReminder } from './note-reminder.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { type PlannedNotice, planNotices, whyNotTold } from './planned-notices.ts';
import { calledOff, reportOf, whyNotLookedUp } from './report.ts';
import { changesBetween, type Published, publishedOf } from './search-attributes.ts';
import { sendNotice } from './send-notice.ts';
import { sendReminder } from './send-reminder.ts';
import * as timetable from './timetable.ts';
import { unlessOvertaken } from './unless-overtaken.ts';
import { wholeState } from './whole-state.ts';

const WEEK_MS = 7 * 24 * 3_600_000;
const LONGEST_MEMBERSHIP_WAIT_MS = 60_000;
/** The server looks every second for what is to be told. */
const FIRST_LATE_NEWS_PAUSE_MS = 5_000;
const LONGEST_LATE_NEWS_PAUSE_MS = 6 * 3_600_000;

/** What one run knows, has decided and has had done; `precallPrep` tells in which order. */
export class BookingRun {
  readonly #input: PrecallPrepInput;
  readonly #inTurn = oneAtATime();
  #revision = 0;
  #decisions: Record<string, Decision> = {};
  #known: BookingState | undefined;
  #campaign: CampaignReport | undefined;
  #isLookingUp = false;
  #notion: NotionReport = { outcome: 'pending' };
  #notices: NoticeDecisions = {};
  /** When the reminders are due, where quiet hours move them. */
  #laid: Laid | undefined;
  #isOver = false;
  #hasEnded = false;
  /** What the search attributes say. */
  #published: Published | undefined;

  constructor(input: PrecallPrepInput) {
    this.#input = input;
    if (input.resume) this.#goOnFrom(wholeState(input.resume));
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
    return timetable.nextStep(this.#planned, ({ key }) => key in this.#decisions, overAt);
  }

  /** @returns whether news overtook the wait. */
  async waitFor(step: timetable.Step, overtaken: () => boolean): Promise<boolean> {
    const now = Date.now();
    const at = step.kind === 'reminder' ? timetable.wakeAt(this.#booking.uid, step.at, now) : step.at;
    return at > now && condition(overtaken, at - now, { summary: labelOf(step) });
  }

  /** Sends a reminder whose time has come, or decides why not. News withdraws a send that is being retried. */
  async remind(reminder: timetable.PlannedReminder, overtaken: () => boolean): Promise<void> {
    await this.#awaitMembership(reminder, overtaken);
    if (overtaken()) return;
    const startsAt = Date.parse(this.#booking.startsAt);
    const skipped =
      timetable.whySkip(reminder, this.#planned, startsAt, Date.now()) ??
      timetable.whyNotFor(reminder, this.#campaign?.state);
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
      const isOnItsWay = await hasUnheardNews(booking, known.heard, this.#inTurn);
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
    const found = await lookUpCampaign(this.#booking, {
      giveUpAt: this.#notionGivesUpAt,
      taskQueue: this.#notionQueue,
      overtaken: () => this.#isOver && !this.#hasNotes,
      report: tell,
    });
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
      isFinal: () => this.#isOver && this.#noticesToCome.length === 0,
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

  /** Tells attendees and host what has happened to the booking: each mail once, and none behind another that fails. */
  async sendNotices(): Promise<void> {
    const underWay = new Set<string>();
    const next = () => this.#noticesToCome.find(({ notice }) => !underWay.has(notice));
    for (;;) {
      await condition(() => next() !== undefined || (this.#isOver && underWay.size === 0));
      const planned = next();
      if (!planned) return;
      underWay.add(planned.notice);
      void this.#notify(planned).finally(() => underWay.delete(planned.notice));
    }
  }

  /** Keeps quiet hours, where the plan has some: reminders are due at their own instants until it is known better. */
  async keepLaidOut(): Promise<void> {
    const toAsk = () => (isSameRequest(this.#layoutRequest, this.#laid?.request) ? undefined : this.#layoutRequest);
    for (;;) {
      await condition(() => this.#isOver || toAsk() !== undefined);
      const request = toAsk();
      if (this.#isOver || !request) return;
      this.#laid = await layOut(request, this.#booking.uid, this.#inTurn);
      this.#show();
    }
  }

  /** Keeps the booking's row in the store, until the run has ended and the row says so. */
  async keepRecord(): Promise<void> {
    await keepRecord({
      revision: () => this.#revision,
      current: () => this.#record,
      isFinal: () => this.#hasEnded,
      giveUpAt: () => this.#notionGivesUpAt,
      adopt: (kept) => this.#adopt(kept),
      inTurn: this.#inTurn,
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
      reminders: this.#planned,
      decisionOf: ({ key }) => this.#decisions[key],
      campaign: this.#campaign,
      notion: this.#notion,
      noticeDecisions: this.#notices,
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
    const isLaidOut = isSameRequest(this.#layoutRequest, this.#laid?.request);
    return timetable.planReminders(booking, confirmedAt, {
      steps: this.#plan.steps,
      thresholdMs: this.#input.plan.thresholdMs,
      ...(isLaidOut && this.#laid && { dueAtByOffset: this.#laid.dueAtByOffset }),
      calledOff: calledOff(this.#state),
    });
  }

  /** The reminders that this booking gets, as far as is known. */
  get #plan(): ReminderPlan {
    return choosePlan(this.#input.plan, this.#booking, this.#campaign);
  }

  get #layoutRequest(): LayoutRequest | undefined {
    return layoutRequestOf(this.#state, this.#plan);
  }

  get #noticesToCome(): PlannedNotice[] {
    return planNotices(this.#state, this.#input.plan.notices).filter(({ notice }) => !(notice in this.#notices));
  }

  /** A week after the call, or after it was said whether the booker came, if that was later. */
  get #notionGivesUpAt(): number {
    const { booking, noShows } = this.#state;
    const said = noShows[booking.attendees[0].email.toLowerCase()];
    const overAt = Date.parse(booking.endsAt) + this.#input.plan.graceMs;
    return Math.max(overAt, said ? Date.parse(said.from.occurredAt) : overAt) + WEEK_MS;
  }

  get #notionQueue(): string {
    return notionQueueOf(workflowInfo().taskQueue);
  }

  get #isLookedUp(): boolean {
    return whyNotLookedUp(this.#booking, this.#isTooSoon) === undefined;
  }

  /** The reminders that were sent and are to be noted, if the booker is a member. */
  get #notes(): ReminderSentNote[] {
    const { steps } = this.#plan;
    const { attendees } = this.#booking;
    return this.#planned.flatMap(({ key, offsetMs }) => {
      const number = steps.findIndex((step) => step.offsetMs === offsetMs) + 1;
      const { outcome, sentAt } = this.#decisions[key] ?? {};
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
        notices: this.#notices,
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

  #decide({ key }: timetable.PlannedReminder, decision: Decision): void {
    this.#decisions = { ...this.#decisions, [key]: decision };
    this.#show();
  }

  /** Sends a notice when its time has come, unless by then it is not to be sent any more, or decides why not. */
  async #notify(planned: PlannedNotice): Promise<void> {
    const { notice, dueAt, deadline } = planned;
    const isWithdrawn = () => !this.#noticesToCome.some((other) => other.notice === notice && other.dueAt === dueAt);
    const waitMs = dueAt - Date.now();
    const summary = `Notice: ${notice}, due ${new Date(dueAt).toISOString()}`;
    if (waitMs > 0 && (await condition(isWithdrawn, waitMs, { summary }))) return;

    const known = this.#state;
    const withCalendarFile = this.#plan.steps.some(({ calendarFile }) => calendarFile);
    const stale = whyNotTold(planned, Date.now());
    const decision = stale
      ? ({ outcome: 'skipped', reason: stale } as const)
      : await unlessOvertaken(isWithdrawn, () => sendNotice(known, planned, withCalendarFile));
    if (decision !== 'held') return this.#decideNotice(notice, decision);
    if (!(await this.#hasMoreNews(known, deadline))) {
      this.#decideNotice(notice, { outcome: 'skipped', reason: 'news_not_heard' });
    }
  }

  /** @param decision undefined if it was withdrawn. */
  #decideNotice(notice: PlannedNotice['notice'], decision: Decision | undefined): void {
    if (!decision) return;
    this.#notices = { ...this.#notices, [notice]: decision };
    this.#show();
  }

  /** Waits, a minute after it was due at most, until it is known whether the booker is a member, where a reminder depends on it. */
  async #awaitMembership({ when, dueAt }: timetable.PlannedReminder, overtaken: () => boolean): Promise<void> {
    const isSettled = () => !timetable.isMembershipToCome(this.#campaign?.state);
    if ((when !== 'members' && when !== 'others') || isSettled()) return;
    const waitMs = Math.max(dueAt, Date.now()) + LONGEST_MEMBERSHIP_WAIT_MS - Date.now();
    await condition(() => overtaken() || isSettled(), waitMs, { summary: 'Campaign membership is not known yet' });
  }

  /** The inbox holds news of this booking that has not come here yet. @returns whether there is more to go by before `until`. */
  #hasMoreNews(known: BookingState, until: number, overtaken: () => boolean = () => false): Promise<boolean> {
    return condition(() => overtaken() || this.#state !== known, Math.max(1, until - Date.now()), {
      summary: 'News that may call the mail off is on its way',
    });
  }

  /** Without the news nobody knows whether to send. */
  async #awaitNews(reminder: timetable.PlannedReminder, overtaken: () => boolean): Promise<void> {
    const hasCome = await this.#hasMoreNews(this.#state, Date.parse(this.#booking.startsAt), overtaken);
    if (!hasCome) this.#decide(reminder, { outcome: 'skipped', reason: 'news_not_heard' });
  }

  #goOnFrom({ revision, known, decisions, campaign, notion, notices }: RunState): void {
    this.#revision = revision;
    this.#known = known;
    this.#decisions = decisions;
    this.#campaign = campaign;
    this.#notion = notion;
    this.#notices = notices;
    this.#show();
  }

  /** What either run has decided or heard stays so. */
  #adopt(recorded: KeptState): void {
    const kept = wholeState(recorded);
    const campaign = this.#campaign ?? kept.campaign;
    this.#goOnFrom({
      revision: Math.max(this.#revision, kept.revision),
      known: merge(this.#state, kept.known),
      decisions: { ...kept.decisions, ...this.#decisions },
      ...(campaign && { campaign }),
      notion: this.#notion.outcome === 'pending' ? kept.notion : this.#notion,
      notices: { ...kept.notices, ...this.#notices },
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

function labelOf(step: timetable.Step): string {
  const at = new Date(step.at).toISOString();
  return step.kind === 'end'
    ? `Until the call is over, ${at}`
    : `${timetable.offsetLabel(step.reminder.offsetMs)} reminder, due ${at}`;
}
