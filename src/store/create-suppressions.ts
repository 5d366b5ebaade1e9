import { desc, eq, sql } from 'drizzle-orm';
import type { BookingKey } from '../booking.ts';
import type { Database, Db } from './database.ts';
import { retiredBookings, suppressions } from './schema.ts';
import type { Suppression, SuppressionReason, Suppressions } from './suppressions.ts';
import { answersFor, together } from './together.ts';

/** Those who get no mail any more, as rows of `suppressions`. */
export function createSuppressions({ database }: { database: Database }): Suppressions {
  const reasonFor = together(async (asked: readonly { person: string; uid: string }[]) => {
    const answer = sql`
      with recursive same_call (uid) as (
        select asked.uid
        union
        select r.external_id from ${retiredBookings} r join same_call c on r.replaced_by = c.uid
      )
      select reason from ${suppressions}
      where person = asked.person and (booking_uid = '' or booking_uid in (select uid from same_call))
      order by reason = 'unsubscribed', reason = 'complaint' limit 1`;
    const reasons = await database.run((db) =>
      answersFor<SuppressionReason | null>(db, asked, { person: 'text', uid: 'text' }, answer),
    );
    return reasons.map((reason) => reason ?? undefined);
  });

  return {
    suppress: (suppression) => database.run((db) => noteSuppression(db, suppression)),

    reasonFor: (person, { uid }) => reasonFor({ person, uid }),

    async list() {
      const rows = await database.run((db) =>
        db.select().from(suppressions).orderBy(desc(suppressions.at), suppressions.person, suppressions.reason),
      );
      return rows.map(suppressionOf);
    },

    async lift(person) {
      const lifted = await database.run((db) =>
        db.delete(suppressions).where(eq(suppressions.person, person)).returning({ person: suppressions.person }),
      );
      return lifted.length > 0;
    },
  };
}

/** The first one of its kind stands. */
export async function noteSuppression(db: Db, suppression: Suppression): Promise<void> {
  const { person, booking, reason, address, at } = suppression;
  await db
    .insert(suppressions)
    .values({ person, bookingUid: booking?.uid ?? '', reason, address: address ?? null, at: new Date(at) })
    .onConflictDoNothing();
}

function suppressionOf({ person, bookingUid, reason, address, at }: typeof suppressions.$inferSelect): Suppression {
  const booking: BookingKey | undefined = bookingUid ? { uid: bookingUid } : undefined;
  return {
    person,
    ...(booking && { booking }),
    reason,
    ...(address !== null && { address }),
    at: at.toISOString(),
  };
}
