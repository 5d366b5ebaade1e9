import { normalizeAddress } from './address.ts';
import { createAsk, type NotionClientOptions } from './client.ts';
import { CONTACT, type ContactFields, planUpdate, saysAlready } from './contact.ts';
import { createDataSource } from './data-source.ts';
import { NotionRefusal, type RefusalReason } from './errors.ts';
import { type Membership, membershipOf, SEQUENCE } from './membership.ts';
import { findRows } from './rows.ts';
import { findProperty } from './schema.ts';

export type { NotionRequest, Timeouts } from './client.ts';
export type { ContactFields } from './contact.ts';
export { NotionRefusal, NotionUnavailable, type RefusalReason } from './errors.ts';
export type { Membership } from './membership.ts';

/**
 * The two Notion databases of the business. Each call asks Notion at most once for each thing it needs to know and never
 * waits to try again; repeating a call is harmless.
 *
 * @throws {NotionRefusal} when only a person can help.
 * @throws {NotionUnavailable} when trying again later can help.
 */
export interface Notion {
  /** Looks the person up in the Email Sequence database. Letter case and white space do not matter. */
  findMembership(email: string): Promise<Membership>;

  /**
   * Writes what differs to the one contact with this address, in one request; none if nothing differs.
   *
   * @param onlyWhile leaves the contact alone unless it still says this: somebody else may have moved it on.
   */
  updateContact(email: string, wanted: ContactFields, options?: { onlyWhile?: ContactFields }): Promise<ContactUpdate>;
}

export interface ContactUpdate {
  outcome: 'updated' | 'unchanged';
  /** What could not be written although the rest was, and what to do about it. */
  left: { field: keyof ContactFields; reason: RefusalReason; message: string }[];
}

export interface NotionOptions extends NotionClientOptions {
  contactsDatabaseId: string;
  sequenceDatabaseId: string;
  /** Names of the campaigns whose members count as such. */
  campaigns: readonly string[];
}

export function createNotion({ contactsDatabaseId, sequenceDatabaseId, campaigns, ...options }: NotionOptions): Notion {
  const ask = createAsk(options);
  const contacts = createDataSource(ask, {
    id: contactsDatabaseId,
    title: 'contacts database',
    setting: 'NOTION_BUSINESSX_DB_ID',
  });
  const sequence = createDataSource(ask, {
    id: sequenceDatabaseId,
    title: 'Email Sequence database',
    setting: 'NOTION_EMAIL_SEQUENCE_DB_ID',
  });

  return {
    async findMembership(email) {
      const address = addressOf(email);
      return sequence.use(async (source) => {
        const rows = await findRows(ask, source, findProperty(source, SEQUENCE.email), address);
        return membershipOf(rows, source, campaigns);
      });
    },

    async updateContact(email, wanted, { onlyWhile } = {}) {
      const address = addressOf(email);
      return contacts.use(async (source, fresh) => {
        const [contact, ...others] = await findRows(ask, source, findProperty(source, CONTACT.email), address);
        if (!contact) {
          throw new NotionRefusal('contact_not_found', `The ${source.title} has no row with the attendee's address.`);
        }
        if (others.length > 0) {
          const rows = [contact, ...others].map(({ id }) => id).join(', ');
          throw new NotionRefusal(
            'contact_ambiguous',
            `The ${source.title} has several rows with the attendee's address; none was changed. Merge them in Notion: ${rows}.`,
          );
        }
        if (onlyWhile && !saysAlready(contact, source, onlyWhile)) return { outcome: 'unchanged', left: [] };

        const { properties, left } = planUpdate(contact, source, wanted);
        // Before saying that something is missing, look whether somebody has added it meanwhile.
        if (left[0] && !fresh) throw left[0].refusal;

        const differs = Object.keys(properties).length > 0;
        if (differs) await ask((client) => client.pages.update({ page_id: contact.id, properties }));
        return {
          outcome: differs ? 'updated' : 'unchanged',
          left: left.map(({ field, refusal: { reason, message } }) => ({ field, reason, message })),
        };
      });
    },
  };
}

function addressOf(email: string): string {
  const address = normalizeAddress(email);
  if (address !== undefined) return address;
  throw new NotionRefusal('address_unusable', "The attendee's address is none that Notion could hold.");
}
