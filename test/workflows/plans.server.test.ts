import { describe, expect, it } from 'vitest';
import type { BookingEvent } from '../../src/booking.ts';
import type { BookingPlan, NoticeChoices } from '../../src/booking-plan.ts';
import { MailRefused, MailUndelivered } from '../../src/email/mail-transport.ts';
import { createPersonOf } from '../../src/person.ts';
import { type BookingState, hear } from '../../src/workflows/booking-state.ts';
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
  NO_NOTICES,
  noShow,
  rescheduled,
  USUAL_NOTICES,
} from '../support/a-booking.ts';
import { countEvents, useBookingWorkflow } from '../support/booking-workflow.ts';
import { INSTALLATION_KEY } from '../support/mail-parts.ts';

const TOBIAS = 'tobias.okafor@example.com';
const MARA = 'mara.lindqvist@example.com';
const MEMBER = { state: 'member', campaign: 'Christmas 2025' } as const;

describe('a booking', () => {
  const bookings = useBookingWorkflow();
  let made = 0;

  /** A booking that starts so long after the skipped clock's now, and is confirmed now. */
  async function booked(aheadMs: number, facts: Parameters<typeof aBooking>[0] = {}) {
    const now = await bookings.now();
    made += 1;
    const booking = aBooking({ uid: `planned-${made}`, startsAt: later(now, aheadMs), ...facts });
    return { now, booking, event: confirmed(booking, later(now, 0)) };
  }

  const decisionsIn = ({
    reminders,
  }: {
    reminders: { offset: string; outcome: string; reason?: string | undefined }[];
  }) => reminders.map(({ offset, outcome, reason }) => `${offset} ${outcome}${reason ? `: ${reason}` : ''}`);
  const noticesIn = ({ notices }: { notices: { notice: string; outcome: string; reason?: string | undefined }[] }) =>
    notices.map(({ notice, outcome, reason }) => `${notice} ${outcome}${reason ? `: ${reason}` : ''}`);

  describe('made between two reminders, where what was missed is made up for', () => {
    const plan = aPlan({ steps: aPlan().steps.map((step) => ({ ...step, late: 'merge' as const })) });

    it('gets one mail at once and those that are to come, and says why', async () => {
      const { now, booking, event } = await booked(20 * HOUR_MS);

      const { outcome, world } = await bookings.follow(event, async () => undefined, { plan });

      expect(decisionsIn(outcome)).toEqual(['72h skipped: merged', '24h sent: caught_up', '2h sent']);
      expect(world.mails[0]!.at - now).toBeLessThan(MINUTE_MS);
      expect(world.mails[0]!.subject).not.toMatch(/24|missed/);
      expect(world.mails.slice(1).map(({ at }) => at)).toEqual([Date.parse(earlier(booking.startsAt, 2 * HOUR_MS))]);
    });

    it('gets none if the call is too soon', async () => {
      const { event } = await booked(90 * MINUTE_MS);

      const { world } = await bookings.follow(event, async () => undefined, { plan });

      expect(world.mails).toEqual([]);
    });
  });

  describe('with quiet hours', () => {
    /** A call whose reminder is due in the booker's night, and when it comes instead. */
    async function atNight(plan: Partial<BookingPlan> = {}) {
      const now = await bookings.now();
      const midnight = Math.ceil(now / DAY_MS + 4) * DAY_MS;
      const { booking, event } = await booked(midnight + 5 * HOUR_MS - now, {
        attendees: [{ name: 'Tobias', email: TOBIAS, timeZone: 'UTC' }],
      });
      return {
        booking,
        event,
        plan: aPlan({ quietHours: { from: '21:00', to: '08:00' }, ...plan }),
        evening: (daysBefore: number) => midnight - 3 * HOUR_MS - daysBefore * DAY_MS,
      };
    }

    it('gets each reminder in the evening before, never in the night', async () => {
      const { event, plan, evening } = await atNight();

      const { world, outcome } = await bookings.follow(event, async () => undefined, { plan });

      // The evening is taken when the last one is due: it comes at its own time.
      expect(world.mails.map(({ at }) => at)).toEqual([evening(3), evening(1), evening(0)]);
      expect(outcome.reminders.map(({ dueAt }) => Date.parse(dueAt))).toEqual([evening(3), evening(1), evening(0)]);
    });

    it('costs one event for it, and nothing about the booker is in it', async () => {
      const { event, plan } = await atNight();

      const { history } = await bookings.follow(event, async () => undefined, { plan });

      expect(countEvents(history)).toBeLessThanOrEqual(90);
    });

    it('gets what makes up for the missed ones at once, at night as well', async () => {
      const now = await bookings.now();
      const midnight = Math.ceil(now / DAY_MS) * DAY_MS;
      const { booking, event } = await booked(midnight + 20 * HOUR_MS - now);
      const steps = aPlan().steps.map((step) => ({ ...step, late: 'merge' as const }));
      const plan = aPlan({ steps, quietHours: { from: '00:00', to: '23:59' } });

      const { world, outcome } = await bookings.follow(confirmed(booking, event.occurredAt), async () => undefined, {
        plan,
      });

      expect(outcome.reminders.find(({ reason }) => reason === 'caught_up')).toMatchObject({ outcome: 'sent' });
      expect(world.mails[0]!.at - now).toBeLessThan(MINUTE_MS);
    });
  });

  describe('with reminders for some', () => {
    const forSome = (when: 'members' | 'others' | 'unconfirmed') =>
      aPlan({ steps: [{ offsetMs: 24 * HOUR_MS, template: '24h', when }] });

    it.each([
      ['members', MEMBER, '24h sent'],
      ['members', { state: 'none' }, '24h skipped: not_a_member'],
      ['others', MEMBER, '24h skipped: is_a_member'],
      ['others', { state: 'none' }, '24h sent'],
    ] as const)('for %s goes by the membership: %j', async (when, membership, expected) => {
      const { event } = await booked(30 * HOUR_MS);

      const { outcome } = await bookings.follow(
        event,
        async ({ world }) => {
          world.onLookUp = () => membership;
        },
        { plan: forSome(when) },
      );

      expect(decisionsIn(outcome)).toEqual([expected]);
    });

    it('waits a minute for the membership, and is left out if nobody knows it then', async () => {
      const { booking, event } = await booked(30 * HOUR_MS);
      const dueAt = earlier(booking.startsAt, 24 * HOUR_MS);

      const { outcome, world } = await bookings.follow(
        event,
        async ({ world: w, handle, sleepUntil }) => {
          w.onLookUp = () => {
            throw new Error('Notion answers 503');
          };
          await sleepUntil(later(dueAt, 30_000));
          expect(decisionsIn(await handle.query('timetable'))).toEqual(['24h planned']);
          await sleepUntil(later(dueAt, 2 * MINUTE_MS));
          expect(decisionsIn(await handle.query('timetable'))).toEqual(['24h skipped: membership_unknown']);
          w.onLookUp = () => MEMBER;
        },
        { plan: forSome('members') },
      );

      expect(world.mails).toEqual([]);
      expect(outcome.campaign).toEqual(MEMBER);
    });

    it('leaves out whoever has said that they will be there, and reminds the others', async () => {
      const attendees = [
        { name: 'Ines', email: 'ines@example.com' },
        { name: 'Jo', email: 'jo@example.com' },
      ] satisfies [object, ...object[]];
      const { now, booking, event } = await booked(30 * HOUR_MS, { attendees });
      const ines = createPersonOf(INSTALLATION_KEY)('ines@example.com');

      const { outcome, world } = await bookings.follow(
        event,
        async ({ tell }) => tell(acknowledged(booking, ines, later(now, 1_000))),
        { plan: forSome('unconfirmed') },
      );

      expect(world.mails.map(({ to }) => to)).toEqual(['jo@example.com']);
      expect(outcome).toMatchObject({ acknowledged: true, reminders: [{ reason: 'not_all_recipients' }] });
    });

    it('is reminded as planned when somebody says so: that holds nothing up', async () => {
      const { now, booking, event } = await booked(4 * DAY_MS);

      const { world } = await bookings.follow(event, async ({ tell, sleepUntil }) => {
        await sleepUntil(later(now, HOUR_MS));
        await tell(acknowledged(booking, 'somebody', later(now, HOUR_MS)));
      });

      expect(world.mails.map(({ at }) => at)).toEqual(
        [72, 24, 2].map((hours) => Date.parse(earlier(booking.startsAt, hours * HOUR_MS))),
      );
    });
  });

  describe('with a plan of its own', () => {
    const own = (concerned: { eventTypes?: string[]; campaigns?: string[] }) =>
      aPlan({ special: [{ for: concerned, steps: [{ offsetMs: 5 * HOUR_MS, template: '2h' }] }] });

    it('gets the reminders of its event type', async () => {
      const { event } = await booked(30 * HOUR_MS, { eventType: 'intro-call' });

      const { outcome } = await bookings.follow(event, async () => undefined, {
        plan: own({ eventTypes: ['intro-call'] }),
      });

      expect(decisionsIn(outcome)).toEqual(['5h sent']);
    });

    it('gets the usual ones until it is known that the booker is in its campaign', async () => {
      const { now, event } = await booked(30 * HOUR_MS);

      const { outcome, world } = await bookings.follow(
        event,
        async ({ world: w }) => {
          w.onLookUp = (at) => {
            if (at < now + 10 * HOUR_MS) throw new Error('Notion answers 503');
            return MEMBER;
          };
        },
        { plan: own({ campaigns: [MEMBER.campaign] }) },
      );

      expect(decisionsIn(outcome)).toEqual(['5h sent']);
      // The one of the day before was due by then.
      expect(world.mails).toHaveLength(2);
    });
  });

  describe('of which people are told', () => {
    const told = (notices: Partial<NoticeChoices> = {}) => ({
      plan: aPlan({ notices: { ...USUAL_NOTICES, ...notices } }),
    });

    it('the host is told at once, the attendees where the operator wants it', async () => {
      const { now, event } = await booked(4 * DAY_MS);

      const { outcome, world } = await bookings.follow(event, async () => undefined, told({ confirmation: true }));

      expect(world.notices.map(({ notice }) => notice).toSorted()).toEqual([
        `notice/confirmation ${TOBIAS}`,
        `notice/host-booked ${MARA}`,
      ]);
      for (const { at } of world.notices) expect(at - now).toBeLessThan(MINUTE_MS);
      expect(noticesIn(outcome)).toEqual(['confirmation sent', 'host-booked sent']);
      expect(world.mails).toHaveLength(3);
    });

    it('of one that is too soon the host is told all the same', async () => {
      const { event } = await booked(90 * MINUTE_MS);

      const { outcome, world } = await bookings.follow(event, async () => undefined, told());

      expect(world.mails).toEqual([]);
      expect(noticesIn(outcome)).toEqual(['host-booked sent']);
    });

    it('of one that was booked days ago nobody is told', async () => {
      const { now, booking } = await booked(4 * DAY_MS);

      const { outcome, world } = await bookings.follow(
        confirmed(booking, later(now, -2 * DAY_MS)),
        async () => undefined,
        told(),
      );

      expect(world.notices).toEqual([]);
      expect(noticesIn(outcome)).toEqual(['host-booked skipped: out_of_date']);
    });

    it('a move is told with when it was to be before', async () => {
      const before = await booked(4 * DAY_MS);
      await bookings.store.bookings.record({
        booking: before.booking,
        revision: 1,
        status: 'superseded',
        report: {},
        state: {},
        isOver: true,
        decided: [],
      });
      const { now, booking } = await booked(6 * DAY_MS);

      const { outcome, world } = await bookings.follow(
        rescheduled(booking, before.booking.uid, later(now, 0)),
        async () => undefined,
        told(),
      );

      expect(noticesIn(outcome)).toEqual(['moved sent', 'host-moved sent']);
      const moved = world.notices.find(({ notice }) => notice === `notice/moved ${TOBIAS}`);
      expect(moved?.text).toContain(`${new Date(before.booking.startsAt).getUTCDate()} `);
    });

    it('a cancel is told to both, with the reason, once', async () => {
      const { now, booking, event } = await booked(4 * DAY_MS);
      const cancel = cancelled(booking, later(now, HOUR_MS), { reason: 'I have a cold.' });

      const { outcome, world } = await bookings.follow(
        event,
        async ({ tell, sleepUntil }) => {
          await sleepUntil(later(now, HOUR_MS));
          await tell(cancel);
          await sleepUntil(later(now, 2 * HOUR_MS));
          await tell(cancelled(booking, later(now, HOUR_MS + 1), { reason: 'I have a cold.', id: 'told again' }));
        },
        told(),
      );

      expect(noticesIn(outcome)).toEqual(['host-booked sent', 'cancelled sent', 'host-cancelled sent']);
      expect(world.notices.map(({ notice }) => notice)).toHaveLength(3);
      for (const { text } of world.notices.slice(1)) expect(text).toContain('I have a cold.');
      expect(world.mails).toEqual([]);
    });

    it('one mail that fails keeps no other from its way, and is tried on', async () => {
      const { now, event } = await booked(30 * HOUR_MS);

      const { outcome, world } = await bookings.follow(
        event,
        async ({ world: w }) => {
          w.onMail = ({ to }, at) => {
            if (to.email === MARA && at < now + 3 * HOUR_MS) throw new MailUndelivered('connection refused');
            if (to.email === TOBIAS && at < now + HOUR_MS) throw new MailRefused(550);
          };
        },
        told({ confirmation: true }),
      );

      expect(noticesIn(outcome)).toEqual(['confirmation failed: mail_refused', 'host-booked sent']);
      expect(decisionsIn(outcome)).toEqual(['72h skipped: past_when_booked', '24h sent', '2h sent']);
      expect(world.notices[0]!.at).toBeGreaterThanOrEqual(now + 3 * HOUR_MS);
    });

    it('what another booking has taken the place of is told of no more', async () => {
      const { now, booking, event } = await booked(4 * DAY_MS);
      const moved = aBooking({ uid: `${booking.uid}-moved`, startsAt: later(booking.startsAt, 2 * DAY_MS) });
      let isDown = true;

      const { outcome, world } = await bookings.follow(
        event,
        async ({ world: w, tell, sleepUntil }) => {
          w.onMail = () => {
            if (isDown) throw new MailUndelivered('connection refused');
          };
          await sleepUntil(later(now, HOUR_MS));
          await tell(rescheduled(moved, booking.uid, later(now, HOUR_MS)));
          isDown = false;
        },
        told(),
      );

      expect(world.notices).toEqual([]);
      expect(outcome).toMatchObject({ status: 'superseded', notices: [] });
    });

    it('an attendee is not told while the inbox holds news, and then what is true', async () => {
      const { now, booking, event } = await booked(4 * DAY_MS);
      const cancel = cancelled(booking, later(now, 1_000));
      const body = Buffer.from(JSON.stringify(cancel));
      await bookings.store.inbox.keep(
        { source: 'calcom', body, keptBody: body, headers: {}, signature: 'valid', receivedAt: new Date() },
        { status: 'pending', trigger: 'BOOKING_CANCELLED', event: cancel, warnings: [] },
      );

      const { outcome, world } = await bookings.follow(
        event,
        async ({ tell, sleepUntil }) => {
          await sleepUntil(later(now, HOUR_MS));
          await tell(cancel);
        },
        told({ ...NO_NOTICES, confirmation: true, cancelled: true }),
      );

      expect(noticesIn(outcome)).toEqual(['cancelled sent']);
      expect(world.notices.map(({ notice }) => notice)).toEqual([`notice/cancelled ${TOBIAS}`]);
    });
  });

  describe('that the booker has missed', () => {
    const plan = aPlan({ notices: { ...NO_NOTICES, noShowAfterMs: [10 * MINUTE_MS, DAY_MS] } });
    const at = (booking: { endsAt: string }, minutes: number) => later(booking.endsAt, minutes * MINUTE_MS);

    it('is followed up by two mails, and the run waits for them', async () => {
      const { booking, event } = await booked(3 * HOUR_MS);

      const { outcome, world } = await bookings.follow(
        event,
        async ({ tell, sleepUntil }) => {
          await sleepUntil(at(booking, 5));
          await tell(noShow(booking, at(booking, 5)));
        },
        { plan },
      );

      expect(
        world.notices.map(({ notice, at: sentAt }) => [
          notice,
          Math.round((sentAt - Date.parse(booking.endsAt)) / 1_000),
        ]),
      ).toEqual([
        [`notice/no-show-1 ${TOBIAS}`, 15 * 60],
        [`notice/no-show-2 ${TOBIAS}`, 5 * 60 + 24 * 3_600],
      ]);
      expect(outcome).toMatchObject({ status: 'completed', attendance: 'no_show' });
      expect(world.contact.map(({ standing }) => standing)).toEqual(['live', 'no_show']);
    });

    it('is followed up no more once the booker has another call', async () => {
      const { booking, event } = await booked(3 * HOUR_MS);
      const next = aBooking({ uid: `${booking.uid}-again`, startsAt: later(booking.startsAt, 3 * DAY_MS) });

      const { outcome } = await bookings.follow(
        event,
        async ({ tell, sleepUntil }) => {
          await sleepUntil(at(booking, 5));
          await tell(noShow(booking, at(booking, 5)));
          await sleepUntil(at(booking, 60));
          await recordLive(next);
        },
        { plan },
      );

      expect(noticesIn(outcome)).toEqual(['no-show-1 sent', 'no-show-2 skipped: booked_again']);
      await bookings.store.bookings.close(next);
    });

    it('is not followed up if the host takes it back, and Notion is told', async () => {
      const { booking, event } = await booked(3 * HOUR_MS, { attendees: [{ name: 'Ada', email: 'ada@example.com' }] });

      const { outcome, world } = await bookings.follow(
        event,
        async ({ tell, sleepUntil }) => {
          await sleepUntil(at(booking, 5));
          await tell(noShow(booking, at(booking, 5)));
          await sleepUntil(at(booking, 3 * 60));
          await tell(noShow(booking, at(booking, 3 * 60), false));
        },
        { plan },
      );

      expect(world.notices.map(({ notice }) => notice)).toEqual(['notice/no-show-1 ada@example.com']);
      expect(noticesIn(outcome)).toEqual(['no-show-1 sent']);
      expect(world.contact.map(({ standing }) => standing)).toEqual(['live', 'no_show', 'completed']);
    });

    it('is followed up as well if that is said days later, when the run has ended: by another one', async () => {
      const { booking } = await booked(-5 * DAY_MS);
      const event = confirmed(booking, earlier(booking.startsAt, 4 * DAY_MS));
      const said = { ...noShow(booking, later(await bookings.now(), 0)), booking };
      const resume = { ...endedWith(event), notices: { 'host-booked': { outcome: 'sent' } } as const };

      const { outcome, world } = await bookings.follow(said, async () => undefined, {
        plan: aPlan({ notices: { ...USUAL_NOTICES, noShowAfterMs: [10 * MINUTE_MS] } }),
        resume,
      });

      expect(world.notices.map(({ notice }) => notice)).toEqual([`notice/no-show-1 ${TOBIAS}`]);
      expect(world.mails).toEqual([]);
      expect(noticesIn(outcome)).toEqual(['host-booked sent', 'no-show-1 sent']);
      expect(outcome).toMatchObject({ status: 'completed', attendance: 'no_show' });
      expect(world.contact.map(({ standing }) => standing)).toEqual(['no_show']);
      expect(world.records.at(-1)).toMatchObject({ isOver: true });
    });

    function endedWith(...events: BookingEvent[]) {
      return {
        revision: 9,
        known: hearAll(...events),
        decisions: {},
        notion: { outcome: 'updated' } as const,
        notices: {},
      };
    }

    async function recordLive(booking: ReturnType<typeof aBooking>) {
      await bookings.store.bookings.record({
        booking,
        revision: 1,
        status: 'scheduled',
        report: {},
        state: {},
        isOver: false,
        decided: [],
      });
    }
  });

  it('is told of as it was when its run was lost', async () => {
    const { now, booking, event } = await booked(4 * DAY_MS);
    const known = {
      revision: 5,
      known: hearAll(event),
      decisions: {},
      notion: { outcome: 'updated' } as const,
      notices: { 'host-booked': { outcome: 'sent', sentAt: later(now, 0) } as const },
    };

    const { outcome, world } = await bookings.follow(event, async () => undefined, {
      plan: aPlan({ notices: USUAL_NOTICES }),
      resume: known,
    });

    expect(world.notices).toEqual([]);
    expect(noticesIn(outcome)).toEqual(['host-booked sent']);
    expect(outcome.bookingUid).toBe(booking.uid);
  });

  function hearAll(...events: BookingEvent[]) {
    return events.reduce<BookingState | undefined>(hear, undefined)!;
  }
});
