import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';

/** Writes everything a PostgreSQL database holds as text, each column into a file `table.column` of its own. */
export async function writeAsText(databaseUrl: string, folder: string): Promise<void> {
  await mkdir(folder);
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows: columns } = await client.query<{ table: string; column: string }>(
      `select table_name as table, column_name as column from information_schema.columns where table_schema = 'public'`,
    );
    for (const { table, column } of columns) {
      const { rows } = await client.query<{ text: string }>(`select "${column}"::text as text from "${table}"`);
      await writeFile(join(folder, `${table}.${column}`), rows.map(({ text }) => `${text}\n`).join(''));
    }
  } finally {
    await client.end();
  }
}
