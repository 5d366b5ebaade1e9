import { and, asc, inArray, isNotNull, notInArray, type SQL, sql } from 'drizzle-orm';
import type { Database, Db } from './database.ts';
import type { Finding, Findings, KeptBooking } from './findings.ts';
import { bookings, deliveries, findings, retiredBookings } from './schema.ts';
import type { Seal } from './seal.ts';

/** So that no statement takes long. */
const AT_ONCE = 500;

type Seats<T> = Map<string, Map<string, T>>;
type Arrived = Pick<KeptBooking, 'hasPending' | 'lastReceivedAt' | 'toldAt' | 'calledOffAt'>;

const NOTHING_ARRIVED: Arrived = {
  hasPending: false,
  lastReceivedAt: undefined,
  toldAt: undefined,
  calledOffAt: undefined,
};

/** The findings as rows of `findings`, and a look at the rows of the others. */
export function createFindings({ database, seal }: { database: Database; seal: Seal }): Findings {
  async function keptOf(uids: string[]): Promise<KeptBooking[]> {
    const { rowOf, foundOf, arrivals, replacements, retiredOnes } = await database.run(async (db) => ({
      rowOf: bySeat(await db.select(ROW).from(bookings).where(inArray(bookings.externalId, uids))),
      foundOf: bySeat(await db.select(FINDING).from(findings).where(inArray(findings.externalId, uids))),
      arrivals: bySeat((await arrivedAbout(db, uids)).map(arrivedOf)),
      replacements: bySeat((await arrivedInstead(db, uids)).map(arrivedOf)),
      retiredOnes: bySeat(
        await db.select(RETIRED).from(retiredBookings).where(inArray(retiredBookings.externalId, uids)),
      ),
    }));

    return uids.flatMap((uid) =>
      seatsOf(uid, [rowOf, arrivals, foundOf]).map((seat): KeptBooking => {
        const row = rowOf.get(uid)?.get(seat);
        const finding = foundOf.get(uid)?.get(seat);
        const arrived = [...about(arrivals, uid, seat), ...about(replacements, uid, seat)];
        return {
          uid,
          ...(seat && { seat }),
          row: row && {
            isOver: row.isOver,
            verifiedAt: row.verifiedAt,
            state: row.state ? seal.openJson(row.state) : undefined,
          },
          isRetired: about(retiredOnes, uid, seat).length > 0,
          ...arrived.reduce(joined, NOTHING_ARRIVED),
          found: finding && { finding: finding.finding, foundAt: finding.foundAt },
        };
      }),
    );
  }

  return {
    async kept(uids) {
      const kept: KeptBooking[] = [];
      for (const chunk of inChunks([...new Set(uids)])) kept.push(...(await keptOf(chunk)));
      return kept;
    },

    async liveBetween(after, before) {
      const rows = await database.run((db) =>
        db
          .select({ uid: bookings.externalId })
          .from(bookings)
          .where(
            and(
              sql`not ${bookings.isOver}`,
              notInArray(bookings.status, ['cancelled', 'superseded']),
              sql`${bookings.startsAt} > ${after.toISOString()}::timestamptz`,
              sql`${bookings.startsAt} < ${before.toISOString()}::timestamptz`,
            ),
          )
          .orderBy(asc(bookings.startsAt), asc(bookings.externalId)),
      );
      return [...new Set(rows.map(({ uid }) => uid))];
    },

    async note(found) {
      await database.run((db) =>
        db.transaction(async (tx) => {
          await tx.delete(findings);
          for (const chunk of inChunks(found)) {
            await tx
              .insert(findings)
              .values(chunk.map(columnsOf))
              // Another pass may have come in between.
              .onConflictDoUpdate({
                target: [findings.provider, findings.externalId, findings.seat],
                set: { finding: sql`excluded.finding`, foundAt: sql`excluded.found_at` },
              });
          }
        }),
      );
    },

    async markVerified(verified, at) {
      for (const chunk of inChunks(verified)) {
        const keys = JSON.stringify(chunk.map(({ uid, seat = '' }) => ({ uid, seat })));
        await database.run((db) =>
          db.execute(sql`
            update ${bookings} set verified_at = greatest(verified_at, ${at.toISOString()}::timestamptz)
            from jsonb_to_recordset(${keys}::jsonb) verified (uid text, seat text)
            where external_id = verified.uid and bookings.seat = verified.seat`),
        );
      }
    },
  };
}

const ROW = {
  uid: bookings.externalId,
  seat: bookings.seat,
  isOver: bookings.isOver,
  verifiedAt: bookings.verifiedAt,
  state: bookings.state,
};

const FINDING = {
  uid: findings.externalId,
  seat: findings.seat,
  finding: findings.finding,
  foundAt: findings.foundAt,
};

const RETIRED = { uid: retiredBookings.externalId, seat: retiredBookings.seat };

const COUNTS = notInArray(deliveries.status, ['ignored', 'rejected']);
const HAS_PENDING = sql<boolean>`bool_or(${deliveries.status} = 'pending')`;
const LAST_RECEIVED_AT = newest(deliveries.receivedAt);

function arrivedAbout(db: Db, uids: string[]) {
  return db
    .select({
      uid: sql<string>`${deliveries.subjectUid}`,
      seat: deliveries.subjectSeat,
      hasPending: HAS_PENDING,
      lastReceivedAt: LAST_RECEIVED_AT,
      toldAt: newest(deliveries.occurredAt, sql`event_kind in ('confirmed', 'rescheduled', 'updated')`),
      calledOffAt: newest(deliveries.occurredAt, sql`event_kind in ('cancelled', 'rejected')`),
    })
    .from(deliveries)
    .where(and(inArray(deliveries.subjectUid, uids), COUNTS))
    .groupBy(deliveries.subjectUid, deliveries.subjectSeat);
}

/** About another booking that takes its place. */
function arrivedInstead(db: Db, uids: string[]) {
  return db
    .select({
      uid: sql<string>`${deliveries.replacedUid}`,
      seat: deliveries.replacedSeat,
      hasPending: HAS_PENDING,
      lastReceivedAt: LAST_RECEIVED_AT,
    })
    .from(deliveries)
    .where(and(isNotNull(deliveries.replacedUid), inArray(deliveries.replacedUid, uids), COUNTS))
    .groupBy(deliveries.replacedUid, deliveries.replacedSeat);
}

function newest(column: typeof deliveries.receivedAt | typeof deliveries.occurredAt, of?: SQL) {
  return sql<Date | null>`max(${column})${of ? sql` filter (where ${of})` : sql``}`.mapWith(deliveries.receivedAt);
}

type ArrivedRow = {
  uid: string;
  seat: string;
  hasPending: boolean;
  lastReceivedAt: Date | null;
  toldAt?: Date | null;
  calledOffAt?: Date | null;
};

function arrivedOf({ uid, seat, hasPending, lastReceivedAt, toldAt, calledOffAt }: ArrivedRow) {
  return {
    uid,
    seat,
    hasPending,
    lastReceivedAt: lastReceivedAt ?? undefined,
    toldAt: toldAt ?? undefined,
    calledOffAt: calledOffAt ?? undefined,
  };
}

function joined(a: Arrived, b: Arrived): Arrived {
  return {
    hasPending: a.hasPending || b.hasPending,
    lastReceivedAt: later(a.lastReceivedAt, b.lastReceivedAt),
    toldAt: later(a.toldAt, b.toldAt),
    calledOffAt: later(a.calledOffAt, b.calledOffAt),
  };
}

function later(a: Date | undefined, b: Date | undefined): Date | undefined {
  return a && b ? (a > b ? a : b) : (a ?? b);
}

function bySeat<T extends { uid: string; seat: string }>(rows: readonly T[]): Seats<T> {
  const seats: Seats<T> = new Map();
  for (const row of rows) {
    const ofUid = seats.get(row.uid) ?? new Map<string, T>();
    seats.set(row.uid, ofUid.set(row.seat, row));
  }
  return seats;
}

/** What is about a whole seated event is about each of its seats, and about no booking of its own. */
function seatsOf(uid: string, known: readonly Seats<unknown>[]): string[] {
  const seats = new Set(known.flatMap((one) => [...(one.get(uid)?.keys() ?? [])]));
  if (seats.size > 1 && !known[0]?.get(uid)?.has('')) seats.delete('');
  return [...seats];
}

function about<T>(seats: Seats<T>, uid: string, seat: string): T[] {
  const ofUid = seats.get(uid);
  return [...new Set(['', seat])].flatMap((one) => ofUid?.get(one) ?? []);
}

function columnsOf({ uid, seat, finding, foundAt }: Finding) {
  return { externalId: uid, seat: seat ?? '', finding, foundAt };
}

function* inChunks<T>(all: readonly T[]): Iterable<T[]> {
  for (let start = 0; start < all.length; start += AT_ONCE) yield all.slice(start, start + AT_ONCE);
}
