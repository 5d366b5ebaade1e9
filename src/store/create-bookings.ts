import { isDeepStrictEqual } from 'node:util';
import { and, asc, eq, gt, ne, notInArray, type SQL, sql } from 'drizzle-orm';
import type { BookingKey } from '../booking.ts';
import type { BookingRecord, Bookings, StoredBooking } from './bookings.ts';
import type { Database, Db } from './database.ts';
import { historyLineOf } from './history-line.ts';
import { recipientHash } from './recipient-hash.ts';
import { bookingHistory, bookings, MAIL_KEY, reminders } from './schema.ts';
import type { Seal } from './seal.ts';

type BookingRow = typeof bookings.$inferSelect;
type Recorded = Awaited<ReturnType<Bookings['record']>>;

/** Who a run's reports are put down to in the history. */
const ACTOR = 'precall';

/** The bookings as rows of `bookings`, `booking_history` and `reminders`. */
export function createBookings({ database, seal }: { database: Database; seal: Seal }): Bookings {
  const stateOf = ({ state }: Pick<BookingRow, 'state'>) => (state ? seal.openJson(state) : undefined);

  /** Whether this very report is what is kept: its activity is repeated when its answer was lost. */
  const isKept = (row: BookingRow, { revision, state }: BookingRecord) =>
    row.revision === revision && isDeepStrictEqual(stateOf(row), asJson(state));

  return {
    async record(record) {
      const { booking, revision, status, report, state, isOver, decided } = record;
      const [booker] = booking.attendees;
      const columns = {
        status,
        startsAt: new Date(booking.startsAt),
        endsAt: new Date(booking.endsAt),
        attendeeName: booker.name,
        attendeeEmail: booker.email,
        title: booking.title,
        twin: booking.twin ?? null,
        report,
        state: seal.closeJson(state),
        revision,
        isOver,
        recordedAt: sql`now()`,
      };

      return database.run((db) =>
        db.transaction(async (tx): Promise<Recorded> => {
          // The row is made before it is locked, so that two reports of a new booking come one after the other as well.
          await tx
            .insert(bookings)
            .values({ ...keyColumns(booking), status, startsAt: columns.startsAt, endsAt: columns.endsAt })
            .onConflictDoNothing();
          const [old] = await tx.select().from(bookings).where(isBooking(bookings, booking)).for('update');
          const hasReported = old!.report !== null;
          if (hasReported && isKept(old!, record)) return { written: true };
          if (hasReported && old!.revision >= revision) {
            return { written: false, revision: old!.revision, state: stateOf(old!) };
          }

          await tx.update(bookings).set(columns).where(isBooking(bookings, booking));
          const line = historyLineOf(hasReported ? old! : undefined, {
            status,
            startsAt: columns.startsAt,
            report: asJson(report),
          });
          if (line) await tx.insert(bookingHistory).values({ ...keyColumns(booking), ...line, actor: ACTOR });
          await decide(tx, booking, decided);
          if (isOver) await withdrawClaims(tx, booking);
          return { written: true };
        }),
      );
    },

    async live({ after, limit, settledMs }) {
      const rows = await database.run((db) =>
        db
          .select()
          .from(bookings)
          .where(
            and(
              sql`not ${bookings.isOver}`,
              sql`${bookings.firstSeenAt} <= now() - ${settledMs} * interval '1 millisecond'`,
              after && sql`(${bookings.externalId}, ${bookings.seat}) > (${after.uid}, ${after.seat ?? ''})`,
            ),
          )
          .orderBy(asc(bookings.externalId), asc(bookings.seat))
          .limit(limit),
      );
      return rows.map((row) => ({ ...keyOf(row), revision: row.revision, state: stateOf(row) }));
    },

    async endState(booking) {
      const [row] = await database.run((db) =>
        db
          .select({ state: bookings.state })
          .from(bookings)
          .where(and(isBooking(bookings, booking), eq(bookings.isOver, true))),
      );
      return row && stateOf(row);
    },

    async close(booking) {
      await database.run((db) => db.update(bookings).set({ isOver: true }).where(isBooking(bookings, booking)));
    },

    async keysOf(uid) {
      const { provider, externalId } = keyColumns({ uid });
      const rows = await database.run((db) =>
        db
          .select({ externalId: bookings.externalId, seat: bookings.seat })
          .from(bookings)
          .where(and(eq(bookings.provider, provider), eq(bookings.externalId, externalId)))
          .orderBy(asc(bookings.seat)),
      );
      return rows.map(keyOf);
    },

    async find(booking) {
      const [row] = await database.run((db) => db.select().from(bookings).where(isBooking(bookings, booking)));
      return row && storedOf(row);
    },

    async isBookedAgain({ uid, startsAt, attendees: [booker] }) {
      const found = await database.run((db) =>
        db
          .select({ uid: bookings.externalId })
          .from(bookings)
          .where(
            and(
              gt(bookings.startsAt, new Date(startsAt)),
              ne(bookings.externalId, uid),
              eq(sql`lower(${bookings.attendeeEmail})`, booker.email.toLowerCase()),
              notInArray(bookings.status, ['cancelled', 'superseded']),
            ),
          )
          .limit(1),
      );
      return found.length > 0;
    },

    async list({ after, limit }) {
      const rows = await database.run((db) =>
        db
          .select()
          .from(bookings)
          .where(
            after &&
              sql`(${bookings.startsAt}, ${bookings.externalId}, ${bookings.seat})
                > (${after.startsAt.toISOString()}::timestamptz, ${after.uid}, ${after.seat ?? ''})`,
          )
          .orderBy(asc(bookings.startsAt), asc(bookings.externalId), asc(bookings.seat))
          .limit(limit),
      );
      return rows.map(storedOf);
    },

    async history(booking) {
      return database.run((db) =>
        db
          .select({
            action: bookingHistory.action,
            actor: bookingHistory.actor,
            at: bookingHistory.at,
            old: bookingHistory.old,
            new: bookingHistory.new,
          })
          .from(bookingHistory)
          .where(isBooking(bookingHistory, booking))
          .orderBy(asc(bookingHistory.id)),
      );
    },
  };
}

const IS_ON_THE_WIRE = sql`${reminders.state} = 'sending'`;

/**
 * Notes mails that will not be sent. What was sent, or has been given up, keeps its own outcome; of one that was on the wire when
 * its time was up nobody knows, and it only gets the reason.
 */
async function decide(db: Db, booking: BookingKey, decided: BookingRecord['decided']): Promise<void> {
  if (decided.length === 0) return;
  await db
    .insert(reminders)
    .values(
      decided.map(({ step, startsAt, dueAt, recipient, outcome, reason }) => ({
        ...keyColumns(booking),
        startsAt: new Date(startsAt),
        step,
        recipientHash: recipientHash(booking, recipient),
        address: recipient,
        dueAt: new Date(dueAt),
        state: outcome,
        reason,
      })),
    )
    .onConflictDoUpdate({
      target: MAIL_KEY,
      set: {
        state: sql`case when ${IS_ON_THE_WIRE} then ${reminders.state} else excluded.state end`,
        reason: sql`excluded.reason`,
        mail: sql`case when ${IS_ON_THE_WIRE} then ${reminders.mail} end`,
        claimToken: sql`case when ${IS_ON_THE_WIRE} then ${reminders.claimToken} end`,
        updatedAt: sql`now()`,
      },
      setWhere: sql`${reminders.state} in ('claimed', 'skipped', 'sending')`,
    });
}

/** Of a booking whose run is over, nobody sends any more what had not left: its news was overtaken by other news. */
async function withdrawClaims(db: Db, booking: BookingKey): Promise<void> {
  await db
    .update(reminders)
    .set({ state: 'skipped', reason: 'withdrawn', mail: null, claimToken: null, updatedAt: sql`now()` })
    .where(and(isBooking(reminders, booking), eq(reminders.state, 'claimed')));
}

function storedOf(row: BookingRow): StoredBooking {
  const { status, startsAt, endsAt, attendeeName, attendeeEmail, title, report, revision, isOver } = row;
  return {
    ...keyOf(row),
    status,
    startsAt,
    endsAt,
    ...(attendeeName !== null && { attendeeName }),
    ...(attendeeEmail !== null && { attendeeEmail }),
    ...(title !== null && { title }),
    report,
    revision,
    isOver,
  };
}

function keyOf({ externalId, seat }: Pick<BookingRow, 'externalId' | 'seat'>): BookingKey {
  return { uid: externalId, ...(seat && { seat }) };
}

function keyColumns({ uid, seat }: BookingKey) {
  return { provider: 'calcom', externalId: uid, seat: seat ?? '' };
}

function isBooking(
  table: typeof bookings | typeof bookingHistory | typeof reminders,
  booking: BookingKey,
): SQL | undefined {
  const { provider, externalId, seat } = keyColumns(booking);
  return and(eq(table.provider, provider), eq(table.externalId, externalId), eq(table.seat, seat));
}

/** As it comes back from a JSON column. */
function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null));
}
