import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Clock } from '../../src/activities/mail-sender.ts';
import { type BookingEvent, isMailable, type TellingEvent } from '../../src/booking.ts';
import { type BookingState, hear } from '../../src/workflows/booking-state.ts';
import {
  aBooking,
  acknowledged,
  aPlan,
  cancelled,
  confirmed,
  DAY_MS,
  HOUR_MS,
  later,
  MINUTE_MS,
  noShow,
  rescheduled,
  USUAL_NOTICES,
  updated,
} from '../support/a-booking.ts';
import { openSandbox, type Sandbox } from '../support/simulated-sandbox.ts';
import { type BookingActivities, createSimulator } from '../support/simulator.ts';

const NOW = Date.parse('2026-12-01T12:00:00.000Z');
const CALL = aBooking({ startsAt: later(NOW, 4 * DAY_MS) });
const OVER = later(CALL.endsAt, 8 * DAY_MS);

/** News, and how long after the booking was made it happens and is told. */
interface News {
  afterMs: number;
  event: BookingEvent;
}

interface Mail {
  at: number;
  /** `reminder/24h`, `notice/cancelled`, … */
  step: string;
  recipient: string;
}

describe('whatever happens to a booking', { timeout: 120_000 }, () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await openSandbox(['recordBooking', 'hasUnheardNews', 'layOutReminders']);
  }, 120_000);
  afterAll(() => sandbox?.destroy());

  /** Lives it through. @returns the mails that were sent. */
  async function mailsOf(news: readonly News[]): Promise<Mail[]> {
    const mails: Mail[] = [];
    const stopping: string[] = [];
    const simulator = createSimulator({
      sandbox,
      startsAt: NOW,
      activities: (clock) => recording(clock, { mails, stopping }),
      input: { plan: aPlan({ notices: { ...USUAL_NOTICES, confirmation: true } }) },
    });
    await simulator.tell(confirmed(CALL, later(NOW, 0)));
    for (const { afterMs, event } of news.toSorted((a, b) => a.afterMs - b.afterMs)) {
      await simulator.advanceTo(NOW + afterMs);
      if (event.kind === 'cancelled' || event.kind === 'rescheduled') stopping.push(event.id);
      if (event.booking.uid !== CALL.uid || !('startsAt' in event.booking)) await simulator.inform(CALL, event);
      else await simulator.tell(event as TellingEvent);
    }
    await simulator.advanceTo(OVER);
    await simulator.close();
    return mails;
  }

  it('each mail is sent once, and only while it is true', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(someNews(), { maxLength: 5 }), async (news) => {
        const mails = await mailsOf(news);

        const names = mails.map(({ step, recipient }) => `${step} ${recipient}`);
        expect(names).toEqual([...new Set(names)]);
        for (const { step, at } of mails) {
          // What is told at the very instant comes before it or after.
          const standing = [at - 1, at].map((instant) => standingAt(news, instant));
          expect([step, standing]).toEqual([step, expect.arrayContaining([isOfTheEnd(step) ? 'cancelled' : 'live'])]);
          if (step.startsWith('reminder/')) expect(at).toBeLessThan(Date.parse(CALL.startsAt));
          if (step.startsWith('notice/no-show')) expect(at).toBeGreaterThan(Date.parse(CALL.endsAt));
        }
      }),
      { numRuns: 40 },
    );
  });

  it('that somebody will be there changes none of them', async () => {
    const acknowledgement = fc
      .tuple(fc.constantFrom('ada', 'bob'), fc.nat(4 * DAY_MS))
      .map(([who, afterMs]) => ({ afterMs, event: acknowledged(CALL, who, later(NOW, afterMs)) }));
    const stories = fc.tuple(
      fc.array(someNews(), { maxLength: 3 }),
      fc.array(acknowledgement, { minLength: 1, maxLength: 3 }),
    );

    await fc.assert(
      fc.asyncProperty(stories, async ([news, acknowledgements]) => {
        expect(await mailsOf([...news, ...acknowledgements])).toEqual(await mailsOf(news));
      }),
      { numRuns: 15 },
    );
  });
});

/** Often in the minutes around a reminder, in which its run is awake. */
function someNews(): fc.Arbitrary<News> {
  const aroundAReminder = fc
    .tuple(fc.constantFrom(72, 24, 2), fc.integer({ min: -2 * MINUTE_MS, max: MINUTE_MS }))
    .map(([hoursBefore, ms]) => 4 * DAY_MS - hoursBefore * HOUR_MS + ms);
  const beforeTheCall = fc.oneof(fc.integer({ min: MINUTE_MS, max: 4 * DAY_MS - MINUTE_MS }), aroundAReminder);
  const afterTheCall = fc.integer({ min: 4 * DAY_MS + HOUR_MS / 2, max: 4 * DAY_MS + HOUR_MS });
  const moved = aBooking({ uid: 'moved', startsAt: later(CALL.startsAt, DAY_MS) });
  const told = (afterMs: number, tell: (at: string) => BookingEvent) => ({ afterMs, event: tell(later(NOW, afterMs)) });
  return fc.oneof(
    beforeTheCall.map((afterMs) => told(afterMs, (at) => confirmed(CALL, at))),
    beforeTheCall.map((afterMs) => told(afterMs, (at) => cancelled(CALL, at))),
    beforeTheCall.map((afterMs) => told(afterMs, (at) => updated({ ...CALL, joinUrl: 'https://example.com/new' }, at))),
    beforeTheCall.map((afterMs) => told(afterMs, (at) => rescheduled(moved, CALL.uid, at))),
    fc.tuple(afterTheCall, fc.boolean()).map(([afterMs, isOne]) => told(afterMs, (at) => noShow(CALL, at, isOne))),
  );
}

function standingAt(news: readonly News[], at: number): BookingState['standing'] {
  const told = news.filter(({ afterMs }) => NOW + afterMs <= at).map(({ event }) => event);
  return [confirmed(CALL, later(NOW, 0)), ...told].reduce<BookingState | undefined>(hear, undefined)!.standing;
}

function isOfTheEnd(step: string): boolean {
  return ['notice/cancelled', 'notice/host-cancelled'].includes(step);
}

/** Sends into `mails`. `stopping` holds the ids of the news until now that calls a reminder off. */
function recording(clock: Clock, { mails, stopping }: { mails: Mail[]; stopping: string[] }): BookingActivities {
  const sent = (mail: Mail) => {
    mails.push(mail);
    return { outcome: 'sent' as const, sentAt: new Date(mail.at).toISOString() };
  };
  return {
    async sendReminder({ dueAt, step, recipient, heard }) {
      expect(isMailable(recipient)).toBe(true);
      await clock.waitUntil(Date.parse(dueAt));
      if (stopping.some((id) => !heard.includes(id))) return { outcome: 'held' };
      return sent({ at: clock.now(), step, recipient: recipient.email });
    },
    sendNotice: async ({ step, recipient }) =>
      sent({ at: clock.now(), step, recipient: recipient?.email ?? 'the host' }),
    layOutReminders: async () => ({}),
    recordBooking: async () => ({ written: true }),
    hasUnheardNews: async () => false,
    findMembership: async () => ({ state: 'none' }),
    updateContact: async () => ({ outcome: 'updated' }),
    noteReminderSent: async () => ({ outcome: 'skipped', reason: 'notion_off' }),
  };
}
