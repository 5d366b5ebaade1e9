import { heartbeat, log } from '@temporalio/activity';
import type { BookingKey } from '../booking.ts';
import type { BriefBlock } from '../brief.ts';
import { NotionRefusal, type RefusalReason } from '../notion/errors.ts';
import type { Brief, BriefLedger, BriefPlace, BriefPublisher, PublishedBrief } from '../notion/publish-brief.ts';
import type { Briefs } from '../store/briefs.ts';
import type { Contacts } from '../store/contacts.ts';
import { callDate } from './call-date.ts';
import { createHourlyAlert } from './hourly-alert.ts';
import { asFailure } from './notion-failure.ts';
import { withContact } from './with-contact.ts';

/** What the organizer is to read before a booking's call. */
export interface BriefRequest {
  booking: BookingKey;
  /** The booker's, whose contact the page is under. */
  email: string;
  /** ISO 8601, UTC. */
  startsAt: string;
  blocks: readonly BriefBlock[];
}

/** What has become of a brief; `pending` while it is kept in the store because a person has to help first. */
export type BriefReport =
  | PublishedBrief
  | { outcome: 'pending'; reason: RefusalReason }
  | { outcome: 'skipped'; reason: 'notion_off' };

export interface BriefActivities {
  /**
   * Puts a brief onto a page of its own under the booker's contact, or gives the page that it has the new text. Told the same again, it
   * does nothing; after whatever has interrupted it, it goes on where it was.
   *
   * It sends heartbeats, and an attempt takes two minutes at most, as with everything that works on a contact.
   *
   * @throws {ApplicationFailure} type `contact_busy` while somebody else works on the contact; final, with the refusal's reason as its
   * type, where Notion will not take this brief.
   */
  publishBrief(request: BriefRequest): Promise<BriefReport>;
}

export interface BriefActivitiesOptions {
  /** Undefined where the operator does without Notion. */
  notion: BriefPublisher | undefined;
  contacts: Pick<Contacts, 'lease' | 'giveBack'>;
  briefs: Briefs;
  /** Names a person without telling their address, which is matched ignoring case. */
  personOf: (email: string) => string;
  /** Whose calendar day a call's date is. */
  timeZone: string;
  /** Epoch milliseconds. */
  now?: () => number;
}

/** A person has to help with this one brief, or with all new pages; what else Notion keeps goes on. */
const KEPT_FOR: readonly RefusalReason[] = [
  'creates_blocked',
  'contact_not_found',
  'contact_ambiguous',
  'address_unusable',
];

/** The longest single wait is for an answer of Notion's, and a worker that has died is to be noticed sooner. */
const HEARTBEAT_MS = 5_000;

export function createBriefActivities(options: BriefActivitiesOptions): BriefActivities {
  const { notion, contacts, briefs, personOf, timeZone, now = Date.now } = options;
  const tellBlocked = createHourlyAlert('notion_creates_blocked', now);

  /** @throws {ApplicationFailure} */
  async function publish(notion: BriefPublisher, place: BriefPlace, brief: Brief): Promise<BriefReport> {
    const bookingUid = brief.booking.uid;
    try {
      const published = await notion.publishBrief(place, brief, ledgerOf(briefs, brief.booking));
      log.info('call brief kept in Notion', { bookingUid, outcome: published.outcome });
      return published;
    } catch (error) {
      if (!(error instanceof NotionRefusal) || !KEPT_FOR.includes(error.reason)) throw asFailure(error);
      if (error.reason === 'creates_blocked') tellBlocked(error, log);
      log.info('call brief kept until it can be a page', { bookingUid, reason: error.reason });
      return { outcome: 'pending', reason: error.reason };
    }
  }

  return {
    async publishBrief({ booking, email, startsAt, blocks }) {
      if (!notion) return { outcome: 'skipped', reason: 'notion_off' };
      const brief = { booking, date: callDate(startsAt, timeZone), blocks };
      return whileBeating(() =>
        withContact(contacts, personOf(email), (page) => {
          // What was looked up long ago may have become somebody else's.
          const contactId = page?.isRecent ? page.id : undefined;
          return publish(notion, { email, contactId }, brief);
        }),
      );
    },
  };
}

function ledgerOf(briefs: Briefs, booking: BookingKey): BriefLedger {
  return {
    read: () => briefs.read(booking),
    note: (notes) => briefs.note(booking, notes),
    stop: (state, reason) => briefs.stop(booking, state, reason),
  };
}

async function whileBeating<T>(work: () => Promise<T>): Promise<T> {
  const beat = setInterval(heartbeat, HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(beat);
  }
}
