import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { aBooking, DAY_MS } from '../support/a-booking.ts';
import { aDelivery, confirmed, describeStores, pending, quarantined, told } from './support.ts';

const booking = aBooking();
const endsAt = Date.parse(booking.endsAt);
const KEEP = { keepAttendeesMs: 90 * DAY_MS, keepBodiesMs: 30 * DAY_MS };
const NOTHING = { bookings: 0, mails: 0, suppressions: 0, briefs: 0, bodies: 0, mailEvents: 0 };

describeStores('purging', (store) => {
  const purgeAfter = (days: number) => store().purge({ now: new Date(endsAt + days * DAY_MS), ...KEEP });

  /** A booking with everything: its delivery, its row, its history, a sent mail and one that was never sent. */
  async function aStory({ isOver = true } = {}) {
    const receivedAt = new Date(endsAt - 60 * DAY_MS);
    const { id } = await store().inbox.keep(aDelivery({ receivedAt }), pending(confirmed()));
    const [claimed] = await store().inbox.claim(1, 60_000);
    await store().inbox.markDispatched(claimed!, told(claimed!.event));
    const report = { status: 'completed', reminders: [{ outcome: 'sent' }] };
    await store().bookings.record({
      booking,
      revision: 1,
      status: 'completed',
      report,
      state: {},
      isOver,
      decided: [],
    });
    for (const step of ['reminder/24h', 'reminder/2h']) {
      const claim = await store().mails.claim(
        { booking, startsAt: booking.startsAt, step, recipient: 'tobias.okafor@example.com' },
        { dueAt: booking.startsAt, messageId: '<m>', content: Buffer.from('Dear Tobias') },
      );
      const { token } = claim as { token: string };
      await store().mails.startSending(token);
      if (step === 'reminder/24h') await store().mails.markSent(token, booking.startsAt);
    }
    await aBrief(booking.uid);
    return id;
  }

  /** A brief that has not come to its page. */
  async function aBrief(uid: string, updatedAt = new Date(endsAt)) {
    await store().rows(sql`
      insert into briefs (external_id, state, reason, pending, updated_at)
      values (${uid}, 'blocked', 'creates_blocked', convert_to('Ask Tobias', 'UTF8'), ${updatedAt.toISOString()}::timestamptz)`);
  }

  const briefs = () => store().rows(sql`select external_id, state, pending is not null as is_pending from briefs`);

  describe('a booking that is over', () => {
    it('loses the bodies first, then the people, and keeps what was decided', async () => {
      const id = await aStory();

      expect(await purgeAfter(29.9)).toEqual(NOTHING);
      expect(await purgeAfter(30.1)).toEqual({ ...NOTHING, bodies: 1 });
      const delivery = await store().inbox.find(id);
      expect(delivery).toMatchObject({ status: 'dispatched', reason: 'told' });
      expect(delivery).not.toHaveProperty('body');
      expect(await store().bookings.find(booking)).toHaveProperty('attendeeName');
      expect(await purgeAfter(89.9)).toEqual(NOTHING);
      expect(await purgeAfter(90.1)).toEqual({ ...NOTHING, bookings: 1, mails: 2, briefs: 1 });
      expect(await purgeAfter(1_000)).toEqual(NOTHING);

      const stored = await store().bookings.find(booking);
      expect(stored).toMatchObject({ status: 'completed', report: { reminders: [{ outcome: 'sent' }] } });
      expect(stored).not.toHaveProperty('attendeeName');
      expect(await store().bookings.history(booking)).toHaveLength(1);
      const dump = JSON.stringify(
        await store().rows(sql`select b::text, r::text, d::text from bookings b, reminders r, deliveries d`),
      );
      expect(dump).toContain('reminder/24h');
      expect(dump).not.toMatch(/tobias|okafor|example\.com/i);
      expect(await store().rows(sql`select 1 from reminders where mail is not null`)).toEqual([]);
      expect(await store().rows(sql`select 1 from bookings where state is not null`)).toEqual([]);
      expect(await briefs()).toEqual([{ external_id: booking.uid, state: 'blocked', is_pending: false }]);
    });

    it('is still known by the repeat of a purged delivery', async () => {
      const delivery = aDelivery({ receivedAt: new Date(endsAt - DAY_MS) });
      const { id } = await store().inbox.keep(delivery, { status: 'ignored', reason: 'not_a_booking' });
      expect(await purgeAfter(40)).toEqual({ ...NOTHING, bodies: 1 });

      expect(await store().inbox.keep(delivery, pending(confirmed()))).toMatchObject({ id, repeated: true });
    });
  });

  describe('a booking whose run has not reported its end', () => {
    it('is waited for, but not for ever', async () => {
      await aStory({ isOver: false });

      expect(await purgeAfter(91)).toEqual({ ...NOTHING, bodies: 1 });
      expect(await purgeAfter(99)).toEqual({ ...NOTHING, bookings: 1, mails: 2, briefs: 1 });
    });

    it('keeps its bodies while it lies ahead, however long ago they arrived', async () => {
      await aStory({ isOver: false });

      expect(await purgeAfter(-1)).toEqual(NOTHING);
    });
  });

  describe('a delivery without a booking', () => {
    it('is kept for as long after it arrived, and while it is pending', async () => {
      await store().inbox.keep(aDelivery({ receivedAt: new Date(endsAt) }), quarantined);
      await store().inbox.keep(aDelivery({ receivedAt: new Date(endsAt) }), pending(confirmed({ uid: 'waiting' })));

      expect(await purgeAfter(29)).toEqual(NOTHING);
      expect(await purgeAfter(31)).toEqual({ ...NOTHING, bodies: 1 });
    });
  });

  describe('a brief', () => {
    it('goes with the people of its booking, however long it has waited', async () => {
      await aStory();
      await store().rows(sql`update briefs set updated_at = '2020-01-01'`);

      expect(await purgeAfter(89.9)).toMatchObject({ briefs: 0 });
      expect(await purgeAfter(90.1)).toMatchObject({ briefs: 1 });
    });

    it('of a booking that nobody recorded goes as long after it was last tried', async () => {
      await aBrief('unheard');

      expect(await purgeAfter(89.9)).toEqual(NOTHING);
      expect(await purgeAfter(90.1)).toEqual({ ...NOTHING, briefs: 1 });
      expect(await briefs()).toEqual([{ external_id: 'unheard', state: 'blocked', is_pending: false }]);
    });
  });

  describe('an address that gets no mails any more', () => {
    it('is forgotten after a while, and gets none all the same', async () => {
      const at = new Date(endsAt).toISOString();
      const address = 'tobias.okafor@example.com';
      await store().suppressions.suppress({ person: 'a-person', reason: 'hard_bounce', address, at });

      expect(await purgeAfter(89.9)).toEqual(NOTHING);
      expect(await purgeAfter(90.1)).toEqual({ ...NOTHING, suppressions: 1 });

      expect(await store().suppressions.list()).toEqual([{ person: 'a-person', reason: 'hard_bounce', at }]);
      expect(await store().suppressions.reasonFor('a-person', booking)).toBe('hard_bounce');
    });
  });

  describe('what was told of a mail', () => {
    it('is gone after a while', async () => {
      await store().rows(sql`
        insert into mail_events (id, type, received_at) values ('told', 'complaint', ${new Date(endsAt).toISOString()}::timestamptz)`);

      expect(await purgeAfter(29.9)).toEqual(NOTHING);
      expect(await purgeAfter(30.1)).toEqual({ ...NOTHING, mailEvents: 1 });
      expect(await store().rows(sql`select 1 from mail_events`)).toEqual([]);
    });
  });

  it('goes on until nothing is left', async () => {
    await store().rows(sql`
      insert into deliveries (source, body_hash, body, status, headers, signature, received_at)
      select 'calcom', int4send(n), '\\x00', 'ignored', '{}', 'valid', '2020-01-01' from generate_series(1, 2500) n`);

    expect(await purgeAfter(0)).toEqual({ ...NOTHING, bodies: 2_500 });
  });
});
