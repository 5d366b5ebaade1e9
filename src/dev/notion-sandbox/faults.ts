import type { Answer } from './answers.ts';
import type { RateLimitReason } from './fault-answers.ts';
import type { WorldChange } from './world-changes.ts';

/** What goes wrong with a request; plain JSON, so that it can be ordered from outside. */
export type FaultAction =
  /** Answered so. */
  | { answer: Answer }
  /** Carried out, then answered so. */
  | { commitThenAnswer: Answer }
  /** A 429. */
  | { rateLimit: RateLimit }
  /** One of Notion's own errors, by status; by code where a status has several. */
  | { error: number; code?: string | undefined }
  /** What the network in front of Notion answers, in HTML. */
  | { edge: number }
  /** A 400 that says this. */
  | { validation: string }
  /** Carried out, then answered 503 with what was saved. */
  | 'commit-then-503'
  /** The connection is closed before anything happens, or after everything did. */
  | 'drop'
  | 'commit-then-drop'
  /** No answer ever. */
  | 'hang'
  /** Carried out, then an answer that stops in its headers, or half way through its body, and nothing more. */
  | 'hang-in-headers'
  | 'hang-in-body'
  /** Carried out, then a whole answer of which half is missing, or all. */
  | 'truncated'
  | 'empty'
  /** Carried out and answered, but only after this long. */
  | { delayMs: number }
  /** Answered as ever, but somebody changes the workspace directly before. */
  | { change: WorldChange };

export interface RateLimit {
  /** Until it is worth trying again. By default only the body tells, 31 s; null: nobody does. */
  retryAfterS?: number | null | undefined;
  /** How the header says it. */
  as?: 'seconds' | 'date' | undefined;
  reason?: RateLimitReason | undefined;
}

/** Which requests: all by default. */
export interface FaultMatch {
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE' | undefined;
  /** Matched against the path without its query, such as `/v1/pages/<id>`; text is a regular expression's. */
  path?: RegExp | string | undefined;
  token?: string | undefined;
  /** Of these, only the n-th since the fault was ordered, each n-th, or as many as chance picks. */
  nth?: number | undefined;
  everyNth?: number | undefined;
  /** From 0 to 1. */
  probability?: number | undefined;
  /** The same one picks the same requests. */
  seed?: number | undefined;
}

export interface Fault extends Pick<FaultMatch, 'method' | 'path'> {
  /** `method` and `path` may stand beside it just as well. */
  match?: FaultMatch | undefined;
  /**
   * Whether the request is carried out before things go wrong. By default as the action says; those that need the true answer
   * carry it out in any case.
   */
  phase?: 'before' | 'after' | undefined;
  /** How often; for good where `everyNth` or `probability` is given, else once. Infinity is for good. */
  times?: number | undefined;
  action: FaultAction;
}

/** A request as faults see it. */
export interface FacingRequest {
  method: string;
  path: string;
  token: string;
}

/** The faults in wait, in the order they were ordered. */
export interface Faults {
  add(fault: Fault): void;
  clear(): void;
  /** The fault this request runs into, which is thereby spent once. All of them count the request. */
  take(request: FacingRequest): Fault | undefined;
}

export function createFaults(): Faults {
  let waiting: WaitingFault[] = [];
  return {
    add: (fault) => {
      waiting.push(createWaitingFault(fault));
    },
    clear: () => {
      waiting = [];
    },
    take(request) {
      const [hit] = waiting.filter(({ isHitBy }) => isHitBy(request));
      if (!hit) return undefined;
      hit.left -= 1;
      waiting = waiting.filter(({ left }) => left > 0);
      return hit.fault;
    },
  };
}

interface WaitingFault {
  fault: Fault;
  left: number;
  /** Counts the request, if it is one of those that the fault is for. */
  isHitBy(request: FacingRequest): boolean;
}

function createWaitingFault(fault: Fault): WaitingFault {
  const { method, path, match: more, times } = fault;
  const match: FaultMatch = { method, path, ...more };
  const isAmongThem = choiceOf(match);
  const goesOn = match.everyNth !== undefined || match.probability !== undefined;
  let count = 0;
  return {
    fault,
    left: times ?? (goesOn ? Number.POSITIVE_INFINITY : 1),
    isHitBy(request) {
      if (!isMeant(match, request)) return false;
      count += 1;
      return isAmongThem(count);
    },
  };
}

function isMeant(match: FaultMatch, { method, path, token }: FacingRequest): boolean {
  return (
    (match.method ?? method) === method &&
    (match.token ?? token) === token &&
    (match.path === undefined || path.search(match.path) >= 0)
  );
}

function choiceOf({ nth, everyNth, probability, seed = 1 }: FaultMatch): (count: number) => boolean {
  if (nth !== undefined) return (count) => count === nth;
  if (everyNth !== undefined) return (count) => count % everyNth === 0;
  if (probability === undefined) return () => true;
  const draw = createDice(seed);
  return () => draw() < probability;
}

/** Numbers from 0 to 1 that look random, and are the same for the same seed (mulberry32). */
function createDice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}
