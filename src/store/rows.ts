import type { SQL } from 'drizzle-orm';
import type { Db } from './database.ts';

/** What a statement of our own writing returns: what it is, is the statement's word. */
export async function rowsOf<Row>(db: Db, statement: SQL): Promise<Row[]> {
  const { rows } = (await db.execute(statement)) as unknown as { rows: Row[] };
  return rows;
}
