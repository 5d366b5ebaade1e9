import { bookingKeyOf } from '../booking.ts';
import type { Difference } from '../calcom/difference.ts';
import type { Finding, KeptBooking } from '../store/findings.ts';
import { knownOf } from './known-booking.ts';

/** A booking that stands otherwise than is known, and whether that may be acted upon. */
export interface Found {
  difference: Difference;
  finding: Finding;
  isAgreed: boolean;
  /** When an earlier pass had found the same, if that matters. ISO 8601, UTC. */
  foundBefore?: string;
}

/** Ten minutes, but for what a pass may start late and the next one not. */
const AGREE_AFTER_MS = 10 * 60_000 - 15_000;

/**
 * Whether a difference may be acted upon.
 *
 * A call that nobody has heard of is taken at once. To call one off, move it or revive it takes two passes that find the same,
 * with no delivery about it in between: Cal.com sends the webhook of a cancel before its own row changes.
 *
 * @param keptOf what is kept of a booking that this one replaces.
 */
export function judge(
  kept: KeptBooking,
  difference: Difference,
  keptOf: (uid: string) => readonly KeptBooking[],
  now: Date,
): Found {
  const { found } = kept;
  const name = nameOf(difference);
  const key = bookingKeyOf(kept);
  const { event } = difference;
  const concerned = [kept, ...('replaced' in event && event.replaced ? keptOf(event.replaced.uid) : [])];
  const isFoundAgain =
    found?.finding === name && !concerned.some(({ lastReceivedAt = found.foundAt }) => lastReceivedAt > found.foundAt);
  const finding: Finding = { ...key, finding: name, foundAt: isFoundAgain ? found.foundAt : now };
  if (isHarmless(difference, keptOf)) return { difference, finding, isAgreed: true };
  const isAgreed = now.getTime() - finding.foundAt.getTime() >= AGREE_AFTER_MS;
  return { difference, finding, isAgreed, foundBefore: finding.foundAt.toISOString() };
}

/** Whether it calls nothing off that is still looked after. */
function isHarmless({ kind, event }: Difference, keptOf: (uid: string) => readonly KeptBooking[]): boolean {
  if (kind === 'changed') return true;
  if (kind !== 'unannounced') return false;
  return event.kind !== 'rescheduled' || !keptOf(event.replaced.uid).some(isLookedAfter);
}

function isLookedAfter(kept: KeptBooking): boolean {
  const { row, isRetired, hasPending } = kept;
  if (isRetired || row?.isOver) return false;
  // What is on its way may make it live.
  return hasPending || (row !== undefined && (row.state === undefined || knownOf(kept)?.standing === 'live'));
}

/** What Cal.com says instead; two passes agree when they find the same. */
function nameOf({ kind, event }: Difference): string {
  if (kind === 'moved' && 'startsAt' in event.booking) return `moved to ${event.booking.startsAt}`;
  if (kind === 'replaced') return `replaced by ${event.booking.uid}`;
  return kind;
}
