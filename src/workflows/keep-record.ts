import { condition, log, proxyLocalActivities } from '@temporalio/workflow';
import type { RecordActivities, RunRecord } from '../activities/index.ts';
import { failureReason } from './failure-reason.ts';
import type { KeptState } from './messages.ts';
import type { OneAtATime } from './one-at-a-time.ts';

/** For the last word of a run that has gone on until it was time to give up. */
const LEAST_PATIENCE_MS = 60_000;

export interface RecordWatch {
  /** Rises with each change. */
  revision: () => number;
  /** How things stand now. */
  current: () => RunRecord;
  /** Whether nothing will change any more. */
  isFinal: () => boolean;
  /** When trying ends, epoch milliseconds. */
  giveUpAt: () => number;
  /** Takes over what another run of this booking knew: this one was brought back from earlier. Raises the revision above both. */
  adopt: (kept: KeptState) => void;
  inTurn: OneAtATime;
}

/**
 * Records each change of a run, until the last one is recorded.
 *
 * In a local activity: it costs one event of history and leaves no names in it.
 */
export async function keepRecord(watch: RecordWatch): Promise<void> {
  const { revision, current, isFinal, giveUpAt, adopt, inTurn } = watch;
  let recorded: number | undefined;
  for (;;) {
    await condition(() => revision() !== recorded || isFinal());
    if (revision() === recorded) return;
    const record = current();

    const kept = await inTurn(() => write(record, giveUpAt()));
    recorded = record.revision;
    // What is kept is the very same when an attempt wrote it and then could not tell.
    if (kept && JSON.stringify(kept) !== JSON.stringify(record.state)) adopt(kept);
  }
}

/** @returns what is kept instead, if anything. */
async function write(record: RunRecord, giveUpAt: number): Promise<KeptState | undefined> {
  const { recordBooking }: RecordActivities = proxyLocalActivities<RecordActivities>({
    scheduleToCloseTimeout: Math.max(LEAST_PATIENCE_MS, giveUpAt - Date.now()),
    startToCloseTimeout: '5 seconds',
    // A pause within the workflow task would hold up everything else of the run.
    localRetryThreshold: '1 millisecond',
    retry: { initialInterval: '2 seconds', maximumInterval: '4 minutes' },
  });
  try {
    const recorded = await recordBooking(record);
    return recorded.written ? undefined : recorded.state;
  } catch (error) {
    const reason = failureReason(error, 'store_unavailable');
    log.error('booking not recorded', { bookingUid: record.booking.uid, reason });
    return undefined;
  }
}
