import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { type BookingKey, workflowIdOf } from '../../src/booking.ts';
import type { CaughtMail } from '../../src/dev/mail-catcher/caught-mail.ts';
import type { SandboxRow } from '../../src/dev/notion-sandbox/sandbox.ts';
import type { StoredBooking } from '../../src/store/bookings.ts';
import type { PrecallOutcome, Timetable } from '../../src/workflows/messages.ts';
import { type Chain, chains, type Outcome, sorted } from '../support/calcom-chains.ts';
import {
  type Arrival,
  addressOf,
  arrivalsOf,
  inSequence,
  isOf,
  lengthOf,
  lineOfBooking,
  type Order,
  placeIn,
  shown,
} from '../support/chain-tellings.ts';
import { useEmbedded } from '../support/embedded.ts';
import { handleOf, postText, useFolder, useOutside } from '../support/outside.ts';
import { OTHER_SENDERS, type Sender, USUAL_SENDER } from '../support/senders.ts';
import { until } from '../support/until.ts';

const OWNER = 'owner@example.com';
/** How long before the call each mail is due, and what only that mail says. */
const STEPS: Record<string, { beforeMs: number; offset: string; says: string }> = {
  '72h': { beforeMs: 75_000, offset: '75s', says: 'A few minutes now make it worth more' },
  '24h': { beforeMs: 50_000, offset: '50s', says: 'a short reminder' },
  '2h': { beforeMs: 25_000, offset: '25s', says: 'this is the last reminder' },
};
/** What a contact says whose person has not booked anything. */
const UNTOUCHED = 'Not booked, none';
const [FIRST_DAY, LAST_DAY] = [4, 18];
const FIRST_CALL_MS = 175_000;
const DAY_MS = 1_000;
/** By then everything has been told and has come to rest, also on a busy machine. */
const FIRST_DUE_MS = FIRST_CALL_MS - STEPS['72h']!.beforeMs;

const RUNNING = 'WorkflowType = "precallPrep" AND ExecutionStatus = "Running"';

interface Ordering {
  name: string;
  chains: readonly Chain[];
  /** Those of one round arrive at once, and have been dispatched before the next ones arrive. */
  roundsOf: (count: number) => Order[];
  senderOf: (story: number, body: number) => Sender;
}

const ORDERINGS: Ordering[] = [
  {
    name: 'in order',
    chains: chains(),
    roundsOf: (count) => oneByOne(inSequence(count)),
    senderOf: () => USUAL_SENDER,
  },
  {
    name: 'reversed',
    chains: chains(),
    roundsOf: (count) => oneByOne(inSequence(count).toReversed()),
    senderOf: () => USUAL_SENDER,
  },
  {
    name: 'doubled: by two senders at once, and once more afterwards',
    chains: chains(),
    roundsOf: (count) => [
      ...inSequence(count).map((arrival): Order => [arrival, { ...arrival, as: 'second sender' }]),
      inSequence(count).map((arrival) => ({ ...arrival, as: 'repeat' })),
    ],
    senderOf: () => USUAL_SENDER,
  },
  {
    name: 'each body by another sender than the usual one',
    chains: chains().filter((chain) => lengthOf(chain) > 2),
    roundsOf: (count) => oneByOne(inSequence(count)),
    senderOf: (story, body) => OTHER_SENDERS[(story + body) % OTHER_SENDERS.length]!,
  },
];

/** One chain told in one order, to people of its own. */
interface Story {
  number: number;
  about: string;
  leadsTo: Seen;
  rounds: Post[][];
  /** Of each uid, epoch milliseconds. */
  startsAt: ReadonlyMap<string, number>;
}

interface Post extends Arrival {
  body: Body;
  sender: Sender;
}

interface Body {
  triggerEvent: string;
  payload?: { uid: string; title?: string; startTime?: string };
}

/** What people can see, and the operator beside them. */
interface Seen extends Outcome {
  /** The bookings that are followed while all calls are still ahead. */
  followed: string[];
}

/** How things stand while all calls are ahead. */
type Ahead = Pick<Seen, 'followed'> & { contacts: Record<string, string> };

const folder = useFolder();
const outside = useOutside();
const precall = useEmbedded({
  folder,
  outside,
  settings: {
    REMINDER_OFFSETS: Object.values(STEPS)
      .map(({ offset }) => offset)
      .join(','),
    MEETING_THRESHOLD: '1s',
    OWNER_EMAIL: OWNER,
    LOG_LEVEL: 'warn',
    // Hundreds of bookings within a minute are more than Notion would take.
    NOTION_REQUESTS_PER_MINUTE: '3000',
  },
});

const stories = new Map<string, Story>();
/** When the days of the chains begin to count, epoch milliseconds. */
let now: number;
const unexpectedAnswers: string[] = [];
const ahead = new Map<Story, Ahead>();
const runs = new Map<string, { status: string; outcome: PrecallOutcome | undefined }>();
let rows: readonly StoredBooking[];

/** All of them side by side. */
beforeAll(async () => {
  const start = await precall.start();
  // Some senders tell no parts of a second.
  now = Math.floor(Date.now() / 1_000) * 1_000;
  for (const ordering of ORDERINGS) {
    for (const chain of ordering.chains) {
      const story = storyOf(chain, ordering, stories.size);
      stories.set(story.about, story);
    }
  }
  await tell();
  await lookAhead();

  await until('end of the last call', () => Date.now() > now + startsInMs(LAST_DAY) + DAY_MS, 2 * FIRST_CALL_MS);
  await until('end of every run', async () => (await idsOf(RUNNING)).length === 0, 120_000);
  await readRuns();
  start.signal('SIGINT');
  await start.untilEnded();
  const store = await precall.store();
  rows = await store.bookings.list({ limit: 10_000 });
  await store.close();
}, 420_000);

for (const ordering of ORDERINGS) {
  describe(`What Cal.com sends, ${ordering.name}`, () => {
    for (const chain of ordering.chains) {
      it(`leads to what is right: ${chain.about}`, () => {
        const story = stories.get(keyOf(ordering, chain))!;

        expect(seenOf(story)).toEqual(story.leadsTo);
      });
    }
  });
}

describe('The whole of it', () => {
  it('is accepted, but for what means nothing, and known when it comes again', () => {
    expect(unexpectedAnswers).toEqual([]);
  });

  it('leads to no other mail', () => {
    const uids = new Set([...stories.values()].flatMap(({ startsAt }) => [...startsAt.keys()]));

    expect(outside.catcher.mails().filter(({ subject }) => !uids.has(uidIn(subject)!))).toEqual([]);
    expect(outside.catcher.mails().length).toBeGreaterThan(stories.size);
  });

  it('leaves no run that has not completed, and each ends with what its row says', () => {
    const saidByRuns = rows.map((row) => [nameOf(row), runs.get(workflowIdOf(row))?.outcome]);

    expect([...runs].filter(([, { status }]) => status !== 'COMPLETED')).toEqual([]);
    expect(rows).toHaveLength(runs.size);
    expect(saidByRuns).toEqual(rows.map((row) => [nameOf(row), row.report]));
  });

  it('leaves rows that say of each reminder whether it was sent', () => {
    const sent = rows.map((row) => [nameOf(row), offsetsSentBy(row)]);

    expect(sent).toEqual(rows.map((row) => [nameOf(row), offsetsOfMailsAbout(row)]));
  });
});

function oneByOne(order: Order): Order[] {
  return order.map((arrival) => [arrival]);
}

function keyOf({ name }: Ordering, { about }: Pick<Chain, 'about'>): string {
  return `${name}: ${about}`;
}

function startsInMs(day: number): number {
  return FIRST_CALL_MS + (day - FIRST_DAY) * DAY_MS;
}

function storyOf(chain: Chain, ordering: Ordering, number: number): Story {
  const rounds = ordering.roundsOf(lengthOf(chain));
  const bodies = arrivalsOf({ chains: [chain], order: rounds.flat() }, { number, now, startsInMs }).map(nameCallIn);
  const posts = rounds.map((round) =>
    round.map((arrival) => ({
      ...arrival,
      body: bodies.shift()!,
      sender: ordering.senderOf(number, arrival.index),
    })),
  );
  return {
    number,
    about: keyOf(ordering, chain),
    leadsTo: expectedOf(chain.leadsTo),
    rounds: posts,
    startsAt: new Map(posts.flat().flatMap(({ body }) => startIn(body))),
  };
}

/** A mail says nothing of a uid but in the title of the call. */
function nameCallIn(sent: unknown): Body {
  const body = sent as Body;
  return body.payload?.title === undefined
    ? body
    : { ...body, payload: { ...body.payload, title: `Call ${body.payload.uid}` } };
}

function uidIn(subject: string): string | undefined {
  return /: Call (\S+)$/.exec(subject)?.[1];
}

function startIn({ payload }: Body): [string, number][] {
  return payload?.startTime === undefined ? [] : [[payload.uid, Date.parse(payload.startTime)]];
}

/** The days of the chain as dates; and what it leaves out: what is followed, and that a call that stands is prepared for. */
function expectedOf(leadsTo: Outcome): Seen {
  const dated = (line: string) => {
    const [status = '', day] = line.split(', day ');
    return contactLine(status, dateOf(now + startsInMs(Number(day))), 'Pre-Call Prep');
  };
  const contacts = Object.entries(leadsTo.contacts).map(([person, [first, last]]) => [
    person,
    [dated(first), dated(last)],
  ]);
  return {
    ...sorted({ ...leadsTo, contacts: Object.fromEntries(contacts) }),
    followed: leadsTo.bookings.map((line) => line.split(' ')[0]!).toSorted(),
  };
}

async function tell(): Promise<void> {
  const all = [...stories.values()];
  for (const { number } of all) {
    const people = ['ada', 'ben', 'guest'].map((person) => addressOf(person, { number }));
    const byPhone = people[0]!.replace(/@.*/, '@sms.cal.com');
    for (const email of [...people, byPhone]) outside.notion.contacts.add({ Name: 'Somebody', email });
  }
  const longest = Math.max(...all.map(({ rounds }) => rounds.length));
  for (let round = 0; round < longest; round += 1) {
    await Promise.all(all.flatMap((story) => (story.rounds[round] ?? []).map((post) => deliver(story, post))));
    await until('end of dispatching', isDispatched, 60_000);
  }
  const tookMs = Date.now() - now;
  // What was told last has its runs and rows to come.
  if (tookMs > FIRST_DUE_MS - 15_000)
    throw new Error(`Telling took ${tookMs / 1_000} s: too long ahead of the first mail.`);
}

async function deliver({ about }: Story, { body, sender, as }: Post): Promise<void> {
  const send = () => postText(precall.url, sender.write(body), { headers: sender.headers });
  let response = await send();
  // On a busy machine it may not have been read in time; then Cal.com sends it again.
  while (response.status === 408) response = await send();
  const { status = response.status } = (await response.json()) as { status?: string };
  const first = body.triggerEvent === 'BOOKING_PAYMENT_INITIATED' ? 'ignored' : 'accepted';
  if (status === (as === 'repeat' ? 'repeated' : first)) return;
  unexpectedAnswers.push(`${about}, ${body.triggerEvent} as ${as}: ${status}`);
}

async function isDispatched(): Promise<boolean> {
  const response = await fetch(`${precall.url}/api/deliveries?status=pending&limit=1`);
  return ((await response.json()) as { deliveries: unknown[] }).deliveries.length === 0;
}

/** Looks when the first mail is due; where something is not yet as it should be, until the first call begins. */
async function lookAhead(): Promise<void> {
  const all = [...stories.values()];
  await until('first mail that is due', () => Date.now() >= now + FIRST_DUE_MS, 2 * FIRST_DUE_MS);
  for (;;) {
    const followed = (await idsOf(RUNNING)).map((id) => id.split('/')[1]!);
    const contacts = outside.notion.contacts.rows();
    for (const story of all) ahead.set(story, aheadOf(story, followed, contacts));
    const isRight = all.every((story) => isDeepStrictEqual(ahead.get(story), aheadIn(story.leadsTo)));
    if (isRight || Date.now() > now + FIRST_CALL_MS - 1_000) return;
    await sleep(500);
  }
}

function aheadOf({ number }: Story, followed: readonly string[], contacts: readonly SandboxRow[]): Ahead {
  return {
    followed: followed
      .filter((uid) => isOf(number, uid))
      .map(shown)
      .toSorted(),
    contacts: contactsOf(number, contacts),
  };
}

function aheadIn({ followed, contacts }: Seen): Ahead {
  return {
    followed,
    contacts: Object.fromEntries(Object.entries(contacts).map(([person, [first]]) => [person, first])),
  };
}

async function idsOf(query: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const { workflowId } of precall.client.workflow.list({ query })) ids.push(workflowId);
  return ids;
}

async function readRuns(): Promise<void> {
  const all: { workflowId: string; status: string }[] = [];
  for await (const { workflowId, status } of precall.client.workflow.list({ query: 'WorkflowType = "precallPrep"' })) {
    all.push({ workflowId, status: status.name });
  }
  await Promise.all(
    all.map(async ({ workflowId, status }) => {
      const outcome = status === 'COMPLETED' ? await handleOf(precall.client, workflowId).result() : undefined;
      runs.set(workflowId, { status, outcome });
    }),
  );
}

function seenOf(story: Story): Seen {
  const mails = outside.catcher.mails().filter(({ subject }) => isOf(story.number, uidIn(subject) ?? ''));
  const reminders = mails.filter(({ envelope }) => !envelope.to.includes(OWNER));
  const notices = mails.filter(({ envelope }) => envelope.to.includes(OWNER));
  const { followed, contacts: first } = ahead.get(story)!;
  const inTheEnd = Object.entries(contactsOf(story.number, outside.notion.contacts.rows()));
  return {
    followed,
    ...sorted({
      mails: reminders.map((mail) => lineOfMail(mail, story)),
      places: [...new Set(reminders.map(({ text, headers }) => placeIn({ text, replyTo: replyToIn(headers) })))],
      bookings: rows
        .filter(({ uid, status }) => isOf(story.number, uid) && status !== 'superseded')
        .map((row) => `${lineOfBooking(row)}${isAtItsTime(row, story) ? '' : ', at another time'}`),
      contacts: Object.fromEntries(
        inTheEnd.map(([person, line]) => [person, [first[person] ?? 'untouched', line] as [string, string]]),
      ),
      notices: notices.map(({ subject, text }) => {
        return `${shown(uidIn(subject)!)} ${text.includes('was not accepted') ? 'move-rejected' : text}`;
      }),
    }),
  };
}

function isAtItsTime({ uid, startsAt }: StoredBooking, story: Story): boolean {
  return startsAt.getTime() === story.startsAt.get(uid);
}

/** A mail that is not within its time says so. */
function lineOfMail({ subject, text, envelope, receivedAtMs }: CaughtMail, { startsAt }: Story): string {
  const uid = uidIn(subject)!;
  const start = startsAt.get(uid)!;
  const [name, { beforeMs }] = stepIn(text);
  const isEarly = receivedAtMs < start - beforeMs;
  const isLate = receivedAtMs >= start;
  const day = FIRST_DAY + (start - now - FIRST_CALL_MS) / DAY_MS;
  const recipients = envelope.to.map(shown).join(' and ');
  return `${shown(uid)} ${name} to ${recipients}, day ${day}${isEarly ? ', too early' : ''}${isLate ? ', too late' : ''}`;
}

function stepIn(text: string): [string, (typeof STEPS)[string]] {
  const step = Object.entries(STEPS).find(([, { says }]) => text.includes(says));
  if (!step) throw new Error(`No reminder says:\n${text}`);
  return step;
}

function replyToIn(headers: CaughtMail['headers']): string | undefined {
  const value = headers.find(({ name }) => name.toLowerCase() === 'reply-to')?.value;
  return value && (/<([^>]+)>/.exec(value)?.[1] ?? value);
}

/** The contacts that have been written to, by person. */
function contactsOf(number: number, contacts: readonly SandboxRow[]): Record<string, string> {
  const own = contacts.filter(({ cells }) => isOf(number, `${cells['email']}`));
  const lines = own.map(({ cells }) => [shown(`${cells['email']}`), lineOfContact(cells)]);
  return Object.fromEntries(lines.filter(([, line]) => line !== UNTOUCHED));
}

function lineOfContact(cells: SandboxRow['cells']): string {
  const [status, date, campaign] = ['Booking Status', 'Diagnostic Call Date', 'Christmas Campaign Status'].map(
    (name) => `${cells[name] ?? 'none'}`,
  );
  return contactLine(status!, date!, campaign!);
}

/** The campaign status is never taken back: what counts is that it is there while a call stands. */
function contactLine(status: string, date: string, campaign: string): string {
  return [status, date, ...(status === 'Booked' ? [campaign] : [])].join(', ');
}

function dateOf(instant: number): string {
  return new Date(instant).toISOString().slice(0, 10);
}

function nameOf({ uid, attendeeEmail, seat }: Pick<StoredBooking, 'attendeeEmail'> & BookingKey): string {
  return seat ? `${uid} of ${attendeeEmail}` : uid;
}

function offsetsSentBy({ report }: StoredBooking): string[] {
  const { reminders } = report as Timetable;
  return reminders.filter(({ outcome }) => outcome === 'sent').map(({ offset }) => offset);
}

/** By how long before the call they are due, the longest first; of a seat only those to whoever has it. */
function offsetsOfMailsAbout({ uid, seat, attendeeEmail }: StoredBooking): string[] {
  const texts = outside.catcher
    .mails()
    .filter(({ subject, envelope }) => uidIn(subject) === uid && !envelope.to.includes(OWNER))
    .filter(({ envelope }) => !seat || envelope.to.includes(attendeeEmail!))
    .map(({ text }) => text);
  return Object.values(STEPS)
    .filter(({ says }) => texts.some((text) => text.includes(says)))
    .map(({ offset }) => offset);
}
