/** Why asking again would not help. */
export type RefusalReason =
  | 'address_unusable'
  | 'contact_not_found'
  | 'contact_ambiguous'
  | 'property_missing'
  | 'property_unsupported'
  | 'option_missing'
  | 'unauthorized'
  | 'forbidden'
  | 'blocked'
  | 'creates_blocked'
  | 'row_limit'
  | 'not_shared'
  | 'not_a_database'
  | 'no_data_source'
  | 'several_data_sources'
  | 'in_trash'
  | 'archived'
  | 'unreadable'
  | 'too_many_rows'
  | 'invalid_request';

/** These concern one person or page: Notion has been asked and has answered. */
export const OF_ONE_PAGE: ReadonlySet<RefusalReason> = new Set([
  'contact_not_found',
  'contact_ambiguous',
  'too_many_rows',
  'archived',
  'creates_blocked',
  'row_limit',
]);

/**
 * Notion will give the same answer until a person changes something. The message says what, and holds neither an address,
 * nor the token, nor anything Notion quoted back: it reaches logs and Temporal's history.
 */
export class NotionRefusal extends Error {
  override readonly name = 'NotionRefusal';
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/**
 * What has become of a request that failed: Notion did not carry it out, because it comes too often (`limited`), because there are too
 * many of everybody's (`overloaded`), or because of where it comes from (`turned_away`); it met another one (`conflict`); or nobody
 * knows (`open`).
 */
export type Fate = 'limited' | 'overloaded' | 'turned_away' | 'conflict' | 'open';

export interface FailureFacts {
  fate?: Fate;
  /** False where nothing of Notion's came back: no connection, or an answer of somebody else's. */
  reached?: boolean;
  /** What Notion says it has saved although it failed: ids, as far as it names them. */
  saved?: readonly string[];
}

/** Notion did not answer, or not now: the same request may succeed later. A write may have been saved all the same. */
export class NotionUnavailable extends Error {
  override readonly name = 'NotionUnavailable';
  /** How long Notion asked to be left alone, if it said. */
  readonly retryAfterMs: number | undefined;
  readonly fate: Fate;
  readonly reached: boolean;
  /** Undefined unless Notion says itself that it has saved what it was asked to; then never to be repeated. */
  readonly saved: readonly string[] | undefined;

  constructor(message: string, retryAfterMs?: number, { fate = 'open', reached = true, saved }: FailureFacts = {}) {
    super(message);
    this.retryAfterMs = retryAfterMs;
    this.fate = fate;
    this.reached = reached;
    this.saved = saved;
  }
}

/** It is not our turn yet, and will not be for a while. Nothing of the piece of work has been done: it is no failure. */
export class NotionBusy extends Error {
  override readonly name = 'NotionBusy';
  readonly retryInMs: number;

  constructor(retryInMs: number) {
    super(`Notion's pace allows no more requests now; the next turn is in ${Math.ceil(retryInMs / 1_000)} s`);
    this.retryInMs = retryInMs;
  }
}

/** Only a person can help, and not this piece of work alone: until it is looked at again, nothing of its kind is asked. */
export class NotionParked extends Error {
  override readonly name = 'NotionParked';
  readonly reason: RefusalReason;
  readonly retryInMs: number;

  /** @param refusal what Notion last said: its message tells what to do. */
  constructor({ reason, message }: Pick<NotionRefusal, 'reason' | 'message'>, retryInMs: number) {
    super(message);
    this.reason = reason;
    this.retryInMs = retryInMs;
  }
}

/** Whether Notion says of a page or block that it was deleted or is no longer shared: for most of it, it answers alike. */
export function saysGone(error: unknown): error is NotionRefusal {
  return error instanceof NotionRefusal && (error.reason === 'not_shared' || error.reason === 'archived');
}
