import {
  acknowledgedAt,
  type Evidence,
  type ExpectedReminder,
  grouped,
  mailKeyOf,
  type News,
  type PostedWebhook,
  type StoredBooking,
  type StoredMail,
  type TakenMail,
} from './evidence.ts';

/**
 * What must hold, whatever was killed:
 * I1 what was acknowledged is kept, was dispatched, and has had its effect;
 * I2 one mail for each booking, start, step and recipient; two only if they are the same and flagged;
 * I3 no mail for a version that was called off more than a second before;
 * I4 every reminder was sent, or decided with a reason;
 * I5 Notion says what the store says;
 * I7 no name and no address in a log;
 * I8 no process ended by itself.
 */
export type Invariant = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I7' | 'I8';

export interface Violation {
  invariant: Invariant;
  /** A uid, a Message-ID or a hash. */
  about: string;
  what: string;
}

/** A mail may be on the wire while the news that calls it off is being acknowledged. */
const ON_THE_WIRE_MS = 1_000;

/** Judges a run. @returns what does not hold; nothing if all is well. */
export function judge(evidence: Evidence): Violation[] {
  const facts = compare(evidence);
  return [
    ...evidence.webhooks.flatMap((webhook) => judgeDelivery(webhook, facts)),
    ...evidence.reminders.flatMap((reminder) => judgeReminder(reminder, facts)),
    ...evidence.mails.flatMap((mail) => judgeMail(mail, facts)),
    ...judgeContacts(evidence, facts),
    ...judgeLog(evidence),
    ...evidence.endedByThemselves.map((what): Violation => ({ invariant: 'I8', about: what, what: 'ended by itself' })),
  ];
}

interface Facts {
  deliveries: Map<string, Evidence['deliveries'][number]>;
  bookings: Map<string, StoredBooking>;
  mailRows: Map<string, StoredMail>;
  mails: Map<string, TakenMail[]>;
  reminders: Map<string, ExpectedReminder>;
  /** The acknowledged news of each booking, as subject or as the replaced one. */
  acknowledged: Map<string, { says: News; at: number; bodyHash: string }[]>;
}

function compare(evidence: Evidence): Facts {
  const acknowledged: Facts['acknowledged'] = new Map();
  for (const webhook of evidence.webhooks) {
    const at = acknowledgedAt(webhook);
    const { says, bodyHash } = webhook;
    const concerned = says.kind === 'moved' ? [says.uid, says.replacedUid] : [says.uid];
    if (at === undefined) continue;
    for (const uid of concerned) acknowledged.set(uid, [...(acknowledged.get(uid) ?? []), { says, at, bodyHash }]);
  }
  return {
    deliveries: new Map(evidence.deliveries.map((delivery) => [delivery.bodyHash, delivery])),
    bookings: new Map(evidence.bookings.map((booking) => [booking.uid, booking])),
    mailRows: new Map(evidence.mailRows.map((row) => [mailKeyOf(row), row])),
    mails: grouped(evidence.mails, ({ messageId }) => messageId),
    reminders: new Map(evidence.reminders.map((reminder) => [reminder.messageId, reminder])),
    acknowledged,
  };
}

function judgeDelivery(webhook: PostedWebhook, { deliveries, bookings }: Facts): Violation[] {
  const { says, bodyHash } = webhook;
  const at = acknowledgedAt(webhook);
  if (at === undefined) return [];
  const lost = (what: string): Violation[] => [{ invariant: 'I1', about: says.uid, what: `${says.kind}: ${what}` }];

  const kept = deliveries.get(bodyHash);
  if (!kept) return lost('acknowledged, and not in the store');
  if (kept.status !== 'dispatched') return lost(`acknowledged, and ${kept.status} in the end`);
  if (says.kind !== 'cancelled' && kept.reason === 'told' && !bookings.has(says.uid)) {
    return lost('acknowledged and dispatched, and there is no such booking');
  }

  const calledOff = bookings.get(uidCalledOffBy(says) ?? '');
  // Once the call has begun its run may be over, and takes no more news.
  if (!calledOff || Date.parse(calledOff.startsAt) <= at) return [];
  const [status, wanted] = [calledOff.status, says.kind === 'moved' ? ['superseded'] : ['cancelled', 'superseded']];
  return wanted.includes(status) ? [] : lost(`acknowledged, and the booking ${calledOff.uid} is ${status}`);
}

function uidCalledOffBy(says: News): string | undefined {
  if (says.kind === 'cancelled') return says.uid;
  return says.kind === 'moved' ? says.replacedUid : undefined;
}

function judgeReminder(reminder: ExpectedReminder, facts: Facts): Violation[] {
  const row = facts.mailRows.get(mailKeyOf(reminder));
  const entry = facts.bookings.get(reminder.uid)?.reminders.find(({ offset }) => offset === reminder.offset);
  const mails = facts.mails.get(reminder.messageId) ?? [];
  return [
    ...judgeCopies(mails, reminder, row, entry?.outcome === 'sent' ? (entry.reason ?? '') : undefined),
    ...(hasToBeDecided(reminder, facts) ? judgeDecision(reminder, row, entry) : []),
  ];
}

/** @param sentAs the reason beside `sent` in the timetable; undefined if that does not say `sent`. */
function judgeCopies(
  mails: readonly TakenMail[],
  reminder: ExpectedReminder,
  row: StoredMail | undefined,
  sentAs: string | undefined,
): Violation[] {
  const wrong = (what: string): Violation[] => [{ invariant: 'I2', about: labelOf(reminder), what }];
  const isFlagged = row?.possibleDuplicate && (sentAs === undefined || sentAs === 'possible_duplicate');

  if (mails.some(({ recipient }) => recipient.toLowerCase() !== reminder.recipient)) return wrong('sent to another');
  if (mails.length > 2) return wrong(`taken ${mails.length} times`);
  if (mails.length === 2) {
    if (mails[0]!.contentHash !== mails[1]!.contentHash) return wrong('taken twice, and not the same');
    return isFlagged ? [] : wrong('taken twice, and not flagged');
  }
  if (mails.length === 0)
    return row?.state === 'sent' || sentAs !== undefined ? wrong('said to be sent, never taken') : [];
  const mayBeOnTheWire = row && (['sent', 'sending'].includes(row.state) || row.possibleDuplicate);
  return mayBeOnTheWire ? [] : wrong(`taken, and the store says ${row?.state ?? 'nothing'}`);
}

/** A booking that was replaced before its own news was dispatched never comes to life. */
function hasToBeDecided({ uid, startsAt }: ExpectedReminder, { acknowledged, deliveries }: Facts): boolean {
  const news = acknowledged
    .get(uid)
    ?.find(({ says }) => says.kind !== 'cancelled' && says.uid === uid && says.startsAt === startsAt);
  return news !== undefined && deliveries.get(news.bodyHash)?.reason !== 'retired';
}

function judgeDecision(
  reminder: ExpectedReminder,
  row: StoredMail | undefined,
  entry: StoredBooking['reminders'][number] | undefined,
): Violation[] {
  const undecided = (what: string): Violation[] => [{ invariant: 'I4', about: labelOf(reminder), what }];
  if (!entry || entry.outcome === 'planned') return undecided(`${entry?.outcome ?? 'missing'} in the timetable`);
  if (entry.outcome !== 'sent' && !entry.reason)
    return undecided(`${entry.outcome} in the timetable, without a reason`);
  if (!row || row.state === 'claimed') return undecided(`${row?.state ?? 'missing'} in the store`);
  if (!['sent', 'sending'].includes(row.state) && !row.reason)
    return undecided(`${row.state} in the store, without a reason`);
  return [];
}

function judgeMail({ messageId, takenAt }: TakenMail, { reminders, acknowledged }: Facts): Violation[] {
  const reminder = reminders.get(messageId);
  if (!reminder) return [{ invariant: 'I2', about: messageId, what: 'nobody has expected this mail' }];

  const calledOff = (acknowledged.get(reminder.uid) ?? [])
    .filter(({ says }) => uidCalledOffBy(says) === reminder.uid)
    .filter(({ at }) => takenAt - at > ON_THE_WIRE_MS);
  return calledOff.map(({ says, at }) => ({
    invariant: 'I3',
    about: labelOf(reminder),
    what: `taken ${takenAt - at} ms after it was acknowledged as ${says.kind}`,
  }));
}

/** What Notion says of a booking whose run has ended. */
const SAYS: Record<string, string> = { skipped: 'Completed', completed: 'Completed', cancelled: 'Cancelled' };

function judgeContacts({ contacts, waitedFor }: Evidence, { bookings }: Facts): Violation[] {
  const live = grouped(
    [...bookings.values()].filter(({ status }) => status !== 'superseded'),
    ({ recipient = '' }) => recipient.toLowerCase(),
  );
  return contacts.flatMap(({ email, bookingStatus, callDate }): Violation[] => {
    const latest = live
      .get(email.toLowerCase())
      ?.toSorted((a, b) => a.startsAt.localeCompare(b.startsAt))
      .at(-1);
    if (!latest) return [];
    const wrong = (what: string): Violation[] => [{ invariant: 'I5', about: latest.uid, what }];
    if (!latest.isOver) return waitedFor === 'ends' ? wrong('its run has not ended') : [];

    const wanted = SAYS[latest.status];
    if (bookingStatus !== wanted) return wrong(`Notion says ${bookingStatus} instead of ${wanted}`);
    const date = latest.startsAt.slice(0, 10);
    // A call that was off before its row said Booked has no date there.
    if (callDate !== date && latest.status !== 'cancelled') return wrong(`Notion says ${callDate} instead of ${date}`);
    return [];
  });
}

function judgeLog({ log, people }: Evidence): Violation[] {
  const told = log.filter(
    (line) =>
      people.names.some((name) => line.includes(name)) ||
      (line.match(/[\w.+-]+@[\w.-]*\w/g) ?? []).some((address) => people.addresses.has(address.toLowerCase())),
  );
  return told.map((line) => ({ invariant: 'I7', about: line.slice(0, 200), what: 'a person in the log' }));
}

function labelOf({ uid, startsAt, offset }: ExpectedReminder): string {
  return `${uid}, ${startsAt}, ${offset}`;
}
