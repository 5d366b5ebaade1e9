import type { KeptState, RunState } from './messages.ts';

/** A kept state with what the version that kept it did not know of yet. */
export function wholeState(kept: KeptState): RunState {
  return {
    ...kept,
    known: { ...kept.known, acknowledgedBy: kept.known.acknowledgedBy ?? [] },
    notices: kept.notices ?? {},
  };
}
