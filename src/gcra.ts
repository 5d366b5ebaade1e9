import type { Lane, Turn } from './pace.ts';

/** What all who share a budget of requests know. Instants are epoch milliseconds of one clock. */
export interface PaceState {
  /** When the next request would come if all came evenly; how far it lies ahead is what has been used of the burst. */
  dueAt?: number | undefined;
  /** The same for the work that can wait. */
  backgroundDueAt?: number | undefined;
  /** Until then everybody leaves the other side alone. */
  heldUntil?: number | undefined;
  /** From then on everybody goes slower, for a while. */
  slowSince?: number | undefined;
}

/** Where the budget applies: `requestsPerMinute` at most in any 60 s. */
export interface Spending {
  requestsPerMinute: number;
  /** Never several at once: for a limit that counts by the second. */
  isEven?: boolean | undefined;
  now: number;
}

/** A minute, and a second more: a request may be sent a little after its turn, and the next one right at its own. */
const WINDOW_MS = 61_000;
/** How many may come at once, after a while without any. */
const BURST = 10;
const BACKGROUND_SHARE = 0.3;

const MINUTE_MS = 60_000;
/** After everybody was held off: half the budget for so long, then a tenth more each minute. */
const SLOW_MS = 5 * MINUTE_MS;
const SLOW_SHARE = 0.5;
const REGAINED_PER_MINUTE = 0.1;

/** Notion's longest known wait is eleven minutes. Asking after an hour costs one request. */
const LONGEST_HOLD_MS = 60 * MINUTE_MS;
/** No turn is reserved further ahead, however patient somebody is. */
const LONGEST_WAIT_MS = 2 * MINUTE_MS;
/** So nothing is due later than this, unless the clock has been set back. */
const LATEST_DUE_MS = 5 * MINUTE_MS;

/**
 * The next turn, by the generic cell rate algorithm: requests are `interval` apart on average, and may come early by as much as a
 * burst is worth.
 *
 * The work that can wait never reserves ahead of its own share: its turn would keep the others waiting.
 *
 * @returns the turn, and what is known from then on; the same as before where nothing was reserved.
 */
export function reserveTurn(
  state: PaceState,
  { lane, patienceMs, requestsPerMinute, isEven, now }: Spending & { lane: Lane; patienceMs: number },
): { turn: Turn; state: PaceState } {
  const { intervalMs, earlyMs } = spread(requestsPerMinute, isEven);
  const known = withoutFuture(state, now);
  const dueAt = known.dueAt ?? now;
  const at = Math.max(now, known.heldUntil ?? now, dueAt - earlyMs);
  const share = shareAt(at, known.slowSince);
  const reserved = { ...known, dueAt: Math.ceil(Math.max(dueAt, at) + intervalMs / share) };

  const waitMs = Math.ceil(at - now);
  if (waitMs > Math.min(patienceMs, LONGEST_WAIT_MS)) return { turn: { putOffMs: waitMs }, state };
  if (lane === 'bookings') return { turn: { waitMs }, state: reserved };

  const background = spread(backgroundShareOf(requestsPerMinute), isEven);
  const ownDueAt = known.backgroundDueAt ?? now;
  const ownAt = ownDueAt - background.earlyMs;
  if (ownAt > at) return { turn: { putOffMs: Math.ceil(ownAt - now) }, state };
  const backgroundDueAt = Math.ceil(Math.max(ownDueAt, at) + background.intervalMs / share);
  return { turn: { waitMs }, state: { ...reserved, backgroundDueAt } };
}

/** How far apart the requests of a lane are once its burst is spent, where nobody else asks. Milliseconds. */
export function spacingMs(lane: Lane, requestsPerMinute: number): number {
  return spread(lane === 'background' ? backgroundShareOf(requestsPerMinute) : requestsPerMinute).intervalMs;
}

/** What is known once the other side has asked everybody to leave it alone for so long. */
export function heldOff(state: PaceState, waitMs: number, now: number): PaceState {
  const until = Math.min(Math.ceil(now + Math.max(0, waitMs)), now + LONGEST_HOLD_MS);
  const heldUntil = Math.max(until, withoutFuture(state, now).heldUntil ?? 0);
  return { ...state, heldUntil, slowSince: heldUntil };
}

/** How long everybody still has to leave it alone. */
export function heldForMs(state: PaceState, now: number): number {
  return Math.max(0, (withoutFuture(state, now).heldUntil ?? now) - now);
}

/** How requests are spread so that a burst and what follows it stay within the budget of every window, wherever it begins. */
function spread(requestsPerMinute: number, isEven = false): { intervalMs: number; earlyMs: number } {
  const burst = isEven ? 1 : Math.min(BURST, Math.max(1, Math.floor(requestsPerMinute / 4)));
  const intervalMs = Math.ceil(WINDOW_MS / (requestsPerMinute - burst + 1));
  return { intervalMs, earlyMs: (burst - 1) * intervalMs };
}

function backgroundShareOf(requestsPerMinute: number): number {
  return Math.max(1, Math.floor(requestsPerMinute * BACKGROUND_SHARE));
}

function shareAt(at: number, slowSince: number | undefined): number {
  if (slowSince === undefined) return 1;
  const regaining = Math.max(0, at - slowSince - SLOW_MS) / MINUTE_MS;
  return Math.min(1, SLOW_SHARE + REGAINED_PER_MINUTE * regaining);
}

/** What lies further ahead than anything is noted was noted before the clock was set back: it must not stop everybody. */
function withoutFuture({ dueAt, backgroundDueAt, heldUntil, slowSince }: PaceState, now: number): PaceState {
  return {
    dueAt: unlessLater(dueAt, now + LATEST_DUE_MS),
    backgroundDueAt: unlessLater(backgroundDueAt, now + LATEST_DUE_MS),
    heldUntil: unlessLater(heldUntil, now + LONGEST_HOLD_MS),
    slowSince: unlessLater(slowSince, now + LONGEST_HOLD_MS),
  };
}

function unlessLater(instant: number | undefined, latest: number): number | undefined {
  return instant !== undefined && instant <= latest ? instant : undefined;
}
