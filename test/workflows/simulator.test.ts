import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { MailOutcome, RunRecord } from '../../src/activities/index.ts';
import type { Clock } from '../../src/activities/mail-sender.ts';
import type { TellingEvent } from '../../src/booking.ts';
import {
  aBooking,
  cancelled,
  confirmed,
  DAY_MS,
  earlier,
  HOUR_MS,
  later,
  MINUTE_MS,
  rescheduled,
} from '../support/a-booking.ts';
import { openSandbox, type Sandbox } from '../support/simulated-sandbox.ts';
import { type BookingActivities, createSimulator, type Simulator } from '../support/simulator.ts';

const NOW = '2026-12-01T12:00:00.000Z';
const IN_FOUR_DAYS = later(NOW, 4 * DAY_MS);

describe('the simulator of Temporal', { timeout: 30_000 }, () => {
  let sandbox: Sandbox;
  let world: World;
  beforeAll(async () => {
    sandbox = await openSandbox(['recordBooking', 'hasUnheardNews', 'layOutReminders']);
  }, 60_000);
  beforeEach(() => {
    world = { sent: [], attempts: [], recorded: [], onSend: () => {}, onRecord: () => {} };
  });
  afterAll(() => sandbox?.destroy());

  const simulate = () =>
    createSimulator({ sandbox, startsAt: NOW, activities: (clock) => recordingActivities(clock, world) });

  describe('with a call four days ahead', () => {
    const call = aBooking({ startsAt: IN_FOUR_DAYS });

    it('lets each mail leave at its very instant', async () => {
      const simulator = simulate();

      await simulator.tell(confirmed(call, NOW) as TellingEvent);
      await simulator.advanceTo(later(IN_FOUR_DAYS, DAY_MS));

      expect(world.sent).toEqual([72, 24, 2].map((hours) => earlier(IN_FOUR_DAYS, hours * HOUR_MS)));
    });

    it('moves no further than it is told', async () => {
      const simulator = simulate();

      await simulator.tell(confirmed(call, NOW) as TellingEvent);
      await simulator.advanceTo(earlier(IN_FOUR_DAYS, 24 * HOUR_MS + 1));

      expect(world.sent).toHaveLength(1);
      expect(simulator.now()).toBe(Date.parse(IN_FOUR_DAYS) - 24 * HOUR_MS - 1);
      expect(simulator.run(call)).toMatchObject({ status: 'running' });
    });

    it('answers what stands in the timetable', async () => {
      const simulator = simulate();

      await simulator.tell(confirmed(call, NOW) as TellingEvent);
      await simulator.advanceTo(earlier(IN_FOUR_DAYS, 3 * HOUR_MS));

      const { reminders } = await simulator.timetable(call);
      expect(reminders.map(({ outcome }) => outcome)).toEqual(['sent', 'sent', 'planned']);
    });

    it('keeps the outcome and the search attributes once the call is over', async () => {
      const simulator = simulate();

      await simulator.tell(confirmed(call, NOW) as TellingEvent);
      await simulator.advanceTo(later(IN_FOUR_DAYS, DAY_MS));

      expect(simulator.run(call)).toMatchObject({
        status: 'completed',
        outcome: { status: 'completed', bookingUid: call.uid },
        searchAttributes: { PrecallStatus: 'completed', PrecallStartsAt: IN_FOUR_DAYS },
      });
    });

    it('takes no news of it once it is over, and starts nothing', async () => {
      const simulator = simulate();
      await simulator.tell(confirmed(call, NOW) as TellingEvent);
      await simulator.advanceTo(later(IN_FOUR_DAYS, DAY_MS));

      expect(await simulator.tell(cancelled(call, NOW) as TellingEvent)).toBe('closed');
      expect(await simulator.inform(call, cancelled(call, NOW))).toBe('absent');
      expect(await openRunsOf(simulator)).toEqual([]);
    });

    it('ends the run at once when another booking takes its place', async () => {
      const simulator = simulate();
      const moved = aBooking({ uid: 'moved', startsAt: later(IN_FOUR_DAYS, DAY_MS) });
      const move = rescheduled(moved, call.uid, later(NOW, MINUTE_MS));

      await simulator.tell(confirmed(call, NOW) as TellingEvent);
      expect(await simulator.inform(call, move)).toBe('told');
      await simulator.tell(move as TellingEvent);
      await simulator.settle();

      expect(simulator.run(call)).toMatchObject({ status: 'completed', outcome: { status: 'superseded' } });
      expect(await openRunsOf(simulator)).toEqual([`precall/${moved.uid}`]);
    });
  });

  describe('while the mail server is away', () => {
    const call = aBooking({ startsAt: IN_FOUR_DAYS });
    const dueAt = earlier(IN_FOUR_DAYS, 72 * HOUR_MS);
    beforeEach(() => {
      world.onSend = () => {
        throw new Error('connection refused');
      };
    });

    it('pauses ever longer between the attempts, as the policy says', async () => {
      const simulator = simulate();

      await simulator.tell(confirmed(call, NOW) as TellingEvent);
      await simulator.advanceTo(later(dueAt, 16 * MINUTE_MS));

      const seconds = world.attempts.map((at) => (at - Date.parse(dueAt)) / 1_000);
      expect(seconds).toEqual([0, 1, 3, 7, 15, 31, 63, 127, 255, 495, 735]);
    });

    it('gives the mail up when the next one is due', async () => {
      const simulator = simulate();

      await simulator.tell(confirmed(call, NOW) as TellingEvent);
      await simulator.advanceTo(later(IN_FOUR_DAYS, DAY_MS));

      const reminders = simulator.run(call)?.outcome?.reminders;
      expect(reminders?.map(({ outcome, reason }) => `${outcome}: ${reason}`)).toEqual([
        'failed: not_delivered_in_time',
        'failed: not_delivered_in_time',
        'failed: not_delivered_in_time',
      ]);
      expect(Math.max(...world.attempts)).toBeLessThan(Date.parse(IN_FOUR_DAYS));
    });

    it('tries no more once the call is called off', async () => {
      const simulator = simulate();
      const cancelledAt = later(dueAt, 10 * MINUTE_MS);

      await simulator.tell(confirmed(call, NOW) as TellingEvent);
      await simulator.advanceTo(cancelledAt);
      await simulator.tell(cancelled(call, cancelledAt) as TellingEvent);
      await simulator.advanceTo(later(IN_FOUR_DAYS, DAY_MS));

      expect(Math.max(...world.attempts)).toBeLessThan(Date.parse(cancelledAt));
      expect(simulator.run(call)?.outcome).toMatchObject({
        status: 'cancelled',
        reminders: [{ outcome: 'skipped', reason: 'cancelled' }, {}, {}],
      });
    });
  });

  it('waits for the end of an attempt that is under way when the call is called off', async () => {
    const simulator = simulate();
    const call = aBooking({ startsAt: IN_FOUR_DAYS });
    const dueAt = earlier(IN_FOUR_DAYS, 72 * HOUR_MS);
    // The run wakes a little before, and the attempt waits for the instant.
    const cancelledAt = earlier(dueAt, 1);

    await simulator.tell(confirmed(call, NOW) as TellingEvent);
    await simulator.advanceTo(cancelledAt);
    await simulator.tell(cancelled(call, cancelledAt) as TellingEvent);
    await simulator.advanceTo(later(IN_FOUR_DAYS, DAY_MS));

    expect(simulator.run(call)?.outcome?.reminders).toMatchObject([{ outcome: 'sent', sentAt: dueAt }, {}, {}]);
  });

  it('lets a local activity be tried again after a pause of its clock', async () => {
    const failsUntil = Date.parse(NOW) + 3_000;
    world.onRecord = (at) => {
      if (at < failsUntil) throw new Error('the store is away');
    };
    const simulator = simulate();

    await simulator.tell(confirmed(aBooking({ startsAt: IN_FOUR_DAYS }), NOW) as TellingEvent);
    await simulator.advanceTo(later(NOW, HOUR_MS));

    expect(world.recorded[0]?.at).toBe(Date.parse(NOW) + 6_000);
  });
});

interface World {
  /** When each mail left. ISO 8601, UTC. */
  sent: string[];
  /** When each was tried. Epoch milliseconds. */
  attempts: number[];
  recorded: { at: number; record: RunRecord }[];
  /** Throws to have the mail fail. */
  onSend: (at: number) => void;
  onRecord: (at: number) => void;
}

function recordingActivities(clock: Clock, world: World): BookingActivities {
  return {
    async sendReminder({ dueAt }): Promise<MailOutcome> {
      await clock.waitUntil(Date.parse(dueAt));
      world.attempts.push(clock.now());
      world.onSend(clock.now());
      const sentAt = new Date(clock.now()).toISOString();
      world.sent.push(sentAt);
      return { outcome: 'sent', sentAt };
    },
    async recordBooking(record) {
      world.onRecord(clock.now());
      world.recorded.push({ at: clock.now(), record });
      return { written: true };
    },
    sendNotice: async () => ({ outcome: 'skipped', reason: 'no_host_address' }),
    layOutReminders: async () => ({}),
    hasUnheardNews: async () => false,
    findMembership: async () => ({ state: 'none' }),
    updateContact: async () => ({ outcome: 'updated' }),
    noteReminderSent: async () => ({ outcome: 'skipped' }),
  };
}

async function openRunsOf(simulator: Simulator): Promise<string[]> {
  const open: string[] = [];
  for await (const workflowId of simulator.openRuns()) open.push(workflowId);
  return open;
}
