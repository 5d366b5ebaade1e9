import { isFullPage } from '@notionhq/client';
import type { Ask } from './ask.ts';
import { memberRows, type SequenceWords, sequenceFields } from './membership.ts';
import { cellOf, isGone, type Row } from './rows.ts';
import { type DataSource, findProperty, type Property } from './schema.ts';

/** That a reminder was sent. */
export interface ReminderNote {
  /** Which of the booking's reminders, from 1 for the first. */
  number: number;
  /** ISO 8601, UTC. */
  sentAt: string;
}

export interface NotedReminder {
  outcome: 'updated' | 'unchanged' | 'skipped';
  reason?: 'not_a_member' | 'no_property';
}

/**
 * Writes when a reminder was sent to the member's row, if it says something else.
 *
 * @param rows the person's, oldest first: the oldest that makes them a member takes the note.
 * @throws {NotionRefusal} property_missing, property_unsupported.
 */
export async function noteReminder(
  ask: Ask,
  source: DataSource,
  { rows, words, note }: { rows: readonly Row[]; words: SequenceWords; note: ReminderNote },
): Promise<NotedReminder> {
  const field = sequenceFields(words).reminderSent[note.number - 1];
  if (!field) return { outcome: 'skipped', reason: 'no_property' };
  const [row] = memberRows(rows, source, words);
  if (!row) return { outcome: 'skipped', reason: 'not_a_member' };

  const property = findProperty(source, field);
  if (says(row, property, source, note.sentAt)) return { outcome: 'unchanged' };
  const { name } = cellOf(row, property, source.title);
  await ask.set(
    (client) => client.pages.update({ page_id: row.id, properties: { [name]: { date: { start: note.sentAt } } } }),
    async () => {
      const now = await ask.read((client) => client.pages.retrieve({ page_id: row.id }));
      return isFullPage(now) && !isGone(now) && says(now, property, source, note.sentAt);
    },
  );
  return { outcome: 'updated' };
}

/** To the minute: Notion keeps no seconds. */
function says(row: Row, property: Property, { title }: DataSource, at: string): boolean {
  const cell = cellOf(row, property, title);
  if (cell.type !== 'date' || !cell.date?.start.includes('T')) return false;
  return minuteOf(cell.date.start) === minuteOf(at);
}

function minuteOf(instant: string): number {
  return Math.floor(Date.parse(instant) / 60_000);
}
