import { ApplicationFailure } from '@temporalio/activity';
import { type BriefReport, type BriefRequest, createBriefActivities } from '../../src/activities/brief.ts';
import { createCampaignActivities } from '../../src/activities/campaign.ts';
import { type ContactUpdate, createContactActivities, type ReminderSentNote } from '../../src/activities/notion.ts';
import { DEFAULT_NOTION_CHOICES, type NotionChoices } from '../../src/config.ts';
import type { NotionSandbox } from '../../src/dev/notion-sandbox/sandbox.ts';
import { createBeginAsking } from '../../src/notion/create-ask.ts';
import { createNotion } from '../../src/notion/notion.ts';
import type { Pace } from '../../src/pace.ts';
import type { Database } from '../../src/store/database.ts';
import { createStore } from '../../src/store/store.ts';
import { StoreUnavailable } from '../../src/store/store-unavailable.ts';
import type { CampaignReport, NotionReport } from '../../src/workflows/messages.ts';
import { anAttempt } from '../activities/an-attempt.ts';
import { cipher } from '../store/support.ts';
import { silent } from '../support/silent.ts';
import type { VirtualTime } from '../support/virtual-time.ts';
import { aLog } from './asking.ts';

/** What one worker process does with Notion, each activity tried again and again as Temporal does. */
export interface WorkerProcess {
  findMembership(email: string): Promise<CampaignReport>;
  updateContact(update: ContactUpdate): Promise<NotionReport>;
  noteReminderSent(note: ReminderSentNote): Promise<unknown>;
  publishBrief(request: BriefRequest): Promise<BriefReport>;
  /** What it has logged, a line each. */
  log(): string;
}

export interface WorkerProcessOptions {
  sandbox: NotionSandbox;
  /** Its own connections to the store that it shares with the others. */
  database: Database;
  time: VirtualTime;
  choices?: Partial<NotionChoices>;
  /** From 0 to 1. */
  random?: () => number;
  /** Shared through the store by default. */
  pace?: Pace;
  /** How many activities it works on at once; as many as there are by default. */
  slots?: number;
}

export const TIME_ZONE = 'America/Toronto';

const personOf = (email: string) => `hash of ${email.toLowerCase()}`;

/** An adapter, the activities and a store's connections of its own: what a process has to itself. */
export function aWorkerProcess(options: WorkerProcessOptions): WorkerProcess {
  const { sandbox, time, random = Math.random, slots = Number.POSITIVE_INFINITY } = options;
  const database = time.whileAsking(options.database);
  const store = createStore(database, { cipher, log: silent });
  const choices = { ...DEFAULT_NOTION_CHOICES, ...options.choices };
  const log = aLog();
  const { token, url: baseUrl, contactsDatabaseId, sequenceDatabaseId } = sandbox;
  const begin = createBeginAsking({
    token,
    baseUrl,
    pace: options.pace ?? store.notionPace({ token, requestsPerMinute: choices.requestsPerMinute, now: time.now }),
    log: log as never,
    clock: time,
    random,
  });
  const notion = createNotion({
    settings: { token, baseUrl, contactsDatabaseId, sequenceDatabaseId },
    choices,
    begin,
    log: log as never,
    now: time.now,
  });

  const shared = { notion, contacts: store.contacts, personOf, timeZone: TIME_ZONE, now: time.now };
  const { findMembership } = createCampaignActivities({ notion });
  const { updateContact, noteReminderSent } = createContactActivities(shared);
  const { publishBrief } = createBriefActivities({ ...shared, briefs: store.briefs });

  const inSlot = createSlots(slots);
  const performed = <Request, Report>(activity: (request: Request) => Promise<Report>, request: Request) =>
    retried(time, () => inSlot(() => anAttempt().run(activity, request) as Promise<Report>));

  return {
    async findMembership(email) {
      for (const told: string[] = []; ; ) {
        const found: CampaignReport = await performed(findMembership, { email, told });
        if (found.state !== 'unknown' || found.reason === undefined) return found;
        told.push(found.reason);
      }
    },
    async updateContact(update) {
      for (const told: Record<string, string> = {}; ; ) {
        const report: NotionReport = await performed(updateContact, { ...update, told });
        if (report.outcome !== 'pending') return report;
        told[report.reason ?? ''] = new Date(time.now()).toISOString();
      }
    },
    noteReminderSent: (note) => performed(noteReminderSent, note),
    publishBrief: (request) => performed(publishBrief, request),
    log: () => log.lines.map((line) => JSON.stringify(line)).join('\n'),
  };
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 4 * 60_000;
/** More than it ever takes: what goes on and on is a fault of ours. */
const MOST_TRIES = 1_000;

/** Tries an activity as Temporal does: again after as long as it asks for, else after twice as long each time. */
async function retried<T>(time: VirtualTime, attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!mayHelp(error) || tries === MOST_TRIES) throw error;
      const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (tries - 1), LONGEST_PAUSE_MS);
      await time.sleep(Number((error as ApplicationFailure).nextRetryDelay ?? pauseMs));
    }
  }
}

/** Anything else is a mistake, in the test or in what it tests. */
function mayHelp(error: unknown): boolean {
  return error instanceof ApplicationFailure ? !error.nonRetryable : error instanceof StoreUnavailable;
}

/** Works on so many things at once, and on the others in the order they come. */
function createSlots(count: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let free = count;
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}
