import { readdirSync, readFileSync } from 'node:fs';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { beforeAll, describe, expect, it } from 'vitest';
import { type PrecallOutcome, timetableQuery } from '../../src/workflows/messages.ts';
import { DAY_MS } from '../support/a-booking.ts';
import { countEvents } from '../support/booking-workflow.ts';
import {
  aCall,
  dataConverterOf,
  ENCRYPTION_KEYS,
  lateness,
  mailsTo,
  post,
  rowOf,
  useFolder,
  useOutside,
  useTemporal,
  writes,
} from '../support/outside.ts';
import { useProduction } from '../support/production.ts';
import { until } from '../support/until.ts';
import { aSeries, cancelOfRestOf } from '../support/webhook-bodies.ts';

/** Nobody else is called so: wherever this turns up, it came from the booking. */
const CANARY = { name: 'Zacharias Quillfeather', email: 'zacharias.quillfeather@example.com' };
const OFFSETS_S = [7, 5, 3];
const THIRTY_DAYS_S = 30 * 24 * 3_600;

const folder = useFolder({ withNotices: true });
const temporal = useTemporal(folder);
const outside = useOutside();
const precall = useProduction({
  folder,
  temporal,
  outside,
  settings: { REMINDER_OFFSETS: '7s,5s,3s', MEETING_THRESHOLD: '2s', LOG_LEVEL: 'debug', TIME_ZONE: 'Asia/Kathmandu' },
});

type Call = ReturnType<typeof aCall>;

const rowOfCall = ({ attendee }: Call) => rowOf(outside.notion, attendee.email);
const updatesOf = (call: Call) =>
  writes(outside.notion).filter(({ path }) => path.endsWith(rowOfCall(call)?.id ?? 'nowhere'));
const mailsOf = ({ attendee }: Call) => mailsTo(outside.catcher, attendee.email);
/** The summaries of timers and activities, as the Temporal UI shows them to whoever has the keys. */
async function summariesIn({ events }: { events?: { userMetadata?: { summary?: Payload | null } | null }[] | null }) {
  const [codec] = dataConverterOf(ENCRYPTION_KEYS).payloadCodecs ?? [];
  const kept = (events ?? []).flatMap(({ userMetadata }) => userMetadata?.summary ?? []);
  return ((await codec?.decode(kept)) ?? []).map((payload) => defaultPayloadConverter.fromPayload<string>(payload));
}

const dueAtOf = ({ startsAt }: Call) => OFFSETS_S.map((seconds) => startsAt - seconds * 1_000);
const countOfRuns = async ({ workflowId }: Call) =>
  (await temporal.client.workflow.count(`WorkflowId = "${workflowId}"`)).count;
const iso = (instant: number) => new Date(instant).toISOString();
const callDate = (instant: number) =>
  new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Kathmandu', dateStyle: 'short' }).format(instant);

/** Three stories, told at the same time. */
let booked: Call;
let bookedFiveTimes: Call;
let bookedByStranger: Call;
let answers: Record<'booked' | 'fiveTimes' | 'stranger', Response[]>;

beforeAll(async () => {
  await Promise.all([precall.startServer(), precall.startWorker()]);
  await precall.untilReady();

  booked = aCall({ uid: 'main-path', startsInMs: 11_000, attendee: CANARY });
  bookedFiveTimes = aCall({ uid: 'five-times', startsInMs: 11_000 });
  bookedByStranger = aCall({ uid: 'stranger', startsInMs: 11_000 });
  for (const { attendee } of [booked, bookedFiveTimes]) {
    outside.notion.contacts.add({ Name: attendee.name, email: attendee.email });
  }
  outside.notion.sequence.add({ Name: CANARY.name, Email: CANARY.email, Campaign: 'Christmas 2025' });

  const [first, stranger, ...fiveTimes] = await Promise.all(
    [booked, bookedByStranger, ...Array<Call>(5).fill(bookedFiveTimes)].map(({ body }) => post(precall.url, body)),
  );
  answers = { booked: [first!], stranger: [stranger!], fiveTimes };
});

const untilReminded = (call: Call) => until('third reminder', () => mailsOf(call).length >= 3);

function expectRemindersOnTime(call: Call): void {
  const mails = mailsOf(call);
  expect(mails).toHaveLength(3);
  expect(new Set(mails.map(({ messageId }) => messageId)).size).toBe(3);
  for (const lateMs of lateness(mails, dueAtOf(call))) {
    expect(lateMs).toBeGreaterThanOrEqual(0);
    expect(lateMs).toBeLessThan(3_000);
  }
}

describe('a call booked on Cal.com', () => {
  let atLastReminder: { updates: number; row: ReturnType<typeof rowOf> };
  let detailsWhileOpen: string;
  let outcome: PrecallOutcome;

  beforeAll(async () => {
    await untilReminded(booked);
    atLastReminder = { updates: updatesOf(booked).length, row: rowOfCall(booked) };
    detailsWhileOpen = await currentDetails();
    outcome = await temporal.handle(booked.workflowId).result();
  });

  const currentDetails = async () => {
    const metadata = await temporal
      .handle(booked.workflowId)
      .query<{ currentDetails: string }>('__temporal_workflow_metadata');
    return metadata.currentDetails;
  };

  it('is accepted, and named after the booking', async () => {
    const [answer] = answers.booked;

    expect(answer?.status).toBe(202);
    expect(await answer?.json()).toEqual({
      status: 'accepted',
      bookingUid: 'main-path',
      workflowId: 'precall/main-path',
      deliveryId: expect.any(Number),
    });
  });

  it('is reminded of three times, in order, never early, each once', () => {
    expectRemindersOnTime(booked);
    expect(new Set(mailsOf(booked).map(({ subject }) => subject)).size).toBe(3);
  });

  it('is Booked in Notion by one page update, and Completed by another when it is over', () => {
    expect(atLastReminder.updates).toBe(1);
    expect(atLastReminder.row?.cells).toMatchObject({
      'Booking Status': 'Booked',
      'Diagnostic Call Date': callDate(booked.startsAt),
      'Christmas Campaign Status': 'Pre-Call Prep',
    });
    expect(updatesOf(booked)).toHaveLength(2);
    expect(rowOfCall(booked)?.cells).toMatchObject({
      'Booking Status': 'Completed',
      'Diagnostic Call Date': callDate(booked.startsAt),
      'Christmas Campaign Status': 'Pre-Call Prep',
    });
  });

  it('ends with an outcome that says what became of it', () => {
    expect(outcome).toEqual({
      status: 'completed',
      bookingUid: 'main-path',
      startsAt: iso(booked.startsAt),
      reminders: dueAtOf(booked).map((dueAt, index) => ({
        offset: `${OFFSETS_S[index]}s`,
        dueAt: iso(dueAt),
        outcome: 'sent',
        sentAt: expect.stringMatching(/Z$/),
      })),
      campaign: { state: 'member', campaign: 'Christmas 2025' },
      notion: { outcome: 'updated' },
      notices: [{ notice: 'host-booked', outcome: 'sent', sentAt: expect.stringMatching(/Z$/) }],
      attendance: 'not_known',
    });
  });

  it('is told to its organizer once', () => {
    const toHost = mailsTo(outside.catcher, 'mara.lindqvist@example.com').filter(({ text }) =>
      text.includes(CANARY.email),
    );

    expect(toHost.map(({ subject }) => subject)).toEqual([expect.stringContaining(CANARY.name)]);
  });

  it('costs at most 84 history events', async () => {
    expect(countEvents(await temporal.handle(booked.workflowId).fetchHistory())).toBeLessThanOrEqual(84);
  });

  it('can be found in the Temporal UI by its status, its start and its campaign', async () => {
    const { typedSearchAttributes } = await temporal.handle(booked.workflowId).describe();

    expect(Object.fromEntries(typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]))).toMatchObject(
      {
        PrecallStatus: 'completed',
        PrecallStartsAt: new Date(booked.startsAt),
        PrecallCampaign: 'Christmas 2025',
      },
    );
  });

  it('shows the operator its timetable in the Temporal UI, while it runs and afterwards', async () => {
    expect(detailsWhileOpen).toContain('scheduled');
    expect(detailsWhileOpen.match(/\| \ds before \|/g)).toHaveLength(3);
    expect(await currentDetails()).toContain('completed');
  });

  it('is kept in Temporal for 30 days', async () => {
    const { config } = await temporal.client.workflowService.describeNamespace({
      namespace: temporal.client.options.namespace,
    });

    expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(THIRTY_DAYS_S);
  });

  it('names no person in its workflow id, search attributes, summaries and details', async () => {
    const handle = temporal.handle(booked.workflowId);
    const { raw } = await handle.describe();
    const summaries = await summariesIn(await handle.fetchHistory());

    expect(summaries.length).toBeGreaterThan(5);
    const shown = JSON.stringify([
      booked.workflowId,
      raw,
      summaries,
      detailsWhileOpen,
      await currentDetails(),
      outcome,
    ]);
    expect(shown).not.toMatch(/zacharias|quillfeather/i);
  });

  it('is over for good: the same webhook afterwards is a repeat, and starts nothing', async () => {
    const response = await post(precall.url, booked.body);

    expect([response.status, await response.json()]).toEqual([
      200,
      {
        status: 'repeated',
        bookingUid: 'main-path',
        workflowId: 'precall/main-path',
        deliveryId: expect.any(Number),
      },
    ]);
    expect(await countOfRuns(booked)).toBe(1);
  });

  it('is over for good: told anew afterwards, it is kept and starts nothing', async () => {
    const { body } = aCall({ uid: 'main-path', startsInMs: 3_600_000, attendee: CANARY });

    expect((await post(precall.url, body)).status).toBe(202);
    const { inbox } = await precall.store();
    await until('end of its dispatch', async () => (await inbox.backlog()).pending === 0);
    expect(await countOfRuns(booked)).toBe(1);
  });
});

describe('a webhook delivered five times at once', () => {
  it('is one booking: one run, three mails, one page update when it is made and one at its end', async () => {
    await temporal.handle(bookedFiveTimes.workflowId).result();

    expect(answers.fiveTimes.map(({ status }) => status).toSorted()).toEqual([200, 200, 200, 200, 202]);
    expectRemindersOnTime(bookedFiveTimes);
    expect(updatesOf(bookedFiveTimes)).toHaveLength(2);
    expect(await countOfRuns(bookedFiveTimes)).toBe(1);
  });
});

describe('a call booked by somebody who is not in Notion', () => {
  it('is reminded of on time all the same, and the outcome says that there is no contact', async () => {
    const outcome = await temporal.handle(bookedByStranger.workflowId).result();

    expect(answers.stranger[0]?.status).toBe(202);
    expectRemindersOnTime(bookedByStranger);
    expect(outcome).toMatchObject({
      status: 'completed',
      campaign: { state: 'none' },
      notion: { outcome: 'failed', reason: 'contact_not_found' },
    });
  });
});

describe('a series whose rest is cancelled', () => {
  const WEEK_MS = 7 * DAY_MS;

  it('is told by one mail to the booker and one to the host, which list all that is off', async () => {
    const calls = aSeries({ uid: 'weekly', startsInMs: WEEK_MS }, { count: 4, everyMs: WEEK_MS });
    const [, second, ...later] = calls as [Call, Call, ...Call[]];
    for (const { body } of calls) await post(precall.url, body);
    await post(precall.url, cancelOfRestOf(second));

    await until('all dispatched', async () => (await (await precall.store()).inbox.backlog()).pending === 0);
    const noticesOf = async ({ workflowId }: Call) =>
      (await temporal.handle(workflowId).query(timetableQuery)).notices.map(
        ({ notice, outcome, reason }) => `${notice} ${reason ?? outcome}`,
      );
    const told = () => Promise.all([second, ...later].map(noticesOf));
    await until('notices of them all', async () => !(await told()).join().includes('planned'));

    const toldWithSeries = ['cancelled told_with_series', 'host-cancelled told_with_series'];
    expect(await told()).toEqual([['cancelled sent', 'host-cancelled sent'], toldWithSeries, toldWithSeries]);
    const toBooker = mailsOf(second);
    const toHost = mailsTo(outside.catcher, 'mara.lindqvist@example.com').filter(({ text }) =>
      text.includes(second.attendee.email),
    );
    for (const mails of [toBooker, toHost]) {
      expect(mails.map(({ text }) => text.match(/^- .+ \d{4}, \d\d:\d\d$/gm)?.length)).toEqual([3]);
    }
  });
});

describe('everything that Cal.com sends', () => {
  const fixtures = new URL('../fixtures/calcom/', import.meta.url);
  const bodies = readdirSync(fixtures).map((file) => ({
    file,
    body: JSON.parse(readFileSync(new URL(file, fixtures), 'utf8')),
  }));

  /** The others say nothing about whether, when or where a call takes place. */
  const HANDLED = [
    'BOOKING_CREATED',
    'BOOKING_PAID',
    'BOOKING_RESCHEDULED',
    'BOOKING_REQUESTED',
    'BOOKING_REJECTED',
    'BOOKING_CANCELLED',
    'BOOKING_LOCATION_UPDATED',
    'BOOKING_REASSIGNED',
    'BOOKING_NO_SHOW_UPDATED',
    'MEETING_ENDED',
  ];

  it.each(bodies)('is answered: $file', async ({ body }) => {
    const isNews = HANDLED.includes(body.triggerEvent);

    expect((await post(precall.url, body)).status).toBe(isNews ? 202 : 200);
  });

  it('leaves the server in good health', async () => {
    expect((await fetch(`${precall.url}/health`)).status).toBe(200);
    expect((await fetch(`${precall.url}/ready`)).status).toBe(200);
  });
});

describe('what the processes log', () => {
  it('tells the story, down to details, and names nobody', () => {
    expect(precall.output()).toContain('booking received');
    expect(precall.output()).toContain('mail sent');
    expect(precall.output()).toContain('"level":20');
    expect(precall.output()).not.toMatch(/zacharias|quillfeather|five-times@|okafor|lindqvist|@example/i);
  });
});
