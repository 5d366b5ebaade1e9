import { and, eq, inArray, type SQL, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { IS_RELATED, placesTakenBy, RELATIONS, type Relations, UNRELATED, withRetirements } from './retirements.ts';
import { deliveries } from './schema.ts';

/** Leases pending deliveries whose time has come, and says how their bookings stand to others. Their events are still sealed. */
export async function claimDeliveries(database: Database, limit: number, leaseMs: number) {
  const taken = await take(database, limit, leaseMs);
  const related = taken.filter(({ isRelated }) => isRelated).map(({ id }) => id);
  const relations = related.length > 0 ? await relationsOf(database, related) : new Map<number, Relations>();
  return taken.map(({ isRelated: _, ...row }) => ({ ...row, ...(relations.get(row.id) ?? UNRELATED) }));
}

function take(database: Database, limit: number, leaseMs: number) {
  return database.run((db) => {
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
          receivedAt: deliveries.receivedAt,
          attempts: deliveries.attempts,
          refusals: deliveries.refusals,
          isRelated: IS_RELATED,
        })
    );
  });
}

async function relationsOf(database: Database, ids: readonly number[]): Promise<Map<number, Relations>> {
  // Two that were kept at the same moment did not see each other. Each is claimed after it was kept: the later claim sees both.
  await database.run((db) => db.execute(withRetirements(placesTakenBy(ids))));
  const rows = await database.run((db) =>
    db
      .select({ id: deliveries.id, ...RELATIONS })
      .from(deliveries)
      .where(inArray(deliveries.id, [...ids])),
  );
  return new Map(rows.map(({ id, ...relations }) => [id, relations]));
}

export function fromNow(ms: number): SQL {
  return sql`now() + ${ms} * interval '1 millisecond'`;
}
