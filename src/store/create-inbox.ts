import { createHash } from 'node:crypto';
import { and, desc, eq, exists, gte, inArray, isNotNull, lt, ne, notInArray, or, type SQL, sql } from 'drizzle-orm';
import type { Logger } from 'pino';
import type { BookingEvent, BookingKey } from '../booking.ts';
import type { Database, Db } from './database.ts';
import type { ArrivedDelivery, DeliveryDetails, DeliverySummary, Inbox, Verdict } from './inbox.ts';
import { bookings, deliveries, retiredBookings } from './schema.ts';
import type { Seal } from './seal.ts';

/** How long a delivery that cannot be opened, for want of its key, is left alone. */
const UNREADABLE_PAUSE_MS = 60_000;
const TOLD_AT_ONCE = 1_000;

/** The inbox as rows of `deliveries` and `retired_bookings`. Leases and pauses go by the clock of the database. */
export function createInbox({ database, seal, log }: { database: Database; seal: Seal; log: Logger }): Inbox {
  const verdictColumns = (verdict: Verdict) => {
    const event = verdict.status === 'pending' ? verdict.event : undefined;
    return {
      status: verdict.status,
      trigger: verdict.trigger ?? null,
      reason: verdict.status === 'pending' ? null : verdict.reason,
      warnings: verdict.status === 'pending' ? verdict.warnings : [],
      event: event ? seal.closeJson(event) : null,
      eventId: event?.id ?? null,
      eventKind: event?.kind ?? null,
      occurredAt: event ? new Date(event.occurredAt) : null,
      subjectUid: event?.booking.uid ?? null,
      subjectSeat: event?.booking.seat ?? '',
      replacedUid: event?.kind === 'rescheduled' ? event.replacedUid : null,
    };
  };

  async function putBack(id: number, options: { error: string; pauseMs: number; refused: boolean }): Promise<void> {
    const { error, pauseMs, refused } = options;
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
  }

  /** The event of a claimed delivery; one that cannot be opened must not keep the others waiting. */
  async function openEvent(id: number, sealed: Buffer | null): Promise<BookingEvent | undefined> {
    try {
      if (!sealed) throw new Error('Its event has been purged.');
      return seal.openJson(sealed) as BookingEvent;
    } catch (error) {
      const reason = (error as Error).message;
      log.error({ deliveryId: id, reason }, 'a delivery cannot be opened');
      await putBack(id, { error: reason, pauseMs: UNREADABLE_PAUSE_MS, refused: false });
      return undefined;
    }
  }

  return {
    async keep(delivery, verdict) {
      const bodyHash = createHash('sha256').update(delivery.body).digest();
      const row = { ...arrivalColumns(delivery, seal), ...verdictColumns(verdict) };

      const [kept] = await database.run((db) =>
        idsOf(
          db,
          withRetirement(
            db
              .insert(deliveries)
              .values({ source: delivery.source, bodyHash, ...row })
              .onConflictDoNothing({ target: [deliveries.source, deliveries.bodyHash] })
              .returning({ id: deliveries.id })
              .getSQL(),
            verdict,
          ),
        ),
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

      const [revised] = await database.run((db) =>
        idsOf(
          db,
          withRetirement(
            db
              .update(deliveries)
              .set({ ...row, ...ANEW })
              .where(and(isRepeat, mayBeReadAgain))
              .returning({ id: deliveries.id })
              .getSQL(),
            verdict,
          ),
        ),
      );
      if (revised === undefined) return { id: first!.id, status: verdict.status, repeated: true };
      return { id: revised, status: verdict.status, repeated: false };
    },

    async claim(limit, leaseMs) {
      const taken = await database.run((db) => {
        const due = db
          .select({ id: deliveries.id })
          .from(deliveries)
          .where(
            and(
              eq(deliveries.status, 'pending'),
              sql`${deliveries.dueAt} <= now()`,
              sql`coalesce(${deliveries.claimedUntil} <= now(), true)`,
            ),
          )
          .orderBy(deliveries.dueAt, deliveries.id)
          .limit(limit)
          .for('update', { skipLocked: true });
        return (
          db
            .update(deliveries)
            .set({ claimedUntil: fromNow(leaseMs), attempts: sql`${deliveries.attempts} + 1` })
            // As an array it is chosen once; a plain subquery may be run again, and lease more than `limit`.
            .where(sql`${deliveries.id} = any(array(${due}))`)
            .returning({
              id: deliveries.id,
              event: deliveries.event,
              isRetired: sql<boolean>`${exists(retirementsOfSubject(db))}`,
              receivedAt: deliveries.receivedAt,
              attempts: deliveries.attempts,
              refusals: deliveries.refusals,
            })
        );
      });
      const opened = await Promise.all(
        taken.map(async (row) => ({ ...row, event: await openEvent(row.id, row.event) })),
      );
      return opened
        .flatMap(({ event, ...row }) => (event ? [{ ...row, event }] : []))
        .toSorted((a, b) => a.receivedAt.getTime() - b.receivedAt.getTime() || a.id - b.id);
    },

    async markDispatched({ id, event }, outcome) {
      const { booking } = event;
      await database.run((db) => {
        const marked = db
          .update(deliveries)
          .set({ status: 'dispatched', reason: outcome, dispatchedAt: sql`now()`, claimedUntil: null, lastError: null })
          .where(and(eq(deliveries.id, id), eq(deliveries.status, 'pending')))
          .returning({ id: deliveries.id });
        if (outcome !== 'told') return marked;

        // The statement sees the tables as they were before it. A booking retired since its run was started must be told so
        // by the delivery that retired it, if that one was dispatched before there was a run to tell.
        const retiring = db
          .select({ id: retiredBookings.deliveryId })
          .from(retiredBookings)
          .where(
            and(
              concerns(retiredBookings.externalId, retiredBookings.seat, booking),
              ne(retiredBookings.deliveryId, id),
            ),
          );
        const toldAgain = db
          .update(deliveries)
          .set({ status: 'pending', ...ANEW })
          .where(
            and(
              inArray(deliveries.id, retiring),
              eq(deliveries.status, 'dispatched'),
              isNotNull(deliveries.event),
              sql`exists (select from marked)`,
            ),
          )
          .returning({ id: deliveries.id });
        return db.execute(sql`
          with marked as ${marked}, told_again as ${toldAgain}
          insert into ${bookings} (external_id, seat, status, starts_at, ends_at, attendee_name, attendee_email, title)
          select ${booking.uid}::text, ${booking.seat ?? ''}::text, 'scheduled', ${booking.startsAt}::timestamptz,
            ${booking.endsAt}::timestamptz, ${booking.attendees[0].name}::text, ${booking.attendees[0].email}::text,
            ${booking.title}::text
          from marked on conflict do nothing`);
      });
    },

    putBack,

    async quarantine(id, reason) {
      await database.run((db) =>
        db
          .update(deliveries)
          .set({ status: 'quarantined', reason, event: null, claimedUntil: null })
          .where(and(eq(deliveries.id, id), eq(deliveries.status, 'pending'))),
      );
    },

    async tellAgain(booking, heard) {
      const told = await database.run((db) =>
        db
          .update(deliveries)
          .set({ status: 'pending', ...ANEW })
          .where(and(isDispatched(), concernsBooking(booking), notInArray(deliveries.eventId, [...heard])))
          .returning({ id: deliveries.id }),
      );
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

    async hasUnheardNews(booking, heard) {
      const [answer] = await database.run((db) => {
        const unheard = db
          .select({ one: sql`1` })
          .from(deliveries)
          .where(
            and(
              inArray(deliveries.eventKind, ['cancelled', 'rescheduled']),
              notInArray(deliveries.status, ['ignored', 'rejected']),
              concernsBooking(booking),
              notInArray(deliveries.eventId, [...heard]),
            ),
          );
        return db
          .select({ is: sql<boolean>`${exists(unheard)} or ${exists(retirementsOf(db, booking))}` })
          .from(sql`(select) one`);
      });
      return answer!.is;
    },

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
      const details: DeliveryDetails = {
        ...summaryOf(row),
        headers: row.headers,
        signature: row.signature,
        warnings: row.warnings,
        ...(row.secretNumber !== null && { secretNumber: row.secretNumber }),
        ...(row.dispatchedAt && { dispatchedAt: row.dispatchedAt }),
        ...(row.body && { body: seal.open(row.body) }),
      };
      return details;
    },

    async reread(id, verdict) {
      await database.run((db) =>
        idsOf(
          db,
          withRetirement(
            db
              .update(deliveries)
              .set({ ...verdictColumns(verdict), ...ANEW })
              .where(eq(deliveries.id, id))
              .returning({ id: deliveries.id })
              .getSQL(),
            verdict,
          ),
        ),
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
}

/** What a delivery forgets of earlier attempts when it is to be dispatched from the start. */
const ANEW = { dueAt: sql`now()`, claimedUntil: null, attempts: 0, refusals: 0, lastError: null, dispatchedAt: null };

const SUMMARY = {
  id: deliveries.id,
  source: deliveries.source,
  receivedAt: deliveries.receivedAt,
  trigger: deliveries.trigger,
  subjectUid: deliveries.subjectUid,
  replacedUid: deliveries.replacedUid,
  status: deliveries.status,
  reason: deliveries.reason,
  attempts: deliveries.attempts,
  lastError: deliveries.lastError,
};

function summaryOf(row: Pick<typeof deliveries.$inferSelect, keyof typeof SUMMARY>): DeliverySummary {
  const { id, source, receivedAt, status, attempts, trigger, subjectUid, replacedUid, reason, lastError } = row;
  return {
    id,
    source,
    receivedAt,
    status,
    attempts,
    ...(trigger !== null && { trigger }),
    ...(subjectUid !== null && { subjectUid }),
    ...(replacedUid !== null && { replacedUid }),
    ...(reason !== null && { reason }),
    ...(lastError !== null && { lastError }),
  };
}

function arrivalColumns({ keptBody, headers, signature, secretNumber, receivedAt }: ArrivedDelivery, seal: Seal) {
  return { body: seal.close(keptBody), headers, signature, secretNumber: secretNumber ?? null, receivedAt };
}

/** Writes a delivery, and in the same statement notes the booking that it replaces as retired. */
function withRetirement(write: SQL, verdict: Verdict): SQL {
  if (verdict.status !== 'pending' || verdict.event.kind !== 'rescheduled') return write;
  const { replacedUid, booking } = verdict.event;
  return sql`
    with written as (${write}), retired as (
      insert into ${retiredBookings} (external_id, replaced_by, delivery_id)
      select ${replacedUid}::text, ${booking.uid}::text, id from written on conflict do nothing
    )
    select id from written`;
}

async function idsOf(db: Db, query: SQL): Promise<number[]> {
  const { rows } = (await db.execute(query)) as unknown as { rows: { id: string | number }[] };
  return rows.map(({ id }) => Number(id));
}

function retirementsOf(db: Db, booking: BookingKey) {
  return db
    .select({ one: sql`1` })
    .from(retiredBookings)
    .where(concerns(retiredBookings.externalId, retiredBookings.seat, booking));
}

function retirementsOfSubject(db: Db) {
  const { externalId, seat } = retiredBookings;
  return db
    .select({ one: sql`1` })
    .from(retiredBookings)
    .where(and(eq(externalId, deliveries.subjectUid), or(eq(seat, ''), eq(seat, deliveries.subjectSeat))));
}

/** As its subject, or as the one it replaces. */
function concernsBooking(booking: BookingKey): SQL | undefined {
  return or(concerns(deliveries.subjectUid, deliveries.subjectSeat, booking), eq(deliveries.replacedUid, booking.uid));
}

/** What is about a whole seated event is about each of its seats. */
function concerns(
  uid: typeof deliveries.subjectUid | typeof retiredBookings.externalId,
  seat: typeof deliveries.subjectSeat | typeof retiredBookings.seat,
  booking: BookingKey,
): SQL | undefined {
  return and(eq(uid, booking.uid), inArray(seat, ['', booking.seat ?? '']));
}

function isDispatched(): SQL | undefined {
  return and(eq(deliveries.status, 'dispatched'), isNotNull(deliveries.event));
}

function fromNow(ms: number): SQL {
  return sql`now() + ${ms} * interval '1 millisecond'`;
}
