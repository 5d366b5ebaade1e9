import { type ApplicationFailure, activityInfo, log } from '@temporalio/activity';
import type { BookingKey } from '../booking.ts';
import {
  type NotedReminder,
  type Notion,
  NotionRefusal,
  NotionUnavailable,
  type UpdatedContact,
  type UpdateOptions,
} from '../notion/notion.ts';
import type { ContactClaim, Contacts, TakenContact, WrittenContact } from '../store/contacts.ts';
import type { NotionReport } from '../workflows/messages.ts';
import { type ContactProjection, projectContact } from './contact-projection.ts';
import { isTooEarly, untilNextLook } from './missing-contact.ts';
import { asFailure, putOff, sharedTrouble } from './notion-failure.ts';
import { contactBusy, giveBackIfPossible, LEASE_MS, withContact } from './with-contact.ts';

/** What a booking says about its booker's row. Instants are ISO 8601 in UTC. */
export interface ContactUpdate {
  booking: BookingKey;
  email: string;
  startsAt: string;
  endsAt: string;
  standing: ContactClaim['standing'];
  /** When it came to stand so. */
  changedAt: string;
  /** Whether a live one wants the campaign status. */
  inCampaign: boolean;
  /**
   * Of a cancelled booking, the event that its details are known from: when a fuller one comes, the contact is looked at anew,
   * because that one may have replaced another booking.
   */
  knownFrom?: string;
  /** Makes a contact of this name, if nobody has the address: where the operator wants that, for a booking that is new. */
  create?: { name: string };
  /** The reasons for `pending` that have been told already, and when: they are waited out. */
  told?: Readonly<Record<string, string>>;
}

/** That a reminder was sent. */
export interface ReminderSentNote {
  booking: BookingKey;
  email: string;
  /** Which of the plan's reminders, from 1 for the first. */
  number: number;
  /** ISO 8601, UTC. */
  sentAt: string;
}

export interface ContactActivities {
  /**
   * Notes what the booking says, and writes to the booker's row what all their bookings together say, where it differs. Whose booking
   * it was before, under another address, is told first, in their own row.
   *
   * @returns `pending` as soon as it has to wait for a person, once for each reason.
   * @throws {ApplicationFailure} final, with the refusal's reason as its type, when only a person can help, and with this booking alone;
   * type `contact_busy` while another booking of the same person writes.
   */
  updateContact(update: ContactUpdate): Promise<NotionReport>;
  /**
   * Writes to a campaign member's row of the e-mail sequence when a reminder was sent, if the row says something else.
   *
   * @throws {ApplicationFailure} as `updateContact` does.
   */
  noteReminderSent(note: ReminderSentNote): Promise<NotedReminder | { outcome: 'skipped'; reason: 'notion_off' }>;
}

export interface ContactActivitiesOptions {
  /** Undefined where the operator does without Notion. */
  notion: Pick<Notion, 'updateContact' | 'updateContactPage' | 'noteReminderSent'> | undefined;
  contacts: Contacts;
  /** Names a person without telling their address, which is matched ignoring case. */
  personOf: (email: string) => string;
  /** Whose calendar day a call's date is. */
  timeZone: string;
  /** Epoch milliseconds. */
  now?: () => number;
}

export function createContactActivities(options: ContactActivitiesOptions): ContactActivities {
  const { notion, contacts, personOf, timeZone, now = Date.now } = options;
  return {
    async updateContact({ email, booking, knownFrom: _knownFrom, create, told = {}, ...said }) {
      const person = personOf(email);
      const claim = { ...booking, ...said };
      if (!notion) {
        // So that the contact is right once Notion is switched on.
        await contacts.take(person, claim, 0);
        return { outcome: 'skipped', reason: 'notion_off' };
      }
      const missedAt = told['contact_not_found'];
      const untilLook = () =>
        untilNextLook({
          missedAt: missedAt === undefined ? now() : Date.parse(missedAt),
          now: now(),
          callEndsAt: Date.parse(said.endsAt),
        });
      // The first look after it was missed is a while off, unless it is to be made then.
      const isWaiting = missedAt !== undefined && !create && isTooEarly(Date.parse(missedAt), now());
      const waitMs = isWaiting ? untilLook() : undefined;
      if (waitMs !== undefined) throw notLookedForYet(waitMs);

      const taken = await contacts.take(person, claim, LEASE_MS);
      if (!taken) throw contactBusy();
      const projection = projectContact(taken.claims, timeZone);
      let written: Written | undefined;
      try {
        for (const former of await contacts.formerBookers(booking)) {
          await tellFormerBooker({ notion, contacts, person: former, booking, timeZone });
        }
        const update: Update = (wanted, how) =>
          notion.updateContact(email, wanted, { ...how, ...(missedAt && { create }) });
        written = projection && (await write({ contacts, person, booking, projection, taken, update }));
      } catch (error) {
        await giveBackIfPossible(contacts, person, taken.token);
        const lookInMs = isMissing(error) ? untilLook() : undefined;
        const waitsFor = waitsForPerson(error, { isLookedForAgain: lookInMs !== undefined || create !== undefined });
        if (waitsFor !== undefined && told[waitsFor] === undefined) return { outcome: 'pending', reason: waitsFor };
        throw lookInMs === undefined ? asFailure(error) : notLookedForYet(lookInMs);
      }
      // Also when nothing differed: an earlier attempt may have written it without hearing so. Where a person has moved the
      // contact on, it goes on saying something else than this.
      await contacts.giveBack(person, taken.token, { written: projection, pageId: written?.pageId });
      return written?.report ?? { outcome: 'unchanged' };
    },

    async noteReminderSent({ booking, email, number, sentAt }) {
      if (!notion) return { outcome: 'skipped', reason: 'notion_off' };
      // Two bookings of one person must not write to the same row at once.
      const noted = await withContact(contacts, personOf(email), () =>
        notion.noteReminderSent(email, { number, sentAt }).catch((error: unknown) => {
          throw asFailure(error);
        }),
      );
      log.info('a sent reminder is noted in Notion', { bookingUid: booking.uid, number, ...noted });
      return noted;
    },
  };
}

/** What was added is not in every answer at once. */
const UNTIL_SHOWN_MS = 10_000;

type Update = (wanted: ContactProjection, how: UpdateOptions) => Promise<UpdatedContact>;

interface Writing {
  contacts: Contacts;
  person: string;
  booking: BookingKey;
  projection: ContactProjection;
  taken: TakenContact;
  /** Writes to the person's row. */
  update: Update;
}

interface Written {
  report: NotionReport;
  pageId: string;
}

/**
 * A call to come is shown whatever the row says. What became of one is not news to a person who has moved the row on since we
 * wrote to it.
 */
async function write({ contacts, person, booking, projection, taken, update }: Writing): Promise<Written> {
  const { bookingStatus } = projection;
  const ours = oursOf(taken);
  let isCreating = false;
  const how: UpdateOptions = {
    ours,
    // Where nothing is known to have been written, the row says what it said before us: an attempt may have ended before it wrote.
    onlyWhileOurs: bookingStatus !== 'Booked' && taken.written !== undefined,
    async beforeWrite(says, isCreation) {
      const isOurs = await contacts.noteAttempt(person, taken.token, {
        toWrite: projection,
        says: ours.find((fields) => fields === says),
      });
      if (!isOurs) throw contactBusy();
      isCreating = isCreation;
    },
  };
  const {
    outcome,
    pageId,
    reason: whyLeft,
    left,
  } = await update(projection, how).catch((error: unknown) => {
    throw isCreating && error instanceof NotionUnavailable ? notShownYet(error) : error;
  });
  const unwritten = left.map(({ field, reason }) => `${field}: ${reason}`).join(', ');
  const reason = outcome === 'created' ? 'contact_created' : (whyLeft ?? unwritten);
  log.info('Notion contact kept', { bookingUid: booking.uid, bookingStatus, outcome, ...(reason && { reason }) });
  return { pageId, report: { outcome: outcome === 'created' ? 'updated' : outcome, ...(reason && { reason }) } };
}

function oursOf({ written, attempted }: TakenContact): WrittenContact[] {
  return [written, attempted].filter((fields) => fields !== undefined);
}

interface FormerBooker extends Pick<Writing, 'contacts' | 'person' | 'booking'> {
  notion: Pick<Notion, 'updateContactPage'>;
  timeZone: string;
}

/**
 * The booking is somebody else's by now: the row of whose it was says so, or shows what else they have. Their address is not known any
 * more, but their page is. A row that says nothing of ours is left alone.
 */
async function tellFormerBooker({ notion, contacts, person, booking, timeZone }: FormerBooker): Promise<void> {
  const taken = await contacts.takeFormer(person, booking, LEASE_MS);
  if (!taken) throw contactBusy();
  const projection = projectContact(taken.claims, timeZone);
  const { page } = taken;
  let told: ContactProjection | undefined;
  try {
    if (projection && page && oursOf(taken).length > 0) {
      const update: Update = (wanted, how) =>
        notion.updateContactPage(page.id, wanted, { ...how, onlyWhileOurs: true });
      await write({ contacts, person, booking, projection, taken, update });
      told = projection;
    }
  } catch (error) {
    if (!isOfThisPage(error)) {
      await giveBackIfPossible(contacts, person, taken.token);
      throw error;
    }
    log.warn('the contact whose booking has another address now could not be told', {
      bookingUid: booking.uid,
      reason: error.reason,
    });
  }
  await contacts.giveBack(person, taken.token, { written: told });
  await contacts.noteTold(person, booking);
}

function isOfThisPage(error: unknown): error is NotionRefusal {
  return error instanceof NotionRefusal && sharedTrouble(error) === undefined;
}

/** It may have been made: whoever looked at once might miss it, and make another one. Later attempts wait longer anyway. */
function notShownYet({ message, retryAfterMs }: NotionUnavailable): NotionUnavailable {
  const pauseMs = retryAfterMs ?? 1_000 * 2 ** (activityInfo().attempt - 1);
  return new NotionUnavailable(message, Math.max(UNTIL_SHOWN_MS, pauseMs));
}

/** Why it has to wait, if it waits for a person. */
function waitsForPerson(error: unknown, { isLookedForAgain }: { isLookedForAgain: boolean }): string | undefined {
  return isMissing(error) && isLookedForAgain ? 'contact_not_found' : sharedTrouble(error);
}

function isMissing(error: unknown): boolean {
  return error instanceof NotionRefusal && error.reason === 'contact_not_found';
}

function notLookedForYet(pauseMs: number): ApplicationFailure {
  return putOff('contact_not_found', "No row has the attendee's address yet; it is looked for again", pauseMs);
}
