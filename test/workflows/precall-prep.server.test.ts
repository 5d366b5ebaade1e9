import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { ContactUpdate } from '../../src/activities/index.ts';
import type { BookingEvent } from '../../src/booking.ts';
import { MailRefused, MailUndelivered } from '../../src/email/mail-transport.ts';
import { type BookingState, hear } from '../../src/workflows/booking-state.ts';
import type { KeptState } from '../../src/workflows/messages.ts';
import {
  aBooking,
  aPlan,
  cancelled,
  confirmed,
  DAY_MS,
  earlier,
  ended,
  HOUR_MS,
  later,
  MINUTE_MS,
  noShow,
  rejected,
  requested,
  rescheduled,
  USUAL_NOTICES,
  updated,
} from '../support/a-booking.ts';
import { countEvents, refusal, summariesIn, useBookingWorkflow, waiting } from '../support/booking-workflow.ts';

const TOBIAS = 'tobias.okafor@example.com';

describe('a booking', () => {
  const bookings = useBookingWorkflow();
  let made = 0;

  /** A booking that starts so long after the skipped clock's now, confirmed now unless told otherwise. */
  async function booked(
    aheadMs: number,
    { confirmedAgoMs = 0, ...facts }: Parameters<typeof aBooking>[0] & { confirmedAgoMs?: number } = {},
  ) {
    const now = await bookings.now();
    made += 1;
    const booking = aBooking({ uid: `booking-${made}`, startsAt: later(now, aheadMs), ...facts });
    return { now, booking, event: confirmed(booking, later(now, -confirmedAgoMs)) };
  }

  describe('four days ahead', () => {
    it('gets each reminder at its exact instant, and ends when the call is over', async () => {
      const { booking, event } = await booked(4 * DAY_MS);

      const { outcome, world } = await bookings.follow(event, async ({ world: { mails }, sleepUntil }) => {
        await sleepUntil(earlier(booking.startsAt, 72 * HOUR_MS + 2 * MINUTE_MS));
        expect(mails).toHaveLength(0);
      });

      const dueAt = [72, 24, 2].map((hours) => earlier(booking.startsAt, hours * HOUR_MS));
      expect(world.mails.map(({ at, to }) => [new Date(at).toISOString(), to])).toEqual(
        dueAt.map((at) => [at, TOBIAS]),
      );
      expect(outcome).toEqual({
        status: 'completed',
        bookingUid: booking.uid,
        startsAt: booking.startsAt,
        reminders: ['72h', '24h', '2h'].map((offset, index) => ({
          offset,
          dueAt: dueAt[index],
          outcome: 'sent',
          sentAt: dueAt[index],
        })),
        campaign: { state: 'none' },
        notion: { outcome: 'updated' },
        notices: [],
        attendance: 'not_known',
      });
      expect(await bookings.now()).toBeGreaterThanOrEqual(Date.parse(booking.endsAt) + HOUR_MS);
    });

    it('costs at most 84 history events', async () => {
      const { event } = await booked(4 * DAY_MS);

      const { history } = await bookings.follow(event, async () => undefined, {
        plan: aPlan({ notices: USUAL_NOTICES }),
      });

      expect(countEvents(history)).toBeLessThanOrEqual(84);
    });

    it('tells the operator what each timer and activity is for, and nothing about a person', async () => {
      const { booking, event } = await booked(4 * DAY_MS);

      const { history, outcome } = await bookings.follow(event, async () => undefined);

      const due = (hours: number) => `${hours}h reminder, due ${earlier(booking.startsAt, hours * HOUR_MS)}`;
      expect(new Set(summariesIn(history))).toEqual(
        new Set([
          'Campaign membership',
          'Notion contact: live',
          due(72),
          due(24),
          due(2),
          `Until the call is over, ${later(booking.endsAt, HOUR_MS)}`,
          'Notion contact: completed',
        ]),
      );
      expect(JSON.stringify([summariesIn(history), outcome])).not.toMatch(/tobias|okafor|mara/i);
    });

    it('is Booked in Notion with its campaign status at once, and Completed after the call', async () => {
      const { booking, event } = await booked(4 * DAY_MS);

      const { world } = await bookings.follow(event, async () => undefined);

      const { uid, startsAt, endsAt } = booking;
      const contact = { booking: { uid }, email: TOBIAS, startsAt, endsAt };
      expect(world.contact).toEqual([
        { ...contact, standing: 'live', changedAt: event.occurredAt, inCampaign: true },
        { ...contact, standing: 'completed', changedAt: endsAt, inCampaign: false },
      ]);
    });

    it('shows its timetable to whoever asks', async () => {
      const { booking, event } = await booked(4 * DAY_MS);

      await bookings.follow(event, async ({ handle, world, sleepUntil }) => {
        world.onLookUp = () => ({ state: 'member', campaign: 'Christmas 2025' });
        await sleepUntil(earlier(booking.startsAt, 30 * HOUR_MS));

        expect(await handle.query('timetable')).toMatchObject({
          status: 'scheduled',
          reminders: [
            { offset: '72h', outcome: 'sent' },
            { offset: '24h', outcome: 'planned' },
            { offset: '2h', outcome: 'planned' },
          ],
          campaign: { state: 'member', campaign: 'Christmas 2025' },
          notion: { outcome: 'updated' },
        });
        const { typedSearchAttributes } = await handle.describe();
        expect(
          Object.fromEntries(typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value])),
        ).toMatchObject({
          PrecallStatus: 'scheduled',
          PrecallCampaign: 'Christmas 2025',
        });
      });
    });

    it('wakes a little early, so that a thousand calls at one minute do not queue', async () => {
      const { booking, event } = await booked(4 * DAY_MS);

      const { history } = await bookings.follow(event, async () => undefined);

      const firedAt = history.events?.flatMap(({ timerFiredEventAttributes, eventTime }) =>
        timerFiredEventAttributes ? [Number(eventTime?.seconds) * 1_000] : [],
      );
      const leads = [72, 24, 2].map(
        (hours, index) => Date.parse(earlier(booking.startsAt, hours * HOUR_MS)) - (firedAt?.[index] ?? 0),
      );
      for (const leadMs of leads) {
        // Events are told to the second, and Temporal may take one to fire.
        expect(leadMs).toBeGreaterThan(22_000);
        expect(leadMs).toBeLessThanOrEqual(121_000);
      }
    });
  });

  describe('five years ahead', () => {
    it('sleeps until its reminders are due', async () => {
      const { booking, event } = await booked(5 * 365 * DAY_MS);

      const { world } = await bookings.follow(event, async () => undefined);

      expect(world.mails.map(({ at }) => at)).toEqual(
        [72, 24, 2].map((hours) => Date.parse(earlier(booking.startsAt, hours * HOUR_MS))),
      );
    });
  });

  describe('made too shortly before the call', () => {
    it('gets no reminders and no campaign status, but is Booked and followed to its end', async () => {
      const { booking, event } = await booked(90 * MINUTE_MS);

      const { outcome, world } = await bookings.follow(event, async ({ handle, sleepUntil }) => {
        await sleepUntil(earlier(booking.startsAt, HOUR_MS));
        const { typedSearchAttributes } = await handle.describe();
        expect(typedSearchAttributes.getAll().find(({ key }) => key.name === 'PrecallStatus')?.value).toBe('skipped');
      });

      expect(world.mails).toEqual([]);
      expect(world.lookUps).toEqual([]);
      expect(world.contact.map(({ standing, inCampaign }) => [standing, inCampaign])).toEqual([
        ['live', false],
        ['completed', false],
      ]);
      expect(outcome).toMatchObject({
        status: 'skipped',
        reason: 'meeting_too_soon',
        campaign: { state: 'not_looked_up' },
      });
      expect(outcome.reminders.map(({ outcome: became, reason }) => [became, reason])).toEqual(
        Array(3).fill(['skipped', 'meeting_too_soon']),
      );
    });
  });

  describe('made between two reminders', () => {
    it('gets those that still lie ahead, and no burst of the others', async () => {
      const { booking, event } = await booked(30 * HOUR_MS);

      const { outcome, world } = await bookings.follow(event, async () => undefined);

      expect(world.mails.map(({ at }) => at)).toEqual(
        [24, 2].map((hours) => Date.parse(earlier(booking.startsAt, hours * HOUR_MS))),
      );
      expect(outcome.reminders[0]).toMatchObject({ outcome: 'skipped', reason: 'past_when_booked' });
    });
  });

  describe('whose reminders fell due while nothing was running', () => {
    it('gets only the latest of them, late', async () => {
      const { now, event } = await booked(20 * HOUR_MS, { confirmedAgoMs: 5 * DAY_MS });

      const { outcome, world } = await bookings.follow(event, async () => undefined);

      expect(outcome.reminders.map(({ outcome: became, reason }) => reason ?? became)).toEqual([
        'later_reminder_due',
        'sent',
        'sent',
      ]);
      expect(world.mails[0]!.at - now).toBeLessThan(MINUTE_MS);
      expect(world.mails[0]!.subject).not.toMatch(/72|three days/i);
    });

    it('gets none once the call has begun', async () => {
      const { event } = await booked(-MINUTE_MS, { confirmedAgoMs: 5 * DAY_MS });

      const { outcome, world } = await bookings.follow(event, async () => undefined);

      expect(world.mails).toEqual([]);
      expect(outcome.reminders.map(({ reason }) => reason)).toEqual(['call_started', 'call_started', 'call_started']);
    });
  });

  describe('while Notion is down for a day', () => {
    it('is reminded on time, and its row and membership are right afterwards', async () => {
      const { now, booking, event } = await booked(3 * DAY_MS + HOUR_MS);

      const { outcome, world } = await bookings.follow(event, async ({ world: { ...notion }, world: w }) => {
        const down = <T>(at: number, answer: () => T): T => {
          if (at < now + DAY_MS) throw new Error('Notion answers 503');
          return answer();
        };
        w.onContact = (update, at) => down(at, () => notion.onContact(update, at));
        w.onLookUp = (at) => down(at, () => ({ state: 'member', campaign: 'Christmas 2025' }));
      });

      expect(world.mails.map(({ at }) => at)).toEqual(
        [72, 24, 2].map((hours) => Date.parse(earlier(booking.startsAt, hours * HOUR_MS))),
      );
      expect(world.contact.map(({ standing }) => standing)).toEqual(['live', 'completed']);
      expect(outcome).toMatchObject({ campaign: { state: 'member' }, notion: { outcome: 'updated' } });
    });
  });

  describe('that Notion refuses', () => {
    it.each(['contact_not_found', 'unauthorized', 'option_missing'])(
      'is reminded all the same, and says why: %s',
      async (reason) => {
        const { event } = await booked(3 * DAY_MS + HOUR_MS);

        const { outcome, world } = await bookings.follow(event, async ({ world: w }) => {
          w.onContact = () => {
            throw refusal(reason);
          };
          w.onLookUp = () => {
            throw refusal('unauthorized');
          };
        });

        expect(world.mails).toHaveLength(3);
        expect(outcome).toMatchObject({
          status: 'completed',
          campaign: { state: 'unknown', reason: 'unauthorized' },
          notion: { outcome: 'failed', reason },
        });
      },
    );
  });

  describe('whose row has to wait until a person has mended something in Notion', () => {
    it('says why meanwhile, and is right by itself afterwards', async () => {
      const { now, booking, event } = await booked(3 * DAY_MS + HOUR_MS);
      const told: ContactUpdate['told'][] = [];

      const { outcome, world } = await bookings.follow(event, async ({ world: w, handle, sleepUntil }) => {
        let reason = 'unauthorized';
        w.onContact = (update, at) => {
          told.push(update.told);
          if (at >= now + 5 * HOUR_MS) return { outcome: 'updated' };
          if (!update.told?.[reason]) return { outcome: 'pending', reason };
          throw waiting(reason);
        };
        w.onLookUp = (at, reasons) => {
          if (at >= now + 5 * HOUR_MS) return { state: 'member', campaign: 'Christmas 2025' };
          if (!reasons.includes('unauthorized')) return { state: 'unknown', reason: 'unauthorized' };
          throw waiting('unauthorized');
        };
        await sleepUntil(later(now, HOUR_MS));
        expect(await handle.query('timetable')).toMatchObject({
          notion: { outcome: 'pending', reason: 'unauthorized' },
          campaign: { state: 'unknown', reason: 'unauthorized' },
        });
        expect(await bookings.store.bookings.find(booking)).toMatchObject({
          report: { notion: { outcome: 'pending', reason: 'unauthorized' } },
        });

        reason = 'option_missing';
        await sleepUntil(later(now, 2 * HOUR_MS));
        expect(await handle.query('timetable')).toMatchObject({
          notion: { outcome: 'pending', reason: 'option_missing' },
        });
      });

      expect(world.mails).toHaveLength(3);
      expect(outcome).toMatchObject({ notion: { outcome: 'updated' }, campaign: { state: 'member' } });
      expect(world.contact.filter(({ standing }) => standing === 'live').length).toBe(3);
      expect(Object.keys(told.at(-2) ?? {})).toEqual(['unauthorized', 'option_missing']);
      expect(told.at(-1)).toBeUndefined();
    });

    it('fails for what it waited for, when nobody has mended it a week after the call', async () => {
      const { event } = await booked(3 * DAY_MS + HOUR_MS);

      const { outcome } = await bookings.follow(event, async ({ world: w }) => {
        w.onContact = ({ told }) => {
          if (!told) return { outcome: 'pending', reason: 'not_shared' };
          throw waiting('not_shared', 12 * HOUR_MS);
        };
      });

      expect(outcome).toMatchObject({ status: 'completed', notion: { outcome: 'failed', reason: 'not_shared' } });
    });

    it('is missed first, and given up when it has been looked for often enough', async () => {
      const { now, event } = await booked(3 * DAY_MS + HOUR_MS);
      const looks: number[] = [];

      const { outcome } = await bookings.follow(event, async ({ world: w }) => {
        w.onContact = ({ standing, told }, at) => {
          const since = told?.['contact_not_found'];
          if (standing === 'live') looks.push(at - now);
          if (!since) return { outcome: 'pending', reason: 'contact_not_found' };
          if (at - Date.parse(since) >= HOUR_MS) throw refusal('contact_not_found');
          throw waiting('contact_not_found', HOUR_MS);
        };
      });

      expect(looks).toHaveLength(3);
      expect(looks[1]! - looks[0]!).toBeLessThan(MINUTE_MS);
      expect(looks[2]! - looks[1]!).toBeGreaterThanOrEqual(HOUR_MS);
      expect(outcome.notion).toEqual({ outcome: 'failed', reason: 'contact_not_found' });
    });
  });

  describe('whose membership is not known for hours', () => {
    it('gets the campaign status then, where only members get it', async () => {
      const { now, event } = await booked(3 * DAY_MS + HOUR_MS);

      const { world } = await bookings.follow(
        event,
        async ({ world: w }) => {
          w.onLookUp = (at, reasons) => {
            if (at >= now + 6 * HOUR_MS) return { state: 'member', campaign: 'Christmas 2025' };
            if (reasons.length === 0) return { state: 'unknown', reason: 'not_shared' };
            throw waiting('not_shared');
          };
        },
        { campaignStatusFor: 'members' },
      );

      expect(world.contact.map(({ standing, inCampaign }) => [standing, inCampaign])).toEqual([
        ['live', false],
        ['live', true],
        ['completed', false],
      ]);
    });
  });

  describe('where contacts are made', () => {
    it('brings the name that a new contact needs, as long as the call is to come', async () => {
      const { event } = await booked(4 * DAY_MS);

      const { world } = await bookings.follow(event, async () => undefined, { createsContacts: true });

      expect(world.contact.map(({ standing, create }) => [standing, create])).toEqual([
        ['live', { name: event.booking.attendees[0].name }],
        ['completed', undefined],
      ]);
    });

    it('makes none for a call that was moved or cancelled', async () => {
      const { now, booking } = await booked(4 * DAY_MS);
      const moved = rescheduled(booking, 'an-earlier-one', later(now, 0));

      const { world } = await bookings.follow(
        moved,
        async ({ tell }) => {
          await tell(cancelled(booking, later(now, 1_000)));
        },
        { createsContacts: true },
      );

      expect(world.contact.map(({ standing, create }) => [standing, create])).toEqual([
        ['live', undefined],
        ['cancelled', undefined],
      ]);
    });
  });

  describe('whose reminders are noted in Notion', () => {
    const member = { state: 'member', campaign: 'Christmas 2025' } as const;

    it('has each noted once it was sent, as many as the operator wants', async () => {
      const { booking, event } = await booked(4 * DAY_MS);

      const { world, outcome } = await bookings.follow(
        event,
        async ({ world: w }) => {
          w.onLookUp = () => member;
        },
        { remindersNoted: 2 },
      );

      const { uid } = booking;
      expect(world.notes).toEqual(
        outcome.reminders
          .slice(0, 2)
          .map(({ sentAt }, index) => ({ booking: { uid }, email: TOBIAS, number: index + 1, sentAt })),
      );
    });

    it('has none noted for who is no member, nor without being told to', async () => {
      const { event } = await booked(4 * DAY_MS);
      const { world } = await bookings.follow(event, async () => undefined, { remindersNoted: 3 });
      expect(world.notes).toEqual([]);

      const other = await booked(4 * DAY_MS);
      const { world: untold } = await bookings.follow(other.event, async ({ world: w }) => {
        w.onLookUp = () => member;
      });
      expect(untold.notes).toEqual([]);
    });

    it('has them noted late when Notion was away, and no mail waits for that', async () => {
      const { booking, event } = await booked(3 * DAY_MS + HOUR_MS);
      const backAt = Date.parse(later(booking.endsAt, DAY_MS));

      const { world, outcome } = await bookings.follow(
        event,
        async ({ world: w }) => {
          const down = (at: number) => {
            if (at < backAt) throw waiting('NotionUnavailable', HOUR_MS);
          };
          w.onLookUp = (at) => {
            down(at);
            return member;
          };
          w.onNote = (_note, at) => down(at);
        },
        { remindersNoted: 3 },
      );

      expect(world.mails.map(({ at }) => at)).toEqual(
        [72, 24, 2].map((hours) => Date.parse(earlier(booking.startsAt, hours * HOUR_MS))),
      );
      expect(world.notes.map(({ number }) => number)).toEqual([1, 2, 3]);
      expect(outcome.campaign).toEqual(member);
    });

    it('ends all the same when they cannot be noted', async () => {
      const { event } = await booked(3 * DAY_MS + HOUR_MS);

      const { outcome, world } = await bookings.follow(
        event,
        async ({ world: w }) => {
          w.onLookUp = () => member;
          w.onNote = () => {
            throw refusal('invalid_request');
          };
        },
        { remindersNoted: 1 },
      );

      expect(world.notes).toEqual([]);
      expect(outcome.status).toBe('completed');
    });
  });

  describe('while the mail server is down', () => {
    it('is reminded when it is back, after tries at most four minutes apart', async () => {
      const { booking, event } = await booked(26 * HOUR_MS);
      const backAt = Date.parse(earlier(booking.startsAt, 19 * HOUR_MS));
      const tries: number[] = [];

      const { outcome, world } = await bookings.follow(event, async ({ world: w }) => {
        w.onMail = (_mail, at) => {
          tries.push(at);
          if (at < backAt) throw new MailUndelivered('connection refused');
        };
      });

      const pauses = tries.slice(1, -1).map((at, index) => at - tries[index]!);
      expect(Math.max(...pauses)).toBeLessThanOrEqual(4 * MINUTE_MS + 1_000);
      expect(world.mails[0]!.at).toBeGreaterThanOrEqual(backAt);
      expect(world.mails[0]!.at).toBeLessThan(backAt + 5 * MINUTE_MS);
      expect(outcome.reminders.map(({ outcome: became }) => became)).toEqual(['skipped', 'sent', 'sent']);
    });

    it('gets one reminder afterwards, not all that were missed', async () => {
      const { booking, event } = await booked(26 * HOUR_MS);
      const backAt = Date.parse(earlier(booking.startsAt, HOUR_MS));

      const { outcome, world } = await bookings.follow(event, async ({ world: w }) => {
        w.onMail = (_mail, at) => {
          if (at < backAt) throw new MailUndelivered('connection refused');
        };
      });

      expect(world.mails).toHaveLength(1);
      expect(outcome.reminders.map(({ outcome: became, reason }) => reason ?? became)).toEqual([
        'past_when_booked',
        'not_delivered_in_time',
        'sent',
      ]);
    });

    it('is given up on when the call starts', async () => {
      const { event } = await booked(3 * HOUR_MS);

      const { outcome } = await bookings.follow(event, async ({ world: w }) => {
        w.onMail = () => {
          throw new MailUndelivered('connection refused');
        };
      });

      expect(outcome.reminders.at(-1)).toMatchObject({ outcome: 'failed', reason: 'not_delivered_in_time' });
      expect(outcome.status).toBe('completed');
    });
  });

  describe('whose mail is refused', () => {
    it('fails that reminder at the first try, and the next one is sent', async () => {
      const { event } = await booked(30 * HOUR_MS);
      let tries = 0;

      const { outcome, world } = await bookings.follow(event, async ({ world: w }) => {
        w.onMail = () => {
          tries += 1;
          if (tries === 1) throw new MailRefused(550);
        };
      });

      expect(tries).toBe(2);
      expect(world.mails).toHaveLength(1);
      expect(outcome.reminders.slice(1).map(({ outcome: became, reason }) => reason ?? became)).toEqual([
        'mail_refused',
        'sent',
      ]);
    });
  });

  describe('with guests', () => {
    it('reminds each of them once, also when the address of one is refused', async () => {
      const attendees = [
        { name: 'Ines', email: 'ines@example.com' },
        { name: 'Jo', email: 'jo@example.com' },
        { name: 'Phone', email: '15550142233@sms.cal.com' },
      ] satisfies [object, ...object[]];
      const { event } = await booked(3 * HOUR_MS, { attendees });

      const { outcome, world } = await bookings.follow(event, async ({ world: w }) => {
        w.onMail = ({ to }) => {
          if (to.email === 'jo@example.com') throw new MailRefused(550);
        };
      });

      expect(world.mails.map(({ to }) => to)).toEqual(['ines@example.com']);
      expect(outcome.reminders.at(-1)).toMatchObject({ outcome: 'sent', reason: 'not_all_recipients' });
    });
  });

  describe('made by phone', () => {
    it('is followed without mail and without a contact', async () => {
      const { event } = await booked(4 * DAY_MS, { attendees: [{ name: 'Dana', email: '15550142233@sms.cal.com' }] });

      const { outcome, world } = await bookings.follow(event, async () => undefined);

      expect([world.mails, world.contact, world.lookUps]).toEqual([[], [], []]);
      expect(outcome).toMatchObject({
        status: 'completed',
        notion: { outcome: 'skipped', reason: 'no_email_address' },
      });
    });
  });

  describe('where only members of a campaign get the campaign status', () => {
    it.each([
      ['a member', { state: 'member', campaign: 'Christmas 2025' } as const, true],
      ['anybody else', { state: 'none' } as const, false],
    ])('writes it in the one update for %s', async (_who, membership, isMember) => {
      const { event } = await booked(4 * DAY_MS);

      const { world } = await bookings.follow(
        event,
        async ({ world: w }) => {
          w.onLookUp = () => membership;
        },
        { campaignStatusFor: 'members' },
      );

      expect(world.contact.map(({ standing, inCampaign }) => [standing, inCampaign])).toEqual([
        ['live', isMember],
        ['completed', false],
      ]);
    });
  });

  describe('that is confirmed again', () => {
    it('changes nothing, whether the repeat is the same or newer', async () => {
      const { now, booking, event } = await booked(4 * DAY_MS);

      const { world, outcome } = await bookings.follow(event, async ({ tell, sleepUntil }) => {
        await tell(event);
        await sleepUntil(earlier(booking.startsAt, 48 * HOUR_MS));
        await tell(event);
        await tell(confirmed(booking, later(now, 3_000), 'another subscription'));
      });

      expect(world.mails).toHaveLength(3);
      expect(world.contact).toHaveLength(2);
      expect(world.lookUps).toHaveLength(1);
      expect(outcome.reminders.map(({ outcome: became }) => became)).toEqual(['sent', 'sent', 'sent']);
    });
  });

  describe('that turns out to start at another time', () => {
    it('is reminded for the new time only, and Notion gets the new date', async () => {
      const { now, booking, event } = await booked(4 * DAY_MS);
      const moved = aBooking({ uid: booking.uid, startsAt: later(booking.startsAt, 2 * DAY_MS) });

      const { world, outcome } = await bookings.follow(event, async ({ tell, sleepUntil }) => {
        await sleepUntil(later(now, HOUR_MS));
        await tell(confirmed(moved, later(now, HOUR_MS)));
      });

      expect(world.mails.map(({ at }) => at)).toEqual(
        [72, 24, 2].map((hours) => Date.parse(earlier(moved.startsAt, hours * HOUR_MS))),
      );
      expect(world.contact.map(({ standing, startsAt }) => [standing, startsAt])).toEqual([
        ['live', booking.startsAt],
        ['live', moved.startsAt],
        ['completed', moved.startsAt],
      ]);
      expect(outcome.startsAt).toBe(moved.startsAt);
    });

    it('withdraws a reminder that is still being tried for the old time', async () => {
      const { now, booking, event } = await booked(25 * HOUR_MS);
      const moved = aBooking({ uid: booking.uid, startsAt: later(booking.startsAt, 3 * DAY_MS) });
      let isDown = true;

      const { world } = await bookings.follow(event, async ({ world: w, tell, sleepUntil }) => {
        w.onMail = () => {
          if (isDown) throw new MailUndelivered('connection refused');
        };
        await sleepUntil(later(now, 2 * HOUR_MS));
        await tell(confirmed(moved, later(now, 2 * HOUR_MS)));
        await sleepUntil(later(now, 3 * HOUR_MS));
        isDown = false;
      });

      expect(world.mails.map(({ at }) => at)).toEqual(
        [72, 24, 2].map((hours) => Date.parse(earlier(moved.startsAt, hours * HOUR_MS))),
      );
    });
  });

  describe('that is cancelled', () => {
    it('gets no reminder any more, is Cancelled in Notion, and is followed until it would have started', async () => {
      const { booking, event } = await booked(4 * DAY_MS);
      const cancelledAt = earlier(booking.startsAt, 48 * HOUR_MS);

      const { world, outcome, history } = await bookings.follow(event, async ({ tell, sleepUntil }) => {
        await sleepUntil(cancelledAt);
        await tell(cancelled(booking, cancelledAt));
      });

      expect(world.mails).toHaveLength(1);
      expect(outcome).toMatchObject({ status: 'cancelled', notion: { outcome: 'updated' } });
      expect(outcome.reminders.map(({ outcome: became, reason }) => reason ?? became)).toEqual([
        'sent',
        'cancelled',
        'cancelled',
      ]);
      expect(world.contact.map(({ standing, changedAt }) => [standing, changedAt])).toEqual([
        ['live', event.occurredAt],
        ['cancelled', cancelledAt],
      ]);
      const endedAt = endOf(history);
      expect(endedAt).toBeGreaterThanOrEqual(Date.parse(booking.startsAt) + HOUR_MS - 1_000);
      expect(endedAt).toBeLessThan(Date.parse(booking.endsAt) + HOUR_MS);
      expect(countSinceNews(history)).toBeLessThanOrEqual(20);
    });

    it('has its contact looked at anew when it turns out to have taken the place of another', async () => {
      const { now, booking } = await booked(4 * DAY_MS);

      const { world } = await bookings.follow(cancelled(booking, later(now, 1_000)), async ({ tell }) => {
        await tell(rescheduled(booking, 'an-earlier-one', later(now, 0)));
      });

      expect(world.contact.map(({ standing }) => standing)).toEqual(['cancelled', 'cancelled']);
    });

    it('says so when the host asks for another time', async () => {
      const { now, booking, event } = await booked(4 * DAY_MS);

      const { outcome } = await bookings.follow(event, async ({ tell }) => {
        await tell(cancelled(booking, later(now, 1_000), { requestReschedule: true }));
      });

      expect(outcome).toMatchObject({ status: 'cancelled', reason: 'reschedule_requested' });
    });

    it('withdraws a reminder that is still being tried: no mail once the mail server is back', async () => {
      const { now, booking, event } = await booked(25 * HOUR_MS);
      let isDown = true;

      const { world, outcome } = await bookings.follow(event, async ({ world: w, tell, sleepUntil }) => {
        w.onMail = () => {
          if (isDown) throw new MailUndelivered('connection refused');
        };
        await sleepUntil(later(now, 2 * HOUR_MS));
        await tell(cancelled(booking, later(now, 2 * HOUR_MS)));
        isDown = false;
      });

      expect(world.mails).toEqual([]);
      expect(outcome.reminders.slice(1).map(({ reason }) => reason)).toEqual(['cancelled', 'cancelled']);
    });

    it('is reminded again once it is confirmed again', async () => {
      const { now, booking, event } = await booked(4 * DAY_MS);

      const { world, outcome } = await bookings.follow(event, async ({ tell, sleepUntil }) => {
        await tell(cancelled(booking, later(now, HOUR_MS)));
        await sleepUntil(later(now, 2 * HOUR_MS));
        await tell(confirmed(booking, later(now, 2 * HOUR_MS)));
      });

      expect(world.mails).toHaveLength(3);
      expect(world.contact.map(({ standing }) => standing)).toEqual(['live', 'cancelled', 'live', 'completed']);
      expect(outcome.status).toBe('completed');
    });

    it('before it was heard of, stays so when its confirmation comes late', async () => {
      const { now, booking, event } = await booked(4 * DAY_MS);

      const { world, outcome } = await bookings.follow(cancelled(booking, later(now, 1_000)), async ({ tell }) => {
        await tell(event);
      });

      expect(world.mails).toEqual([]);
      expect(outcome.status).toBe('cancelled');
    });
  });

  describe('that another booking takes the place of', () => {
    it('ends at once as superseded, and leaves the row in Notion to the other', async () => {
      const { now, booking, event } = await booked(4 * DAY_MS);
      const moved = aBooking({ uid: `${booking.uid}-moved`, startsAt: later(booking.startsAt, 2 * DAY_MS) });

      const { outcome, world, history } = await bookings.follow(event, async ({ tell, sleepUntil }) => {
        await sleepUntil(later(now, HOUR_MS));
        await tell(rescheduled(moved, booking.uid, later(now, HOUR_MS)));
      });

      expect(outcome).toMatchObject({ status: 'superseded', startsAt: booking.startsAt });
      expect(outcome.reminders.map(({ reason }) => reason)).toEqual(Array(3).fill('superseded'));
      expect(world.contact.map(({ standing }) => standing)).toEqual(['live']);
      expect(endOf(history)).toBeLessThan(now + 2 * HOUR_MS);
      expect(countSinceNews(history)).toBeLessThanOrEqual(12);
      expect(await bookings.store.bookings.find(booking)).toMatchObject({ status: 'superseded', isOver: true });
    });
  });

  describe('that takes the place of another one', () => {
    it('is reminded and kept in Notion like any other', async () => {
      const { now, booking } = await booked(4 * DAY_MS);

      const { world, outcome } = await bookings.follow(
        rescheduled(booking, 'an-earlier-one', later(now, 0)),
        async () => undefined,
      );

      expect(outcome.status).toBe('completed');
      expect(world.mails).toHaveLength(3);
      expect(world.contact.map(({ standing }) => standing)).toEqual(['live', 'completed']);
    });
  });

  describe('that somebody asks to move, where the host has to accept it', () => {
    it('ends at once as superseded: Cal.com has given it up already', async () => {
      const { now, booking, event } = await booked(4 * DAY_MS);
      const asked = aBooking({ uid: `${booking.uid}-asked`, startsAt: later(booking.startsAt, 2 * DAY_MS) });

      const { outcome, world, history } = await bookings.follow(event, async ({ tell, sleepUntil }) => {
        await sleepUntil(later(now, HOUR_MS));
        await tell(requested(asked, booking, later(now, HOUR_MS)));
      });

      expect(outcome.status).toBe('superseded');
      expect(world.mails).toEqual([]);
      expect(endOf(history)).toBeLessThan(now + 2 * HOUR_MS);
    });

    it('is cancelled in Notion if the host does not', async () => {
      const { now, booking } = await booked(4 * DAY_MS);
      const rejection = rejected(booking, later(now, 0), { uid: 'the-old-one' });

      const { outcome, world } = await bookings.follow(rejection, async () => undefined);

      expect(outcome).toMatchObject({
        status: 'cancelled',
        reason: 'move_rejected',
        notices: [{ notice: 'move-rejected', outcome: 'sent' }],
      });
      expect(world.notices).toMatchObject([{ notice: 'notice/move-rejected mara.lindqvist@example.com' }]);
      expect(world.contact.map(({ standing }) => standing)).toEqual(['cancelled']);
      expect(world.mails).toEqual([]);
    });
  });

  describe('whose link changes', () => {
    it('is reminded with the new one, and nothing else happens', async () => {
      const { now, booking, event } = await booked(4 * DAY_MS);
      const elsewhere = { ...booking, joinUrl: 'https://example.com/another-room' };
      const texts: string[] = [];

      const { world } = await bookings.follow(event, async ({ world: w, tell, sleepUntil }) => {
        w.onMail = ({ text }) => void texts.push(text);
        await sleepUntil(later(now, HOUR_MS));
        await tell(updated(elsewhere, later(now, HOUR_MS)));
      });

      expect(texts).toHaveLength(3);
      for (const text of texts) expect(text).toContain(elsewhere.joinUrl);
      expect(world.contact.map(({ standing }) => standing)).toEqual(['live', 'completed']);
    });
  });

  describe('that is over', () => {
    it('is completed in Notion as soon as Cal.com says so, and the booker came', async () => {
      const { booking, event } = await booked(4 * DAY_MS);

      const { world, outcome } = await bookings.follow(event, async ({ world: w, tell, sleepUntil }) => {
        await sleepUntil(later(booking.endsAt, 2 * MINUTE_MS));
        await tell(ended(booking, booking.endsAt));
        await sleepUntil(later(booking.endsAt, 20 * MINUTE_MS));
        expect(w.contact.map(({ standing }) => standing)).toEqual(['live', 'completed']);
      });

      expect(outcome).toMatchObject({ status: 'completed', attendance: 'came' });
      expect(world.contact).toHaveLength(2);
    });

    it('says in Notion that the booker did not come, until the host takes it back', async () => {
      const { booking, event } = await booked(4 * DAY_MS);
      const at = (minutes: number) => later(booking.endsAt, minutes * MINUTE_MS);

      const { world, outcome } = await bookings.follow(event, async ({ tell, sleepUntil }) => {
        await sleepUntil(at(5));
        await tell(noShow(booking, at(5)));
        await sleepUntil(at(30));
        await tell(noShow(booking, at(30), false));
      });

      expect(world.contact.map(({ standing }) => standing)).toEqual(['live', 'no_show', 'live', 'completed']);
      expect(outcome.attendance).toBe('not_known');
    });

    it('says that the booker did not come, whatever else is said', async () => {
      const { booking, event } = await booked(4 * DAY_MS);
      const at = (minutes: number) => later(booking.endsAt, minutes * MINUTE_MS);

      const { world, outcome } = await bookings.follow(event, async ({ tell, sleepUntil }) => {
        await sleepUntil(at(2));
        await tell(ended(booking, booking.endsAt));
        await sleepUntil(at(5));
        await tell(noShow(booking, at(5)));
      });

      expect(world.contact.map(({ standing }) => standing)).toEqual(['live', 'completed', 'no_show']);
      expect(outcome).toMatchObject({ status: 'completed', attendance: 'no_show' });
    });
  });

  describe('of which the inbox holds news that has not come yet', () => {
    /** As the webhook keeps it; nobody dispatches it here. */
    async function arrives(event: BookingEvent) {
      const body = Buffer.from(JSON.stringify(event));
      await bookings.store.inbox.keep(
        { source: 'calcom', body, keptBody: body, headers: {}, signature: 'valid', receivedAt: new Date() },
        { status: 'pending', trigger: 'BOOKING_CANCELLED', event, warnings: [] },
      );
    }

    it('is not reminded until it has come, and then not if it was a cancellation', async () => {
      const { now, booking, event } = await booked(25 * HOUR_MS);
      const cancel = cancelled(booking, later(now, 1_000));

      const { world, outcome } = await bookings.follow(event, async ({ world: w, tell, sleepUntil }) => {
        await arrives(cancel);
        await sleepUntil(later(now, 2 * HOUR_MS));
        expect(w.mails).toEqual([]);
        await tell(cancel);
      });

      expect(world.mails).toEqual([]);
      expect(outcome.status).toBe('cancelled');
    });

    it('is reminded late if the news was out of date', async () => {
      const { now, booking, event } = await booked(25 * HOUR_MS);
      const cancel = cancelled(booking, later(now, -1_000));

      const { world } = await bookings.follow(event, async ({ tell, sleepUntil }) => {
        await arrives(cancel);
        await sleepUntil(later(now, 3 * HOUR_MS));
        await tell(cancel);
      });

      expect(world.mails.map(({ at }) => at)).toEqual([
        expect.closeTo(now + 3 * HOUR_MS, -5),
        Date.parse(earlier(booking.startsAt, 2 * HOUR_MS)),
      ]);
    });

    it('is not reminded at all if it has not come when the call starts', async () => {
      const { now, booking, event } = await booked(25 * HOUR_MS);

      const { world, outcome } = await bookings.follow(event, async () =>
        arrives(cancelled(booking, later(now, 1_000))),
      );

      expect(world.mails).toEqual([]);
      expect(outcome.reminders.map(({ reason }) => reason)).toEqual([
        'past_when_booked',
        'news_not_heard',
        'call_started',
      ]);
    });

    it('is not taken for completed at its end, but waits for the news', async () => {
      const { now, booking, event } = await booked(25 * HOUR_MS);
      const cancel = cancelled(booking, later(now, 24 * HOUR_MS));

      const { outcome, world } = await bookings.follow(event, async ({ tell, sleepUntil }) => {
        await sleepUntil(later(booking.startsAt, -HOUR_MS));
        await arrives(cancel);
        await sleepUntil(later(booking.endsAt, 3 * HOUR_MS));
        await tell(cancel);
      });

      expect(outcome.status).toBe('cancelled');
      expect(world.contact.map(({ standing }) => standing)).toEqual(['live', 'cancelled']);
    });

    it('is not taken for completed while nobody can say whether there is news', async () => {
      const { now, booking, event } = await booked(25 * HOUR_MS);
      const cancel = cancelled(booking, later(now, 24 * HOUR_MS));
      const backAt = Date.parse(booking.endsAt) + 5 * HOUR_MS;
      const asked: number[] = [];

      const { outcome } = await bookings.follow(event, async ({ world: w, tell, sleepUntil }) => {
        w.onAsk = (at) => {
          asked.push(at);
          if (at < backAt) throw new Error('The store is away');
        };
        await sleepUntil(later(booking.startsAt, -HOUR_MS));
        await arrives(cancel);
        await sleepUntil(backAt + HOUR_MS);
        await tell(cancel);
      });

      expect(outcome.status).toBe('cancelled');
      expect(asked.length).toBeGreaterThan(10);
    });

    it('ends as superseded when the news is that another booking has its place', async () => {
      const { now, booking, event } = await booked(25 * HOUR_MS);
      const moved = aBooking({ uid: `${booking.uid}-moved`, startsAt: later(booking.startsAt, 2 * DAY_MS) });
      const move = rescheduled(moved, booking.uid, later(now, 24 * HOUR_MS));

      const { outcome, world } = await bookings.follow(event, async ({ tell, sleepUntil }) => {
        await sleepUntil(later(booking.startsAt, -HOUR_MS));
        await arrives(move);
        await sleepUntil(later(booking.endsAt, 3 * HOUR_MS));
        await tell(move);
      });

      expect(outcome.status).toBe('superseded');
      expect(world.contact.map(({ standing }) => standing)).toEqual(['live']);
    });
  });

  describe('that nobody has looked after until it was over', () => {
    it('goes on from its history, though the store took longer to record it than to say that there is no news', async () => {
      const { event } = await booked(-3 * HOUR_MS, { confirmedAgoMs: DAY_MS });

      const { outcome } = await bookings.follow(event, async ({ world: w }) => {
        w.onRecord = () => sleep(300);
        // What is withdrawn when it is over is still being tried.
        w.onLookUp = () => {
          throw waiting('notion_unavailable');
        };
        w.onContact = ({ standing }) => {
          if (standing === 'live') throw waiting('notion_unavailable');
          return { outcome: 'updated' };
        };
      });

      expect(outcome).toMatchObject({ status: 'completed' });
    });
  });

  describe('whose run is recorded', () => {
    it('has a row in the store that says what its outcome says, and lies open until then', async () => {
      const { booking, event } = await booked(4 * DAY_MS);

      const { outcome, world } = await bookings.follow(event, async ({ sleepUntil }) => {
        await sleepUntil(earlier(booking.startsAt, 48 * HOUR_MS));
        expect(await bookings.store.bookings.find(booking)).toMatchObject({
          status: 'scheduled',
          isOver: false,
          report: { reminders: [{ outcome: 'sent' }, { outcome: 'planned' }, { outcome: 'planned' }] },
        });
      });

      expect(await bookings.store.bookings.find(booking)).toMatchObject({
        status: 'completed',
        isOver: true,
        report: outcome,
      });
      const revisions = world.records.map(({ revision }) => revision);
      expect(revisions).toEqual([...new Set(revisions)].toSorted((a, b) => a - b));
    });

    it('leaves nothing about a person in the history for it', async () => {
      const { event } = await booked(4 * DAY_MS);

      const { history } = await bookings.follow(event, async () => undefined);

      const markers = history.events?.flatMap(({ markerRecordedEventAttributes: marker }) => (marker ? [marker] : []));
      expect(markers?.length).toBeGreaterThan(3);
      const texts = JSON.stringify(markers, (_key, value) =>
        value?.type === 'Buffer' ? Buffer.from(value.data).toString() : value,
      );
      expect(texts).not.toMatch(/tobias|okafor|mara/i);
    });

    it('is reminded all the same while that fails, and recorded when it works again', async () => {
      const { now, booking, event } = await booked(3 * DAY_MS + HOUR_MS);
      let tries = 0;

      const { world } = await bookings.follow(event, async ({ world: w, sleepUntil }) => {
        let isDown = true;
        w.onRecord = () => {
          tries += 1;
          if (isDown) throw new Error('the store does not answer');
        };
        await sleepUntil(later(now, 2 * HOUR_MS));
        expect(w.mails).toHaveLength(1);
        isDown = false;
      });

      expect(tries).toBeLessThan(80);
      expect(world.mails).toHaveLength(3);
      expect(await bookings.store.bookings.find(booking)).toMatchObject({ status: 'completed', isOver: true });
    });
  });

  type History = Awaited<ReturnType<typeof bookings.follow>>['history'];

  /** How many events of history the last signal has led to. */
  function countSinceNews({ events }: History): number {
    const all = events ?? [];
    return all.length - 1 - all.findLastIndex((event) => event.workflowExecutionSignaledEventAttributes);
  }

  /** The server skips on once a run has ended. */
  function endOf({ events }: History): number {
    return Number(events?.at(-1)?.eventTime?.seconds) * 1_000;
  }

  describe('whose run was lost', () => {
    it('goes on where it stood: what was decided stays decided', async () => {
      const { now, booking, event } = await booked(4 * DAY_MS);
      const at = Date.parse(earlier(booking.startsAt, 72 * HOUR_MS));
      const resume = {
        revision: 7,
        known: stateOf(event)!,
        decisions: { [`${at}/${72 * HOUR_MS}`]: { outcome: 'skipped', reason: 'news_not_heard' } as const },
        campaign: { state: 'member', campaign: 'Christmas 2025' } as const,
        notion: { outcome: 'updated' } as const,
        notices: {},
      };

      const { outcome, world } = await bookings.follow(event, async () => undefined, { resume });

      expect(now).toBeLessThan(at);
      expect(outcome.reminders.map(({ outcome: became, reason }) => reason ?? became)).toEqual([
        'news_not_heard',
        'sent',
        'sent',
      ]);
      expect(world.lookUps).toEqual([]);
      expect(world.records[0]!.revision).toBeGreaterThan(7);
    });

    it('goes on from what an earlier version has kept, and takes that over as well', async () => {
      const { now, event, booking } = await booked(4 * DAY_MS);
      const keptBefore = (revision: number, ...events: BookingEvent[]): KeptState => {
        const { acknowledgedBy: _, ...known } = stateOf(...events)!;
        return { revision, known, decisions: {}, notion: { outcome: 'updated' } };
      };
      await bookings.store.bookings.record({
        booking,
        revision: 40,
        status: 'cancelled',
        report: {},
        state: keptBefore(40, event, cancelled(booking, later(now, 1_000))),
        isOver: false,
        decided: [],
      });

      const { outcome } = await bookings.follow(event, async () => undefined, { resume: keptBefore(7, event) });

      expect(outcome.status).toBe('cancelled');
      expect(await bookings.store.bookings.find(booking)).toMatchObject({ status: 'cancelled', isOver: true });
    });

    it('sends no mail twice that was sent, though it was lost before that was recorded', async () => {
      const { event, booking } = await booked(26 * HOUR_MS);
      const dueAt = earlier(booking.startsAt, 24 * HOUR_MS);
      const claim = await bookings.store.mails.claim(
        { booking, startsAt: booking.startsAt, step: 'reminder/24h', recipient: TOBIAS },
        { dueAt, messageId: '<sent before>', content: Buffer.from('the mail') },
      );
      if (claim.state !== 'free') throw new Error('Nobody has sent it yet');
      await bookings.store.mails.startSending(claim.token);
      await bookings.store.mails.markSent(claim.token, dueAt);

      const { outcome, world } = await bookings.follow(event, async () => undefined);

      expect(world.mails.map(({ at }) => at)).toEqual([Date.parse(earlier(booking.startsAt, 2 * HOUR_MS))]);
      expect(outcome.reminders.map(({ outcome: became }) => became)).toEqual(['skipped', 'sent', 'sent']);
    });

    it('and brought back from earlier, takes over what was recorded since', async () => {
      const { now, event, booking } = await booked(4 * DAY_MS);
      const known = stateOf(event)!;
      const cancel = cancelled(booking, later(now, 1_000));
      await bookings.store.bookings.record({
        booking,
        revision: 40,
        status: 'cancelled',
        report: {},
        state: {
          revision: 40,
          known: stateOf(event, cancel)!,
          decisions: {},
          notion: { outcome: 'updated' },
          notices: {},
        },
        isOver: false,
        decided: [],
      });

      const { outcome, world } = await bookings.follow(event, async () => undefined, {
        resume: { revision: 3, known, decisions: {}, notion: { outcome: 'pending' }, notices: {} },
      });

      expect(outcome.status).toBe('cancelled');
      expect(world.mails).toEqual([]);
      expect(await bookings.store.bookings.find(booking)).toMatchObject({ status: 'cancelled', isOver: true });
    });

    function stateOf(...events: BookingEvent[]) {
      return events.reduce<BookingState | undefined>(hear, undefined);
    }
  });
});
