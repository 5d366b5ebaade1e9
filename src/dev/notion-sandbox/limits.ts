import type { RateLimitReason } from './fault-answers.ts';

/** How many requests Notion lets through. */
export interface Limits {
  /** Of one token, in each minute. */
  perToken?: number | undefined;
  /** Of all tokens of the workspace, in each of its windows. */
  perWorkspace?: number | undefined;
  /** A minute by default; longer ones are announced as such. */
  workspaceWindowMs?: number | undefined;
}

/** Too many: why, and how many seconds until the window is over. */
export interface OverLimit {
  reason: RateLimitReason;
  retryAfterS: number;
}

export interface RequestBudget {
  set(limits: Limits): void;
  /** Counts a request, if it is let through. */
  take(token: string): OverLimit | undefined;
  /** As if somebody else's integration in the same workspace had sent so many. */
  spendElsewhere(requests: number): void;
}

const MINUTE_MS = 60_000;

/**
 * Counts requests in windows that begin with the clock's minutes, as Notion does: what is left of one is lost, and all of the next
 * may be spent at once. A request that is refused costs nothing.
 *
 * @see https://developers.notion.com/reference/request-limits
 */
export function createRequestBudget(now: () => number, limits: Limits = {}): RequestBudget {
  let { perToken, perWorkspace, workspaceWindowMs } = withDefaults(limits);
  const ofTokens = new Map<string, Window>();
  let ofWorkspace: Window = { number: 0, spent: 0 };

  const tokenWindow = (token: string) => current(ofTokens.get(token), now(), MINUTE_MS);
  const workspaceWindow = () => current(ofWorkspace, now(), workspaceWindowMs);

  return {
    set(changed) {
      ({ perToken, perWorkspace, workspaceWindowMs } = withDefaults(changed));
    },
    take(token) {
      const own = tokenWindow(token);
      const shared = workspaceWindow();
      if (shared.spent >= perWorkspace)
        return { reason: 'workspace', retryAfterS: secondsLeft(now(), workspaceWindowMs) };
      if (own.spent >= perToken) return { reason: 'connection', retryAfterS: secondsLeft(now(), MINUTE_MS) };
      ofTokens.set(token, { ...own, spent: own.spent + 1 });
      ofWorkspace = { ...shared, spent: shared.spent + 1 };
      return undefined;
    },
    spendElsewhere(requests) {
      const shared = workspaceWindow();
      ofWorkspace = { ...shared, spent: shared.spent + requests };
    },
  };
}

interface Window {
  number: number;
  spent: number;
}

function withDefaults({ perToken = Infinity, perWorkspace = Infinity, workspaceWindowMs = MINUTE_MS }: Limits) {
  return { perToken, perWorkspace, workspaceWindowMs };
}

function current(last: Window | undefined, at: number, lengthMs: number): Window {
  const number = Math.floor(at / lengthMs);
  return last?.number === number ? last : { number, spent: 0 };
}

function secondsLeft(at: number, lengthMs: number): number {
  return Math.ceil((lengthMs - (at % lengthMs)) / 1000);
}
