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
}

/** What hands mails to a mail server. */
export interface MailTransport {
  /**
   * Writes a mail out ahead of its instant: a thousand that are due at once then only have to be handed over.
   *
   * @throws {MailRefused} when it has no address that mail can be sent to.
   */
  prepare(mail: OutgoingMail): Promise<PreparedMail>;
  /**
   * Takes up a mail that was written out before, so that it goes over the wire byte for byte as it would have then.
   *
   * @param to the address alone.
   * @throws {MailRefused} when that is not one that mail can be sent to.
   */
  resume(content: Buffer, to: string): PreparedMail;
  /** {@link prepare}, then {@link PreparedMail.send}. */
  send(mail: OutgoingMail): Promise<void>;
  /** Ends every connection at once. A send that is still under way fails as {@link MailUndelivered}. */
  close(): void;
}

/** A mail as it goes over the wire. */
export interface PreparedMail {
  /** Headers and body; the envelope is not among them. See {@link MailTransport.resume}. */
  readonly content: Buffer;
  /**
   * Resolves once the server has taken the mail.
   *
   * @throws {MailRefused} when this mail will never be taken.
   * @throws {MailUndelivered} when trying again can help, and whether the server may have taken the mail all the same.
   */
  send(): Promise<void>;
}

/** The mail server said no for good to this mail, or its address is not one. The server's words, which may quote the address, stay out. */
export class MailRefused extends Error {
  override readonly name = 'MailRefused';
  /** The server's 5xx answer; none if the address was not even tried. */
  readonly responseCode: number | undefined;

  constructor(responseCode?: number) {
    super(
      responseCode === undefined
        ? 'The attendee’s address is not one that mail can be sent to'
        : `The mail server refused the mail (${responseCode})`,
    );
    this.responseCode = responseCode;
  }
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
