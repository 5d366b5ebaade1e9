import { type ApplicationFailure, log } from '@temporalio/activity';
import type { ContactPage, Contacts } from '../store/contacts.ts';
import { putOff } from './notion-failure.ts';

/**
 * Temporal gives an attempt up after 2 minutes, and a request that it has on the wire then ends within another 65 s. Only after that
 * may somebody else write.
 */
export const LEASE_MS = 200_000;
/** A write takes about a second. */
const BUSY_PAUSE_MS = 1_000;

/**
 * Works on what belongs to a person's contact while nobody else does.
 *
 * @param work is told the contact's page, as far as it is known.
 * @throws {ApplicationFailure} of type `contact_busy` while somebody else does.
 */
export async function withContact<T>(
  contacts: Pick<Contacts, 'lease' | 'giveBack'>,
  person: string,
  work: (page: ContactPage | undefined) => Promise<T>,
): Promise<T> {
  const lease = await contacts.lease(person, LEASE_MS);
  if (!lease) throw contactBusy();
  try {
    return await work(lease.page);
  } finally {
    await giveBackIfPossible(contacts, person, lease.token);
  }
}

/** What became of the work is what counts; the contact is free again in any case when the lease has ended. */
export async function giveBackIfPossible(
  contacts: Pick<Contacts, 'giveBack'>,
  person: string,
  token: string,
): Promise<void> {
  try {
    await contacts.giveBack(person, token);
  } catch (error) {
    log.warn('the store could not be told that a contact is free', { error: (error as Error).name });
  }
}

/** Ordinary: it is no reason for a warning in the log. */
export function contactBusy(): ApplicationFailure {
  return putOff('contact_busy', "Somebody else is writing to the attendee's contact", BUSY_PAUSE_MS);
}
