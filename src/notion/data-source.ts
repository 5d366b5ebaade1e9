import type { Ask } from './client.ts';
import { NotionRefusal, type RefusalReason } from './errors.ts';
import { type DataSource, readDataSource } from './schema.ts';

/** A database as the operator names it. */
export interface Database {
  /** Of the database, or of the data source in it: people copy either. */
  id: string;
  /** How messages call it. */
  title: string;
  /** The setting that holds the id. */
  setting: string;
}

/** The data source of a database: found once, then remembered, and looked at again when Notion contradicts the memory. */
export interface KnownDataSource {
  /**
   * @param work may run twice: again with a fresh look if it threw what an outdated memory could explain.
   *   `fresh` says whether what it is handed was read for it.
   */
  use<T>(work: (dataSource: DataSource, fresh: boolean) => Promise<T>): Promise<T>;
}

/** What a renamed property, a removed option, a moved page or another data source looks like to whoever remembers. */
const CONTRADICTIONS: readonly RefusalReason[] = [
  'property_missing',
  'property_unsupported',
  'option_missing',
  'not_shared',
  'invalid_request',
];

export function createDataSource(ask: Ask, database: Database): KnownDataSource {
  let remembered: DataSource | undefined;
  let looking: Promise<DataSource> | undefined;

  /** Several callers share one look; a failed one leaves the memory as it was. */
  function look(): Promise<DataSource> {
    looking ??= locate(ask, database, remembered)
      .then((found) => {
        remembered = found;
        return found;
      })
      .finally(() => {
        looking = undefined;
      });
    return looking;
  }

  return {
    async use(work) {
      if (!remembered) return work(await look(), true);
      try {
        return await work(remembered, false);
      } catch (error) {
        if (!(error instanceof NotionRefusal) || !CONTRADICTIONS.includes(error.reason)) throw error;
        return work(await look(), true);
      }
    },
  };
}

/**
 * From the operator's id to the data source that holds the rows.
 *
 * A data source found before is asked for by its own id: a second one added to the database later changes nothing.
 */
async function locate(ask: Ask, database: Database, before: DataSource | undefined): Promise<DataSource> {
  const known = before && (await unlessAbsent(retrieveDataSource(ask, database, before.id, before)));
  if (known) return known;

  const container = await unlessAbsent(ask((client) => client.databases.retrieve({ database_id: database.id })));
  if (!container) {
    const pasted = await unlessAbsent(retrieveDataSource(ask, database, database.id, before));
    if (pasted) return pasted;
    throw await whatItIs(ask, database);
  }
  if (!('data_sources' in container)) throw unreadable(database);
  if (container.in_trash) throw inTrash(database);

  const [only, ...others] = container.data_sources;
  if (!only) throw new NotionRefusal('no_data_source', `The ${database.title} holds no data source we could use.`);
  if (others.length > 0) {
    const choices = container.data_sources.map(({ id, name }) => `"${name}" ${id}`).join(', ');
    throw new NotionRefusal(
      'several_data_sources',
      `The ${database.title} holds several data sources; put the id of the right one into ${database.setting}: ${choices}.`,
    );
  }
  return retrieveDataSource(ask, database, only.id, before);
}

async function retrieveDataSource(ask: Ask, database: Database, id: string, before?: DataSource): Promise<DataSource> {
  const answer = await ask((client) => client.dataSources.retrieve({ data_source_id: id }));
  if ('in_trash' in answer && answer.in_trash) throw inTrash(database);
  return readDataSource(answer, database.title, before);
}

/** Asked only to word the message: nothing but a database can be used. */
async function whatItIs(ask: Ask, { id, title, setting }: Database): Promise<NotionRefusal> {
  const page = await unlessAbsent(ask((client) => client.pages.retrieve({ page_id: id })));
  return page
    ? new NotionRefusal('not_a_database', `${setting} is the id of a page: open the ${title} itself and copy its id.`)
    : new NotionRefusal(
        'not_shared',
        `The ${title} (${setting}) cannot be found: check the id, and share it with the integration in Notion (••• → Connections).`,
      );
}

function inTrash({ title }: Database): NotionRefusal {
  return new NotionRefusal('in_trash', `The ${title} is in Notion's trash: restore it.`);
}

function unreadable({ title }: Database): NotionRefusal {
  return new NotionRefusal(
    'unreadable',
    `The integration may not read the ${title}: allow it to read content in Notion.`,
  );
}

/** Notion answers alike for what does not exist and what is not shared. */
async function unlessAbsent<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof NotionRefusal && error.reason === 'not_shared') return undefined;
    throw error;
  }
}
