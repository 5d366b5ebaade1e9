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
  /** {@link prepare}, then {@link PreparedMail.send}. */
  send(mail: OutgoingMail): Promise<void>;
  /** Ends every connection at once. A send that is still under way fails as {@link MailUndelivered}. */
  close(): void;
}

/** A mail as it goes over the wire. */
export interface PreparedMail {
  /**
   * Resolves once the server has taken the mail.
   *
   * @throws {MailRefused} when this mail will never be taken.
   * @throws {MailUndelivered} when trying again can help. After a lost connection or a time-out the server may have taken
   * the mail all the same: send again with the same Message-ID.
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

  constructor(reason: string, responseCode?: number) {
    super(`The mail could not be handed to the mail server: ${reason}`);
    this.reason = reason;
    this.responseCode = responseCode;
  }
}
