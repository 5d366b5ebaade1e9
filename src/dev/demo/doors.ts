import { isFullPage, type Client as NotionClient } from '@notionhq/client';
import type { Client as TemporalClient } from '@temporalio/client';
import type { precallPrep } from '../../workflows/index.ts';
import { type PrecallOutcome, type Timetable, timetableQuery } from '../../workflows/messages.ts';

/** A mail as the catcher's API lists it. */
export interface SeenMail {
  receivedAt: string;
  to: string[];
  subject: string;
  messageId: string;
}

/** The booker's row as people see it in Notion. */
export interface SeenRow {
  bookingStatus: string | undefined;
  callDate: string | undefined;
  campaignStatus: string | undefined;
}

/** What anybody could see from outside: the catcher's API, Notion's API, and Temporal. */
export interface Doors {
  /** Oldest first; undefined where mails go to a real server. */
  mails(): Promise<SeenMail[] | undefined>;
  /** Undefined where Notion is off or has no such contact. */
  row(): Promise<SeenRow | undefined>;
  run(workflowId: string): RunDoor;
}

/** A run, as Temporal tells of it. */
export interface RunDoor {
  timetable(): Promise<Timetable>;
  /** Waits until the run has ended. */
  outcome(): Promise<PrecallOutcome>;
}

export interface DoorsOptions {
  catcherUrl: string | undefined;
  notion: { client: NotionClient; contactsDatabaseId: string } | undefined;
  temporal: TemporalClient;
  email: string;
}

export function createDoors({ catcherUrl, notion, temporal, email }: DoorsOptions): Doors {
  return {
    async mails() {
      if (!catcherUrl) return undefined;
      const response = await fetch(`${catcherUrl}/api/mails`);
      const mails = (await response.json()) as SeenMail[];
      return mails.filter(({ to }) => to.includes(email)).toReversed();
    },
    row: async () => notion && (await findRow(notion, email)),
    run(workflowId) {
      const run = temporal.workflow.getHandle<typeof precallPrep>(workflowId);
      return { timetable: () => run.query(timetableQuery), outcome: () => run.result() };
    },
  };
}

async function findRow(
  { client, contactsDatabaseId }: NonNullable<DoorsOptions['notion']>,
  email: string,
): Promise<SeenRow | undefined> {
  const database = await client.databases.retrieve({ database_id: contactsDatabaseId });
  const [source] = 'data_sources' in database ? database.data_sources : [];
  const { results } = await client.dataSources.query({
    data_source_id: source?.id ?? contactsDatabaseId,
    filter: { property: 'email', email: { equals: email } },
  });
  const [page] = results;
  if (page?.object !== 'page' || !isFullPage(page)) return undefined;

  const {
    'Booking Status': status,
    'Diagnostic Call Date': date,
    'Christmas Campaign Status': campaign,
  } = page.properties;
  return {
    bookingStatus: optionOf(status),
    callDate: date?.type === 'date' ? date.date?.start : undefined,
    campaignStatus: optionOf(campaign),
  };
}

function optionOf(
  property: { type: string; select?: { name: string } | null; status?: { name: string } | null } | undefined,
): string | undefined {
  return (property?.select ?? property?.status)?.name;
}
