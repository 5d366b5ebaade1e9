import type { NotionUnavailable } from './errors.ts';

/** What a request is to Notion: it reads, it sets something to a value, or it adds something. */
export type Kind = 'read' | 'set' | 'add';

/** What comes after a request that failed. */
export type NextStep =
  | { do: 'give_up' }
  /** It is sent again. */
  | { do: 'repeat'; waitMs: number }
  /** It may have been carried out: that is looked at, and only if it was not it is sent again, if at all. */
  | { do: 'look'; waitMs: number; mayRepeat: boolean };

/** How often a request is sent at most, until it has to wait for another attempt of its work. */
const TRIES: Record<Kind, number> = { read: 5, set: 6, add: 4 };

/** What was added is not in every answer at once. */
const UNTIL_FOUND_MS = 2_000;
const CONFLICT_MS = { least: 500, most: 4_000 };
const BACK_OFF_MS = { first: 500, most: 30_000 };

/**
 * Whether and when a request is sent again.
 *
 * @param tries how often it has been sent.
 * @param random from 0 to 1: what failed together is not tried again together.
 */
export function nextStep(kind: Kind, tries: number, failure: NotionUnavailable, random: number): NextStep {
  const { fate, saved } = failure;
  if (fate === 'turned_away') return { do: 'give_up' };
  const mayRepeat = tries < TRIES[kind];

  // Not carried out, and when to ask again is everybody's concern, not this request's: the pace keeps them all waiting.
  if (isPutOff(failure)) return mayRepeat ? { do: 'repeat', waitMs: 0 } : { do: 'give_up' };

  const waitMs = waitAfter(failure, tries, random);
  if (kind === 'read') return mayRepeat ? { do: 'repeat', waitMs } : { do: 'give_up' };
  if (kind === 'set') return { do: 'look', waitMs, mayRepeat };
  return { do: 'look', waitMs: Math.max(UNTIL_FOUND_MS, waitMs), mayRepeat: mayRepeat && saved === undefined };
}

/** Whether Notion wants to be left alone, by everybody. */
export function isPutOff({ fate }: NotionUnavailable): boolean {
  return fate === 'limited' || fate === 'overloaded';
}

/** Twice as long after each try, and any part of it by chance. */
export function backOffMs(tries: number, random: number): number {
  return random * Math.min(BACK_OFF_MS.most, BACK_OFF_MS.first * 2 ** (tries - 1));
}

function waitAfter({ fate, retryAfterMs }: NotionUnavailable, tries: number, random: number): number {
  if (retryAfterMs !== undefined) return retryAfterMs;
  if (fate === 'conflict') return CONFLICT_MS.least + random * (CONFLICT_MS.most - CONFLICT_MS.least);
  return backOffMs(tries, random);
}
