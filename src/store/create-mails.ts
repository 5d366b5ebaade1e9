import { randomUUID } from 'node:crypto';
import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import type { MailClaim, Mails, RepeatPolicy } from './mails.ts';
import { recipientHash } from './recipient-hash.ts';
import { bookings, MAIL_KEY, reminders } from './schema.ts';
import type { Seal } from './seal.ts';
import { answersFor, together } from './together.ts';

/** Why a mail of which nobody knows is not sent again. */
const UNCERTAIN = 'delivery_uncertain';

/** Mail servers take one mail after the other: noted one by one, a thousand would keep those waiting that are still to leave. */
const SENT = { gatherMs: 50 };

interface AskedTwin {
  uid: string;
  seat: string;
  starts_at: string;
  step: string;
  /** In small letters. */
  recipient: string;
}

const TWIN_COLUMNS = { uid: 'text', seat: 'text', starts_at: 'timestamptz', step: 'text', recipient: 'text' };

const IS_DECIDED = sql`${reminders.state} in ('sent', 'failed')`;
const WAS_ON_THE_WIRE = sql`${reminders.state} = 'sending'`;
/** A row that is being sent was last changed when it went on the wire. */
const UNKNOWN_SINCE = sql`coalesce(${reminders.unknownSince}, case when ${WAS_ON_THE_WIRE} then ${reminders.updatedAt} end)`;
const IS_UNKNOWN = sql`(${UNKNOWN_SINCE} is not null or ${reminders.possibleDuplicate})`;

/** For a mail server that takes a repeat for another mail. */
export const SEND_ONCE_MORE: RepeatPolicy = { ambiguous: 'resend', harmlessForMs: 0 };

/** The mails as rows of `reminders`. */
export function createMails({ database, seal }: { database: Database; seal: Seal }, policy: RepeatPolicy): Mails {
  const isHarmless = sql`coalesce(${UNKNOWN_SINCE} > now() - ${policy.harmlessForMs} * interval '1 millisecond', false)`;
  const mayDouble = sql`(${IS_UNKNOWN} and not ${isHarmless})`;
  const isGivenUp =
    policy.ambiguous === 'never'
      ? mayDouble
      : sql`(${mayDouble} and ${WAS_ON_THE_WIRE} and ${reminders.possibleDuplicate})`;

  /** Changes the row as long as this attempt has it. */
  async function change(
    token: string,
    from: readonly ('claimed' | 'sending')[],
    columns: Parameters<ReturnType<typeof updateOf>['set']>[0],
  ): Promise<void> {
    await database.run((db) =>
      updateOf(db)
        .set({ ...columns, updatedAt: sql`now()` })
        .where(and(eq(reminders.claimToken, token), inArray(reminders.state, [...from]))),
    );
  }

  const isLeftToTwin = together((asked: readonly AskedTwin[]) => {
    const isSent = sql`exists (
      select from ${reminders}
      where ${reminders.provider} = ${bookings.provider} and ${reminders.externalId} = ${bookings.externalId}
        and ${reminders.startsAt} = asked.starts_at and ${reminders.step} = asked.step
        and lower(${reminders.address}) = asked.recipient and ${reminders.state} in ('sending', 'sent'))`;
    const answer = sql`exists (
      select from ${bookings} own join ${bookings} on ${bookings.twin} = own.twin and ${bookings.externalId} <> own.external_id
      where own.provider = 'calcom' and own.external_id = asked.uid and own.seat = asked.seat
        and ((${bookings.status} = 'scheduled' and not ${bookings.isOver} and ${bookings.externalId} < own.external_id) or ${isSent}))`;
    return database.run((db) => answersFor<boolean>(db, asked, TWIN_COLUMNS, answer));
  });

  const startSending = together(async (tokens: readonly string[]) => {
    const started = await database.run((db) =>
      updateOf(db)
        .set({ state: 'sending', updatedAt: sql`now()` })
        .where(and(inArray(reminders.claimToken, [...tokens]), eq(reminders.state, 'claimed')))
        .returning({ token: reminders.claimToken }),
    );
    const taken = new Set(started.map(({ token }) => token));
    return tokens.map((token) => taken.has(token));
  });

  const markSent = together(async (sent: readonly { token: string; sent_at: string }[]) => {
    await database.run((db) =>
      updateOf(db)
        .set({
          ...DECIDED,
          state: 'sent',
          // A bounce may be told of before the mail server's answer has been noted.
          reason: sql`case when ${reminders.reason} in ('bounced', 'complained') then ${reminders.reason} end`,
          sentAt: sql`told.sent_at`,
          lastError: null,
          updatedAt: sql`now()`,
        })
        .from(sql`jsonb_to_recordset(${JSON.stringify(sent)}::jsonb) as told (token uuid, sent_at timestamptz)`)
        .where(and(eq(reminders.claimToken, sql`told.token`), eq(reminders.state, 'sending'))),
    );
    return sent.map(() => undefined);
  }, SENT);

  return {
    async claim({ booking, startsAt, step, recipient }, { dueAt, messageId, content }) {
      const token = randomUUID();
      const [row] = await database.run((db) =>
        db
          .insert(reminders)
          .values({
            provider: 'calcom',
            externalId: booking.uid,
            seat: booking.seat ?? '',
            startsAt: new Date(startsAt),
            step,
            recipientHash: recipientHash(booking, recipient),
            address: recipient,
            dueAt: new Date(dueAt),
            state: 'claimed',
            messageId,
            mail: seal.close(content),
            claimToken: token,
          })
          .onConflictDoUpdate({
            target: MAIL_KEY,
            // Every right side sees the row as it was. A claim that follows on the ambiguous one leaves it flagged: until that
            // attempt is on the wire itself, what goes out is still the same second copy.
            set: {
              state: sql`case when ${IS_DECIDED} then ${reminders.state} when ${isGivenUp} then 'failed' else 'claimed' end`,
              reason: sql`case when ${IS_DECIDED} then ${reminders.reason} when ${isGivenUp} then ${UNCERTAIN} end`,
              unknownSince: sql`case when ${IS_DECIDED} then ${reminders.unknownSince} else ${UNKNOWN_SINCE} end`,
              possibleDuplicate: sql`${reminders.possibleDuplicate} or (${mayDouble} and not ${IS_DECIDED} and not ${isGivenUp})`,
              mail: sql`case when ${IS_DECIDED} or ${isGivenUp} then null
                when ${IS_UNKNOWN} then coalesce(${reminders.mail}, excluded.mail)
                else excluded.mail end`,
              claimToken: sql`case when ${IS_DECIDED} or ${isGivenUp} then null else excluded.claim_token end`,
              messageId: sql`coalesce(${reminders.messageId}, excluded.message_id)`,
              dueAt: sql`case when ${IS_DECIDED} then ${reminders.dueAt} else excluded.due_at end`,
              updatedAt: sql`case when ${IS_DECIDED} then ${reminders.updatedAt} else now() end`,
            },
          })
          .returning(),
      );
      return claimOf(row!, token);
    },

    isLeftToTwin: ({ booking: { uid, seat = '' }, startsAt, step, recipient }) =>
      isLeftToTwin({ uid, seat, starts_at: startsAt, step, recipient: recipient.toLowerCase() }),

    startSending,
    markSent: (token, sentAt) => markSent({ token, sent_at: sentAt }),

    async release(token, error) {
      await change(token, ['claimed', 'sending'], { state: 'claimed', lastError: error });
    },

    async markFailed(token, reason) {
      await change(token, ['claimed', 'sending'], { ...DECIDED, state: 'failed', reason });
    },

    async markSkipped(token, reason) {
      await change(token, ['claimed'], { ...DECIDED, state: 'skipped', reason });
    },
  };

  function claimOf(row: typeof reminders.$inferSelect, token: string): MailClaim {
    if (row.state === 'sent') {
      return { state: 'sent', sentAt: row.sentAt!.toISOString(), possibleDuplicate: row.possibleDuplicate };
    }
    if (row.state === 'failed') {
      return row.reason === UNCERTAIN ? { state: 'uncertain' } : { state: 'failed', reason: row.reason ?? '' };
    }
    return { state: row.possibleDuplicate ? 'ambiguous' : 'free', token, mail: seal.open(row.mail!) };
  }
}

/** The rendered mail has done its duty, and no attempt may change the row any more. */
const DECIDED = { mail: null, claimToken: null };

function updateOf(db: Parameters<Parameters<Database['run']>[0]>[0]) {
  return db.update(reminders);
}
