import { and, eq, inArray } from 'drizzle-orm';
import { noteSuppression } from './create-suppressions.ts';
import type { Database, Db } from './database.ts';
import type { MailEvent, MailEvents } from './mail-events.ts';
import { MESSAGE_NAME, mailEvents, reminders } from './schema.ts';

/** What the row of a mail says of each event. A soft bounce may still arrive: it decides nothing. */
const SAYS = {
  hard_bounce: { reason: 'bounced' },
  complaint: { reason: 'complained' },
  soft_bounce: { lastError: 'soft bounce' },
} as const;

/** The events as rows of `mail_events`, and as what they say of mails and people. */
export function createMailEvents({ database }: { database: Database }): MailEvents {
  return {
    note: (event) =>
      database.run((db) =>
        db.transaction(async (tx) => {
          if (!(await isNew(tx, event))) return { repeated: true };
          const { type, person, address, at } = event;
          if (type !== 'soft_bounce') await noteSuppression(tx, { person, reason: type, address, at });
          const mail = await markMail(tx, event);
          return { repeated: false, ...(mail && { mail }) };
        }),
      ),
  };
}

async function isNew(db: Db, { id, type, messageId }: MailEvent): Promise<boolean> {
  const kept = await db
    .insert(mailEvents)
    .values({ id, type, messageId: messageId ?? null })
    .onConflictDoNothing()
    .returning({ id: mailEvents.id });
  return kept.length > 0;
}

async function markMail(
  db: Db,
  { type, messageId }: MailEvent,
): Promise<{ bookingUid: string; step: string } | undefined> {
  if (messageId === undefined) return undefined;
  const [marked] = await db
    .update(reminders)
    .set(SAYS[type])
    // It is told of a mail that was on the wire; whatever else was decided about one stays.
    .where(and(eq(MESSAGE_NAME, nameOf(messageId)), inArray(reminders.state, ['sending', 'sent'])))
    .returning({ bookingUid: reminders.externalId, step: reminders.step });
  return marked;
}

/** A Message-ID up to its @, as ours are kept. */
function nameOf(messageId: string): string {
  return `<${messageId.replace(/^</, '').replace(/@.*$/s, '')}`;
}
