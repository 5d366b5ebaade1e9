import type { CalcomApi, CurrentBooking } from './api.ts';

/** A call that is moved more often than this is none. */
const MOST_MOVES = 10;

/**
 * What stands, or is asked for, in the place of a booking now: the last of those it was moved to.
 *
 * @returns undefined when it was not moved, or when what it was moved to is off as well.
 * @throws as {@link CalcomApi.find} does.
 */
export async function successorOf(
  current: CurrentBooking,
  find: CalcomApi['find'],
): Promise<CurrentBooking | undefined> {
  let last: CurrentBooking | undefined = current;
  for (let moves = 0; last?.replacedBy !== undefined; moves += 1) {
    if (moves === MOST_MOVES) return undefined;
    last = await find(last.replacedBy);
  }
  const isOn = last?.status === 'accepted' || last?.status === 'pending';
  return isOn && last !== current ? last : undefined;
}
