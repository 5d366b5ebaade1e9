/** What is told of a mail after it was sent: it did not arrive for good, or for now, or was called spam. */
export interface MailEvent {
  /** The same for every repeat of the event. */
  id: string;
  type: 'hard_bounce' | 'soft_bounce' | 'complaint';
  /** The keyed name of the address that it is about, and the address. */
  person: string;
  address: string;
  /** As it stood in the mail, with or without angle brackets and domain; absent where the sender does not tell. */
  messageId?: string;
  /** When it happened. ISO 8601, UTC. */
  at: string;
}

/** What noting an event has made of it. */
export type NotedMailEvent =
  /** It is known already. */
  | { repeated: true }
  /** `mail` is ours that it is about, if that is known. */
  | { repeated: false; mail?: { bookingUid: string; step: string } };

/** What was told of mails after they were sent. */
export interface MailEvents {
  /**
   * Notes an event: at the mail that it is about, and against the address, which gets no more mails after a hard bounce or a
   * complaint. All of it, or nothing.
   */
  note(event: MailEvent): Promise<NotedMailEvent>;
}
