import type { BookingKey } from '../booking.ts';

/** What makes a mail one mail: sending it again must be harmless. */
export interface MailKey {
  booking: BookingKey;
  /** ISO 8601, UTC: a moved call's reminder is another mail. */
  startsAt: string;
  /** Which mail it is, such as `reminder/24h`. */
  step: string;
  /** The address. */
  recipient: string;
}

/** What an attempt to send may do. `token` proves that no later attempt has taken the mail over. */
export type MailClaim =
  /** Nothing has been on the wire, or only what a repeat cannot double: send it. */
  | { state: 'free'; token: string; mail: Buffer }
  /** An earlier attempt was on the wire and nobody knows what became of it: send the very same mail once more. */
  | { state: 'ambiguous'; token: string; mail: Buffer }
  /** Nobody knows what became of it, and it is not sent again: after two attempts, or after the first by {@link RepeatPolicy}. */
  | { state: 'uncertain' }
  | { state: 'sent'; sentAt: string; possibleDuplicate: boolean }
  | { state: 'failed'; reason: string };

/** What is done about a mail that was on the wire when its attempt was lost. */
export interface RepeatPolicy {
  /** Send the very same mail once more, or never. */
  ambiguous: 'resend' | 'never';
  /** For so long after an attempt the mail server itself takes a repeat for what it is: until then it is sent again in any case. */
  harmlessForMs: number;
}

/** The row of every mail in `reminders`: claimed (nothing on the wire, free to retry), sending, then sent, failed or skipped. */
export interface Mails {
  /**
   * Takes a mail for this attempt; who claimed it before loses it. While nothing was on the wire, `content` replaces what an
   * earlier attempt had rendered; from then on it is the very same mail.
   */
  claim(key: MailKey, options: { dueAt: string; messageId: string; content: Buffer }): Promise<MailClaim>;
  /**
   * Whether another booking sends this mail: somebody has booked the same call twice by mistake, and gets each mail for one of them.
   * Of two that stand, the one with the lower uid sends; and none sends what the other has sent already.
   */
  isLeftToTwin(key: MailKey): Promise<boolean>;
  /** Directly before the mail goes on the wire. @returns false when a later attempt has taken it over: do not send. */
  startSending(token: string): Promise<boolean>;
  /** The mail server took it. The rendered mail is forgotten. */
  markSent(token: string, sentAt: string): Promise<void>;
  /** It is certain that the mail server did not take it: free to retry. */
  release(token: string, error: string): Promise<void>;
  /** It will never be taken. */
  markFailed(token: string, reason: string): Promise<void>;
  /** It was claimed, and is not to be sent as things stand: should that change, it may be claimed again. */
  markSkipped(token: string, reason: string): Promise<void>;
}
