import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import ms from 'ms';
import { DEFAULT_NOTION_CHOICES } from '../src/config.ts';
import { type NotionSandbox, startNotionSandbox } from '../src/dev/notion-sandbox/sandbox.ts';
import { postWebhook, sampleBookingCreated } from '../src/dev/sample-booking.ts';
import { mostInAMinute } from '../test/support/most-in-a-minute.ts';
import { load } from './load.ts';
import { startMailSink } from './mail-sink.ts';
import { notionReport } from './notion-report.ts';
import { duration, wholeNumber } from './options.ts';
import { type Production, startProduction } from './production.ts';
import { keepResults } from './results.ts';
import type { WebhookTarget } from './webhooks.ts';

export interface NotionFigures {
  /** Bookings while nothing was wrong, and all requests they took. */
  calm: { bookings: number; requests: number };
  outage: {
    bookings: number;
    /** From the last booking until Notion was back. */
    lengthMs: number;
    /** Requests from then on, and of them in the busiest minute. */
    requests: number;
    mostInAMinute: number;
    /** From then on until the row of the first, of half of them, and of all was right. */
    firstMs: number;
    halfMs: number;
    allMs: number;
  };
  /** What Notion allows, and we keep to. */
  requestsPerMinute: number;
  violations: string[];
}

interface Options {
  calm: number;
  waiting: number;
  outage: number;
  limit: number;
}

const BURST = 10;
/** What a worker looks at when it starts, and once for all bookings, is none of theirs. */
const WARM_UP_COUNT = 3;
const DAYS_AHEAD = 30;
const DAY_MS = 24 * 3_600_000;
const LOOK_EVERY_MS = 250;

const options = new Command('bench:notion')
  .description('measures what a booking asks of Notion, and how soon all is right there once it is back')
  .option('--calm <bookings>', 'how many are booked while nothing is wrong', wholeNumber(1, 10_000), 50)
  .option('--waiting <bookings>', 'how many are booked while Notion is away', wholeNumber(2, 10_000), 500)
  .option('--outage <duration>', 'how long it stays away after the last of them', duration, ms('1h'))
  .option('--limit <duration>', 'how long it may take until all rows are right', duration, ms('30m'))
  .parse()
  .opts<Options>();

const startedAt = new Date();
const say = (what: string) => console.log(`${new Date().toISOString().slice(11, 19)}  ${what}`);
const sink = await startMailSink();
const notion = await startNotionSandbox({ seed: 'W1' });
const production = await startProduction();
try {
  const figures = await measure(production, options);
  console.log(`\n${notionReport(figures)}`);
  await keepResults('notion', { startedAt, options, figures });
  process.exitCode = figures.violations.length > 0 ? 1 : 0;
} finally {
  await production.stop();
  await notion.stop();
  await sink.process.stop();
}

async function measure(running: Production, { calm, waiting, outage, limit }: Options): Promise<NotionFigures> {
  const server = await running.startServer('server');
  await running.startWorker({
    SMTP_URL: sink.smtpUrl,
    NOTION_TOKEN: notion.token,
    NOTION_BASE_URL: notion.url,
    NOTION_BUSINESSX_DB_ID: notion.contactsDatabaseId,
    NOTION_EMAIL_SEQUENCE_DB_ID: notion.sequenceDatabaseId,
  });

  await book(server, people('warm-up', WARM_UP_COUNT));
  await untilRight('warm-up', [WARM_UP_COUNT], limit);
  const begun = notion.journal.length;
  await book(server, people('calm', calm));
  await untilRight('calm', [calm], limit);
  const requests = notion.journal.length - begun;
  say(`${calm} bookings are in Notion, with ${requests} requests`);

  notion.fail({ action: 'drop', times: Number.POSITIVE_INFINITY });
  await book(server, people('waiting', waiting));
  say(`${waiting} bookings wait for Notion`);
  await sleep(outage);
  notion.heal();
  const before = notion.journal.length;
  const [firstMs = 0, halfMs = 0, allMs = 0] = await untilRight('waiting', [1, waiting / 2, waiting], limit);
  say('all are in Notion');

  const after = notion.journal.slice(before);
  const { requestsPerMinute } = DEFAULT_NOTION_CHOICES;
  return {
    calm: { bookings: calm, requests },
    outage: {
      bookings: waiting,
      lengthMs: outage,
      requests: after.length,
      mostInAMinute: mostInAMinute(after.map(({ at }) => at)),
      firstMs,
      halfMs,
      allMs,
    },
    requestsPerMinute,
    violations: notion.violations({ budget: requestsPerMinute, burst: BURST }),
  };
}

/** Contacts whom nobody has booked with yet. @returns their addresses. */
function people(name: string, count: number): string[] {
  const emails = Array.from({ length: count }, (_, index) => `${name}-${index}@example.com`);
  for (const email of emails) notion.contacts.add({ Name: name, email });
  return emails;
}

async function book({ url, webhookSecret }: WebhookTarget, emails: readonly string[]): Promise<void> {
  const startsAt = new Date(Date.now() + DAYS_AHEAD * DAY_MS);
  await load(emails, async (email) => {
    const body = sampleBookingCreated({ startsAt, attendee: { name: 'Bench Attendee', email } });
    const { status } = await postWebhook(url, webhookSecret, body);
    if (status !== 202) throw new Error(`A booking was answered ${status} instead of 202`);
  });
}

/**
 * Waits until so many rows of these people are right, one count after the other.
 *
 * @returns how long each took from now on.
 */
async function untilRight(name: string, counts: readonly number[], limitMs: number): Promise<number[]> {
  const begunAt = performance.now();
  const took: number[] = [];
  while (took.length < counts.length) {
    const right = rightRows(notion, name);
    const passedMs = Math.round(performance.now() - begunAt);
    for (const count of counts.slice(took.length)) if (right >= count) took.push(passedMs);
    if (passedMs > limitMs) throw new Error(`Only ${right} of ${counts.at(-1)} rows are right`);
    await sleep(LOOK_EVERY_MS);
  }
  return took;
}

function rightRows({ contacts }: NotionSandbox, name: string): number {
  return contacts
    .rows()
    .filter(
      ({ cells }) => cells['Name'] === name && cells['Booking Status'] === 'Booked' && cells['Diagnostic Call Date'],
    ).length;
}
