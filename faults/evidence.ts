/**
 * What everybody has to say about one run, for the {@link judge} to compare: what was posted, what the mail server took, and
 * what is kept in the end. Instants of the run are epoch milliseconds, a call's start is ISO 8601 in UTC.
 */
export interface Evidence {
  webhooks: readonly PostedWebhook[];
  /** Every reminder of every version of a booking that was posted, whether or not it was to go out in the end. */
  reminders: readonly ExpectedReminder[];
  mails: readonly TakenMail[];
  deliveries: readonly StoredDelivery[];
  bookings: readonly StoredBooking[];
  mailRows: readonly StoredMail[];
  /** The rows of Notion that belong to somebody who was booked. */
  contacts: readonly StoredContact[];
  /**
   * What was waited for before this was gathered: that every reminder is decided, or that every run has ended too. Notion may be
   * behind until then, because a worker that dies with a write in its hands is noticed after two minutes.
   */
  waitedFor: 'reminders' | 'ends';
  /** What all processes wrote. */
  log: readonly string[];
  /** What must not be in the log. */
  people: { addresses: ReadonlySet<string>; names: readonly string[] };
  /** The processes that ended although nobody ended them. */
  endedByThemselves: readonly string[];
}

/** One body, posted until it was acknowledged or given up; an exact repeat is another one with the same hash. */
export interface PostedWebhook {
  /** SHA-256 of the bytes, in hex. */
  bodyHash: string;
  says: News;
  /** In their order; without a status, nobody answered. */
  answers: readonly { at: number; status?: number }[];
}

/** What a body means. A version is a booking with one start: a moved booking is another one. */
export type News =
  | ({ kind: 'booked' } & Version)
  | ({ kind: 'moved'; replacedUid: string } & Version)
  | { kind: 'cancelled'; uid: string };

export interface Version {
  uid: string;
  startsAt: string;
  recipient: string;
}

export interface ExpectedReminder extends Version {
  /** As the timetable has it, such as `24h`. */
  offset: string;
  messageId: string;
}

export interface TakenMail {
  /** When the mail server had all of it. */
  takenAt: number;
  messageId: string;
  recipient: string;
  /** SHA-256 of all its bytes, in hex. */
  contentHash: string;
}

export interface StoredDelivery {
  bodyHash: string;
  status: string;
  reason?: string;
}

export interface StoredBooking {
  uid: string;
  startsAt: string;
  status: string;
  /** Whether its run has ended. */
  isOver: boolean;
  recipient?: string;
  reminders: readonly { offset: string; outcome: string; reason?: string }[];
}

export interface StoredMail {
  uid: string;
  startsAt: string;
  offset: string;
  recipient: string;
  state: string;
  reason?: string;
  possibleDuplicate: boolean;
}

export interface StoredContact {
  email: string;
  bookingStatus?: string;
  /** YYYY-MM-DD, UTC. */
  callDate?: string;
}

/** When the sender was first told that the body is kept; undefined if it never was. */
export function acknowledgedAt({ answers }: PostedWebhook): number | undefined {
  return answers.find(({ status = 0 }) => status >= 200 && status < 300)?.at;
}

/** Names one mail: one booking, start, step and recipient. */
export function mailKeyOf({ uid, startsAt, offset, recipient }: Omit<ExpectedReminder, 'messageId'>): string {
  return JSON.stringify([uid, Date.parse(startsAt), offset, recipient.toLowerCase()]);
}

/** `Map.groupBy`, which Node has from 21 on. */
export function grouped<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
