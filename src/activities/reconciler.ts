import { setTimeout as sleep } from 'node:timers/promises';
import type { BookingKey } from '../booking.ts';
import { type CalcomApi, CalcomRefused, CalcomUnavailable, type CurrentBooking } from '../calcom/api.ts';
import { differenceOf, type Known } from '../calcom/difference.ts';
import { isMadeUid } from '../calcom/read-uid.ts';
import { successorOf } from '../calcom/successor.ts';
import type { Findings, KeptBooking } from '../store/findings.ts';
import type { Inbox } from '../store/inbox.ts';
import type { FoundDifference, ReconcilePass, ReconcileReport } from '../workflows/reconcile.ts';
import {
  type CalcomRequests,
  createCalcomRequests,
  type Listing,
  PartialList,
  type PassClock,
  RequestsSpent,
} from './calcom-requests.ts';
import { foundDelivery } from './found-delivery.ts';
import { type ActivityLog, createHourlyAlert } from './hourly-alert.ts';
import { type Found, judge } from './judge.ts';
import { knownOf } from './known-booking.ts';

export interface PassOptions {
  log: ActivityLog;
  /** Finds, and writes nothing. */
  dryRun?: boolean;
  /** Withdraws the pass. */
  signal?: AbortSignal;
}

/** Finds out what Cal.com has not told, and puts it into the inbox. */
export interface Reconciler {
  /**
   * Compares the bookings of the next two weeks now. What Cal.com does not answer, or not sensibly, is in the report and changes
   * nothing.
   *
   * @throws {StoreUnavailable} when the store does not answer.
   */
  pass(options: PassOptions): Promise<ReconcilePass>;
}

export interface ReconcilerOptions {
  api: CalcomApi;
  inbox: Pick<Inbox, 'keep'>;
  findings: Findings;
  clock?: PassClock;
}

/** A pass that is under way. */
interface Pass {
  startedAt: Date;
  requests: CalcomRequests;
  report: ReconcileReport;
  log: ActivityLog;
}

/** A booking, or a seat, with what Cal.com says of it. */
interface Pair {
  kept: KeptBooking;
  /** Undefined when Cal.com knows no such booking. */
  current: CurrentBooking | undefined;
}

/** What Cal.com says of each booking that was listed or read, by uid. */
type Answers = Map<string, CurrentBooking | undefined>;

/** Cal.com's answers contradict most of what is known: something else is wrong. */
class Implausible extends Error {
  override readonly name = 'Implausible';
}

const WINDOW_MS = 14 * 24 * 3_600_000;
/** So many calls at once are not deleted: the API key belongs to somebody else. */
const IMPLAUSIBLY_MANY_GONE = 5;

/** One booking that Cal.com cannot tell of must not hide the others; so many in a row say that it tells of none. */
const SILENCES_THAT_TELL = 3;

export function createReconciler({ api, inbox, findings, clock = wallClock }: ReconcilerOptions): Reconciler {
  const alertRefusal = createHourlyAlert('calcom_refuses', () => clock.now());
  const alertImplausible = createHourlyAlert('calcom_implausible', () => clock.now());

  /** What Cal.com says of every booking in question. */
  async function askAll(pass: Pass): Promise<Answers> {
    const { startedAt, requests, report } = pass;
    const before = new Date(startedAt.getTime() + WINDOW_MS);
    const listing = await requests.listAll({ after: startedAt.toISOString(), before: before.toISOString() });
    report.listed = listing.bookings.size;
    report.unreadable = listing.unreadable;
    if (listing.unreadable > listing.bookings.size) throw new PartialList("Most of Cal.com's list cannot be read");

    const all = await findings.liveBetween(startedAt, new Date(listing.completeUntil));
    const live = all.filter((uid) => !isMadeUid(uid));
    const read = await readMissing(live, listing, pass);
    const gone = [...read.values()].filter((current) => current === undefined).length;
    const learned = live.filter((uid) => listing.bookings.has(uid) || read.has(uid)).length;
    if (gone >= IMPLAUSIBLY_MANY_GONE && gone > learned / 2) {
      throw new Implausible('Cal.com knows most of our calls no more: does CALCOM_API_KEY belong to another account?');
    }
    return new Map([...listing.bookings, ...read]);
  }

  /** One by one, soonest first: that a list leaves them out says nothing. */
  async function readMissing(live: string[], { bookings }: Listing, pass: Pass): Promise<Answers> {
    const read: Answers = new Map();
    let silences = 0;
    for (const uid of live) {
      if (bookings.has(uid)) continue;
      const answer = await unlessSilent(pass, async () => ({ current: await pass.requests.find(uid) }));
      if (answer) read.set(uid, answer.current);
      silences = answer ? 0 : silences + 1;
      if (silences === SILENCES_THAT_TELL) break;
    }
    return read;
  }

  /** @returns undefined when Cal.com does not tell: nothing follows from that. */
  async function unlessSilent<T>(pass: Pass, ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof RequestsSpent)) tellTrouble(error, pass);
      return undefined;
    }
  }

  /** Notes what keeps the pass from comparing everything; what has nothing to do with Cal.com is thrown on. */
  function tellTrouble(error: unknown, { report, log }: Pass): void {
    const status = troubleOf(error);
    if (!status) throw error;
    const trouble = error as Error;
    report.status = status;
    report.reason = trouble.message;
    if (status === 'refused') alertRefusal(trouble, log);
    else if (status === 'implausible') alertImplausible(trouble, log);
    else log.warn("Cal.com's bookings could not all be compared with ours", { reason: trouble.message });
  }

  async function pairUp(answers: Answers): Promise<{ pairs: Pair[]; keptOf: (uid: string) => KeptBooking[] }> {
    const replaced = [...answers.values()].flatMap((current) => current?.replaces ?? []);
    const kept = await findings.kept([...answers.keys(), ...replaced]);
    const keptByUid = new Map<string, KeptBooking[]>();
    for (const one of kept) keptByUid.set(one.uid, [...(keptByUid.get(one.uid) ?? []), one]);
    const keptOf = (uid: string) => keptByUid.get(uid) ?? [];
    const pairs = [...answers].flatMap(([uid, current]) => [
      ...keptOf(uid).map((one) => ({ kept: one, current })),
      ...unheardOf(current, keptOf(uid)).map((one) => ({ kept: one, current })),
    ]);
    return { pairs, keptOf };
  }

  /** @returns undefined when both say the same, or when nothing can be said now. */
  async function compare({ current }: Pair, known: Known, answers: Answers, pass: Pass) {
    const askedAt = pass.startedAt.toISOString();
    const difference = differenceOf(known, { current, askedAt });
    if (!difference || !current?.replacedBy || known.standing !== 'live') return difference;

    const find = async (uid: string) => answers.get(uid) ?? (await pass.requests.find(uid));
    const moved = await unlessSilent(pass, async () => ({ successor: await successorOf(current, find) }));
    return moved ? differenceOf(known, { current, askedAt, ...moved }) : 'not_told';
  }

  async function look(pass: Pass): Promise<{ found: Found[]; same: BookingKey[] }> {
    const answers = await askAll(pass);
    const { pairs, keptOf } = await pairUp(answers);
    const found: Found[] = [];
    const same: BookingKey[] = [];
    for (const pair of pairs) {
      const known = knownOf(pair.kept);
      if (!known) continue;
      pass.report.compared += 1;
      const difference = await compare(pair, known, answers, pass);
      if (difference === 'not_told') continue;
      if (difference) found.push(judge(pair.kept, difference, keptOf, pass.startedAt));
      else same.push(known.key);
    }
    return { found, same };
  }

  async function act({ found, same }: Awaited<ReturnType<typeof look>>, { startedAt, report }: Pass): Promise<void> {
    for (const { isAgreed, difference, foundBefore } of found) {
      if (!isAgreed) continue;
      const { delivery, verdict } = foundDelivery('reconcile', difference, new Date(clock.now()), foundBefore);
      const { repeated } = await inbox.keep(delivery, verdict);
      if (!repeated) report.repaired[difference.kind] = (report.repaired[difference.kind] ?? 0) + 1;
    }
    await findings.note(found.filter(({ isAgreed }) => !isAgreed).map(({ finding }) => finding));
    await findings.markVerified(same, startedAt);
  }

  return {
    async pass({ log, dryRun = false, signal }) {
      const report = reportOf('done');
      const requests = createCalcomRequests(api, clock, signal);
      const pass: Pass = { startedAt: new Date(clock.now()), requests, report, log };
      let seen: Awaited<ReturnType<typeof look>>;
      try {
        seen = await look(pass);
      } catch (error) {
        tellTrouble(error, pass);
        return { report, differences: [] };
      }
      report.noted = seen.found.filter(({ isAgreed }) => !isAgreed).length;
      if (!dryRun) await act(seen, pass);
      if (Object.keys(report.repaired).length > 0) {
        log.error('Cal.com had not told of bookings, or not all of them: they are put right', {
          alert: 'bookings_reconciled',
          ...report,
        });
      }
      return { report, differences: seen.found.map(asDifference) };
    },
  };
}

/** Of a pass that has done nothing yet. */
export function reportOf(status: ReconcileReport['status']): ReconcileReport {
  return { status, listed: 0, unreadable: 0, compared: 0, repaired: {}, noted: 0 };
}

function troubleOf(error: unknown): ReconcileReport['status'] | undefined {
  if (error instanceof CalcomUnavailable) return 'unavailable';
  if (error instanceof CalcomRefused) return 'refused';
  if (error instanceof PartialList) return 'partial';
  return error instanceof Implausible ? 'implausible' : undefined;
}

/** Those that Cal.com lists and nobody has heard of. A booking that has become a seated one, or ceased to be, is none. */
function unheardOf(current: CurrentBooking | undefined, kept: readonly KeptBooking[]): KeptBooking[] {
  return (current?.bookings ?? [])
    .filter(({ seat }) => kept.every((one) => one.seat !== seat && (one.seat === undefined) === (seat === undefined)))
    .map(({ uid, seat }) => ({
      uid,
      ...(seat && { seat }),
      row: undefined,
      isRetired: false,
      hasPending: false,
      lastReceivedAt: undefined,
      toldAt: undefined,
      calledOffAt: undefined,
      found: undefined,
    }));
}

function asDifference({ finding, isAgreed }: Found): FoundDifference {
  return {
    bookingUid: finding.uid,
    ...(finding.seat && { seat: finding.seat }),
    finding: finding.finding,
    outcome: isAgreed ? 'repaired' : 'waits',
    foundAt: finding.foundAt.toISOString(),
  };
}

const wallClock: PassClock = {
  now: () => Date.now(),
  wait: (ms, signal) => sleep(ms, undefined, signal ? { signal } : {}),
};
