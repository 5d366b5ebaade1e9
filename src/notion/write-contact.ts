import { isFullPage } from '@notionhq/client';
import type { Ask } from './ask.ts';
import {
  type ContactFields,
  type ContactWords,
  isKept,
  type LeftField,
  planCreation,
  planUpdate,
  saysAlready,
} from './contact.ts';
import type { Memory } from './data-source.ts';
import { type NotionRefusal, type RefusalReason, saysGone } from './errors.ts';
import { contactNotFound } from './find-contact.ts';
import { isGone, type Row } from './rows.ts';
import type { DataSource } from './schema.ts';

/** What is known of a contact besides what it should say. */
export interface UpdateOptions {
  /** What we have written to the contact before, or may have: the answer to the last write can have been lost. */
  ours?: readonly ContactFields[];
  /** Leaves the contact alone unless it still says one of `ours`: a person may have moved it on. */
  onlyWhileOurs?: boolean;
  /** Makes a contact of this name where nobody has the address. */
  create?: { name: string } | undefined;
  /**
   * Called directly before something is written, with what the contact says now if that is one of `ours`, and whether it is about to
   * be made. Nothing is written if it rejects.
   */
  beforeWrite?: (says: ContactFields | undefined, isCreation: boolean) => Promise<void>;
}

export interface UpdatedContact {
  outcome: 'updated' | 'unchanged' | 'created';
  /** Of the contact's page. */
  pageId: string;
  /** Why it was left as it is although it says something else. */
  reason?: 'kept_by_a_person' | 'changed_by_a_person';
  /** What could not be written although the rest was, and what to do about it. */
  left: { field: keyof ContactFields; reason: RefusalReason; message: string }[];
}

/** A contact to be written to. */
export interface ContactTask {
  ask: Ask;
  source: DataSource;
  memory: Memory;
  words: ContactWords;
  wanted: ContactFields;
  options: UpdateOptions;
  /** Looks for the contact. */
  find: () => Promise<Row | undefined>;
  /** Of the one that is made; nobody is made a contact without. */
  address?: string;
}

/**
 * Writes what differs to the contact, in one request; none if nothing differs. One that goes away meanwhile is looked for once more.
 *
 * @throws {NotionRefusal} contact_not_found, contact_ambiguous, and what is wrong with the database.
 */
export async function writeContact(task: ContactTask): Promise<UpdatedContact> {
  try {
    return await writeOnce(task);
  } catch (error) {
    if (!isOfPage(error)) throw error;
  }
  try {
    return await writeOnce(task);
  } catch (error) {
    throw isOfPage(error) ? contactNotFound(task.source) : error;
  }
}

async function writeOnce(task: ContactTask): Promise<UpdatedContact> {
  const { source, options, find, address } = task;
  const contact = await find();
  if (contact) return writeTo(contact, task);
  if (options.create && address !== undefined) return createContact(task, { address, ...options.create });
  throw contactNotFound(source);
}

async function writeTo(contact: Row, task: ContactTask): Promise<UpdatedContact> {
  const { source, memory, words, wanted, options } = task;
  const { ours = [], onlyWhileOurs = false, beforeWrite } = options;
  const { id: pageId } = contact;
  if (isKept(contact, source, words)) return { outcome: 'unchanged', pageId, reason: 'kept_by_a_person', left: [] };
  const says = ours.find((fields) => saysAlready(contact, source, fields, words));
  if (onlyWhileOurs && ours.length > 0 && !says) {
    const isSaid = saysAlready(contact, source, wanted, words);
    return { outcome: 'unchanged', pageId, ...(!isSaid && { reason: 'changed_by_a_person' }), left: [] };
  }

  const { properties, left } = planUpdate(contact, source, wanted, words);
  // Before saying that something is missing, look whether somebody has added it meanwhile.
  if (left[0] && !memory.isRecent) throw left[0].refusal;

  const differs = Object.keys(properties).length > 0;
  if (differs) {
    await beforeWrite?.(says, false);
    await setProperties(task, pageId, properties);
  }
  return { outcome: differs ? 'updated' : 'unchanged', pageId, left: leftOf(left) };
}

/** @throws {PageGone} when the contact is not there to be written to any more. */
async function setProperties(
  { ask, source, words, wanted }: ContactTask,
  id: string,
  properties: ReturnType<typeof planUpdate>['properties'],
): Promise<void> {
  try {
    await ask.set(
      (client) => client.pages.update({ page_id: id, properties }),
      async () => {
        const row = await ask.read((client) => client.pages.retrieve({ page_id: id }));
        if (!isFullPage(row) || isGone(row)) return false;
        return Object.keys(planUpdate(row, source, wanted, words).properties).length === 0;
      },
    );
  } catch (error) {
    throw saysGone(error) ? new PageGone(error) : error;
  }
}

/** Whoever asks for it holds the person's lock and has just looked in vain. */
async function createContact(task: ContactTask, person: { address: string; name: string }): Promise<UpdatedContact> {
  const { ask, source, words, wanted, options, find } = task;
  const { properties, left } = planCreation(source, wanted, words, person);
  await options.beforeWrite?.(undefined, true);
  const parent = { type: 'data_source_id', data_source_id: source.id } as const;
  const added = await ask.add<{ pageId: string } | { row: Row }>(
    async (client) => ({ pageId: (await client.pages.create({ parent, properties })).id }),
    async ([committed]) => {
      if (committed !== undefined) return { pageId: committed };
      const row = await find();
      return row && { row };
    },
  );
  if ('pageId' in added) return { outcome: 'created', ...added, left: leftOf(left) };

  // Somebody else may have added it meanwhile: then it says nothing of this yet.
  const update = await writeTo(added.row, task);
  return update.outcome === 'unchanged' && !update.reason ? { ...update, outcome: 'created' } : update;
}

function leftOf(left: readonly LeftField[]): UpdatedContact['left'] {
  return left.map(({ field, refusal: { reason, message } }) => ({ field, reason, message }));
}

/** The page itself, not its database, is not to be written to any more. */
class PageGone extends Error {
  override readonly name = 'PageGone';

  constructor(cause: NotionRefusal) {
    super(cause.message, { cause });
  }
}

function isOfPage(error: unknown): error is PageGone {
  return error instanceof PageGone;
}
