import type { Answer } from './answers.ts';
import type { Performed } from './api.ts';
import { edgeAnswer, errorAnswer, invalidAnswer, rateLimited, savedAnswer } from './fault-answers.ts';
import type { FacingRequest, Fault, FaultAction, RateLimit } from './faults.ts';
import type { WorldChange } from './world-changes.ts';

/** What becomes of a request. Durations are milliseconds. */
export interface Course {
  /** Happens before everything else. */
  change?: WorldChange;
  waitBeforeMs: number;
  isCarriedOut: boolean;
  waitAfterMs: number;
  /** What is answered instead of what would be. */
  instead?: (situation: Situation) => Answer;
  sending: Sending;
}

/** How much of the answer is sent. */
export type Sending =
  | 'whole'
  /** Half of the body, as if it were all; or nothing of it. */
  | 'truncated'
  | 'empty'
  /** The rest is never sent: of the body, of the headers, of anything. */
  | 'half'
  | 'half-headers'
  | 'nothing'
  /** The connection is closed. */
  | 'hang-up';

export interface Situation {
  request: FacingRequest;
  /** What became of it, if it was carried out. */
  given: Performed | undefined;
  at: number;
}

const AS_EVER: Course = { waitBeforeMs: 0, isCarriedOut: true, waitAfterMs: 0, sending: 'whole' };

/** The first four are carried out whatever the phase. */
const WORDS: Record<Extract<FaultAction, string>, (isCarriedOut: boolean) => Course> = {
  'commit-then-503': () => ({ ...AS_EVER, instead: savedInstead }),
  'commit-then-drop': () => ({ ...AS_EVER, sending: 'hang-up' }),
  'hang-in-body': () => ({ ...AS_EVER, sending: 'half' }),
  truncated: () => ({ ...AS_EVER, sending: 'truncated' }),
  drop: (isCarriedOut) => ({ ...AS_EVER, isCarriedOut, sending: 'hang-up' }),
  hang: (isCarriedOut) => ({ ...AS_EVER, isCarriedOut, sending: 'nothing' }),
  'hang-in-headers': (isCarriedOut) => ({ ...AS_EVER, isCarriedOut, sending: 'half-headers' }),
  empty: (isCarriedOut) => ({ ...AS_EVER, isCarriedOut, instead: emptyInstead, sending: 'empty' }),
};

/** @param fault absent where nothing goes wrong. */
export function courseOf(fault: Pick<Fault, 'action' | 'phase'> | undefined): Course {
  if (!fault) return AS_EVER;
  const { action, phase } = fault;
  if (typeof action === 'string') return WORDS[action](phase ? phase === 'after' : !['drop', 'hang'].includes(action));
  if ('change' in action) return { ...AS_EVER, change: action.change };
  if ('delayMs' in action) return { ...AS_EVER, [phase === 'after' ? 'waitAfterMs' : 'waitBeforeMs']: action.delayMs };
  if ('commitThenAnswer' in action) return { ...AS_EVER, instead: () => action.commitThenAnswer };
  return { ...AS_EVER, isCarriedOut: phase === 'after', instead: ({ at }) => answerFor(action, at) };
}

/** What goes wrong, in the journal's words. */
export function nameOf(action: FaultAction): string {
  if (typeof action === 'string') return action;
  if ('change' in action) return `change ${action.change.kind}`;
  if ('error' in action) return `error ${action.error}`;
  return Object.keys(action)[0] ?? '';
}

type AnswerAction = Extract<
  FaultAction,
  { answer: unknown } | { rateLimit: unknown } | { error: unknown } | { edge: unknown } | { validation: unknown }
>;

function answerFor(action: AnswerAction, at: number): Answer {
  if ('answer' in action) return action.answer;
  if ('rateLimit' in action) return rateLimitAnswer(action.rateLimit, at);
  if ('error' in action) return errorAnswer(action.error, {}, action.code);
  return 'edge' in action ? edgeAnswer(action.edge) : invalidAnswer(action.validation);
}

function rateLimitAnswer({ retryAfterS, as = 'seconds', reason = 'connection' }: RateLimit, at: number): Answer {
  if (retryAfterS === undefined || retryAfterS === null) {
    return rateLimited({ reason, ...(retryAfterS === null && { retryAfter: null }) });
  }
  const retryAfter = as === 'date' ? new Date(at + retryAfterS * 1000).toUTCString() : String(retryAfterS);
  return rateLimited({ retryAfter, reason, at });
}

/** What was refused has not been saved, and is answered as ever. */
function savedInstead({ request: { method, path }, given }: Situation): Answer {
  if (given?.committed) return savedAnswer(method, path, given.answer);
  return given && given.answer.status >= 400 ? given.answer : errorAnswer(503);
}

function emptyInstead({ given }: Situation): Answer {
  return given?.answer ?? { status: 200, body: '', headers: { 'content-type': 'application/json; charset=utf-8' } };
}
