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
  | 'not_shared'
  | 'not_a_database'
  | 'no_data_source'
  | 'several_data_sources'
  | 'in_trash'
  | 'unreadable'
  | 'too_many_rows'
  | 'invalid_request';

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

/** Notion did not answer, or not now: the same request may succeed later. A write may have been saved all the same. */
export class NotionUnavailable extends Error {
  override readonly name = 'NotionUnavailable';
  /** How long Notion asked to be left alone, if it said. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, retryAfterMs?: number) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}
