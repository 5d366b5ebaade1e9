import { type SQL, sql } from 'drizzle-orm';
import { deliveries } from './schema.ts';

/** What a delivery forgets of earlier attempts when it is to be dispatched from the start. */
export const ANEW = {
  dueAt: sql`now()`,
  claimedUntil: null,
  attempts: 0,
  refusals: 0,
  lastError: null,
  dispatchedAt: null,
};

/**
 * Has deliveries dispatched again. One that is being dispatched at this moment is taken from whoever does it: they went by what
 * was known when they claimed it, and can no longer mark it. So is one that nobody has claimed yet: whoever claims it at this
 * moment does not see what is being written.
 *
 * @param ids an array of those that may be. It goes by what does not change, such as a kind or a booking: when a delivery is marked
 * at the same moment, PostgreSQL looks once more at the row itself, and at nothing else.
 */
export function tellAgain(ids: SQL): SQL {
  return sql`
    update ${deliveries} set status = 'pending', reason = null, due_at = now(), claimed_until = null,
      attempts = case status when 'pending' then attempts else 0 end,
      refusals = 0, last_error = null, dispatched_at = null
    where id = any(${ids}) and event is not null
      and status in ('dispatched', 'pending')`;
}
