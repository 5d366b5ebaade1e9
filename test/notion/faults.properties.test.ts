import { ApplicationFailure } from '@temporalio/activity';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { projectContact } from '../../src/activities/contact-projection.ts';
import type { ContactUpdate } from '../../src/activities/notion.ts';
import type { Cells, Fault, FaultAction, NotionSandbox, WorldChange } from '../../src/dev/notion-sandbox/sandbox.ts';
import { createLocalPace } from '../../src/local-pace.ts';
import type { Pace } from '../../src/pace.ts';
import { createPace } from '../../src/store/create-pace.ts';
import type { Database } from '../../src/store/database.ts';
import { StoreUnavailable } from '../../src/store/store-unavailable.ts';
import { silent } from '../support/silent.ts';
import { pagesUnder, paragraphs, readingOf, withoutClosingLines } from './a-brief.ts';
import { ANN, addAnn, addToCampaign, rowOf } from './support.ts';
import { useVirtualWorlds, type VirtualWorld } from './virtual-world.ts';
import { aWorkerProcess, TIME_ZONE, type WorkerProcess } from './worker-processes.ts';

const NEW = 'nobody@example.com';
const MINUTE_MS = 60_000;

const aWorld = useVirtualWorlds();

const FAULTS: [string, FaultAction, Fault['phase']?][] = [
  ['a 429 for no time at all', { rateLimit: { retryAfterS: 0 } }],
  ['a 429 for a second', { rateLimit: { retryAfterS: 1 } }],
  ['a 429 for 59 s', { rateLimit: { retryAfterS: 59 } }],
  ['a 429 for two minutes', { rateLimit: { retryAfterS: 120, reason: 'workspace' } }],
  ['a 429 until an instant', { rateLimit: { retryAfterS: 30, as: 'date' } }],
  ['a 429 that says how long in its body alone', { rateLimit: {} }],
  ['a 429 that does not say how long', { rateLimit: { retryAfterS: null, reason: 'unknown' } }],
  ['a 429 that no waiting ends', { rateLimit: { retryAfterS: null, reason: 'blocked' } }],
  ['a 529', { error: 529 }],
  ['a 409', { error: 409 }],
  ['a 500', { error: 500 }],
  ['a 504', { error: 504 }],
  ['a 503', { error: 503 }],
  ['a 503 of its database', { error: 503, code: 'database_connection_unavailable' }],
  ['a 502', { error: 502 }],
  ['a 502 in HTML', { edge: 502 }],
  ['a 403', { error: 403 }],
  ['a 403 in HTML', { edge: 403 }],
  ['a 401', { error: 401 }],
  ['a 400', { validation: 'body failed validation.' }],
  ['a 400 about a property', { validation: 'Booking Status is not a property that exists.' }],
  ['a 503 although it was saved', 'commit-then-503'],
  ['a connection that closes before', 'drop'],
  ['a connection that closes after', 'commit-then-drop'],
  ['an answer too late', { delayMs: 5_000 }, 'after'],
  ['silence', 'hang'],
  ['half the headers', 'hang-in-headers'],
  ['half an answer and no end', 'hang-in-body'],
  ['half an answer', 'truncated'],
  ['an empty answer', 'empty'],
];

/** What is given up at once, because only a person can decide about it. */
const FINAL: Record<string, string> = {
  'a 403': 'creates_blocked',
  'a 400': 'invalid_request',
  'a 400 about a property': 'invalid_request',
};

function anUpdate(facts: Partial<ContactUpdate> = {}): ContactUpdate {
  return {
    booking: { uid: 'of-ann' },
    email: ANN,
    startsAt: '2026-12-10T15:00:00.000Z',
    endsAt: '2026-12-10T15:30:00.000Z',
    standing: 'live',
    changedAt: '2026-12-01T09:00:00.000Z',
    inCampaign: true,
    ...facts,
  };
}

const ANN_S_REMINDER = { booking: { uid: 'of-ann' }, email: ANN, number: 1, sentAt: '2026-12-07T15:00:00.000Z' };
const ANN_S_BRIEF = { booking: { uid: 'of-ann' }, email: ANN, startsAt: anUpdate().startsAt };
const TEXTS = [paragraphs(2, 'first'), paragraphs(3, 'second')] as const;

type Match = NonNullable<Fault['match']>;

/** A step of the story, and each of our calls that it is the first to make. */
interface Step {
  calls: (sandbox: NotionSandbox) => Match[];
  act: (worker: WorkerProcess) => Promise<unknown>;
}

const LOOK_AT_A_DATABASE: Match = { method: 'GET', path: /^\/v1\/databases\// };
const LOOK_AT_A_SCHEMA: Match = { method: 'GET', path: /^\/v1\/data_sources\/[^/]+$/ };
const LOOK_AT_A_PAGE: Match = { method: 'GET', path: /^\/v1\/pages\// };
const LOOK_AT_WHAT_IS_ON_IT: Match = { method: 'GET', path: /\/children$/ };
const QUERY = (table: NotionSandbox['contacts']): Match => ({
  method: 'POST',
  path: new RegExp(`/${table.dataSourceId}/query$`),
});
const WRITE_TO_A_ROW: Match = { method: 'PATCH', path: /^\/v1\/pages\// };
const NEW_PAGE: Match = { method: 'POST', path: /^\/v1\/pages$/ };
const NEW_BLOCKS: Match = { method: 'PATCH', path: /\/children$/ };
const END_OF_A_BLOCK: Match = { method: 'DELETE' };

/** Ann books, is reminded and cancels, her brief is written and written anew, and somebody books who is new. */
const STORY: Step[] = [
  {
    calls: ({ sequence }) => [LOOK_AT_A_DATABASE, LOOK_AT_A_SCHEMA, QUERY(sequence)],
    act: (worker) => worker.findMembership(ANN),
  },
  {
    calls: ({ contacts }) => [LOOK_AT_A_DATABASE, LOOK_AT_A_SCHEMA, QUERY(contacts), WRITE_TO_A_ROW],
    act: (worker) => worker.updateContact(anUpdate()),
  },
  { calls: () => [WRITE_TO_A_ROW], act: (worker) => worker.noteReminderSent(ANN_S_REMINDER) },
  {
    calls: () => [LOOK_AT_WHAT_IS_ON_IT, NEW_PAGE],
    act: (worker) => worker.publishBrief({ ...ANN_S_BRIEF, blocks: TEXTS[0] }),
  },
  {
    calls: () => [LOOK_AT_A_PAGE, NEW_BLOCKS, END_OF_A_BLOCK],
    act: (worker) => worker.publishBrief({ ...ANN_S_BRIEF, blocks: TEXTS[1] }),
  },
  {
    calls: () => [NEW_PAGE],
    act: (worker) =>
      worker.updateContact(
        anUpdate({ booking: { uid: 'of-a-stranger' }, email: NEW, inCampaign: false, create: { name: 'New' } }),
      ),
  },
  {
    calls: () => [WRITE_TO_A_ROW],
    act: (worker) => worker.updateContact(anUpdate({ standing: 'cancelled', changedAt: '2026-12-02T09:00:00.000Z' })),
  },
];

interface Stage extends VirtualWorld {
  worker: WorkerProcess;
  ann: string;
  inSequence: string;
}

async function aStage(): Promise<Stage> {
  const world = await aWorld();
  onTestFinished(world.stop);
  const { time, sandbox } = world;
  const worker = aWorkerProcess({
    ...world,
    random: () => 0.5,
    choices: { reminderSent: ['Email 7 Sent'] },
    pace: createLocalPace({ requestsPerMinute: 150, now: time.now }),
  });
  return { ...world, worker, ann: addAnn(sandbox), inSequence: addToCampaign(sandbox, ANN) };
}

/** Has a step tried again an hour after it was given up. @returns why it was given up each time. */
async function insist({ time, worker }: Stage, { act }: Step): Promise<string[]> {
  const finals: string[] = [];
  for (let tries = 1; ; tries += 1) {
    const given = await act(worker).catch(finalReasonOf);
    const final = typeof given === 'string' ? given : pendingReasonOf(given);
    if (final === undefined) return finals;
    finals.push(final);
    if (tries === 8) throw new Error(`It is given up again and again: ${finals.join(', ')}`);
    await time.sleep(60 * MINUTE_MS);
  }
}

function pendingReasonOf(report: unknown): string | undefined {
  const { outcome, reason } = report as { outcome?: string; reason?: string };
  return outcome === 'pending' ? reason : undefined;
}

function finalReasonOf(error: unknown): string {
  if (error instanceof ApplicationFailure && error.type) return error.type;
  throw error;
}

function expectAllRight({ sandbox, worker, ann, inSequence }: Stage): void {
  expect(rowOf(sandbox, ann)).toMatchObject({
    'Booking Status': 'Cancelled',
    'Diagnostic Call Date': '2026-12-10',
    'Christmas Campaign Status': 'Pre-Call Prep',
  });
  const others = sandbox.contacts.rows().filter(({ id, inTrash }) => id !== ann && !inTrash);
  expect(others.map(({ cells }) => [cells['email'], cells['Booking Status']])).toEqual([[NEW, 'Booked']]);
  expect(sandbox.sequence.rows().map(({ id, cells }) => [id, cells['Email 7 Sent']])).toEqual([
    [inSequence, expect.stringContaining('2026-12-07T15:00')],
  ]);
  const [page, ...more] = pagesUnder(sandbox, ann);
  expect(more).toEqual([]);
  expect(withoutClosingLines(readingOf(sandbox, page!.id))).toEqual(TEXTS[1].map(({ text }) => text));
  expect(sandbox.violations({ budget: 150, burst: 10, log: worker.log() })).toEqual([]);
}

describe('a fault at each of our calls', () => {
  it.each(FAULTS)(
    'leaves every row right, nothing doubled and no option made: %s',
    async (name, action, phase) => {
      const stage = await aStage();
      const { sandbox } = stage;
      const given: string[] = [];
      let ordered = 0;

      for (const step of STORY) {
        const calls = step.calls(sandbox);
        for (const match of calls) sandbox.fail({ match, action, ...(phase && { phase }) });
        ordered += calls.length;
        given.push(...(await insist(stage, step)));
      }

      expect(sandbox.journal.filter(({ fault }) => fault !== undefined)).toHaveLength(ordered);
      expect(given.filter((reason) => reason !== FINAL[name])).toEqual([]);
      expectAllRight(stage);
    },
    60_000,
  );
});

const OPTIONS = ['Not booked', 'Booked', 'Cancelled', 'Completed', 'No-Show'];

const statusIn = ({ sandbox }: Stage) => ({ in: sandbox.contacts.dataSourceId, property: 'Booking Status' });

/** What a person does while we are about to write, and how it is mended half an hour later. */
const CHANGES: [string, (stage: Stage) => WorldChange, ((stage: Stage) => void)?][] = [
  ['a property is renamed', (stage) => ({ kind: 'rename_property', ...statusIn(stage), to: 'State' })],
  [
    'a property is of another type for a while',
    (stage) => ({ kind: 'retype_property', ...statusIn(stage), type: 'rich_text' }),
    ({ sandbox }) => sandbox.contacts.retypeProperty('Booking Status', 'select', OPTIONS),
  ],
  [
    'a property is taken away and comes back',
    (stage) => ({ kind: 'remove_property', ...statusIn(stage) }),
    ({ sandbox }) => sandbox.contacts.addProperty('Booking Status', 'select', OPTIONS),
  ],
  [
    'an option is taken away and comes back',
    (stage) => ({ kind: 'remove_option', ...statusIn(stage), option: 'Booked' }),
    ({ sandbox }) => sandbox.contacts.addOption('Booking Status', 'Booked'),
  ],
  [
    'the page is in the trash for a while',
    ({ ann }) => ({ kind: 'trash', id: ann }),
    ({ sandbox, ann }) => sandbox.contacts.restoreRow(ann),
  ],
  [
    'the page is not shared for a while',
    ({ ann }) => ({ kind: 'unshare', id: ann }),
    ({ sandbox, ann }) => void sandbox.change({ kind: 'share', id: ann }),
  ],
  [
    'somebody adds the same person again, for a while',
    ({ ann }) => ({ kind: 'duplicate_row', id: ann }),
    ({ sandbox, ann }) => {
      const twins = sandbox.contacts.rows().filter(({ id, cells }) => id !== ann && cells['email'] === ANN);
      for (const { id } of twins) sandbox.contacts.trashRow(id);
    },
  ],
  [
    'the database gets a second data source',
    ({ sandbox }) => ({ kind: 'add_data_source', in: sandbox.contacts.databaseId, name: 'More' }),
  ],
  [
    'the token is not accepted for a while',
    () => ({ kind: 'revoke_token' }),
    ({ sandbox }) => void sandbox.change({ kind: 'renew_token' }),
  ],
];

const MOMENTS: [string, (sandbox: NotionSandbox) => Match][] = [
  ['look for the contact', ({ contacts }) => QUERY(contacts)],
  ['write to the contact', () => WRITE_TO_A_ROW],
];

describe.each(MOMENTS)('a person at work right before we %s', (_, momentIn) => {
  it.each(CHANGES)(
    'cannot make us write anything wrong: %s',
    async (name, changeIn, mend) => {
      const stage = await aStage();
      const { sandbox, time, ann } = stage;
      const finals: string[] = [];
      const mended = (async () => {
        await time.sleep(30 * MINUTE_MS);
        mend?.(stage);
      })();
      sandbox.fail({ match: momentIn(sandbox), action: { change: changeIn(stage) } });

      for (const step of STORY) finals.push(...(await insist(stage, step)));
      await mended;

      expect(finals.filter((reason) => reason !== 'contact_ambiguous')).toEqual([]);
      if (name.endsWith('renamed')) sandbox.contacts.renameProperty('State', 'Booking Status');
      expect(sandbox.contacts.optionsOf('Booking Status').toSorted()).toEqual(OPTIONS.toSorted());
      expect(rowOf(sandbox, ann)['Booking Status']).toBe('Cancelled');
      expectAllRight(stage);
    },
    60_000,
  );
});

const PEOPLE = ['ann@example.com', 'bob@example.com', 'carol@example.com'] as const;
const IN_CAMPAIGN: string = PEOPLE[0];
/** Is no contact until she books. */
const UNKNOWN: string = PEOPLE[2];

/** What becomes of a booking, and how many minutes pass before each step. */
const lives = fc.record({
  email: fc.constantFrom(...PEOPLE),
  bookedForDay: fc.integer({ min: 3, max: 28 }),
  movedToDays: fc.array(fc.integer({ min: 3, max: 28 }), { maxLength: 2 }),
  end: fc.constantFrom('live', 'cancelled', 'completed', 'no_show'),
  hasBrief: fc.boolean(),
  pauses: fc.array(fc.constantFrom(0, 0, 0, 2, 15), { minLength: 5, maxLength: 5 }),
  /** Which of two worker processes takes each step. */
  takenBy: fc.array(fc.constantFrom(0, 1), { minLength: 5, maxLength: 5 }),
});

const edits = fc.record({
  email: fc.constantFrom(...PEOPLE),
  minute: fc.integer({ min: 0, max: 90 }),
  cells: fc.constantFrom<Cells>(
    { 'Booking Status': 'Not booked' },
    { 'Booking Status': 'Completed' },
    { 'Diagnostic Call Date': '2026-11-11' },
    { 'Christmas Campaign Status': 'Replied' },
  ),
});

/** The n-th request meets it, and some of those that follow. */
const faults = fc.record({
  nth: fc.integer({ min: 1, max: 60 }),
  times: fc.constantFrom(1, 1, 2, 6),
  fault: fc.constantFrom(...FAULTS),
});

/** The store cannot be asked for the n-th time, or does not answer. */
const gaps = fc.record({ nth: fc.integer({ min: 1, max: 80 }), isDone: fc.boolean() });

type Life = typeof lives extends fc.Arbitrary<infer T> ? T : never;
type Edit = typeof edits extends fc.Arbitrary<infer T> ? T : never;
type Gap = typeof gaps extends fc.Arbitrary<infer T> ? T : never;

/** Away at times: before it has done what it was asked for, or before it could say so. */
function withGaps(database: Database, all: readonly Gap[]): Database {
  let count = 0;
  return {
    ...database,
    async run(work) {
      count += 1;
      const gap = all.find(({ nth }) => nth === count);
      const answer = gap && !gap.isDone ? undefined : await database.run(work);
      if (gap) throw new StoreUnavailable('The store is away for a moment');
      return answer as Awaited<ReturnType<typeof work>>;
    },
  };
}

/** What a booking comes to say, one after the other. */
function updatesOf({ email, bookedForDay, movedToDays, end }: Life, uid: string): Omit<ContactUpdate, 'changedAt'>[] {
  const on = (day: number, standing: ContactUpdate['standing']) => ({
    booking: { uid },
    email,
    startsAt: `2026-12-${String(day).padStart(2, '0')}T15:00:00.000Z`,
    endsAt: `2026-12-${String(day).padStart(2, '0')}T15:30:00.000Z`,
    standing,
    inCampaign: email === IN_CAMPAIGN,
    ...(standing === 'live' && { create: { name: 'Somebody' } }),
  });
  const days = [bookedForDay, ...movedToDays];
  const told = days.map((day) => on(day, 'live'));
  return end === 'live' ? told : [...told, on(days.at(-1)!, end)];
}

/** Lives a booking's life. @returns what it says in the end, and its brief's text. */
async function liveOn(world: VirtualWorld, workers: readonly WorkerProcess[], life: Life, uid: string) {
  let last: ContactUpdate | undefined;
  for (const [step, said] of updatesOf(life, uid).entries()) {
    await world.time.sleep(life.pauses[step]! * MINUTE_MS);
    const worker = workers[life.takenBy[step]!]!;
    last = { ...said, changedAt: new Date(world.time.now()).toISOString() };
    await worker.updateContact(last).catch(finalReasonOf);
    if (life.hasBrief) await worker.publishBrief(briefOf(last)).catch(finalReasonOf);
  }
  return { update: last!, hasBrief: life.hasBrief };
}

/** In a store that is always there: without it, nobody knows who has been told to wait. */
function sharedPace({ sandbox: { token }, database, time }: VirtualWorld): Pace {
  const options = { token, requestsPerMinute: 150, now: time.now };
  return createPace({ database: time.whileAsking(database), log: silent }, options);
}

function briefOf({ booking, email, startsAt }: ContactUpdate) {
  return { booking, email, startsAt, blocks: paragraphs(2, `${booking.uid} at ${startsAt}`) };
}

async function editAll({ time, sandbox }: VirtualWorld, all: readonly Edit[]): Promise<void> {
  await Promise.all(
    all.map(async ({ email, minute, cells }) => {
      await time.sleep(minute * MINUTE_MS);
      const row = rowWith(sandbox, email);
      if (row) sandbox.contacts.edit(row.id, cells);
    }),
  );
}

function rowWith(sandbox: NotionSandbox, email: string) {
  const [row, ...more] = sandbox.contacts.rows().filter(({ cells }) => cells['email'] === email);
  expect(more).toEqual([]);
  return row;
}

describe('whatever goes wrong while people book', () => {
  it('every row says in the end what all bookings of its person say', async () => {
    const stories = fc.record({
      all: fc.array(lives, { minLength: 1, maxLength: 5 }),
      edited: fc.array(edits, { maxLength: 2 }),
      broken: fc.array(faults, { maxLength: 8 }),
      missing: fc.array(gaps, { maxLength: 4 }),
      chance: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    await fc.assert(
      fc.asyncProperty(stories, async ({ all, edited, broken, missing, chance }) => {
        const world = await aWorld();
        const { sandbox } = world;
        try {
          for (const email of PEOPLE) if (email !== UNKNOWN) sandbox.contacts.add({ Name: 'Somebody', email });
          addToCampaign(sandbox, IN_CAMPAIGN);
          const database = withGaps(world.database, missing);
          const process = { ...world, database, random: () => chance };
          const workers = [0, 1].map(() => aWorkerProcess({ ...process, pace: sharedPace(world) }));
          for (const { nth, times, fault } of broken) {
            const [, action, phase] = fault;
            for (let more = 0; more < times; more += 1) {
              sandbox.fail({ match: { nth: nth + more }, action, ...(phase && { phase }) });
            }
          }

          const lived = all.map((life, index) => liveOn(world, workers, life, `booking-${index}`));
          const [ends] = await Promise.all([Promise.all(lived), editAll(world, edited)]);
          sandbox.heal();
          for (const { update, hasBrief } of ends) {
            await workers[0]!.updateContact(update).catch(finalReasonOf);
            if (hasBrief) await workers[0]!.publishBrief(briefOf(update)).catch(finalReasonOf);
          }

          for (const email of PEOPLE) expectRight(sandbox, email, ends, edited);
          const log = workers.map((worker) => worker.log()).join('\n');
          expect(sandbox.violations({ budget: 150, burst: 10, log })).toEqual([]);
        } finally {
          await world.stop();
        }
      }),
      { numRuns: 15, endOnFailure: true },
    );
  }, 240_000);
});

function expectRight(
  sandbox: NotionSandbox,
  email: string,
  ends: readonly { update: ContactUpdate; hasBrief: boolean }[],
  edited: readonly Edit[],
): void {
  const own = ends.filter(({ update }) => update.email === email);
  const projection = projectContact(
    own.map(({ update: { booking, ...said } }) => ({ ...booking, ...said })),
    TIME_ZONE,
  );
  if (!projection) return;
  const isToCome = projection.bookingStatus === 'Booked';
  const row = rowWith(sandbox, email);
  // Who cancels is made no contact.
  if (!row && email === UNKNOWN && !isToCome) return;

  const wanted = { 'Booking Status': projection.bookingStatus, 'Diagnostic Call Date': projection.callDate };
  const byHand = edited.filter((edit) => edit.email === email && !isToCome).map(({ cells }) => cells);
  const says = (cells: Cells) => Object.entries(cells).every(([property, value]) => row?.cells[property] === value);
  expect([wanted, ...byHand].some(says), `${email}: ${JSON.stringify([row?.cells, wanted])}`).toBe(true);
  if (projection.campaignStatus) expect(row?.cells['Christmas Campaign Status']).toBe(projection.campaignStatus);

  const texts = pagesUnder(sandbox, row!.id).map(({ id }) => withoutClosingLines(readingOf(sandbox, id)));
  const briefs = own
    .filter(({ hasBrief }) => hasBrief)
    .map(({ update }) => briefOf(update).blocks.map(({ text }) => text));
  expect(texts.toSorted()).toEqual(briefs.toSorted());
}
