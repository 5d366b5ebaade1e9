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
import { beforeAll } from 'vitest';
import { createEmailActivities } from '../../src/activities/email.ts';
import type { CampaignActivities, ContactActivities, ContactUpdate } from '../../src/activities/index.ts';
import { type BookingEvent, workflowIdOf } from '../../src/booking.ts';
import type { OutgoingMail } from '../../src/email/mail-transport.ts';
import { createReminderRenderer } from '../../src/email/reminder-renderer.ts';
import { prepareNamespace } from '../../src/temporal/prepare-namespace.ts';
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
import { silent } from './silent.ts';
import { useTimeSkipping } from './time-skipping.ts';

/** What the run had done, and when by the skipped clock. Each part can be made to fail. */
export interface World {
  now(): Promise<number>;
  mails: { at: number; to: string; subject: string; messageId: string }[];
  contact: ContactUpdate[];
  lookUps: string[];
  /** Decides what becomes of a mail; throws to have it fail. */
  onMail: (mail: OutgoingMail, at: number) => void;
  onContact: (update: ContactUpdate, at: number) => NotionReport;
  onLookUp: (at: number) => CampaignReport;
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
  let runs = 0;

  beforeAll(async () => {
    workflowBundle = await bundleWorkflowCode({
      workflowsPath: new URL('../../src/workflows', import.meta.url).pathname,
      logger: QUIET,
    });
    await prepareNamespace(temporal.env.connection, 'default', silent);
  });

  return {
    now: () => temporal.env.currentTimeMs(),

    /** Starts a run with its first event and tells the story; the run must have ended when the story has. */
    async follow(
      event: BookingEvent,
      tell: (story: Story) => Promise<void>,
      input: Partial<PrecallPrepInput> = {},
    ): Promise<{ outcome: PrecallOutcome; world: World; history: proto.temporal.api.history.v1.IHistory }> {
      const { env } = temporal;
      runs += 1;
      const taskQueue = `bookings-${runs}`;
      const world = createWorld(() => env.currentTimeMs());
      const { sendReminder, findMembership, updateContact } = activitiesOf(world);
      const common = { connection: env.nativeConnection, namespace: 'default' };
      const workers = await Promise.all([
        Worker.create({ ...common, taskQueue, workflowBundle, activities: { sendReminder } }),
        Worker.create({ ...common, taskQueue: `${taskQueue}-notion`, activities: { findMembership, updateContact } }),
      ]);

      const story = async () => {
        const handle = await env.client.workflow.signalWithStart<typeof precallPrep, [BookingEvent]>('precallPrep', {
          workflowId: workflowIdOf({ ...event.booking, uid: `${event.booking.uid}-${runs}` }),
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
          tell: (news) => handle.signal(bookingEventSignal, news),
        });
        return { outcome: await handle.result(), world, history: await handle.fetchHistory() };
      };
      return workers[0].runUntil(workers[1].runUntil(story()));
    },
  };
}

function createWorld(now: () => Promise<number>): World {
  return {
    now,
    mails: [],
    contact: [],
    lookUps: [],
    onMail: () => undefined,
    onContact: () => ({ outcome: 'updated' }),
    onLookUp: () => ({ state: 'none' }),
  };
}

function activitiesOf(world: World): ReturnType<typeof createEmailActivities> & CampaignActivities & ContactActivities {
  let clock = 0;
  const email = createEmailActivities({
    renderer: createReminderRenderer({ templatesDir: 'templates', fallbackTimeZone: 'UTC' }),
    messageIdOf: ({ booking, offsetMs, recipient }) => `<${booking.startsAt}/${offsetMs}/${recipient.email}>`,
    // The skipped clock stands still while an activity runs, so what waits for an instant finds that it has come.
    clock: {
      now: () => clock,
      async waitUntil(at) {
        clock = Math.max(at, clock);
      },
    },
    transport: {
      prepare: async (mail) => ({
        async send() {
          world.onMail(mail, clock);
          world.mails.push({ at: clock, to: mail.to.email, subject: mail.subject, messageId: mail.messageId });
        },
      }),
    },
  });
  return {
    async sendReminder(request) {
      clock = await world.now();
      return email.sendReminder(request);
    },
    async findMembership({ email: address }) {
      world.lookUps.push(address);
      return world.onLookUp(await world.now());
    },
    async updateContact(update) {
      const report = world.onContact(update, await world.now());
      world.contact.push(update);
      return report;
    },
  };
}

/** A failure that only a person can resolve, as the Notion activities report it. */
export function refusal(reason: string): ApplicationFailure {
  return ApplicationFailure.create({ message: `Refused: ${reason}`, type: reason, nonRetryable: true });
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
