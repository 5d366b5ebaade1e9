import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type Booking, type BookingEvent, type BookingKey, bySeat, type TellingEvent } from '../booking.ts';
import type { Bookings } from '../store/bookings.ts';
import type { ClaimedDelivery, Dispatched, Inbox } from '../store/inbox.ts';
import { StoreUnavailable } from '../store/store-unavailable.ts';
import { type BookingRuns, TemporalRefused, TemporalUnavailable } from '../temporal/booking-runs.ts';
import { changesAttendance } from '../workflows/changes-attendance.ts';
import type { KeptState } from '../workflows/messages.ts';
import { backOffMs, jittered } from './back-off.ts';
import { createBell } from './bell.ts';
import { createOutage } from './outage.ts';

export interface DispatcherOptions {
  inbox: Pick<
    Inbox,
    'claim' | 'isRetired' | 'spreadOverSeries' | 'markDispatched' | 'putBack' | 'quarantine' | 'backlog'
  >;
  bookings: Pick<Bookings, 'close' | 'endState' | 'keysOf'>;
  runs: Pick<BookingRuns, 'tell' | 'inform' | 'reopen'>;
  log: Logger;
  /** How many deliveries are under way at once. */
  atOnce?: number;
}

/** Hands what the inbox holds to Temporal, until Temporal has it. Every server has one, and they share the work. */
export interface Dispatcher {
  start(): void;
  /** Something has arrived: looks at once. */
  wake(): void;
  /** Ends what is under way, within 5 s; what is left is taken over by another server, or by the next start. */
  stop(): Promise<void>;
}

/** What its targets made of a delivery. */
interface Handed extends Dispatched {
  /** Their runs take no more news. */
  closed: readonly BookingKey[];
}

/** Longer than all requests for one delivery take, at 4 s each. */
const LEASE_MS = 15_000;
/** How soon what others have left, or what was put back, is found. */
const POLL_MS = 1_000;
/** The same again will hardly be taken; a person must look. */
const MOST_REFUSALS = 5;
const STOP_WITHIN_MS = 5_000;

export function createDispatcher({ inbox, bookings, runs, log, atOnce = 8 }: DispatcherOptions): Dispatcher {
  const stopping = new AbortController();
  const bell = createBell();
  const underWay = new Set<Promise<void>>();
  const outage = createOutage({
    onBegin: () => log.warn('Temporal is away: what arrives is kept, and dispatched once it is back'),
    onEnd: (lastedMs) => void logBack(lastedMs),
  });
  let inboxFails = false;
  let working: Promise<void> = Promise.resolve();

  async function work() {
    while (!stopping.signal.aborted) {
      if (outage.isOn) await pauseBeforeAttempt();
      // Several are claimed with one request, instead of one whenever another has ended.
      const claimed = isHalfFree() ? await claim((outage.isOn ? 1 : atOnce) - underWay.size) : [];
      for (const delivery of claimed) track(dispatch(delivery));
      // Whatever ends rings: there is room again.
      if (!stopping.signal.aborted && !(outage.isOn && claimed.length > 0)) await bell.wait(jittered(POLL_MS));
    }
  }

  const isHalfFree = () => underWay.size <= atOnce / 2;

  /** One at a time: a server that has just come back must not be met by all of them. */
  async function pauseBeforeAttempt() {
    await Promise.all(underWay);
    await pause(outage.pauseMs());
  }

  async function pause(ms: number) {
    await sleep(ms, undefined, { signal: stopping.signal }).catch(() => undefined);
  }

  async function claim(room: number): Promise<ClaimedDelivery[]> {
    if (room <= 0 || stopping.signal.aborted) return [];
    try {
      const claimed = await inbox.claim(room, LEASE_MS);
      if (inboxFails) log.info('the inbox can be read again');
      inboxFails = false;
      return claimed;
    } catch (err) {
      noteInboxFails(err);
      await pause(POLL_MS);
      return [];
    }
  }

  function noteInboxFails(err: unknown) {
    if (!inboxFails) log.error({ err }, 'the inbox cannot be read: nothing is dispatched meanwhile');
    inboxFails = true;
  }

  function track(dispatching: Promise<void>) {
    const ended = dispatching
      // The lease ends by itself, and then it is dispatched again: a run knows what it has heard.
      .catch((err: unknown) => {
        if (err instanceof StoreUnavailable) noteInboxFails(err);
        else log.error({ err }, 'what became of a delivery could not be noted');
      })
      .finally(() => {
        underWay.delete(ended);
        bell.ring();
      });
    underWay.add(ended);
  }

  async function dispatch(delivery: ClaimedDelivery): Promise<void> {
    const startedAt = performance.now();
    let handed: Handed;
    try {
      // Ahead of Temporal, which may be away: from here on the later calls of a cancelled series send nothing.
      await spread(delivery.event);
      handed = await hand(delivery);
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      return putBack(delivery, error, startedAt);
    }
    const { outcome, closed } = handed;
    await inbox.markDispatched(delivery, handed);
    // Their runs may have ended without being able to say so.
    await Promise.all(closed.map((booking) => bookings.close(booking)));
    log.debug({ deliveryId: delivery.id, bookingUid: delivery.event.booking.uid, outcome }, 'delivery dispatched');
  }

  async function spread(event: BookingEvent) {
    const series = seriesConcernedBy(event);
    if (series === undefined) return;
    if ((await inbox.spreadOverSeries(series)) > 0) bell.ring();
  }

  async function hand({ event, isRetired, replaces, standsInFor }: ClaimedDelivery): Promise<Handed> {
    // The replaced ones first: from here on they send nothing for the time that is no longer true.
    const replaced = await informRuns(replaces, event);
    if (isRetired) return startingNone('retired');
    switch (event.kind) {
      case 'requested':
        return replaced;
      case 'ended':
      case 'no_show':
      case 'acknowledged':
        return informRuns([event.booking], event);
      case 'rejected':
        // Nobody else tells that what it was to take the place of is gone as well.
        return standsInFor ? tellRuns([{ ...event, replaced: standsInFor }]) : informRuns([event.booking], event);
      case 'updated':
      case 'cancelled': {
        const seats = event.seats || event.booking.seat ? [] : await seatsOf(event.booking.uid);
        return seats.length > 0 ? informRuns(seats, event) : tellRuns(await bySeatLeft(event));
      }
      default:
        return tellRuns(await bySeatLeft(event));
    }
  }

  /** One event for each seat that it is about, without those that have moved elsewhere. */
  async function bySeatLeft(event: TellingEvent): Promise<TellingEvent[]> {
    const all = bySeat(event);
    if (all.length === 1) return all;
    const moved = await Promise.all(all.map(({ booking }) => inbox.isRetired(booking)));
    return all.filter((_, index) => !moved[index]);
  }

  async function seatsOf(uid: string): Promise<BookingKey[]> {
    return (await bookings.keysOf(uid)).filter(({ seat }) => seat !== undefined);
  }

  /** The run of each booking; where no seat is named, those of all its seats. */
  async function informRuns(concerned: readonly BookingKey[], event: BookingEvent): Promise<Handed> {
    const keys = await Promise.all(
      concerned.map(async ({ uid, seat }) => {
        if (seat !== undefined) return [{ uid, seat }];
        const known = await bookings.keysOf(uid);
        return known.length > 0 ? known : [{ uid }];
      }),
    );
    const answers = await Promise.all(keys.flat().map((key) => informRun(key, event)));
    if (answers.length > 0) outage.end();
    return startingNone(answers.includes('told') ? 'told' : 'absent');
  }

  /** A host may say that nobody came long after the run has ended: what is to be done about it is done by another one. */
  async function informRun(booking: BookingKey, event: BookingEvent): Promise<'told' | 'absent'> {
    const answer = await runs.inform(booking, event);
    if (answer === 'told' || event.kind !== 'no_show') return answer;
    const state = await bookings.endState(booking);
    if (state === undefined || !changesAttendance(state as KeptState, event)) return 'absent';
    if (await inbox.isRetired(booking)) return 'absent';
    await runs.reopen(booking, state, event);
    return 'told';
  }

  async function tellRuns(events: readonly TellingEvent[]): Promise<Handed> {
    const answers = await Promise.all(events.map((event) => runs.tell(event)));
    if (answers.length > 0) outage.end();
    const bookingsThat = (said: 'told' | 'closed'): Booking[] =>
      events.filter((_, index) => answers[index] === said).map(({ booking }) => booking);
    const [started, closed] = [bookingsThat('told'), bookingsThat('closed')];
    return { outcome: started.length > 0 ? 'told' : closed.length > 0 ? 'closed' : 'retired', started, closed };
  }

  async function putBack(delivery: ClaimedDelivery, cause: unknown, startedAt: number): Promise<void> {
    const { id, attempts, refusals } = delivery;
    const error = cause instanceof Error ? cause.message : String(cause);
    const facts = { deliveryId: id, bookingUid: delivery.event.booking.uid };

    if (cause instanceof TemporalUnavailable) {
      // In an outage it does not count how often this one was tried: all are to flow as soon as Temporal is back.
      const pauseMs = outage.begin(startedAt) ? outage.pauseMs() : backOffMs(attempts);
      return inbox.putBack(id, { error, pauseMs, refused: false });
    }
    if (!(cause instanceof TemporalRefused)) {
      log.error({ err: cause, ...facts }, 'a delivery could not be dispatched: it is tried again');
      return inbox.putBack(id, { error, pauseMs: backOffMs(attempts), refused: false });
    }

    outage.end();
    if (refusals + 1 < MOST_REFUSALS) {
      return inbox.putBack(id, { error, pauseMs: backOffMs(attempts), refused: true });
    }
    await inbox.quarantine(id, 'refused_by_temporal');
    log.error(
      { alert: 'delivery_quarantined', ...facts },
      `Temporal has refused a delivery ${MOST_REFUSALS} times: look at it with precall deliveries show ${id}`,
    );
  }

  async function logBack(awayMs: number) {
    bell.ring();
    const backlog = await inbox.backlog().catch(() => undefined);
    log.info({ waiting: backlog?.pending, awayMs }, 'Temporal is back: what has waited is dispatched now');
  }

  return {
    start() {
      working = work();
    },
    wake: bell.ring,

    async stop() {
      stopping.abort();
      bell.ring();
      await working;
      const enough = new AbortController();
      const tooLate = sleep(STOP_WITHIN_MS, undefined, { signal: enough.signal }).catch(() => undefined);
      await Promise.race([Promise.all(underWay), tooLate]);
      enough.abort();
    },
  };
}

function startingNone(outcome: Handed['outcome']): Handed {
  return { outcome, started: [], closed: [] };
}

/** The series of which it tells that a call stands, or that the rest of it is called off. */
function seriesConcernedBy(event: BookingEvent): string | undefined {
  switch (event.kind) {
    case 'confirmed':
    case 'rescheduled':
      return event.booking.series;
    case 'cancelled':
      return event.wholeSeries && event.booking.series;
    default:
      return undefined;
  }
}
