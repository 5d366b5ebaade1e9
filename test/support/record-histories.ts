import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { ApplicationFailure, Client, type WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { type Booking, type BookingEvent, workflowIdOf } from '../../src/booking.ts';
import { provisionTestServer } from '../../src/dev/provision/test-server.ts';
import { prepareNamespace } from '../../src/temporal/prepare-namespace.ts';
import type { precallPrep } from '../../src/workflows/index.ts';
import { bookingEventSignal, type PrecallPrepInput } from '../../src/workflows/messages.ts';
import { precallStartsAt, precallStatus } from '../../src/workflows/search-attributes.ts';
import {
  aBooking,
  acknowledged,
  aPlan,
  cancelled,
  confirmed,
  DAY_MS,
  earlier,
  HOUR_MS,
  later,
  MINUTE_MS,
  noShow,
  rescheduled,
  USUAL_NOTICES,
} from './a-booking.ts';
import type { BookingActivities } from './booking-workflow.ts';
import { silent } from './silent.ts';
import { startTimeSkipping } from './time-skipping-server.ts';

/** One way a booking can go: how far ahead it is made, what is peculiar about it, and what happens then. */
interface Story {
  aheadMs: number;
  booking?: Partial<Booking>;
  input?: Partial<PrecallPrepInput>;
  activities?: Partial<BookingActivities>;
  /** Until when it is followed; without this, until the run has ended. The history is then one of a run that still waits. */
  untilBeforeCallMs?: number;
  /** What comes in on the way. */
  happens?: (told: {
    handle: WorkflowHandle<typeof precallPrep>;
    booking: Booking;
    bookedAt: number;
    env: TestWorkflowEnvironment;
  }) => Promise<void>;
}

const UNAUTHORIZED = () => {
  throw ApplicationFailure.create({
    message: 'Notion refused: unauthorized',
    type: 'unauthorized',
    nonRetryable: true,
  });
};

let storeTries = 0;

/** By the name of the file that keeps the history. */
const STORIES: Record<string, Story> = {
  'three-reminders': { aheadMs: 4 * DAY_MS },
  'too-soon': { aheadMs: HOUR_MS },
  'booked-between-reminders': { aheadMs: 30 * HOUR_MS },
  'waiting-for-the-second-reminder': { aheadMs: 4 * DAY_MS, untilBeforeCallMs: 48 * HOUR_MS },
  'waiting-for-the-end': { aheadMs: 4 * DAY_MS, untilBeforeCallMs: HOUR_MS },
  'confirmed-again-with-another-start': {
    aheadMs: 4 * DAY_MS,
    async happens({ handle, booking, bookedAt, env }) {
      await env.sleep(HOUR_MS);
      const moved = aBooking({ uid: booking.uid, startsAt: later(booking.startsAt, 2 * DAY_MS) });
      await handle.signal(bookingEventSignal, confirmed(moved, later(bookedAt, HOUR_MS)));
    },
  },
  'confirmed-again-while-a-mail-is-retried': {
    aheadMs: 25 * HOUR_MS,
    activities: {
      async sendReminder({ booking, dueAt }) {
        if (booking.title !== 'Moved') throw new Error('connection refused');
        return { outcome: 'sent', sentAt: dueAt };
      },
    },
    async happens({ handle, booking, bookedAt, env }) {
      await env.sleep(2 * HOUR_MS);
      const moved = aBooking({ uid: booking.uid, title: 'Moved', startsAt: later(booking.startsAt, 3 * DAY_MS) });
      await handle.signal(bookingEventSignal, confirmed(moved, later(bookedAt, 2 * HOUR_MS)));
    },
  },
  'cancelled-and-confirmed-again': {
    aheadMs: 4 * DAY_MS,
    async happens({ handle, booking, bookedAt, env }) {
      await env.sleep(HOUR_MS);
      await handle.signal(bookingEventSignal, cancelled(booking, later(bookedAt, HOUR_MS)));
      await env.sleep(30 * HOUR_MS);
      await handle.signal(bookingEventSignal, confirmed(booking, later(bookedAt, 31 * HOUR_MS)));
    },
  },
  superseded: {
    aheadMs: 4 * DAY_MS,
    async happens({ handle, booking, bookedAt, env }) {
      await env.sleep(HOUR_MS);
      const moved = aBooking({ uid: 'moved', startsAt: later(booking.startsAt, DAY_MS) });
      await handle.signal(bookingEventSignal, rescheduled(moved, booking.uid, later(bookedAt, HOUR_MS)));
    },
  },
  'told-of': {
    aheadMs: 4 * DAY_MS,
    input: { plan: aPlan({ notices: { ...USUAL_NOTICES, confirmation: true } }) },
  },
  'told-of-and-cancelled': {
    aheadMs: 4 * DAY_MS,
    input: { plan: aPlan({ notices: USUAL_NOTICES }) },
    async happens({ handle, booking, bookedAt, env }) {
      await env.sleep(HOUR_MS);
      await handle.signal(bookingEventSignal, cancelled(booking, later(bookedAt, HOUR_MS), { reason: 'A cold.' }));
    },
  },
  'followed-up-after-the-booker-has-missed-it': {
    aheadMs: 3 * HOUR_MS,
    input: { plan: aPlan({ notices: USUAL_NOTICES }) },
    async happens({ handle, booking, env }) {
      const saidAt = later(booking.endsAt, 5 * MINUTE_MS);
      await env.sleep(Date.parse(saidAt) - (await env.currentTimeMs()));
      await handle.signal(bookingEventSignal, noShow(booking, saidAt));
    },
  },
  'made-up-for-and-in-quiet-hours': {
    aheadMs: 20 * HOUR_MS,
    input: {
      plan: aPlan({
        steps: aPlan().steps.map((step) => ({ ...step, late: 'merge' })),
        quietHours: { from: '21:00', to: '08:00' },
      }),
    },
    activities: {
      layOutReminders: async ({ startsAt }) => ({ [2 * HOUR_MS]: Date.parse(earlier(startsAt, 5 * HOUR_MS)) }),
    },
  },
  'a-plan-for-members-that-waits-for-the-membership': {
    aheadMs: 30 * HOUR_MS,
    input: {
      plan: aPlan({
        steps: [{ offsetMs: DAY_MS, template: '24h', when: 'members' }],
        special: [{ for: { campaigns: ['Christmas 2025'] }, steps: [{ offsetMs: HOUR_MS, template: '2h' }] }],
      }),
    },
    activities: {
      async findMembership({ told = [] }) {
        if (told.length === 0) return { state: 'unknown', reason: 'not_shared' };
        return { state: 'member', campaign: 'Christmas 2025' };
      },
    },
  },
  acknowledged: {
    aheadMs: 4 * DAY_MS,
    async happens({ handle, booking, bookedAt, env }) {
      await env.sleep(HOUR_MS);
      await handle.signal(bookingEventSignal, acknowledged(booking, 'a keyed name', later(bookedAt, HOUR_MS)));
    },
  },
  'held-until-the-call': {
    aheadMs: 25 * HOUR_MS,
    activities: { sendReminder: async () => ({ outcome: 'held' }) },
  },
  'store-down': {
    aheadMs: 25 * HOUR_MS,
    activities: {
      async recordBooking() {
        storeTries += 1;
        if (storeTries < 4) throw new Error('the store does not answer');
        return { written: true };
      },
    },
  },
  'notion-refuses': { aheadMs: 4 * DAY_MS, activities: { updateContact: UNAUTHORIZED, findMembership: UNAUTHORIZED } },
  'notion-down': {
    aheadMs: 3 * HOUR_MS,
    activities: {
      async findMembership() {
        throw new Error('Notion is unavailable');
      },
    },
  },
  'status-for-members-only': { aheadMs: 4 * DAY_MS, input: { campaignStatusFor: 'members' } },
  'mail-refused': {
    aheadMs: 4 * DAY_MS,
    activities: {
      async sendReminder({ dueAt, offsetMs }) {
        if (offsetMs < 3 * DAY_MS) return { outcome: 'sent', sentAt: dueAt };
        throw ApplicationFailure.create({ message: 'Refused', type: 'mail_refused', nonRetryable: true });
      },
    },
  },
  'booked-by-phone': {
    aheadMs: 4 * DAY_MS,
    booking: { attendees: [{ name: 'Dana', email: '15550142233@sms.cal.com' }] },
  },
  'with-guests-and-without-search-attributes': {
    aheadMs: 4 * DAY_MS,
    booking: {
      attendees: [
        { name: 'Ines', email: 'ines@example.com' },
        { name: 'Jo', email: 'jo@example.com' },
      ],
    },
    input: { searchAttributes: false },
  },
};

const CALM: BookingActivities = {
  sendReminder: async ({ dueAt }) => ({ outcome: 'sent', sentAt: dueAt }),
  recordBooking: async () => ({ written: true }),
  hasUnheardNews: async () => false,
  sendNotice: async ({ booking }) => ({ outcome: 'sent', sentAt: booking.startsAt }),
  layOutReminders: async () => ({}),
  findMembership: async () => ({ state: 'member', campaign: 'Christmas 2025' }),
  updateContact: async () => ({ outcome: 'updated' }),
  noteReminderSent: async () => ({ outcome: 'updated' }),
};

const FOLDER = new URL('../histories/', import.meta.url);
/** It would be this machine's name. */
const IDENTITY = 'record-histories';

const quiet = new DefaultLogger('ERROR');
// The test server lacks what Temporal's core warns about; nothing here needs it.
Runtime.install({ logger: quiet, telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' } } } });
const { env, stop } = await startTimeSkipping(await provisionTestServer({ env: process.env, say: console.log }));
const client = new Client({ connection: env.connection, identity: IDENTITY });
const workflowBundle = await bundleWorkflowCode({
  workflowsPath: fileURLToPath(new URL('../../src/workflows', import.meta.url)),
  logger: quiet,
});
try {
  await prepareNamespace(env.connection, 'default', silent);
  for (const [name, story] of Object.entries(STORIES)) {
    await writeFile(new URL(`${name}.json`, FOLDER), `${await record(name, story)}\n`);
    console.log(`test/histories/${name}.json`);
  }
} finally {
  await stop();
}

/** @returns the history as JSON, as `temporal workflow show --output json` prints it. */
async function record(name: string, story: Story): Promise<string> {
  const { findMembership, updateContact, noteReminderSent, ...others } = { ...CALM, ...story.activities };
  const common = { connection: env.nativeConnection, namespace: 'default', identity: IDENTITY };
  const workers = await Promise.all([
    Worker.create({ ...common, taskQueue: name, workflowBundle, activities: { ...others } }),
    Worker.create({
      ...common,
      taskQueue: `${name}-notion`,
      activities: { findMembership, updateContact, noteReminderSent },
    }),
  ]);
  return workers[0].runUntil(workers[1].runUntil(tell(name, story)));
}

async function tell(
  name: string,
  { aheadMs, booking: facts, input, untilBeforeCallMs, happens }: Story,
): Promise<string> {
  const bookedAt = await env.currentTimeMs();
  const booking = aBooking({ uid: name, startsAt: later(bookedAt, aheadMs), ...facts });
  const handle = await client.workflow.signalWithStart<typeof precallPrep, [BookingEvent]>('precallPrep', {
    workflowId: workflowIdOf(booking),
    taskQueue: name,
    args: [{ plan: aPlan(), campaignStatusFor: 'everybody', searchAttributes: true, ...input }],
    signal: bookingEventSignal,
    signalArgs: [confirmed(booking, later(bookedAt, 0))],
    ...(input?.searchAttributes !== false && {
      typedSearchAttributes: [
        { key: precallStatus, value: 'scheduled' },
        { key: precallStartsAt, value: new Date(booking.startsAt) },
      ],
    }),
  });
  await happens?.({ handle, booking, bookedAt, env });

  if (untilBeforeCallMs === undefined) await env.client.workflow.getHandle(handle.workflowId).result();
  else await env.sleep(Date.parse(earlier(booking.startsAt, untilBeforeCallMs)) - (await env.currentTimeMs()));
  const history = await handle.fetchHistory();
  // One that is left open would keep the server's clock from skipping.
  if (untilBeforeCallMs !== undefined) await handle.terminate();
  return withoutStacks(historyToJSON(history));
}

/** They tell where this checkout lies, and a replay does not look at them. */
function withoutStacks(json: string): string {
  return JSON.stringify(
    JSON.parse(json, (key, value) => (key === 'stackTrace' ? undefined : value)),
    undefined,
    2,
  );
}
