import { and, eq, inArray, type SQL, sql } from 'drizzle-orm';
import { unionAll } from 'drizzle-orm/pg-core';
import type { Booking } from '../booking.ts';
import { isAbout, retires } from './concerns.ts';
import type { Db } from './database.ts';
import type { ClaimedDelivery, Dispatched } from './inbox.ts';
import { bookings, deliveries, retiredBookings } from './schema.ts';
import { tellAgain } from './tell-again.ts';

type Marked = Pick<ClaimedDelivery, 'id' | 'attempts' | 'receivedAt' | 'event'>;

/**
 * Marks a delivery, unless it was to be dispatched again meanwhile, and gives the bookings that have a run because of it their rows.
 *
 * With that it has dispatched again what such a run has not heard of: the delivery that retired its booking, if there was no run
 * to tell then, and for a booking that has just got its run, what starts none.
 */
export async function markDispatched(db: Db, delivery: Marked, dispatched: Dispatched): Promise<void> {
  const { started } = dispatched;
  if (started.length === 0 || !(await mayNotHaveHeard(db, started))) return mark(db, delivery, dispatched);
  // As one: whoever takes up what is dispatched again looks for the rows of its runs, and has to find these.
  await db.transaction(async (tx) => {
    await tx.execute(tellUnheard(delivery, started));
    await mark(tx, delivery, dispatched);
  });
}

async function mark(db: Db, delivery: Marked, { outcome, started }: Dispatched): Promise<void> {
  const marked = db
    .update(deliveries)
    .set({ status: 'dispatched', reason: outcome, dispatchedAt: sql`now()`, claimedUntil: null, lastError: null })
    .where(
      and(
        eq(deliveries.id, delivery.id),
        eq(deliveries.status, 'pending'),
        eq(deliveries.attempts, delivery.attempts),
        sql`${deliveries.claimedUntil} is not null`,
      ),
    )
    .returning({ id: deliveries.id });
  await (started.length === 0 ? marked : db.execute(withRows(marked.getSQL(), delivery, started)));
}

/** Nearly always there is nothing, and finding out what it is takes the database three times as long. */
async function mayNotHaveHeard(db: Db, started: readonly Booking[]): Promise<boolean> {
  const uids = started.map(({ uid }) => uid);
  const found = await unionAll(
    db
      .select({ id: retiredBookings.deliveryId })
      .from(retiredBookings)
      .where(inArray(retiredBookings.externalId, uids)),
    db
      .select({ id: deliveries.id })
      .from(deliveries)
      .where(and(inArray(deliveries.subjectUid, uids), inArray(deliveries.eventKind, STARTING_NONE))),
  ).limit(1);
  return found.length > 0;
}

const STARTING_NONE = ['rejected', 'ended', 'no_show', 'acknowledged', 'cancelled'];

function tellUnheard({ id, event }: Marked, started: readonly Booking[]): SQL {
  const keys = started.map(({ uid, seat = '' }) => sql`(${uid}, ${seat})`);
  const [uid, seat] = [sql`started.uid`, sql`started.seat`];
  // Two of one kind know the same, and must not keep each other from being marked.
  return sql`
    with started (uid, seat) as (values ${sql.join(keys, sql`, `)})
    ${tellAgain(sql`array(
      select ${retiredBookings.deliveryId} from started join ${retiredBookings} on ${retires(uid, seat)}
      union all
      select ${deliveries.id} from started join ${deliveries} on ${isAbout(uid, seat)}
      where ${STARTS_NO_RUN} and event_kind <> ${event.kind} and not exists (
        select from ${deliveries} where ${isAbout(uid, seat)} and ${HAS_STARTED_RUN} and id <> ${id}
      )
    )`)} and id <> ${id}`;
}

/** Of a whole seated event, where it does not tell the seats apart, only those that were known have heard. */
const IS_ABOUT_SEATS_UNTOLD = sql`(subject_seat = '' and subject_seats is null and started.seat <> '')`;
/** What is requested has nothing for its own run. */
const STARTS_NO_RUN = sql`(
  event_kind in ('rejected', 'ended', 'no_show', 'acknowledged') or (event_kind = 'cancelled' and ${IS_ABOUT_SEATS_UNTOLD})
)`;

/** Not by its row among the bookings: a quick run has recorded itself before its first delivery is marked. */
const HAS_STARTED_RUN = sql`(
  status = 'dispatched' and reason = 'told' and event_kind in ('confirmed', 'rescheduled', 'updated', 'cancelled')
  and not ${IS_ABOUT_SEATS_UNTOLD}
)`;

function withRows(marked: SQL, { receivedAt }: Marked, started: readonly Booking[]): SQL {
  const verifiedAt = receivedAt.toISOString();
  const rows = started.map(
    ({ uid, seat = '', startsAt, endsAt, attendees: [booker], title, twin = null }) =>
      sql`(${uid}, ${seat}, ${startsAt}::timestamptz, ${endsAt}::timestamptz, ${booker.name}, ${booker.email}, ${title},
        ${twin}, ${verifiedAt}::timestamptz)`,
  );
  return sql`
    with marked as (${marked}),
      started (uid, seat, starts_at, ends_at, name, email, title, twin, verified_at) as (values ${sql.join(rows, sql`, `)})
    insert into ${bookings}
      (external_id, seat, status, starts_at, ends_at, attendee_name, attendee_email, title, twin, verified_at)
    select distinct on (uid, seat) uid, seat, 'scheduled', starts_at, ends_at, name, email, title, twin, verified_at
    from marked, started order by uid, seat
    on conflict (provider, external_id, seat) do update
      set verified_at = greatest(bookings.verified_at, excluded.verified_at)`;
}
