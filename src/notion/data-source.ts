import type { Logger } from 'pino';
import type { Ask } from './ask.ts';
import { NotionRefusal, type RefusalReason } from './errors.ts';
import { type DataSource, exactly, readDataSource, renamesBetween } from './schema.ts';

/** A database as the operator names it. */
export interface Database {
  /** Of the database, or of the data source in it: people copy either. */
  id: string;
  /** The id of the data source to use, or its exact name, where the database holds several. */
  dataSource?: string | undefined;
  /** How messages call it. */
  title: string;
  /** The setting that holds the id, and the one that holds the data source. */
  setting: string;
  dataSourceSetting?: string;
}

/** How old the memory is that a piece of work is handed. */
export interface Memory {
  /** Whether it was read within the last minute: looking again would hardly tell anything else. */
  isRecent: boolean;
}

/** The data source of a database: found once, then remembered, and looked at again now and then, and when Notion contradicts the memory. */
export interface KnownDataSource {
  /** Undefined until it was found. */
  readonly id: string | undefined;
  /**
   * @param work may run twice: again with a fresh look if it threw what an outdated memory could explain.
   */
  use<T>(ask: Ask, work: (dataSource: DataSource, memory: Memory) => Promise<T>): Promise<T>;
}

export interface KnownDataSourceOptions {
  /** Another database, which this one must not turn out to be. */
  other?: () => { id: string | undefined; title: string };
  /** What the operator calls the properties and options that are used. */
  uses?: readonly string[];
  log?: Pick<Logger, 'info'>;
  /** Milliseconds of any clock that does not jump. */
  now?: () => number;
}

/** What a renamed property, a removed option, a moved page or another data source looks like to whoever remembers. */
const CONTRADICTIONS: readonly RefusalReason[] = [
  'property_missing',
  'property_unsupported',
  'option_missing',
  'not_shared',
  'invalid_request',
];

const LOOK_AGAIN_AFTER_MS = 15 * 60_000;
const RECENT_MS = 60_000;

export function createDataSource(database: Database, options: KnownDataSourceOptions = {}): KnownDataSource {
  const { other, uses = [], log, now = () => performance.now() } = options;
  let remembered: DataSource | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let looking: Promise<DataSource> | undefined;

  /** Several callers share one look; a failed one leaves the memory as it was. */
  function look(ask: Ask): Promise<DataSource> {
    looking ??= locate(ask, database, remembered)
      .catch((error: unknown) => {
        throw isMisunderstood(error) ? notTold(database, error) : error;
      })
      .then((found) => {
        const renamed = remembered ? renamesBetween(remembered, found, uses) : [];
        if (renamed.length > 0) {
          log?.info(
            { database: database.title, renamed },
            'something was renamed in Notion: it is followed; name it so in precall.yaml before the next start',
          );
        }
        remembered = found;
        lookedAt = now();
        return found;
      })
      .finally(() => {
        looking = undefined;
      });
    return looking;
  }

  function distinct(source: DataSource): DataSource {
    const { id, title } = other?.() ?? {};
    if (id !== source.id) return source;
    throw new NotionRefusal(
      'not_a_database',
      `The ${database.title} (${database.setting}) is the same as the ${title}: one of the two settings holds the wrong id.`,
    );
  }

  return {
    get id() {
      return remembered?.id;
    },

    async use(ask, work) {
      const ageMs = now() - lookedAt;
      const known = ageMs < LOOK_AGAIN_AFTER_MS ? remembered : undefined;
      const source = distinct(known ?? (await look(ask)));
      try {
        return await work(source, { isRecent: !known || ageMs < RECENT_MS });
      } catch (error) {
        // What is not found in a fresh look is not there; what Notion itself contradicts may have changed since.
        const isWorthALook = known ? isContradiction(error) : isMisunderstood(error);
        if (!isWorthALook) throw error;
        return work(distinct(await look(ask)), { isRecent: true });
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
  const known = before && (await unlessAbsent(retrieveDataSource(ask, database, { id: before.id, before })));
  if (known) return known;

  const { dataSource } = database;
  if (dataSource !== undefined && isId(dataSource)) return locateGiven(ask, database, dataSource);

  const container = await unlessAbsent(ask.read((client) => client.databases.retrieve({ database_id: database.id })));
  if (!container) {
    const pasted = await unlessAbsent(retrieveDataSource(ask, database, { id: database.id }));
    if (pasted) return pasted;
    throw await whatItIs(ask, database);
  }
  if (!('data_sources' in container)) throw unreadable(database);
  if (container.in_trash) throw inTrash(database);
  return retrieveDataSource(ask, database, { id: choose(database, container.data_sources).id, before });
}

interface Choice {
  id: string;
  name: string;
}

/** Never the first of several: it would be somebody else's rows as soon as they are put into another order. */
function choose({ title, dataSource, dataSourceSetting, setting }: Database, choices: readonly Choice[]): Choice {
  const fitting = choices.filter(({ name }) => dataSource === undefined || exactly(name) === exactly(dataSource));
  const [only, ...others] = fitting;
  if (only && others.length === 0) return only;
  if (choices.length === 0) {
    throw new NotionRefusal(
      'no_data_source',
      `The ${title} (${setting}) holds no data source we could use. A linked view holds none: open the database that it shows, and copy the link of that one.`,
    );
  }
  const found =
    dataSource === undefined
      ? 'several data sources'
      : `${only ? 'several data sources' : 'no data source'} of that name`;
  throw new NotionRefusal(
    'several_data_sources',
    `The ${title} holds ${found}; put the id of the right one into ${dataSourceSetting ?? setting}: ${listOf(choices)}.`,
  );
}

function listOf(choices: readonly Choice[]): string {
  return choices.map(({ id, name }) => `"${name}" ${id}`).join(', ');
}

/** The operator names the data source itself by its id; if they name the database as well, it has to be the one in it. */
async function locateGiven(ask: Ask, database: Database, id: string): Promise<DataSource> {
  const { setting, dataSourceSetting = setting } = database;
  const found = await unlessAbsent(ask.read((client) => client.dataSources.retrieve({ data_source_id: id })));
  if (!found) throw await whatIsGiven(ask, database, id);
  const parent = 'parent' in found && found.parent.type === 'database_id' ? found.parent.database_id : undefined;
  if (parent !== undefined && database.id !== id && parent !== database.id) {
    throw new NotionRefusal(
      'not_a_database',
      `${dataSourceSetting} is a data source of another database than ${setting} (${parent}): correct one of the two.`,
    );
  }
  return readable(found, database);
}

/** Asked only to word the message: nothing but a data source can be used. */
async function whatIsGiven(
  ask: Ask,
  { title, setting, dataSourceSetting = setting }: Database,
  id: string,
): Promise<NotionRefusal> {
  const container = await unlessAbsent(ask.read((client) => client.databases.retrieve({ database_id: id })));
  if (container && 'data_sources' in container) {
    return new NotionRefusal(
      'not_a_database',
      `${dataSourceSetting} is the id of a database: put that into ${setting}, and the id of one of its data sources into ${dataSourceSetting} if it holds several: ${listOf(container.data_sources)}.`,
    );
  }
  return new NotionRefusal(
    'not_shared',
    `The data source of the ${title} (${dataSourceSetting}) cannot be found: check the id, and share its database with the integration in Notion (••• → Connections).`,
  );
}

async function retrieveDataSource(
  ask: Ask,
  database: Database,
  { id, before }: { id: string; before?: DataSource | undefined },
): Promise<DataSource> {
  return readable(await ask.read((client) => client.dataSources.retrieve({ data_source_id: id })), database, before);
}

function readable(answer: Parameters<typeof readDataSource>[0], database: Database, before?: DataSource): DataSource {
  if ('in_trash' in answer && answer.in_trash) throw inTrash(database);
  if ('parent' in answer && answer.parent.type !== 'database_id') {
    throw new NotionRefusal(
      'not_a_database',
      `The ${database.title} (${database.setting}) is synced from elsewhere and cannot be used: take a database of Notion's own.`,
    );
  }
  return readDataSource(answer, database.title, before);
}

/** Asked only to word the message: nothing but a database can be used. */
async function whatItIs(ask: Ask, { id, title, setting }: Database): Promise<NotionRefusal> {
  const page = await unlessAbsent(ask.read((client) => client.pages.retrieve({ page_id: id })));
  return page
    ? new NotionRefusal('not_a_database', `${setting} is the id of a page: open the ${title} itself and copy its link.`)
    : new NotionRefusal(
        'not_shared',
        `The ${title} (${setting}) cannot be found: check the id, and share it with the integration in Notion (••• → Connections). A linked view cannot be used: it takes the link of the database that it shows.`,
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

/** It is not this booking that Notion does not understand, but us, or it is not well: others would be told the same. */
function notTold({ title }: Database, { message }: NotionRefusal): NotionRefusal {
  return new NotionRefusal('unreadable', `What the ${title} consists of could not be read: ${message}`);
}

function isContradiction(error: unknown): boolean {
  return error instanceof NotionRefusal && CONTRADICTIONS.includes(error.reason);
}

function isMisunderstood(error: unknown): error is NotionRefusal {
  return error instanceof NotionRefusal && error.reason === 'invalid_request';
}

/** Notion answers alike for what does not exist and what is not shared, and calls an id invalid that names something else. */
async function unlessAbsent<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isMisunderstood(error) || (error instanceof NotionRefusal && error.reason === 'not_shared')) return undefined;
    throw error;
  }
}

const isId = (text: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
