import { log } from '@temporalio/activity';
import type { Notion } from '../notion/notion.ts';
import type { NotionReport } from '../workflows/messages.ts';
import { callDate } from './call-date.ts';
import { asFailure } from './notion-failure.ts';

/** What the booker's row should say. `startsAt` is ISO 8601, UTC. */
export interface ContactUpdate {
  bookingUid: string;
  email: string;
  startsAt: string;
  bookingStatus: 'Booked' | 'Cancelled' | 'Completed';
  campaignStatus?: 'Pre-Call Prep';
  /** Write only while the row still shows this call as Booked: a person, or another booking, may have moved it on. */
  onlyIfBooked?: boolean;
}

export interface ContactActivities {
  /**
   * Writes the differences to the booker's row.
   *
   * @throws {ApplicationFailure} final, with the refusal's reason as its type, when only a person can help.
   */
  updateContact(update: ContactUpdate): Promise<NotionReport>;
}

/**
 * @param notion undefined where the operator does without Notion.
 * @param timeZone whose calendar day the call's date is.
 */
export function createContactActivities(options: { notion: Notion | undefined; timeZone: string }): ContactActivities {
  const { notion, timeZone } = options;
  return {
    async updateContact({ bookingUid, email, startsAt, bookingStatus, campaignStatus, onlyIfBooked }) {
      if (!notion) return { outcome: 'skipped', reason: 'notion_off' };
      const date = callDate(startsAt, timeZone);
      try {
        const written = await notion.updateContact(
          email,
          { bookingStatus, callDate: date, ...(campaignStatus && { campaignStatus }) },
          ...(onlyIfBooked ? [{ onlyWhile: { bookingStatus: 'Booked' as const, callDate: date } }] : []),
        );
        const left = written.left.map(({ field, reason }) => `${field}: ${reason}`).join(', ');
        log.info('Notion contact kept', { bookingUid, bookingStatus, outcome: written.outcome, ...(left && { left }) });
        return { outcome: written.outcome, ...(left && { reason: left }) };
      } catch (error) {
        throw asFailure(error);
      }
    },
  };
}
