import { ApplicationFailure, log } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import type { BookingKey } from '../booking.ts';
import type { Notion } from '../notion/notion.ts';
import type { ContactClaim, Contacts, TakenContact } from '../store/contacts.ts';
import type { NotionReport } from '../workflows/messages.ts';
import { type ContactProjection, projectContact } from './contact-projection.ts';
import { asFailure } from './notion-failure.ts';

/** What a booking says about its booker's row. Instants are ISO 8601 in UTC. */
export interface ContactUpdate {
  booking: BookingKey;
  email: string;
  startsAt: string;
  endsAt: string;
  standing: Exclude<ContactClaim['standing'], 'superseded'>;
  /** When it came to stand so. */
  changedAt: string;
  /** Whether a live one wants the campaign status. */
  inCampaign: boolean;
  /**
   * Of a cancelled booking, the event that its details are known from: when a fuller one comes, the contact is looked at anew,
   * because that one may have replaced another booking.
   */
  knownFrom?: string;
}

export interface ContactActivities {
  /**
   * Notes what the booking says, and writes to the booker's row what all their bookings together say, where it differs.
   *
   * @throws {ApplicationFailure} final, with the refusal's reason as its type, when only a person can help; type `contact_busy` while
   * another booking of the same person writes.
   */
  updateContact(update: ContactUpdate): Promise<NotionReport>;
}

export interface ContactActivitiesOptions {
  /** Undefined where the operator does without Notion. */
  notion: Notion | undefined;
  contacts: Contacts;
  /** Names a person without telling their address, which is matched ignoring case. */
  personOf: (email: string) => string;
  /** Whose calendar day a call's date is. */
  timeZone: string;
}

/**
 * Temporal gives an attempt up after 2 minutes, and a request that it has on the wire then ends within another 65 s. Only after that
 * may somebody else write.
 */
const LEASE_MS = 200_000;
/** A write takes about a second. */
const BUSY_PAUSE_MS = 1_000;

export function createContactActivities(options: ContactActivitiesOptions): ContactActivities {
  const { notion, contacts, personOf, timeZone } = options;
  return {
    async updateContact({ email, booking, knownFrom: _knownFrom, ...said }) {
      const person = personOf(email);
      const claim = { ...booking, ...said };
      if (!notion) {
        // So that the contact is right once Notion is switched on.
        await contacts.take(person, claim, 0);
        return { outcome: 'skipped', reason: 'notion_off' };
      }

      const taken = await contacts.take(person, claim, LEASE_MS);
      if (!taken) throw busy();
      const projection = projectContact(taken.claims, timeZone);
      let report: NotionReport;
      try {
        report = projection
          ? await write(notion, { email, bookingUid: booking.uid, projection, written: taken.written })
          : { outcome: 'unchanged' };
      } catch (error) {
        await giveBackIfPossible(contacts, person, taken);
        throw asFailure(error);
      }
      // Also when nothing differed: an earlier attempt may have written it without hearing so. Where a person has moved the
      // contact on, it goes on saying something else than this.
      await contacts.giveBack(person, taken.token, projection);
      return report;
    },
  };
}

/**
 * A call to come is shown whatever the row says. What became of one is not news to a person who has moved the row on since we
 * wrote to it.
 */
async function write(
  notion: Notion,
  options: { email: string; bookingUid: string; projection: ContactProjection } & Pick<TakenContact, 'written'>,
): Promise<NotionReport> {
  const { email, bookingUid, projection, written } = options;
  const { bookingStatus } = projection;
  const onlyWhile = bookingStatus === 'Booked' ? undefined : written;
  const answer = await notion.updateContact(email, projection, onlyWhile && { onlyWhile });
  const left = answer.left.map(({ field, reason }) => `${field}: ${reason}`).join(', ');
  log.info('Notion contact kept', { bookingUid, bookingStatus, outcome: answer.outcome, ...(left && { left }) });
  return { outcome: answer.outcome, ...(left && { reason: left }) };
}

/** What went wrong at Notion is what counts; the contact is free again in any case when its lease has ended. */
async function giveBackIfPossible(contacts: Contacts, person: string, { token }: TakenContact): Promise<void> {
  try {
    await contacts.giveBack(person, token);
  } catch (error) {
    log.warn('the store could not be told that a contact is free', { error: (error as Error).name });
  }
}

/** Ordinary: it is no reason for a warning in the log. */
function busy(): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'contact_busy',
    message: 'Another booking of the same person is being written to the contact',
    nextRetryDelay: BUSY_PAUSE_MS,
    category: ApplicationFailureCategory.BENIGN,
  });
}
