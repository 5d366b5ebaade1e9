import { type SQL, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { bookings, briefs, deliveries, mailEvents, reminders, suppressions } from './schema.ts';

export interface PurgeOptions {
  now: Date;
  /** How long after the call's end names, addresses and runs' states are kept. */
  keepAttendeesMs: number;
  /** How long after the call's end what arrived is kept. */
  keepBodiesMs: number;
}

/** How many rows have lost their personal data. */
export interface PurgeReport {
  bookings: number;
  mails: number;
  suppressions: number;
  briefs: number;
  bodies: number;
  /** These are gone altogether. */
  mailEvents: number;
}

/** So that no statement takes long, and nobody waits for a lock. */
const AT_ONCE = 1_000;
/** A run may go on for a week after the call's end. One that has not reported its end by then is not waited for. */
const RUN_AFTER_CALL_MS = 8 * 24 * 3_600_000;

/**
 * Forgets people's data whose time has come: who booked and what the run knew, the addresses of mails and of those who get none any
 * more, the briefs that never came to their page, and the bodies of what arrived. Hashes, times, outcomes and history stay.
 */
export function createPurge(database: Database): (options: PurgeOptions) => Promise<PurgeReport> {
  async function inBatches(update: (batch: SQL) => SQL): Promise<number> {
    for (let total = 0; ; ) {
      const { rows } = await database.run(
        async (db) => (await db.execute(update(sql`limit ${AT_ONCE}`))) as unknown as { rows: unknown[] },
      );
      total += rows.length;
      if (rows.length < AT_ONCE) return total;
    }
  }

  return async ({ now, keepAttendeesMs, keepBodiesMs }) => {
    const before = (ms: number) => sql`${new Date(now.getTime() - ms).toISOString()}::timestamptz`;
    /** Whether the booking has been over for so long. */
    const isOverSince = (ms: number) =>
      sql`(b.ends_at <= ${before(ms)} and (b.is_over or b.ends_at <= ${before(ms + RUN_AFTER_CALL_MS)}))`;

    return {
      bookings: await inBatches(
        (batch) => sql`
          update ${bookings} set attendee_name = null, attendee_email = null, title = null, state = null
          where (provider, external_id, seat) in (
            select b.provider, b.external_id, b.seat from ${bookings} b
            where b.attendee_email is not null and ${isOverSince(keepAttendeesMs)} order by b.ends_at ${batch}
          ) returning 1`,
      ),
      mails: await inBatches(
        (batch) => sql`
          update ${reminders} set address = null, mail = null where id in (
            select r.id from ${reminders} r
            where r.address is not null and r.starts_at <= ${before(keepAttendeesMs)} and not exists (
              select from ${bookings} b
              where b.provider = r.provider and b.external_id = r.external_id and b.seat = r.seat
                and b.attendee_email is not null
            ) ${batch}
          ) returning 1`,
      ),
      suppressions: await inBatches(
        (batch) => sql`
          update ${suppressions} set address = null where (person, booking_uid, reason) in (
            select s.person, s.booking_uid, s.reason from ${suppressions} s
            where s.address is not null and s.at <= ${before(keepAttendeesMs)} ${batch}
          ) returning 1`,
      ),
      briefs: await inBatches(
        (batch) => sql`
          update ${briefs} set pending = null where (provider, external_id, seat) in (
            select f.provider, f.external_id, f.seat from ${briefs} f
            left join ${bookings} b on b.provider = f.provider and b.external_id = f.external_id and b.seat = f.seat
            where f.pending is not null
              and case when b.ends_at is null then f.updated_at <= ${before(keepAttendeesMs)}
                else ${isOverSince(keepAttendeesMs)} end ${batch}
          ) returning 1`,
      ),
      bodies: await inBatches(
        (batch) => sql`
          update ${deliveries} set body = null, event = null where id in (
            select d.id from ${deliveries} d
            where d.body is not null and d.status <> 'pending' and d.received_at <= ${before(keepBodiesMs)} and not exists (
              select from ${bookings} b
              where b.external_id = d.subject_uid and (d.subject_seat = '' or b.seat = d.subject_seat)
                and not ${isOverSince(keepBodiesMs)}
            ) ${batch}
          ) returning 1`,
      ),
      mailEvents: await inBatches(
        (batch) => sql`
          delete from ${mailEvents} where id in (
            select e.id from ${mailEvents} e where e.received_at <= ${before(keepBodiesMs)} ${batch}
          ) returning 1`,
      ),
    };
  };
}
