import { and, eq, sql } from 'drizzle-orm';
import type { BookingKey } from '../booking.ts';
import type { Briefs, KeptBrief } from './briefs.ts';
import type { Database } from './database.ts';
import { briefs } from './schema.ts';
import type { Seal } from './seal.ts';

/** The briefs as rows of `briefs`. */
export function createBriefs({ database, seal }: { database: Database; seal: Seal }): Briefs {
  return {
    async read(booking) {
      const [row] = await database.run((db) => db.select().from(briefs).where(isOf(booking)));
      return row && keptBriefOf(row);
    },

    async note({ uid, seat = '' }, { state, reason, pageId, textHash, blocks, pending }) {
      const noted = {
        state,
        reason: reason ?? null,
        pageId: pageId ?? null,
        textHash: textHash ?? null,
        blocks,
        pending: pending === undefined ? null : seal.closeJson(pending),
        updatedAt: sql`now()`,
      };
      await database.run((db) =>
        db
          .insert(briefs)
          .values({ provider: 'calcom', externalId: uid, seat, ...noted })
          .onConflictDoUpdate({ target: [briefs.provider, briefs.externalId, briefs.seat], set: noted }),
      );
    },

    async stop(booking, state, reason) {
      await database.run((db) => db.update(briefs).set({ state, reason, updatedAt: sql`now()` }).where(isOf(booking)));
    },
  };

  function keptBriefOf({ state, reason, pageId, textHash, blocks, pending }: typeof briefs.$inferSelect): KeptBrief {
    return {
      state,
      ...(reason !== null && { reason }),
      ...(pageId !== null && { pageId }),
      ...(textHash !== null && { textHash }),
      blocks,
      ...(pending !== null && { pending: seal.openJson(pending) }),
    };
  }
}

function isOf({ uid, seat = '' }: BookingKey) {
  return and(eq(briefs.provider, 'calcom'), eq(briefs.externalId, uid), eq(briefs.seat, seat));
}
