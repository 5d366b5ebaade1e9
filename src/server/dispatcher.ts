import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Bookings } from '../store/bookings.ts';
import type { ClaimedDelivery, DispatchOutcome, Inbox } from '../store/inbox.ts';
import { StoreUnavailable } from '../store/store-unavailable.ts';
import { type BookingRuns, TemporalRefused, TemporalUnavailable } from '../temporal/booking-runs.ts';
import { backOffMs, jittered } from './back-off.ts';
import { createBell } from './bell.ts';
import { createOutage } from './outage.ts';

export interface DispatcherOptions {
  inbox: Pick<Inbox, 'claim' | 'markDispatched' | 'putBack' | 'quarantine' | 'backlog'>;
  bookings: Pick<Bookings, 'close'>;
  runs: Pick<BookingRuns, 'tell' | 'tellReplaced'>;
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
    let outcome: DispatchOutcome;
    try {
      outcome = await hand(delivery);
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      return putBack(delivery, error, startedAt);
    }
    await inbox.markDispatched(delivery, outcome);
    // Its run may have ended without being able to say so.
    if (outcome === 'closed') await bookings.close(delivery.event.booking);
    log.debug({ deliveryId: delivery.id, bookingUid: delivery.event.booking.uid, outcome }, 'delivery dispatched');
  }

  async function hand({ event, isRetired }: ClaimedDelivery): Promise<DispatchOutcome> {
    if (event.kind === 'rescheduled') {
      // The old one first: from here on it sends nothing for the time that is no longer true.
      await runs.tellReplaced(event.replacedUid, event);
      outage.end();
    }
    if (isRetired) return 'retired';
    const outcome = await runs.tell(event);
    outage.end();
    return outcome;
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
