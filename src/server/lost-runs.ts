import type { Logger } from 'pino';
import { type BookingKey, bookingKeyOf, workflowIdOf } from '../booking.ts';
import type { Bookings, LiveBooking } from '../store/bookings.ts';
import type { Inbox } from '../store/inbox.ts';
import { StoreUnavailable } from '../store/store-unavailable.ts';
import { type BookingRuns, TemporalUnavailable } from '../temporal/booking-runs.ts';

export interface RestorerOptions {
  inbox: Pick<Inbox, 'isRetired' | 'tellAgain'>;
  bookings: Pick<Bookings, 'live' | 'close'>;
  runs: Pick<BookingRuns, 'openRuns' | 'restore'>;
  /** Hands on what is to be told again. */
  dispatcher: { wake(): void };
  log: Logger;
}

/** What a pass found. Only counts: it goes to the log. */
export interface RestoreReport {
  /** Bookings without an end. */
  live: number;
  /** Those of them that no open run looks after. */
  missing: number;
  /** They have a run again, or will have one as soon as their deliveries are dispatched. */
  restored: number;
  /** Their run has ended, or they have been replaced: nothing is left to do. */
  closed: number;
  /** They are tried again by the next pass. */
  failed: number;
}

/** Puts back the runs that Temporal has lost: its data was wiped, or an older backup of it was restored. */
export interface Restorer {
  /**
   * Compares the bookings with the open runs now; whoever asks while it is under way gets the same pass.
   *
   * @param options.settledMs bookings that were first seen less than this ago are left out: see {@link SETTLED_MS}.
   * @throws {TemporalUnavailable} when Temporal does not answer.
   * @throws {StoreUnavailable} when the store does not.
   */
  restoreLost(options?: PassOptions): Promise<RestoreReport>;
}

export interface PassOptions {
  stopping?: AbortSignal;
  settledMs?: number;
}

/** Temporal lists a run a moment after it has started. */
const SETTLED_MS = 60_000;
const PAGE_SIZE = 200;
const AT_ONCE = 8;

export function createRestorer({ inbox, bookings, runs, dispatcher, log }: RestorerOptions): Restorer {
  let passing: Promise<RestoreReport> | undefined;

  async function pass({ stopping, settledMs = SETTLED_MS }: PassOptions): Promise<RestoreReport> {
    const report: RestoreReport = { live: 0, missing: 0, restored: 0, closed: 0, failed: 0 };
    // Listed first: a run that ends meanwhile is then only asked for once more than it needs to be.
    const open = new Set<string>();
    for await (const workflowId of runs.openRuns()) open.add(workflowId);

    try {
      for (let after: BookingKey | undefined; ; ) {
        const page = await bookings.live({ ...(after && { after }), limit: PAGE_SIZE, settledMs });
        report.live += page.length;
        const missing = page.filter((booking) => !open.has(workflowIdOf(booking)));
        for (let start = 0; start < missing.length && !stopping?.aborted; start += AT_ONCE) {
          await Promise.all(missing.slice(start, start + AT_ONCE).map((booking) => putBack(booking, report)));
        }
        after = page.at(-1);
        if (page.length < PAGE_SIZE || stopping?.aborted) return report;
      }
    } finally {
      if (report.restored + report.failed > 0) {
        log.error({ alert: 'runs_restored', ...report }, 'Temporal had lost runs of bookings: they are put back');
        dispatcher.wake();
      }
    }
  }

  async function putBack(booking: LiveBooking, report: RestoreReport): Promise<void> {
    try {
      const result = await restore(booking);
      if (result === 'not_missing') return;
      report.missing += 1;
      report[result] += 1;
    } catch (err) {
      if (err instanceof TemporalUnavailable || err instanceof StoreUnavailable) throw err;
      report.missing += 1;
      report.failed += 1;
      log.error({ err, bookingUid: booking.uid }, 'the lost run of a booking could not be put back');
    }
  }

  async function restore(live: LiveBooking): Promise<'restored' | 'closed' | 'not_missing'> {
    const { state } = live;
    const booking = bookingKeyOf(live);
    if (await inbox.isRetired(booking)) {
      await bookings.close(booking);
      return 'closed';
    }
    // Without a state there is nothing to start from but what was delivered; if that is under way already, it is not lost.
    if (state === undefined) return (await inbox.tellAgain(booking, [])) > 0 ? 'restored' : 'not_missing';

    const result = await runs.restore(booking, state);
    if (result === 'closed') await bookings.close(booking);
    // It was started after the runs were listed, or Temporal lists it late.
    if (result === 'running') return 'not_missing';
    // What was delivered after the state was kept is not in it. The run knows what it has heard.
    if (result === 'restored') await inbox.tellAgain(booking, []);
    return result;
  }

  return {
    restoreLost(options = {}) {
      passing ??= pass(options).finally(() => {
        passing = undefined;
      });
      return passing;
    },
  };
}
