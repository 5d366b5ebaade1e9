import { createHash } from 'node:crypto';
import { and, desc, eq, gte, inArray, isNotNull, lte, ne, notExists, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { Booking, CancelledEvent } from '../booking.ts';
import type { Db } from './database.ts';
import type { ArrivedDelivery, Verdict } from './inbox.ts';
import { deliveries } from './schema.ts';

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
