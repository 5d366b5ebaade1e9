import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApplicationFailure, type WorkflowHandle } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type proto from '@temporalio/proto';
import {
  bundleWorkflowCode,
  DefaultLogger,
  Runtime,
  Worker,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { createEmailActivities, type EmailActivitiesOptions } from '../../src/activities/email.ts';
import {
  type BriefActivities,
  type ContactUpdate,
  createLayoutActivities,
  createNoticeActivities,
  createRecordActivities,
  type ReconcileActivities,
  type ReminderSentNote,
  type RunRecord,
} from '../../src/activities/index.ts';
import { type Booking, type BookingEvent, workflowIdOf } from '../../src/booking.ts';
import { createCipher } from '../../src/cipher.ts';
import type { OutgoingMail, PreparedMail } from '../../src/email/mail-transport.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { prepareNamespace } from '../../src/temporal/prepare-namespace.ts';
import type { Activities } from '../../src/worker/create-activities.ts';
import type { precallPrep } from '../../src/workflows/index.ts';
import {
  bookingEventSignal,
  type CampaignReport,
  type NotionReport,
  type PrecallOutcome,
  type PrecallPrepInput,
} from '../../src/workflows/messages.ts';
import { precallStartsAt, precallStatus } from '../../src/workflows/search-attributes.ts';
import { aPlan } from './a-booking.ts';
import { aKey } from './a-key.ts';
import { createMailParts } from './mail-parts.ts';
import { silent } from './silent.ts';
import { useTimeSkipping } from './time-skipping.ts';
import { until } from './until.ts';

/** What the run had done, and when by the skipped clock. Each part can be made to fail. */
export interface World {
  now(): Promise<number>;
  mails: { at: number; to: string; subject: string; messageId: string }[];
  contact: ContactUpdate[];
  /** Those mails that tell what has happened, by their names, as `notice/cancelled tobias@example.com`. */
  notices: { at: number; notice: string; text: string }[];
  lookUps: string[];
  /** The reminders that were noted in a member's row. */
  notes: ReminderSentNote[];
  /** What the run has recorded, in order. */
  records: RunRecord[];
  /** Decides what becomes of a mail; throws to have it fail. */
  onMail: (mail: OutgoingMail, at: number) => void;
  onContact: (update: ContactUpdate, at: number) => NotionReport;
  onLookUp: (at: number, told: readonly string[]) => CampaignReport;
  onNote: (note: ReminderSentNote, at: number) => void;
  onRecord: (record: RunRecord) => unknown;
  /** When the inbox is asked for late news. */
  onAsk: (at: number) => void;
}

export interface Story {
  world: World;
  handle: WorkflowHandle<typeof precallPrep>;
  /** Lets time pass, by skipping it. */
  sleepUntil(instant: string | number): Promise<void>;
  tell(event: BookingEvent): Promise<void>;
}

const QUIET = new DefaultLogger('ERROR');
// Before anything of the SDK's is used: it can be done once only.
Runtime.install({ logger: QUIET, telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' } } } });

/** Runs `precallPrep` in a real worker on the time-skipping server, with the real mail activity and recorded adapters. */
export function useBookingWorkflow() {
  const temporal = useTimeSkipping();
  let workflowBundle: WorkflowBundleWithSourceMap;
  let dataDir: string;
  let store: Store;
  let runs = 0;
  let hangs = false;

  beforeAll(async () => {
    workflowBundle = await bundleWorkflowCode({
      workflowsPath: new URL('../../src/workflows', import.meta.url).pathname,
      logger: QUIET,
    });
    await prepareNamespace(temporal.env.connection, 'default', silent);
    dataDir = await mkdtemp(join(tmpdir(), 'precall-workflows-'));
    store = await openStore({ dataDir, cipher: createCipher([aKey('first')]), log: silent });
  });
  // The test server now and then loses a workflow task when something comes in while a local activity runs, which a real server
  // hands out at once. A story that hangs for it must not take the others with it: its test is tried again, on a new server.
  beforeEach(async () => {
    if (!hangs) return;
    await temporal.renew();
    await prepareNamespace(temporal.env.connection, 'default', silent);
    hangs = false;
  });
  afterAll(async () => {
    await store?.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  return {
    now: () => temporal.env.currentTimeMs(),
    get client() {
      return temporal.env.client;
    },
    /** Where Temporal listens. */
    get address() {
      return temporal.env.address;
    },
    /** What the activities look at before they act. */
    get store() {
      return store;
    },

    /** Starts a run with its first event and tells the story; the run must have ended when the story has, and follow from its history. */
    async follow(
      event: BookingEvent & { booking: Booking },
      tell: (story: Story) => Promise<void>,
      input: Partial<PrecallPrepInput> = {},
    ): Promise<{ outcome: PrecallOutcome; world: World; history: proto.temporal.api.history.v1.IHistory }> {
      const { env } = temporal;
      runs += 1;
      hangs = true;
      const taskQueue = `bookings-${runs}`;
      const world = createWorld(() => env.currentTimeMs());
      const { findMembership, updateContact, noteReminderSent, ...others } = activitiesOf(world, store);
      const common = { connection: env.nativeConnection, namespace: 'default' };
      const workers = await Promise.all([
        Worker.create({ ...common, taskQueue, workflowBundle, activities: { ...others } }),
        Worker.create({
          ...common,
          taskQueue: `${taskQueue}-notion`,
          activities: { findMembership, updateContact, noteReminderSent },
        }),
      ]);

      const story = async () => {
        const handle = await env.client.workflow.signalWithStart<typeof precallPrep, [BookingEvent]>('precallPrep', {
          workflowId: workflowIdOf(event.booking),
          taskQueue,
          args: [{ plan: aPlan(), campaignStatusFor: 'everybody', searchAttributes: true, ...input }],
          signal: bookingEventSignal,
          signalArgs: [event],
          typedSearchAttributes: [
            { key: precallStatus, value: 'scheduled' },
            { key: precallStartsAt, value: new Date(event.booking.startsAt) },
          ],
        });
        await tell({
          world,
          handle,
          async sleepUntil(instant) {
            await env.sleep(Math.max(1, new Date(instant).getTime() - (await env.currentTimeMs())));
          },
          async tell(news) {
            await untilIdle(handle);
            await handle.signal(bookingEventSignal, news);
          },
        });
        return { outcome: await handle.result(), world, history: await handle.fetchHistory() };
      };
      const told = await workers[0].runUntil(workers[1].runUntil(story()));
      hangs = false;
      // A worker that dies leaves the run to another one, which finds out from its history how far it has come.
      await Worker.runReplayHistory({ workflowBundle }, told.history);
      return told;
    },
  };
}

/** Waits until the run waits: see above for what the test server makes of a signal while a local activity runs. */
async function untilIdle(handle: WorkflowHandle<typeof precallPrep>): Promise<void> {
  await until('run that waits', async () => {
    const { raw } = await handle.describe();
    // One that is being retried goes on being retried.
    if (raw.pendingActivities?.some(({ attempt }) => attempt === 1)) return false;
    const { events } = await handle.fetchHistory();
    const tasks = events?.filter((event) => event.workflowTaskScheduledEventAttributes) ?? [];
    const done = events?.filter((event) => event.workflowTaskCompletedEventAttributes) ?? [];
    return done.length > 0 && tasks.length === done.length;
  });
}

function createWorld(now: () => Promise<number>): World {
  return {
    now,
    mails: [],
    contact: [],
    notices: [],
    lookUps: [],
    notes: [],
    records: [],
    onMail: () => undefined,
    onContact: () => ({ outcome: 'updated' }),
    onLookUp: () => ({ state: 'none' }),
    onNote: () => undefined,
    onRecord: () => undefined,
    onAsk: () => undefined,
  };
}

/** What `precallPrep` asks for. */
export type BookingActivities = Omit<Activities, keyof (BriefActivities & ReconcileActivities)>;

function activitiesOf(world: World, store: Store): BookingActivities {
  let clock = 0;
  const records = createRecordActivities(store);
  const common = {
    ...createMailParts(),
    inbox: store.inbox,
    mails: store.mails,
    // The skipped clock stands still while an activity runs, so what waits for an instant finds that it has come.
    clock: {
      now: () => clock,
      async waitUntil(at: number) {
        clock = Math.max(at, clock);
      },
    },
    transport: {
      // Nobody reads these bytes but ourselves.
      prepare: async (mail: OutgoingMail) => handOver(mail, Buffer.from(JSON.stringify(mail))),
      resume: (content: Buffer) => handOver(JSON.parse(content.toString()), content),
    },
  } satisfies Partial<EmailActivitiesOptions>;
  const email = createEmailActivities({
    ...common,
    messageIdOf: ({ booking, offsetMs, recipient }) => `<${booking.startsAt}/${offsetMs}/${recipient.email}>`,
  });
  const notices = createNoticeActivities({
    ...common,
    bookings: store.bookings,
    owner: undefined,
    messageIdOf: ({ step, recipient }) => `${step} ${recipient}`,
  });

  function handOver(mail: OutgoingMail, content: Buffer): PreparedMail {
    return {
      content,
      ready: async () => undefined,
      async send() {
        world.onMail(mail, clock);
        const { messageId, to, subject, text } = mail;
        if (messageId.startsWith('notice/')) world.notices.push({ at: clock, notice: messageId, text });
        else world.mails.push({ at: clock, to: to.email, subject, messageId });
      },
    };
  }

  return {
    async sendReminder(request) {
      clock = await world.now();
      return email.sendReminder(request);
    },
    async sendNotice(request) {
      clock = await world.now();
      return notices.sendNotice(request);
    },
    ...createLayoutActivities({ fallbackTimeZone: 'UTC' }),
    async findMembership({ email: address, told = [] }) {
      world.lookUps.push(address);
      return world.onLookUp(await world.now(), told);
    },
    async noteReminderSent(note) {
      world.onNote(note, await world.now());
      world.notes.push(note);
      return { outcome: 'updated' };
    },
    async updateContact(update) {
      const report = world.onContact(update, await world.now());
      world.contact.push(update);
      return report;
    },
    async recordBooking(record) {
      await world.onRecord(record);
      world.records.push(record);
      return records.recordBooking(record);
    },
    async hasUnheardNews(booking, heard) {
      world.onAsk(await world.now());
      return records.hasUnheardNews(booking, heard);
    },
  };
}

/** A failure that only a person can resolve, as the Notion activities report it. */
export function refusal(reason: string): ApplicationFailure {
  return ApplicationFailure.create({ message: `Refused: ${reason}`, type: reason, nonRetryable: true });
}

/** What the Notion activities throw while they wait for a person, or for a time. */
export function waiting(reason: string, pauseMs = 240_000): ApplicationFailure {
  return ApplicationFailure.create({ message: `Waiting: ${reason}`, type: reason, nextRetryDelay: pauseMs });
}

export function countEvents({ events }: proto.temporal.api.history.v1.IHistory): number {
  return events?.length ?? 0;
}

/** The summaries of timers and activities, as the Temporal UI shows them. */
export function summariesIn({ events }: proto.temporal.api.history.v1.IHistory): string[] {
  return (events ?? []).flatMap(({ userMetadata }) =>
    userMetadata?.summary ? [defaultPayloadConverter.fromPayload<string>(userMetadata.summary)] : [],
  );
}
