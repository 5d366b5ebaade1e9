import type { Mailbox } from './mailbox.ts';

/** A mail that is ready to go out. */
export interface OutgoingMail {
  to: Mailbox;
  replyTo?: Mailbox;
  /** With angle brackets; the same for every attempt. */
  messageId: string;
  /** What the mail says of when it was sent; now, if not given. */
  date?: Date;
  subject: string;
  text: string;
  html: string;
  /** Where one POST, without a login, ends such mails (RFC 8058). */
  unsubscribeUrl?: string;
  /** What goes into the reader's calendar. */
  calendar?: { method: 'PUBLISH' | 'REQUEST' | 'CANCEL'; content: string };
}

/** What hands mails to a mail server. */
export interface MailTransport {
  /** For so long after a mail was sent the mail server itself takes a repeat for what it is, and sends no second copy. */
  readonly repeatsAreHarmlessForMs: number;
  /**
   * Writes a mail out ahead of its instant: a thousand that are due at once then only have to be handed over.
   *
   * @throws {MailRefused} when it has no address that mail can be sent to.
   */
  prepare(mail: OutgoingMail): Promise<PreparedMail>;
  /**
   * Takes up a mail that was written out before, so that it goes over the wire byte for byte as it would have then. One that another
   * kind of transport has written out is refused when it is sent.
   *
   * @param to the address alone.
   * @throws {MailRefused} when that is not one that mail can be sent to.
   */
  resume(content: Buffer, to: string): PreparedMail;
  /** Ends every connection at once. A send that is still under way fails as {@link MailUndelivered}. */
  close(): void;
}

/** Sends a mail at once. See {@link MailTransport.prepare} and {@link PreparedMail.send} for what is thrown. */
export async function sendMail(transport: Pick<MailTransport, 'prepare'>, mail: OutgoingMail): Promise<void> {
  const prepared = await transport.prepare(mail);
  await prepared.send();
}

/** A mail as it goes over the wire. */
export interface PreparedMail {
  /** Headers and body, or what an API is asked; only its own kind of transport understands it. See {@link MailTransport.resume}. */
  readonly content: Buffer;
  /**
   * Waits until the mail may be sent, where all processes together may send so many a second. What has to be looked at directly
   * before the mail leaves is looked at after that.
   *
   * @throws {MailUndelivered} when its turn is too far away.
   */
  ready(): Promise<void>;
  /**
   * Waits until the mail is {@link ready}, if nobody has, and resolves once the server has taken it.
   *
   * @throws {MailRefused} when this mail will never be taken.
   * @throws {MailUndelivered} when trying again can help, and whether the server may have taken the mail all the same.
   */
  send(): Promise<void>;
}

/**
 * The mail server said no for good to this mail, or its address is not one; or the mail was written out for another mail server
 * (`transport_changed`), or differs from the one that Resend has had by the same name (`key_reused`), which must not happen.
 */
export type RefusalReason = 'mail_refused' | 'transport_changed' | 'key_reused';

/** This mail will never be taken. The server's words, which may quote the address, stay out. */
export class MailRefused extends Error {
  override readonly name = 'MailRefused';
  readonly reason: RefusalReason;
  /** The server's answer; none if it was not even asked. */
  readonly responseCode: number | undefined;

  constructor(responseCode?: number, reason: RefusalReason = 'mail_refused') {
    super(wordsFor(reason, responseCode));
    this.reason = reason;
    this.responseCode = responseCode;
  }
}

function wordsFor(reason: RefusalReason, responseCode: number | undefined): string {
  if (reason === 'transport_changed')
    return 'The mail was written out for another mail server than the one that is set now';
  if (reason === 'key_reused') return 'Another mail was sent by the same name before';
  return responseCode === undefined
    ? 'The attendee’s address is not one that mail can be sent to'
    : `The mail server refused the mail (${responseCode})`;
}

/** The mail server could not be reached, was busy, or did not answer. */
export class MailUndelivered extends Error {
  override readonly name = 'MailUndelivered';
  /** In words, for whoever looks at the run: `connection refused`, `time-out`, `answer 451`. */
  readonly reason: string;
  readonly responseCode: number | undefined;
  /**
   * The mail was under way to its last byte and no answer came back. Sending it again may make a second copy; only if this is
   * false is it certain that nobody got one.
   */
  readonly perhapsTaken: boolean;

  constructor(reason: string, responseCode?: number, perhapsTaken = false) {
    super(`The mail could not be handed to the mail server: ${reason}`);
    this.reason = reason;
    this.responseCode = responseCode;
    this.perhapsTaken = perhapsTaken;
  }
}
