import DataLoader from 'dataloader';
import { type SQL, sql } from 'drizzle-orm';
import type { Db } from './database.ts';
import { rowsOf } from './rows.ts';

/** What is waited for is not to grow with those who wait; beyond that, a statement costs as much as what it asks. */
const MOST = 100;

/**
 * Takes those who come at the same moment to the database together: of a thousand mails that are due at one instant, each would
 * otherwise wait for the statements of all the others.
 *
 * @param work answers in the order of the items; what it throws, each of them gets.
 * @param gatherMs how long the first waits for others, where they come one by one and are not waited for.
 */
export function together<Item, Answer>(
  work: (items: readonly Item[]) => Promise<readonly Answer[]>,
  { gatherMs }: { gatherMs?: number } = {},
): (item: Item) => Promise<Answer> {
  const loader = new DataLoader<Item, Answer, never>(work, {
    cache: false,
    maxBatchSize: MOST,
    // Timers that fire at one instant do so one by one, and what is due after each of them is done in between.
    batchScheduleFn: (callback) => void (gatherMs ? setTimeout(callback, gatherMs) : setImmediate(callback)),
  });
  return (item) => loader.load(item);
}

/**
 * Asks the same of each item, in one statement.
 *
 * @param columns of `asked` and their types, as the fields of the items; what `answer` refers to.
 * @returns the answers in the order of the items.
 */
export async function answersFor<Answer>(
  db: Db,
  items: readonly object[],
  columns: Record<string, string>,
  answer: SQL,
): Promise<Answer[]> {
  const names = Object.keys(columns).map((name) => sql.identifier(name));
  const typed = Object.entries(columns).map(([name, type]) => sql`${sql.identifier(name)} ${sql.raw(type)}`);
  const rows = await rowsOf<{ answer: Answer }>(
    db,
    sql`
      select (${answer}) as answer
      from rows from (jsonb_to_recordset(${JSON.stringify(items)}::jsonb) as (${sql.join(typed, sql`, `)}))
        with ordinality as asked (${sql.join(names, sql`, `)}, position)
      order by position`,
  );
  return rows.map((row) => row.answer);
}
