import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client as NotionClient } from '@notionhq/client';
import { Client, Connection } from '@temporalio/client';
import type { Logger } from 'pino';
import { callDate } from '../../activities/call-date.ts';
import { type Config, loadConfig } from '../../config.ts';
import type { Timetable } from '../../workflows/messages.ts';
import { bannerOf } from '../banner.ts';
import { type Stack, startStack } from '../embedded-stack.ts';
import { postWebhook, sampleBookingCreated } from '../sample-booking.ts';
import { type Check, checksOf, type Seen } from './checks.ts';
import { createDoors, type Doors, type SeenRow } from './doors.ts';

export interface DemoOptions {
  env: NodeJS.ProcessEnv;
  log: Logger;
  say: (line: string) => void;
  /** Whose call is booked; must be a contact. */
  attendee?: { name: string; email: string };
  /** Called once the checks are done, with everything still running, to look around. */
  meanwhile?: () => Promise<void>;
}

/** In the sandbox, and in its campaign. */
const ADA = { name: 'Ada Moreau', email: 'ada.moreau@example.com' };

const CALL_IN_MS = 45_000;
const CALL_LENGTH_MS = 5_000;
const GRACE_MS = 1_000;
/** From the booking until the run has ended, with room for a slow machine. */
const PATIENCE_MS = CALL_IN_MS + CALL_LENGTH_MS + GRACE_MS + 9_000;

/**
 * Books a call 45 s ahead and tells what happens, then checks it all through public doors.
 *
 * @returns whether every check passed.
 */
export async function runDemo(options: DemoOptions): Promise<boolean> {
  const { log, say, attendee = ADA } = options;
  const dataDir = await mkdtemp(join(tmpdir(), 'precall-demo-'));
  say('Precall demo: a call is booked 45 seconds ahead, with reminders 30, 20 and 10 seconds before it.\n');
  say('Starting Temporal, the worker, the server, and stand-ins for Notion and the mail server …');

  try {
    const config = demoConfig(options.env, dataDir);
    const stack = await startStack({ config, log, say });
    try {
      const checks = checksOf(await book(stack, config, attendee, say));
      say(`\n${tableOf(checks)}\n`);
      if (options.meanwhile) {
        say(bannerOf(stack, config));
        await options.meanwhile();
      }
      return checks.every(({ passed }) => passed);
    } finally {
      await stack.stop();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** What the operator has set in the environment holds, but for the times, the ports and the folder. */
function demoConfig(env: NodeJS.ProcessEnv, dataDir: string): Config {
  const config = loadConfig(
    'embedded',
    { ...env, PORT: '0', DATA_DIR: dataDir, REMINDER_OFFSETS: '30s,20s,10s', MEETING_THRESHOLD: '5s' },
    join(dataDir, 'precall.yaml'),
  );
  return { ...config, reminders: { ...config.reminders, graceMs: GRACE_MS } };
}

async function book(
  stack: Stack,
  config: Config,
  attendee: { name: string; email: string },
  say: (line: string) => void,
): Promise<Seen> {
  const bookedAt = Date.now();
  const startsAt = new Date(bookedAt + CALL_IN_MS);
  const tell = (what: string) => say(`${seconds(Date.now() - bookedAt).padStart(7)}  ${what}`);
  const connection = await Connection.connect({ address: stack.temporal.address });
  const body = sampleBookingCreated({ startsAt, lengthMs: CALL_LENGTH_MS, attendee });
  const workflowId = `precall/${body.payload.uid}`;
  const doors = createDoors({
    catcherUrl: stack.catcher?.pageUrl,
    notion: stack.notion === 'off' ? undefined : notionDoor(stack.notion),
    temporal: new Client({
      connection,
      namespace: stack.temporal.namespace,
      dataConverter: stack.temporal.dataConverter,
    }),
    workflowId,
    email: attendee.email,
  });

  try {
    const before = await doors.row();
    tell(`Notion row of ${attendee.name}: ${describeRow(before)}`);
    const answers = [];
    for (const which of ['the signed webhook', 'the same webhook once more']) {
      const postedAt = performance.now();
      const { status, answer } = await postWebhook(stack.url, stack.webhookSecret, body);
      tell(`Cal.com posts ${which}: ${status} ${answer['status']}, ${Math.round(performance.now() - postedAt)} ms`);
      answers.push({ status, workflowId: answer['workflowId'] });
    }
    if (stack.temporal.uiUrl) {
      tell(
        `workflow started: ${stack.temporal.uiUrl}/namespaces/${stack.temporal.namespace}/workflows/${encodeURIComponent(workflowId)}`,
      );
    }

    const dueAt = config.reminders.steps.map(({ offsetMs }) => startsAt.getTime() - offsetMs);
    const seen = await watch(doors, { before, dueAt, until: bookedAt + PATIENCE_MS, tell });
    return { answers, dueAt, callDate: callDate(startsAt.toISOString(), config.timeZone), ...seen };
  } finally {
    await connection.close();
  }
}

interface Watch {
  before: SeenRow | undefined;
  dueAt: number[];
  until: number;
  tell: (what: string) => void;
}

/** Tells each thing as it shows from outside, until the run has ended or time is up. */
async function watch(
  doors: Doors,
  { before, dueAt, until, tell }: Watch,
): Promise<Pick<Seen, 'mails' | 'row' | 'outcome'>> {
  const row: Seen['row'] = { before, booked: undefined, after: undefined };
  let mails = await doors.mails();
  let told: Timetable | undefined;
  let outcome: Seen['outcome'];
  void doors.outcome().then(
    (value) => {
      outcome = value;
    },
    () => undefined,
  );

  do {
    await sleep(200);
    const timetable: Timetable = outcome ?? (await doors.timetable());
    for (const change of changesIn(told, timetable)) tell(change);
    told = timetable;

    const now = await doors.mails();
    for (const [index, mail] of (now ?? []).entries()) {
      if (index < (mails?.length ?? 0)) continue;
      tell(
        `mail arrived, ${Date.parse(mail.receivedAt) - (dueAt[index] ?? Number.NaN)} ms after it was due: “${mail.subject}”`,
      );
    }
    mails = now;

    const current = await doors.row();
    if (describeRow(current) !== describeRow(row.after ?? row.booked ?? before)) {
      tell(`Notion row: ${describeRow(current)}`);
      if (row.booked) row.after = current;
      else row.booked = current;
    }
  } while (Date.now() < until && !(outcome && (row.after || outcome.notion.outcome !== 'updated')));
  return { mails, row, outcome };
}

function changesIn(before: Timetable | undefined, { campaign, reminders, status, startsAt }: Timetable): string[] {
  const campaignKnown = campaign.state !== 'unknown' && before?.campaign.state !== campaign.state;
  return [
    ...(before ? [] : reminders.map(({ offset, dueAt }) => `planned: ${offset} reminder at ${clock(dueAt)}`)),
    ...(campaignKnown
      ? [`campaign membership: ${campaign.state}${campaign.campaign ? ` of ${campaign.campaign}` : ''}`]
      : []),
    ...reminders
      .filter(({ outcome }, index) => outcome !== 'planned' && before && before.reminders[index]?.outcome !== outcome)
      .map(({ offset, outcome, reason }) => `${offset} reminder: ${outcome}${reason ? ` (${reason})` : ''}`),
    ...(status !== before?.status && status !== 'scheduled'
      ? [`the call of ${clock(startsAt)} is over: ${status}`]
      : []),
  ];
}

function notionDoor({ token, baseUrl, contactsDatabaseId }: Exclude<Stack['notion'], 'off'>) {
  return { client: new NotionClient({ auth: token, baseUrl, notionVersion: '2026-03-11' }), contactsDatabaseId };
}

function describeRow(row: SeenRow | undefined): string {
  if (!row) return 'not there';
  return `status ${row.bookingStatus ?? '–'}, call date ${row.callDate ?? '–'}, campaign status ${row.campaignStatus ?? '–'}`;
}

function tableOf(checks: readonly Check[]): string {
  return checks
    .map(({ claim, passed, seen }) => `  ${passed ? 'PASS' : 'FAIL'}  ${claim}${seen ? `: ${seen}` : ''}`)
    .join('\n');
}

function clock(iso: string): string {
  return `${iso.slice(11, 19)} UTC`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
