import { createHash } from 'node:crypto';
import { and, desc, eq, gt, gte, inArray, isNotNull, lt, lte, ne, notExists, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { Booking, BookingKey, CancelledEvent } from '../booking.ts';
import { retires } from './concerns.ts';
import type { Db } from './database.ts';
import type { ArrivedDelivery, SeriesCall, Verdict } from './inbox.ts';
import { bookings, deliveries, retiredBookings } from './schema.ts';

/** The cancel that has called off the rest of a series. */
export interface SeriesEnd {
  eventId: string;
  occurredAt: Date;
}

/**
 * The calls that each cancel of a whole series takes with it, and that have not been called off for it yet: those that start
 * no earlier than the one it names, if they had been booked by then.
 *
 * @returns of each the newest delivery before the cancel that tells all about it.
 */
export function callsThatEndWith(db: Db, series: string) {
  const ending = alias(deliveries, 'ending');
  const call = alias(deliveries, 'call');
  const derived = alias(deliveries, 'derived');
  const isDerived = db
    .select({ one: sql`1` })
    .from(derived)
    .where(
      and(
        eq(derived.source, 'series'),
        eq(derived.subjectUid, call.subjectUid),
        eq(derived.subjectSeat, call.subjectSeat),
        eq(derived.occurredAt, ending.occurredAt),
      ),
    );
  return db
    .selectDistinctOn([ending.id, call.subjectUid, call.subjectSeat], {
      deliveryId: call.id,
      event: call.event,
      endedBy: { eventId: ending.eventId, occurredAt: ending.occurredAt },
    })
    .from(ending)
    .innerJoin(call, eq(call.series, ending.series))
    .where(
      and(
        eq(ending.series, series),
        ending.endsSeries,
        inArray(call.eventKind, ['confirmed', 'rescheduled']),
        isNotNull(call.event),
        ne(call.subjectUid, ending.subjectUid),
        gte(call.subjectStartsAt, ending.subjectStartsAt),
        lte(call.occurredAt, ending.occurredAt),
        notExists(isDerived),
      ),
    )
    .orderBy(ending.id, call.subjectUid, call.subjectSeat, desc(call.occurredAt), desc(call.id));
}

/** Whoever books a series books all its calls within seconds, and may book another one later. */
const BOOKED_AT_ONCE = sql`interval '10 minutes'`;

/** The calls of the series that were booked at once with this one, soonest first; without those that were called off. */
export async function callsBookedWith(db: Db, { uid, seat = '' }: BookingKey): Promise<SeriesCall[]> {
  const own = alias(deliveries, 'own');
  const call = alias(deliveries, 'call');
  const isCalledOff = db
    .select({ one: sql`1` })
    .from(bookings)
    .where(
      and(
        eq(bookings.externalId, call.subjectUid),
        eq(bookings.seat, call.subjectSeat),
        inArray(bookings.status, ['cancelled', 'superseded']),
      ),
    );
  const calls = await db
    .selectDistinctOn([call.subjectUid, call.subjectSeat], { uid: call.subjectUid, startsAt: call.subjectStartsAt })
    .from(own)
    .innerJoin(call, eq(call.series, own.series))
    .where(
      and(
        eq(own.subjectUid, uid),
        eq(own.subjectSeat, seat),
        eq(own.eventKind, 'confirmed'),
        eq(call.eventKind, 'confirmed'),
        sql`${call.occurredAt} between ${own.occurredAt} - ${BOOKED_AT_ONCE} and ${own.occurredAt} + ${BOOKED_AT_ONCE}`,
        notExists(isCalledOff),
      ),
    )
    .orderBy(call.subjectUid, call.subjectSeat, desc(call.occurredAt), desc(call.id));
  return inTurn(calls);
}

/**
 * The calls that one cancel has called off together with this one, soonest first: those that had been heard of by then and were yet
 * to come. Whatever is heard of later, they stay the same. None for a call that was cancelled alone.
 */
export async function callsCalledOffWith(db: Db, booking: BookingKey): Promise<SeriesCall[]> {
  const end = await seriesEndOf(db, booking);
  if (!end) return [];

  const call = alias(deliveries, 'call');
  const other = alias(deliveries, 'other');
  const isCalledOffBefore = db
    .select({ one: sql`1` })
    .from(other)
    .where(
      and(
        eq(other.subjectUid, call.subjectUid),
        eq(other.subjectSeat, call.subjectSeat),
        eq(other.eventKind, 'cancelled'),
        lt(other.occurredAt, end.occurredAt!),
      ),
    );
  const isRetired = db
    .select({ one: sql`1` })
    .from(retiredBookings)
    .where(retires(sql`${call.subjectUid}`, sql`${call.subjectSeat}`));
  const calls = await db
    .selectDistinctOn([call.subjectUid, call.subjectSeat], { uid: call.subjectUid, startsAt: call.subjectStartsAt })
    .from(call)
    .where(
      and(
        eq(call.series, end.series!),
        lt(call.id, end.id),
        inArray(call.eventKind, ['confirmed', 'rescheduled']),
        lte(call.occurredAt, end.occurredAt!),
        gte(call.subjectStartsAt, end.from!),
        gt(call.subjectStartsAt, end.occurredAt!),
        notExists(isCalledOffBefore),
        notExists(isRetired),
      ),
    )
    .orderBy(call.subjectUid, call.subjectSeat, desc(call.occurredAt), desc(call.id));
  return inTurn(calls);
}

/** The cancel of a whole series that has called off this call, as it was first heard of. */
async function seriesEndOf(db: Db, { uid, seat = '' }: BookingKey) {
  const own = alias(deliveries, 'own');
  const ending = alias(deliveries, 'ending');
  const isOfTheSameCancel = and(
    eq(ending.series, own.series),
    ending.endsSeries,
    eq(ending.occurredAt, own.occurredAt),
  );
  const [end] = await db
    .select({ id: ending.id, series: ending.series, occurredAt: ending.occurredAt, from: ending.subjectStartsAt })
    .from(own)
    .innerJoin(ending, isOfTheSameCancel)
    .where(and(eq(own.subjectUid, uid), eq(own.subjectSeat, seat), eq(own.eventKind, 'cancelled')))
    .orderBy(own.occurredAt, ending.id)
    .limit(1);
  return end;
}

function inTurn(calls: readonly { uid: string | null; startsAt: Date | null }[]): SeriesCall[] {
  return calls
    .map(({ uid, startsAt }) => ({ uid: uid!, startsAt: startsAt!.toISOString() }))
    .toSorted((a, b) => compare(a.startsAt, b.startsAt) || compare(a.uid, b.uid));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What Cal.com would have sent, had it told of each call. However often it is derived, it is one delivery. */
export function cancelWithSeries(
  booking: Booking,
  { eventId, occurredAt }: SeriesEnd,
): { delivery: ArrivedDelivery; verdict: Verdict } {
  const { uid, seat } = booking;
  const body = Buffer.from(JSON.stringify({ cancelledWith: eventId, uid, ...(seat && { seat }) }));
  const event: CancelledEvent = {
    kind: 'cancelled',
    id: createHash('sha256').update(body).digest('hex').slice(0, 32),
    occurredAt: occurredAt.toISOString(),
    booking,
    requestReschedule: false,
  };
  return {
    delivery: { source: 'series', body, keptBody: body, headers: {}, signature: 'unsigned', receivedAt: new Date() },
    verdict: {
      status: 'pending',
      trigger: 'BOOKING_CANCELLED',
      event,
      warnings: ['cancelled with its series: Cal.com names only one call of it'],
    },
  };
}
