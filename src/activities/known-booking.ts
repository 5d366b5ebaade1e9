import { bookingKeyOf } from '../booking.ts';
import type { Known } from '../calcom/difference.ts';
import type { KeptBooking } from '../store/findings.ts';
import type { KeptState } from '../workflows/messages.ts';

/**
 * What is known of a booking that Cal.com is asked about.
 *
 * @returns undefined when nothing that Cal.com says can matter, or not now: it is over, it was replaced for good, or news of it is
 * on its way.
 */
export function knownOf(kept: KeptBooking): Known | undefined {
  const { row, isRetired, hasPending } = kept;
  if (isRetired || hasPending || row?.isOver) return undefined;
  const times = timesOf(kept);
  const key = bookingKeyOf(kept);
  if (!row) {
    const isCalledOff = times.calledOffAt !== undefined && !(times.toldAt && times.toldAt > times.calledOffAt);
    return { key, ...times, standing: isCalledOff ? 'cancelled' : 'unheard' };
  }

  // Its run has not reported yet.
  if (row.state === undefined) return undefined;
  const { standing, booking } = (row.state as KeptState).known;
  return standing === 'superseded' ? undefined : { key, ...times, standing, booking };
}

/** When Cal.com has last said anything of a booking. */
export function lastHeardAt({ row, lastReceivedAt }: KeptBooking): number {
  return Math.max(row?.verifiedAt.getTime() ?? 0, lastReceivedAt?.getTime() ?? 0);
}

/** In the form of the events: ISO 8601, UTC. */
export function timesOf({ toldAt, calledOffAt }: Pick<KeptBooking, 'toldAt' | 'calledOffAt'>) {
  return { toldAt: toldAt?.toISOString(), calledOffAt: calledOffAt?.toISOString() };
}
