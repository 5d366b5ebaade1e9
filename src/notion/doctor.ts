import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { isFullDataSource } from '@notionhq/client';
import { type Check, checksOf } from '../check.ts';
import { checkSkew } from '../clock-skew.ts';
import type { NotionChoices, NotionSettings } from '../config.ts';
import { spacingMs } from '../gcra.ts';
import type { Lane } from '../pace.ts';
import type { Ask, BeginAsking } from './ask.ts';
import { NOTION_VERSION } from './client.ts';
import { contactFields } from './contact.ts';
import { createDataSource, type Database, type KnownDataSource } from './data-source.ts';
import { checkField, checkList, type Settings } from './doctor-fields.ts';
import { contactsMapping, type Mapping, sequenceMapping } from './doctor-mapping.ts';
import { createWriteProbe, type WriteProbe } from './doctor-probe.ts';
import { NotionBusy, NotionRefusal, NotionUnavailable } from './errors.ts';
import { sequenceFields } from './membership.ts';
import { databasesOf } from './notion.ts';
import { findRelatedRows, findRows, type Row } from './rows.ts';
import { type DataSource, type Field, findProperty, type Property } from './schema.ts';

const check = checksOf('notion');

/** What a look at Notion has told. */
export interface NotionLook {
  checks: Check[];
  /** Notion has not answered everything: a later look may tell more. */
  unanswered?: Check;
}

export interface NotionCheckOptions {
  settings: NotionSettings;
  choices: NotionChoices;
  begin: BeginAsking;
  lane: Lane;
  /** After so long, what was found so far is all. */
  limitMs: number;
  /** Creates a page, changes it and trashes it: in the page of this id, or else where the contacts database is. */
  writeProbe?: { pageId?: string | undefined } | undefined;
  /** Compares our clock with Notion's as well. */
  withClock?: boolean;
}

const WHERE_TOKENS_ARE = 'https://www.notion.so/profile/integrations';
const TRY_LATER = 'Nothing has to be changed for that: try again in some minutes.';

/** How many requests a look takes at most where Notion answers them all, and how many more its write probe does. */
const REQUESTS = { look: 11, writeProbe: 4 };
/** What they take beside waiting for their turns. */
const ANSWERS_MS = 5_000;

/** How long a look may take: `usualMs`, or as long as the pace makes it. */
export function limitOfLook(
  usualMs: number,
  { requestsPerMinute, lane, writeProbe }: { requestsPerMinute: number; lane: Lane; writeProbe?: unknown },
): number {
  const requests = REQUESTS.look + (writeProbe ? REQUESTS.writeProbe : 0);
  return Math.max(usualMs, requests * spacingMs(lane, requestsPerMinute) + ANSWERS_MS);
}

/**
 * Looks whether Notion is as Precall needs it: the token, both databases, every mapped property and option, and the queries that
 * bookings make. Some ten requests, none of which changes anything but those of the write probe.
 */
export async function checkNotion(options: NotionCheckOptions): Promise<NotionLook> {
  const { begin, lane, limitMs } = options;
  const checks: Check[] = [];
  // A little longer than the limit, which tells more.
  const ask = begin(lane, limitMs + 1_000);
  const probe = createWriteProbe(ask);
  const steps = look(options, ask, probe);
  const waiting = new AbortController();
  const tooLate = sleep(limitMs, 'too late' as const, { signal: waiting.signal });
  try {
    for (;;) {
      const step = steps.next();
      const found = await Promise.race([step, tooLate]);
      if (found === 'too late') {
        step.catch(() => undefined);
        const advice =
          checks.length > 0
            ? TRY_LATER
            : `Try again in some minutes; if it stays so, ${lookAtTheWay(options.settings)}`;
        const left = probe.leftover();
        return {
          checks,
          unanswered: unanswered(`Notion has not answered within ${limitMs / 1_000} s`, `${advice} ${left}`.trim()),
        };
      }
      if (found.done) return { checks };
      checks.push(found.value);
    }
  } catch (error) {
    if (!(error instanceof NotionUnavailable || error instanceof NotionBusy)) throw error;
    const advice = isOnTheWay(error) ? capitalized(lookAtTheWay(options.settings)) : TRY_LATER;
    return { checks, unanswered: unanswered(error.message, advice) };
  } finally {
    waiting.abort();
    tooLate.catch(() => undefined);
  }
}

function lookAtTheWay({ baseUrl }: NotionSettings): string {
  return `look whether this machine may reach ${new URL(baseUrl).host}: DNS, proxy, firewall, NOTION_BASE_URL.`;
}

/** What lies between here and Notion has failed or refused, and waiting may not help. */
function isOnTheWay(error: NotionUnavailable | NotionBusy): boolean {
  return error instanceof NotionUnavailable && (!error.reached || error.fate === 'turned_away');
}

function unanswered(words: string, advice: string): Check {
  return check('answers', 'error', `${words}. ${advice}`);
}

/** @throws {NotionUnavailable} @throws {NotionBusy} as soon as Notion does not answer. */
async function* look(options: NotionCheckOptions, ask: Ask, probe: WriteProbe): AsyncGenerator<Check, void> {
  const { settings, choices, writeProbe, withClock = false } = options;
  const token = await checkToken(ask);
  yield token;
  if (token.verdict === 'error') return;
  if (token.verdict === 'ok') yield check('API version', 'ok', `Notion answers version ${NOTION_VERSION}.`);
  const skew = withClock ? await checkClock(ask, settings) : undefined;
  if (skew) yield skew;

  const named = databasesOf(settings);
  const contacts = createDataSource(named.contacts);
  const sequence = createDataSource(named.sequence, {
    other: () => ({ id: contacts.id, title: named.contacts.title }),
  });
  const contactsSource = yield* checkDatabase(ask, contacts, named.contacts);
  const sequenceSource = yield* checkDatabase(ask, sequence, named.sequence);
  const details = contactsSource && (await detailsOf(ask, contactsSource));
  if (contactsSource) yield* checkFields(contactsSource, contactsMapping(choices), details?.settings ?? {});
  if (sequenceSource) {
    // Only of a relation there is more to know.
    const isRelated = 'contact' in choices.sequence.foundBy;
    const { settings: related = {} } = (isRelated && (await detailsOf(ask, sequenceSource))) || {};
    yield* checkFields(sequenceSource, sequenceMapping(choices, contactsSource?.id), related);
  }

  if (contactsSource) yield* checkQuery(ask, 'contacts query', contactsSource, contactFields(choices).email);
  if (sequenceSource) yield* checkQuery(ask, 'sequence query', sequenceSource, sequenceFields(choices).foundBy);

  if (writeProbe) yield await probe.check(writeProbe.pageId ?? details?.parentPageId);
  yield check(
    'workspace plan',
    'ok',
    'Is the workspace on the Free plan with more than one member? Then it takes 1,000 blocks in its lifetime: rows are still updated once they are ' +
      'used up, but no page is created any more.',
  );
}

async function checkToken(ask: Ask): Promise<Check> {
  try {
    const me = await ask.read((client) => client.users.me({}));
    if (me.type !== 'bot') {
      return check(
        'token',
        'error',
        `NOTION_TOKEN belongs to a person: take the secret of an internal integration (${WHERE_TOKENS_ARE}).`,
      );
    }
    const workspace = 'workspace_name' in me.bot ? me.bot.workspace_name : undefined;
    const where = workspace ? ` in the workspace "${workspace}"` : '';
    return check('token', 'ok', `It belongs to the integration "${me.name ?? 'without a name'}"${where}.`);
  } catch (error) {
    if (!(error instanceof NotionRefusal)) throw error;
    if (error.reason === 'unauthorized') {
      return check(
        'token',
        'error',
        `Token invalid or revoked: copy the integration's secret from ${WHERE_TOKENS_ARE} to NOTION_TOKEN.`,
      );
    }
    if (error.reason === 'blocked') return check('token', 'error', error.message);
    // Nobody who speaks this version of Notion's API finds fault with this request: whatever else is asked, it would be refused as well.
    if (error.reason === 'invalid_request') {
      return check(
        'token',
        'error',
        `${error.message} Check NOTION_BASE_URL: it is the address of a server that speaks version ${NOTION_VERSION} of Notion's API, without /v1.`,
      );
    }
    // The databases will tell whether that matters.
    return check('token', 'warning', `Notion does not tell whose token it is. ${error.message}`);
  }
}

/** Notion's own client does not show what else an answer says than its body. */
async function checkClock(ask: Ask, { baseUrl, token }: NotionSettings): Promise<Check | undefined> {
  return ask.read(async () => {
    const askedAt = Date.now();
    try {
      const response = await fetch(`${baseUrl}/v1/users/me`, {
        headers: { authorization: `Bearer ${token}`, 'notion-version': NOTION_VERSION },
        // A token must not follow a redirect to somebody else.
        redirect: 'manual',
        signal: AbortSignal.timeout(5_000),
      });
      const answeredAt = Date.now();
      await response.arrayBuffer();
      return checkSkew('Notion', { date: response.headers.get('date'), askedAt, answeredAt });
    } catch {
      return undefined;
    }
  });
}

async function* checkDatabase(
  ask: Ask,
  database: KnownDataSource,
  { title, id }: Database,
): AsyncGenerator<Check, DataSource | undefined> {
  try {
    const source = await database.use(ask, async (found) => found);
    yield check(title, 'ok', `It is the data source ${source.id}, with ${source.properties.length} properties.`);
    return source;
  } catch (error) {
    const { message, ...fault } = refused(title, error);
    yield { ...fault, message: `${message} The id that is set is ${id}.` };
    return undefined;
  }
}

/** What only the whole answer tells: the groups of a status, and where the database is. */
async function detailsOf(
  ask: Ask,
  { id }: DataSource,
): Promise<{ settings: Settings; parentPageId?: string } | undefined> {
  const answer = await ask
    .read((client) => client.dataSources.retrieve({ data_source_id: id }))
    .catch((error: unknown) => {
      // It could be read a moment ago: what follows tells what has become of it.
      if (error instanceof NotionRefusal) return undefined;
      throw error;
    });
  if (!answer || !isFullDataSource(answer)) return undefined;
  const { properties: settings, database_parent: parent } = answer;
  return { settings, ...(parent.type === 'page_id' && { parentPageId: parent.page_id }) };
}

function* checkFields(source: DataSource, mapping: Mapping, settings: Settings): Generator<Check> {
  for (const mapped of mapping.fields) yield checkField(source, mapped, settings);
  for (const list of mapping.lists) if (list.fields.length > 0) yield checkList(source, list);
}

async function* checkQuery(ask: Ask, what: string, source: DataSource, field: Field): AsyncGenerator<Check> {
  let property: Property;
  try {
    property = findProperty(source, field);
  } catch {
    // Its own check has told.
    return;
  }
  try {
    const rows = await findNobody(ask, source, property);
    yield rows.length === 0
      ? check(what, 'ok', 'Looking somebody up works.')
      : check(
          what,
          'error',
          'Looking up an invented address has found rows: the filter is not applied. Is NOTION_BASE_URL right?',
        );
  } catch (error) {
    yield refused(what, error);
  }
}

/** As rows are found for a booking, by what no row holds. */
function findNobody(ask: Ask, source: DataSource, property: Property): Promise<Row[]> {
  return property.type === 'relation'
    ? findRelatedRows(ask, source, property, [randomUUID()])
    : findRows(ask, source, property, `doctor-${randomUUID()}@precall.invalid`);
}

/** @throws what is no refusal of Notion's. */
function refused(what: string, error: unknown): Check {
  if (!(error instanceof NotionRefusal)) throw error;
  return check(what, 'error', error.message);
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
