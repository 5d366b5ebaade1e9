import { type SQL, sql } from 'drizzle-orm';
import type { BookingKey } from '../booking.ts';
import { retires } from './concerns.ts';
import type { Db } from './database.ts';
import type { Verdict } from './inbox.ts';
import { bookings, deliveries, retiredBookings } from './schema.ts';
import { tellAgain } from './tell-again.ts';

/** What tells that a booking has its place in a lineage; others, such as a cancel, count the sequence on as well. */
const TAKES_PLACE = sql`('confirmed', 'rescheduled', 'requested')`;

/** What {@link withRetirements} needs to know of a delivery. */
export const WRITTEN = {
  id: deliveries.id,
  subjectUid: deliveries.subjectUid,
  replacedUid: deliveries.replacedUid,
  replacedSeat: deliveries.replacedSeat,
  lineage: deliveries.lineage,
  lineageSequence: deliveries.lineageSequence,
  /** Whether its lineage knows other bookings: nearly always it does not. */
  hasOthers: sql<boolean>`${hasOthers()}`.as('has_others'),
};

/** Whether a delivery that was read like this names a booking that it replaces. */
export function namesReplaced(verdict: Verdict): boolean {
  if (verdict.status !== 'pending') return false;
  const { event } = verdict;
  return (event.kind === 'rescheduled' || event.kind === 'requested') && event.replaced !== undefined;
}

/**
 * Notes as retired, in the statement that writes deliveries, the bookings that they replace: those they name, and those of lower
 * sequence in their lineage; and their own, if its lineage has gone on already. A booking never retires itself.
 *
 * What has been dispatched without that knowledge is dispatched again: the delivery that turns out to have replaced a booking
 * with a run, and the rejection of a booking that turns out to have taken another one's place.
 *
 * @param written a query for the columns {@link WRITTEN}.
 * @returns a query for the `id` of each that was written.
 */
export function withRetirements(written: SQL): SQL {
  return sql`
    with written as (${written}), replacement as (
      select replaced_uid uid, replaced_seat seat, subject_uid by_uid, id by_delivery
      from written where replaced_uid <> subject_uid
      union
      select earlier.subject_uid, '', written.subject_uid, written.id
      from written join ${deliveries} earlier on earlier.lineage = written.lineage
        and earlier.lineage_sequence < written.lineage_sequence and earlier.subject_uid <> written.subject_uid
      where earlier.event_kind in ${TAKES_PLACE} and earlier.id <> written.id
      union
      select written.subject_uid, '', later.subject_uid, later.id
      from written cross join lateral (
        select id, subject_uid from ${deliveries} later
        where later.lineage = written.lineage and later.lineage_sequence > written.lineage_sequence
          and later.subject_uid <> written.subject_uid and later.event_kind in ${TAKES_PLACE} and later.id <> written.id
        order by later.lineage_sequence, later.id limit 1
      ) later
    ), retired as (
      insert into ${retiredBookings} (external_id, seat, replaced_by, delivery_id)
      select uid, seat, by_uid, by_delivery from replacement order by uid, seat, by_delivery
      on conflict do nothing returning external_id, seat, replaced_by, delivery_id
    ), told_again as (
      ${tellAgain(sql`array(
        select delivery_id from retired
        where exists (
          select from ${bookings} b
          where b.external_id = retired.external_id and retired.seat in ('', b.seat) and not b.is_over
        )
        union all
        select rejected.id from ${deliveries} rejected
        where rejected.event_kind = 'rejected' and rejected.subject_uid in (
          select replaced_by from retired union select subject_uid from written where replaced_uid is not null
        )
      )`)} and id not in (select id from written)
    )
    select id from written`;
}

/** Those of the deliveries that have a place in a lineage, as {@link withRetirements} takes them. */
export function placesTakenBy(ids: readonly number[]): SQL {
  return sql`
    select id, subject_uid, null::text replaced_uid, '' replaced_seat, lineage, lineage_sequence from ${deliveries}
    where id = any(${`{${ids.join()}}`}::bigint[]) and lineage is not null and event_kind in ${TAKES_PLACE}`;
}

/** A booking's name as the store's JSON tells it. */
interface StoredKey {
  uid: string;
  seat: string;
}

/** Whether there is anything to know of how a delivery's booking stands to others: nearly always there is not. */
export const IS_RELATED = sql<boolean>`(
  replaced_uid is not null or event_kind = 'rejected'
  or exists (
    select from retired_bookings r
    where r.external_id = deliveries.subject_uid or r.replaced_by = deliveries.subject_uid or r.delivery_id = deliveries.id
  )
  or ${hasOthers()}
)`;

export interface Relations {
  isRetired: boolean;
  replaces: StoredKey[];
  standsInFor: StoredKey | null;
}

export const UNRELATED: Relations = { isRetired: false, replaces: [], standsInFor: null };

/** How a delivery's booking stands to others, by what is known now: to be selected with it. */
export const RELATIONS = {
  isRetired: sql<boolean>`exists (
    select from retired_bookings r
    where r.external_id = deliveries.subject_uid and r.seat in ('', deliveries.subject_seat)
  )`,
  replaces: sql<StoredKey[]>`coalesce((
    select jsonb_agg(jsonb_build_object('uid', r.external_id, 'seat', r.seat) order by r.external_id, r.seat)
    from retired_bookings r where r.delivery_id = deliveries.id
  ), '[]')`,
  // A booking that has been replaced several times was put down to the first that said so; the others say so as well.
  standsInFor: sql<StoredKey | null>`(
    select jsonb_build_object('uid', replaced.uid, 'seat', replaced.seat) from (
      select r.external_id uid, r.seat from retired_bookings r join deliveries teller on teller.id = r.delivery_id
      where r.replaced_by = deliveries.subject_uid and teller.subject_seat = deliveries.subject_seat
      union all
      select teller.replaced_uid, teller.replaced_seat from deliveries teller
      where teller.subject_uid = deliveries.subject_uid and teller.subject_seat = deliveries.subject_seat
        and teller.replaced_uid <> teller.subject_uid
    ) replaced order by replaced.uid, replaced.seat limit 1
  )`,
};

function hasOthers(): SQL {
  return sql`exists (
    select from deliveries other
    where other.lineage = deliveries.lineage and other.subject_uid <> deliveries.subject_uid
  )`;
}

export function retirementsOf(db: Db, { uid, seat = '' }: BookingKey) {
  return db.select({ deliveryId: retiredBookings.deliveryId }).from(retiredBookings).where(retires(uid, seat));
}
