import { createHash } from 'node:crypto';
import { and, desc, eq, gte, inArray, isNotNull, lt, notInArray, type SQL, sql } from 'drizzle-orm';
import type { Logger } from 'pino';
import { type BookingEvent, bookingKeyOf } from '../booking.ts';
import { claimDeliveries, fromNow } from './claim-deliveries.ts';
import { isAbout, retires } from './concerns.ts';
import type { Database, Db } from './database.ts';
import { arrivalColumns, verdictColumns } from './delivery-columns.ts';
import { detailsOf, SUMMARY, summaryOf } from './delivery-details.ts';
import type { Inbox, Verdict } from './inbox.ts';
import { markDispatched } from './mark-dispatched.ts';
import { namesReplaced, placesTakenBy, retirementsOf, WRITTEN, withRetirements } from './retirements.ts';
import { rowsOf } from './rows.ts';
import { deliveries, retiredBookings } from './schema.ts';
import type { Seal } from './seal.ts';
import { callsBookedWith, callsCalledOffWith, callsThatEndWith, cancelWithSeries, type SeriesEnd } from './series.ts';
import { ANEW } from './tell-again.ts';
import { answersFor, together } from './together.ts';

/** How long a delivery that cannot be opened, for want of its key, is left alone. */
const UNREADABLE_PAUSE_MS = 60_000;
const TOLD_AT_ONCE = 1_000;

interface Written {
  id: string | number;
  has_others?: boolean;
}

/** What stops a mail until its run has heard of it. What replaces a booking has retired it, and is no less. */
const STOPPING = ['cancelled', 'rescheduled', 'rejected'];

/** The inbox as rows of `deliveries` and `retired_bookings`. Leases and pauses go by the clock of the database. */
export function createInbox({ database, seal, log }: { database: Database; seal: Seal; log: Logger }): Inbox {
  /** @returns the id of the delivery that was written, if there was one to write. */
  async function write(verdict: Verdict, statement: (db: Db) => SQL): Promise<number | undefined> {
    const [written] = await database.run((db) => {
      const plain = statement(db);
      return rowsOf<Written>(db, namesReplaced(verdict) ? withRetirements(plain) : plain);
    });
    if (!written) return undefined;
    const id = Number(written.id);
    // Not in one statement for all: that takes the database three times as long. If we die before it, claiming makes up for it.
    if (written.has_others) await database.run((db) => db.execute(withRetirements(placesTakenBy([id]))));
    return id;
  }

  /** The event of a delivery, if it can be opened. */
  function open(deliveryId: number, sealed: Buffer | null): { event: BookingEvent } | { reason: string } {
    try {
      if (!sealed) throw new Error('Its event has been purged.');
      return { event: seal.openJson(sealed) as BookingEvent };
    } catch (error) {
      const reason = (error as Error).message;
      log.error({ deliveryId, reason }, 'a delivery cannot be opened');
      return { reason };
    }
  }

  const hasUnheardNews = together((asked: readonly { uid: string; seat: string; heard: readonly string[] }[]) => {
    const [uid, seat] = [sql`asked.uid`, sql`asked.seat`];
    const isUnheard = and(
      inArray(deliveries.eventKind, STOPPING),
      notInArray(deliveries.status, ['ignored', 'rejected']),
      isAbout(uid, seat),
      sql`not (${deliveries.eventId} = any(asked.heard))`,
    );
    const answer = sql`
      exists (select from ${deliveries} where ${isUnheard})
      or exists (select from ${retiredBookings} where ${retires(uid, seat)})`;
    return database.run((db) => answersFor<boolean>(db, asked, { uid: 'text', seat: 'text', heard: 'text[]' }, answer));
  });

  const inbox: Inbox = {
    async keep(delivery, verdict) {
      const bodyHash = createHash('sha256').update(delivery.body).digest();
      const row = { ...arrivalColumns(delivery, seal), ...verdictColumns(verdict, seal) };

      const kept = await write(verdict, (db) =>
        db
          .insert(deliveries)
          .values({ source: delivery.source, bodyHash, ...row })
          .onConflictDoNothing({ target: [deliveries.source, deliveries.bodyHash] })
          .returning(WRITTEN)
          .getSQL(),
      );
      if (kept !== undefined) return { id: kept, status: verdict.status, repeated: false };

      const isRepeat = and(eq(deliveries.source, delivery.source), eq(deliveries.bodyHash, bodyHash));
      const mayBeReadAgain = inArray(deliveries.status, ['rejected', 'quarantined']);
      const [first] = await database.run((db) =>
        db
          .select({ id: deliveries.id, status: deliveries.status, mayBeReadAgain: sql<boolean>`${mayBeReadAgain}` })
          .from(deliveries)
          .where(isRepeat),
      );
      if (!first!.mayBeReadAgain) return { id: first!.id, status: first!.status, repeated: true };

      const revised = await write(verdict, (db) =>
        db
          .update(deliveries)
          .set({ ...row, ...ANEW })
          .where(and(isRepeat, mayBeReadAgain))
          .returning(WRITTEN)
          .getSQL(),
      );
      if (revised === undefined) return { id: first!.id, status: verdict.status, repeated: true };
      return { id: revised, status: verdict.status, repeated: false };
    },

    async claim(limit, leaseMs) {
      const taken = await claimDeliveries(database, limit, leaseMs);
      const claimed = await Promise.all(
        taken.map(async ({ id, event: sealed, receivedAt, attempts, refusals, isRetired, replaces, standsInFor }) => {
          const opened = open(id, sealed);
          if ('reason' in opened) {
            // It must not keep the others waiting.
            await inbox.putBack(id, { error: opened.reason, pauseMs: UNREADABLE_PAUSE_MS, refused: false });
            return [];
          }
          const relations = {
            isRetired,
            replaces: replaces.map(bookingKeyOf),
            standsInFor: standsInFor ? bookingKeyOf(standsInFor) : undefined,
          };
          return [{ id, event: opened.event, ...relations, receivedAt, attempts, refusals }];
        }),
      );
      return claimed.flat().toSorted((a, b) => a.receivedAt.getTime() - b.receivedAt.getTime() || a.id - b.id);
    },

    async markDispatched(delivery, dispatched) {
      await database.run((db) => markDispatched(db, delivery, dispatched));
    },

    async spreadOverSeries(series) {
      const calls = await database.run((db) => callsThatEndWith(db, series));
      let fresh = 0;
      for (const { deliveryId, event: sealed, endedBy } of calls) {
        const opened = open(deliveryId, sealed);
        if ('reason' in opened || !('startsAt' in opened.event.booking)) continue;
        const { delivery, verdict } = cancelWithSeries(opened.event.booking, endedBy as SeriesEnd);
        const { repeated } = await inbox.keep(delivery, verdict);
        if (!repeated) fresh += 1;
      }
      return fresh;
    },

    callsBookedWith: (booking) => database.run((db) => callsBookedWith(db, booking)),
    callsCalledOffWith: (booking) => database.run((db) => callsCalledOffWith(db, booking)),

    async putBack(id, { error, pauseMs, refused }) {
      await database.run((db) =>
        db
          .update(deliveries)
          .set({
            dueAt: fromNow(pauseMs),
            claimedUntil: null,
            lastError: error,
            ...(refused && { refusals: sql`${deliveries.refusals} + 1` }),
          })
          .where(and(eq(deliveries.id, id), eq(deliveries.status, 'pending'))),
      );
    },

    async quarantine(id, reason) {
      await database.run((db) =>
        db
          .update(deliveries)
          .set({ status: 'quarantined', reason, event: null, claimedUntil: null })
          .where(and(eq(deliveries.id, id), eq(deliveries.status, 'pending'))),
      );
    },

    async tellAgain(booking, heard) {
      const { uid, seat = '' } = booking;
      const told = await database.run((db) => {
        const retiring = sql`${deliveries.id} = any(array(${retirementsOf(db, booking)}))`;
        return db
          .update(deliveries)
          .set({ status: 'pending', ...ANEW })
          .where(
            and(
              isDispatched(),
              sql`(${isAbout(uid, seat)} or ${retiring})`,
              notInArray(deliveries.eventId, [...heard]),
            ),
          )
          .returning({ id: deliveries.id });
      });
      return told.length;
    },

    async tellAllAgainSince(receivedAt) {
      // Those that are dispatched meanwhile carry a later number: they are not told twice.
      const [newest] = await database.run((db) =>
        db.select({ id: deliveries.id }).from(deliveries).orderBy(desc(deliveries.id)).limit(1),
      );
      let total = 0;
      for (let after = 0; newest && after < newest.id; after += TOLD_AT_ONCE) {
        const told = await database.run((db) =>
          db
            .update(deliveries)
            .set({ status: 'pending', ...ANEW })
            .where(
              and(
                isDispatched(),
                gte(deliveries.receivedAt, receivedAt),
                sql`${deliveries.id} > ${after} and ${deliveries.id} <= ${after + TOLD_AT_ONCE}`,
              ),
            )
            .returning({ id: deliveries.id }),
        );
        total += told.length;
      }
      return total;
    },

    hasUnheardNews: ({ uid, seat = '' }, heard) => hasUnheardNews({ uid, seat, heard }),

    async isRetired(booking) {
      const found = await database.run((db) => retirementsOf(db, booking).limit(1));
      return found.length > 0;
    },

    async list({ status, before, limit }) {
      const found = await database.run((db) =>
        db
          .select(SUMMARY)
          .from(deliveries)
          .where(
            and(status && eq(deliveries.status, status), before === undefined ? undefined : lt(deliveries.id, before)),
          )
          .orderBy(desc(deliveries.id))
          .limit(limit),
      );
      return found.map(summaryOf);
    },

    async find(id) {
      const [row] = await database.run((db) => db.select().from(deliveries).where(eq(deliveries.id, id)));
      if (!row) return undefined;
      const retired = await database.run((db) =>
        db
          .selectDistinct({ uid: retiredBookings.externalId })
          .from(retiredBookings)
          .where(eq(retiredBookings.deliveryId, id))
          .orderBy(retiredBookings.externalId),
      );
      return detailsOf(
        row,
        retired.map(({ uid }) => uid),
        seal,
      );
    },

    async reread(id, verdict) {
      await write(verdict, (db) =>
        db
          .update(deliveries)
          .set({ ...verdictColumns(verdict, seal), ...ANEW })
          .where(eq(deliveries.id, id))
          .returning(WRITTEN)
          .getSQL(),
      );
    },

    async backlog() {
      const [row] = await database.run((db) =>
        db
          .select({
            pending: sql<number>`count(*)::int`,
            oldestReceivedAt: sql`min(${deliveries.receivedAt})`.mapWith(deliveries.receivedAt),
          })
          .from(deliveries)
          .where(eq(deliveries.status, 'pending')),
      );
      const { pending, oldestReceivedAt } = row as { pending: number; oldestReceivedAt: Date | null };
      return { pending, ...(oldestReceivedAt && { oldestReceivedAt }) };
    },
  };
  return inbox;
}

function isDispatched(): SQL | undefined {
  return and(eq(deliveries.status, 'dispatched'), isNotNull(deliveries.event));
}
