import { log, proxyActivities } from '@temporalio/workflow';
import type { ContactActivities, ReminderSentNote } from '../activities/index.ts';
import { failureReason } from './failure-reason.ts';

/**
 * Has it written to a member's row that a reminder was sent, trying until `giveUpAt`.
 *
 * @param giveUpAt epoch milliseconds.
 */
export async function noteReminder(note: ReminderSentNote, giveUpAt: number, taskQueue: string): Promise<void> {
  const { noteReminderSent }: ContactActivities = proxyActivities<ContactActivities>({
    taskQueue,
    scheduleToCloseTimeout: Math.max(1, giveUpAt - Date.now()),
    startToCloseTimeout: '2 minutes',
    retry: { initialInterval: '1 second', maximumInterval: '4 minutes' },
    summary: `Notion: reminder ${note.number} was sent`,
  });
  try {
    await noteReminderSent(note);
  } catch (error) {
    const reason = failureReason(error, 'notion_unavailable');
    log.warn('sent reminder not noted in Notion', { bookingUid: note.booking.uid, number: note.number, reason });
  }
}
