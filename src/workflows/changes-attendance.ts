import type { NoShowEvent } from '../booking.ts';
import { hear, isNoShow } from './booking-state.ts';
import type { KeptState } from './messages.ts';
import { wholeState } from './whole-state.ts';

/** Whether the event says otherwise than the run knew when it ended, of a call that stood, whether the booker came. */
export function changesAttendance(state: KeptState, event: NoShowEvent): boolean {
  const { known } = wholeState(state);
  return known.standing === 'live' && isNoShow(hear(known, event) ?? known) !== isNoShow(known);
}
