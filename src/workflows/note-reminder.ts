import { log } from '@temporalio/workflow';
import type { ReminderSentNote } from '../activities/index.ts';
import { failureReason } from './failure-reason.ts';
import { notionActivities } from './notion-activities.ts';

/**
 * Has it written to a member's row that a reminder was sent, trying until `giveUpAt`.
 *
 * @param giveUpAt epoch milliseconds.
 */
export async function noteReminder(note: ReminderSentNote, giveUpAt: number, taskQueue: string): Promise<void> {
  const summary = `Notion: reminder ${note.number} was sent`;
  try {
    await notionActivities({ taskQueue, giveUpAt, summary }).noteReminderSent(note);
  } catch (error) {
    const reason = failureReason(error, 'notion_unavailable');
    log.warn('sent reminder not noted in Notion', { bookingUid: note.booking.uid, number: note.number, reason });
  }
}
