import type { Logger } from 'pino';
import type { NotionChoices, NotionSettings } from '../config.ts';
import { normalizeAddress } from './address.ts';
import type { Ask, BeginAsking } from './ask.ts';
import { type ContactFields, contactNames } from './contact.ts';
import { createDataSource, type Database } from './data-source.ts';
import { NotionRefusal } from './errors.ts';
import { contactNotFound, findContact, findContacts } from './find-contact.ts';
import { type Membership, membershipOf, missingEmails, sequenceNames } from './membership.ts';
import { type NotedReminder, noteReminder, type ReminderNote } from './note-reminder.ts';
import { createParking } from './parking.ts';
import { type BriefPublisher, publishBrief } from './publish-brief.ts';
import { retrieveRow } from './retrieve-page.ts';
import type { Row } from './rows.ts';
import type { DataSource } from './schema.ts';
import { contactsInSequence, findSequenceRows } from './sequence-rows.ts';
import { type ContactTask, type UpdatedContact, type UpdateOptions, writeContact } from './write-contact.ts';

export type { NotionRequest } from './client.ts';
export type { ContactFields } from './contact.ts';
export { NotionBusy, NotionParked, NotionRefusal, NotionUnavailable, type RefusalReason } from './errors.ts';
export type { Membership } from './membership.ts';
export type { NotedReminder, ReminderNote } from './note-reminder.ts';
export type { UpdatedContact, UpdateOptions } from './write-contact.ts';

/**
 * The two Notion databases of the business, asked at Notion's pace. What was done is never repeated without looking, and repeating
 * a call is harmless.
 *
 * @throws {NotionRefusal} when only a person can help.
 * @throws {NotionParked} while that concerns everything of the kind, without asking.
 * @throws {NotionUnavailable} when trying again later can help.
 * @throws {NotionBusy} when it is not our turn for a while; nothing was done.
 */
export interface Notion extends BriefPublisher {
  /** Looks the person up in the Email Sequence database. Letter case and white space do not matter. */
  findMembership(email: string): Promise<Membership>;

  /** Writes what differs to the one contact with this address, in one request; none if nothing differs. */
  updateContact(email: string, wanted: ContactFields, options?: UpdateOptions): Promise<UpdatedContact>;

  /** The same for the contact on this page, whoever it is by now. None is made. */
  updateContactPage(
    pageId: string,
    wanted: ContactFields,
    options?: Omit<UpdateOptions, 'create'>,
  ): Promise<UpdatedContact>;

  /** Writes to a member's row in the Email Sequence database when a reminder was sent, if the row says something else. */
  noteReminderSent(email: string, note: ReminderNote): Promise<NotedReminder>;
}

export interface NotionOptions {
  settings: NotionSettings;
  choices: NotionChoices;
  /** As this whole process asks Notion. */
  begin: BeginAsking;
  log: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** Milliseconds of any clock that does not jump. */
  now?: () => number;
}

export function createNotion({ settings, choices, begin, log, now = () => performance.now() }: NotionOptions): Notion {
  const parking = createParking({ log, now });
  const { contacts: contactsDatabase, sequence: sequenceDatabase } = databasesOf(settings);
  const contacts = createDataSource(contactsDatabase, {
    other: () => ({ id: sequence.id, title: sequenceDatabase.title }),
    uses: contactNames(choices),
    log,
    now,
  });
  const sequence = createDataSource(sequenceDatabase, {
    other: () => ({ id: contacts.id, title: contactsDatabase.title }),
    uses: sequenceNames(choices),
    log,
    now,
  });
  const toldMissing = new Set<string>();

  /** The person's rows in the Email Sequence database. */
  function sequenceRows(ask: Ask, source: DataSource, address: string): Promise<Row[]> {
    return findSequenceRows(ask, source, address, {
      words: choices,
      findContacts: () => contacts.use(ask, (known) => findContacts(ask, known, address, choices)),
    });
  }

  function contactFinder(ask: Ask, source: DataSource, address: string): () => Promise<Row | undefined> {
    return () =>
      findContact(ask, source, address, {
        words: choices,
        policy: choices.severalContacts,
        inSequence: (people) => sequence.use(ask, (known) => contactsInSequence(ask, known, people, choices)),
        log,
      });
  }

  /** @param whose where the contact is looked for; with the address of one that may be made. */
  function write(
    { wanted, options = {} }: { wanted: ContactFields; options: UpdateOptions | undefined },
    whose: (ask: Ask, source: DataSource) => Pick<ContactTask, 'find' | 'address'>,
  ): Promise<UpdatedContact> {
    return parking.through('contacts', () => {
      const ask = begin();
      return contacts.use(ask, (source, memory) =>
        writeContact({ ask, source, memory, words: choices, wanted, options, ...whose(ask, source) }),
      );
    });
  }

  /** Once: what is missing is left out, and the rest is used. */
  function tellMissing(source: DataSource): void {
    const missing = missingEmails(source, choices).filter((name) => !toldMissing.has(name));
    if (missing.length === 0) return;
    for (const name of missing) toldMissing.add(name);
    log.warn(
      { database: source.title, missing },
      'properties are missing or of another type: which e-mails of the sequence were sent is not known from them',
    );
  }

  return {
    async findMembership(email) {
      const address = addressOf(email);
      return parking.through('sequence', () => {
        const ask = begin();
        return sequence.use(ask, async (source) => {
          const membership = membershipOf(await sequenceRows(ask, source, address), source, choices);
          tellMissing(source);
          return membership;
        });
      });
    },

    async updateContact(email, wanted, options) {
      const address = addressOf(email);
      return write({ wanted, options }, (ask, source) => ({ address, find: contactFinder(ask, source, address) }));
    },

    async updateContactPage(pageId, wanted, options) {
      return write({ wanted, options }, (ask, source) => ({ find: () => retrieveRow(ask, source, pageId) }));
    },

    async noteReminderSent(email, note) {
      const address = addressOf(email);
      return parking.through('reminders', () => {
        const ask = begin();
        return sequence.use(ask, async (source) =>
          noteReminder(ask, source, { rows: await sequenceRows(ask, source, address), words: choices, note }),
        );
      });
    },

    async publishBrief({ email, contactId }, brief, ledger) {
      return parking.through('briefs', () => {
        const ask = begin();
        const findContactPage = async () =>
          contacts.use(ask, async (source) => {
            const contact = await contactFinder(ask, source, addressOf(email))();
            if (!contact) throw contactNotFound(source);
            return contact.id;
          });
        return publishBrief(brief, { ask, ledger, contactId, findContact: findContactPage });
      });
    },
  };
}

/** The two databases as the operator's settings name them. */
export function databasesOf(settings: NotionSettings): { contacts: Database; sequence: Database } {
  return {
    contacts: {
      id: settings.contactsDatabaseId,
      dataSource: settings.contactsDataSource,
      title: 'contacts database',
      setting: 'NOTION_BUSINESSX_DB_ID',
      dataSourceSetting: 'NOTION_BUSINESSX_DATA_SOURCE',
    },
    sequence: {
      id: settings.sequenceDatabaseId,
      dataSource: settings.sequenceDataSource,
      title: 'Email Sequence database',
      setting: 'NOTION_EMAIL_SEQUENCE_DB_ID',
      dataSourceSetting: 'NOTION_EMAIL_SEQUENCE_DATA_SOURCE',
    },
  };
}

function addressOf(email: string): string {
  const address = normalizeAddress(email);
  if (address !== undefined) return address;
  throw new NotionRefusal('address_unusable', "The attendee's address is none that Notion could hold.");
}
