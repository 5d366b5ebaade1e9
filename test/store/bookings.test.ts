import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import type { Attendee, Booking } from '../../src/booking.ts';
import type { BookingRecord } from '../../src/store/bookings.ts';
import { aBooking, DAY_MS, earlier, later } from '../support/a-booking.ts';
import { aDelivery, confirmed, describeStores, pending, told } from './support.ts';

const booking = aBooking();

function aRecord(facts: Partial<BookingRecord> = {}): BookingRecord {
  const { status = 'scheduled', revision = 1 } = facts;
  return {
    booking,
    revision,
    status,
    report: { status, bookingUid: booking.uid, reminders: [{ offset: '24h', outcome: 'planned' }], notion: 'pending' },
    state: { heard: ['event-1'], attendee: 'Tobias Okafor', revision },
    isOver: false,
    decided: [],
    ...facts,
  };
}

describeStores('the bookings', (store) => {
  const record = (facts?: Partial<BookingRecord>) => store().bookings.record(aRecord(facts));
  const live = () => store().bookings.live({ limit: 10, settledMs: 0 });

  describe('when a run reports', () => {
    it('keeps what it says, also of a booking that had no row', async () => {
      expect(await record()).toEqual({ written: true });

      expect(await store().bookings.find(booking)).toEqual({
        uid: booking.uid,
        status: 'scheduled',
        startsAt: new Date(booking.startsAt),
        endsAt: new Date(booking.endsAt),
        attendeeName: 'Tobias Okafor',
        attendeeEmail: 'tobias.okafor@example.com',
        title: 'Discovery call',
        report: aRecord().report,
        revision: 1,
        isOver: false,
      });
      expect(await live()).toEqual([{ uid: booking.uid, revision: 1, state: aRecord().state }]);
    });

    it('takes its first report whatever its number, after the dispatcher made the row', async () => {
      await store().inbox.keep(aDelivery(), pending(confirmed()));
      const [claimed] = await store().inbox.claim(1, 60_000);
      await store().inbox.markDispatched(claimed!, told(claimed!.event));

      expect(await live()).toEqual([{ uid: booking.uid, revision: 0, state: undefined }]);
      expect(await record({ revision: 0 })).toEqual({ written: true });
      expect(await store().bookings.history(booking)).toMatchObject([{ action: 'booked' }]);
    });

    it('writes over a lower revision only, and tells an older run what is kept', async () => {
      await record({ revision: 5, status: 'cancelled' });

      expect(await record({ revision: 4 })).toEqual({
        written: false,
        revision: 5,
        state: aRecord({ revision: 5 }).state,
      });
      expect(await record({ revision: 5, state: { heard: [] } })).toMatchObject({ written: false, revision: 5 });
      expect((await store().bookings.find(booking))?.status).toBe('cancelled');
      expect(await record({ revision: 6 })).toEqual({ written: true });
    });

    it('takes a report whose answer was lost as written', async () => {
      await record({ revision: 5 });

      expect(await record({ revision: 5 })).toEqual({ written: true });
      expect(await store().bookings.history(booking)).toHaveLength(1);
    });

    it('is written by one of two that report the same revision at once', async () => {
      const answers = await Promise.all(['a', 'b'].map((state) => record({ state })));

      expect(answers.filter(({ written }) => written)).toHaveLength(1);
    });

    it('keeps the run’s state, but not in clear', async () => {
      await record({ state: { attendee: 'Tobias Okafor' } });

      const dump = await store().rows(
        sql`select encode(state, 'escape') state, report::text, h::text from bookings, booking_history h`,
      );

      expect(dump).toHaveLength(1);
      expect(JSON.stringify(dump)).not.toMatch(/tobias|okafor|example\.com/i);
    });
  });

  describe('what a run knew when it ended', () => {
    it('is kept once it has ended, and until it is purged', async () => {
      expect(await store().bookings.endState(booking)).toBeUndefined();
      await record();
      expect(await store().bookings.endState(booking)).toBeUndefined();

      await record({ revision: 2, isOver: true });
      expect(await store().bookings.endState(booking)).toEqual(aRecord({ revision: 2 }).state);

      const now = new Date(later(booking.endsAt, 100 * DAY_MS));
      await store().purge({ now, keepAttendeesMs: DAY_MS, keepBodiesMs: DAY_MS });
      expect(await store().bookings.endState(booking)).toBeUndefined();
    });
  });

  describe('the keys of a booking', () => {
    it('are its own, or those of its known seats', async () => {
      for (const seat of ['seat-2', 'seat-1']) await record({ booking: aBooking({ uid: 'seated', seat }) });
      await record();

      expect(await store().bookings.keysOf(booking.uid)).toEqual([{ uid: booking.uid }]);
      expect(await store().bookings.keysOf('seated')).toEqual([
        { uid: 'seated', seat: 'seat-1' },
        { uid: 'seated', seat: 'seat-2' },
      ]);
      expect(await store().bookings.keysOf('unknown')).toEqual([]);
    });
  });

  describe('what else is kept of a booking', () => {
    const rows = () => store().rows<Record<string, unknown>>(sql`select external_id, twin, verified_at from bookings`);

    it('is what two that were made by mistake have in common, as the run last says', async () => {
      await record({ booking: aBooking({ twin: 'twin-1' }) });
      expect(await rows()).toMatchObject([{ twin: 'twin-1' }]);

      await record({ revision: 2, booking });
      expect(await rows()).toMatchObject([{ twin: null }]);
    });
  });

  describe('the history of a booking', () => {
    it('tells what changed, and nothing of what did not', async () => {
      const startsAt = later(booking.startsAt, DAY_MS);
      const report = aRecord().report as Record<string, unknown>;
      await record();
      await record({ revision: 2, report: { ...report, reminders: [{ offset: '24h', outcome: 'sent' }] } });
      await record({
        revision: 3,
        report: { ...report, reminders: [{ offset: '24h', outcome: 'sent' }], notion: 'done' },
      });
      await record({ revision: 4, booking: aBooking({ startsAt }), report: { ...report, startsAt } });
      await record({
        revision: 5,
        booking: aBooking({ startsAt }),
        status: 'cancelled',
        report: { status: 'cancelled' },
      });

      const lines = await store().bookings.history(booking);

      expect(lines.map(({ action }) => action)).toEqual(['booked', 'updated', 'moved', 'cancelled']);
      expect(lines[0]).toEqual({ action: 'booked', actor: 'precall', at: expect.any(Date), old: null, new: report });
      expect(lines[1]).toMatchObject({
        old: { reminders: [{ offset: '24h', outcome: 'planned' }] },
        new: { reminders: [{ offset: '24h', outcome: 'sent' }] },
      });
      expect(Object.keys(lines[1]!.new as object)).toEqual(['reminders']);
    });
  });

  describe('a booker who has missed a call', () => {
    const isBookedAgain = () => store().bookings.isBookedAgain(booking);
    const other = (facts: Partial<Booking> = {}, status = 'scheduled') =>
      record({ booking: aBooking({ uid: 'another', startsAt: later(booking.startsAt, DAY_MS), ...facts }), status });

    it('has another call if there is a later one that was not called off', async () => {
      await record();
      expect(await isBookedAgain()).toBe(false);

      await other({}, 'cancelled');
      expect(await isBookedAgain()).toBe(false);

      await other({ uid: 'a third', attendees: [{ name: 'Tobias', email: 'Tobias.Okafor@Example.com' }] });
      expect(await isBookedAgain()).toBe(true);
    });

    it.each([
      ['earlier', { startsAt: earlier(booking.startsAt, DAY_MS) }],
      ["somebody else's", { attendees: [{ name: 'Ada', email: 'ada@example.com' }] as [Attendee] }],
    ])('has none by one that is %s', async (_which, facts) => {
      await record();
      await other(facts);

      expect(await isBookedAgain()).toBe(false);
    });
  });

  describe('mails that were decided without one on the wire', () => {
    const decided = (outcome: 'skipped' | 'failed', reason: string, step = 'reminder/24h') => ({
      step,
      startsAt: booking.startsAt,
      dueAt: booking.startsAt,
      recipient: 'tobias.okafor@example.com',
      outcome,
      reason,
    });
    const mail = { booking, startsAt: booking.startsAt, recipient: 'Tobias.Okafor@example.com' };
    const contents = { dueAt: booking.startsAt, messageId: '<m>', content: Buffer.from('Dear Tobias') };
    const outcomes = () => store().rows(sql`select step, state, reason, mail from reminders order by step`);

    it('are noted, and may be decided otherwise', async () => {
      await record({ decided: [decided('skipped', 'superseded'), decided('failed', 'no_address', 'reminder/2h')] });
      await record({
        revision: 2,
        decided: [decided('skipped', 'cancelled'), decided('skipped', 'cancelled', 'reminder/2h')],
      });

      expect(await outcomes()).toMatchObject([
        { step: 'reminder/24h', state: 'skipped', reason: 'cancelled' },
        { step: 'reminder/2h', state: 'failed', reason: 'no_address' },
      ]);
    });

    it('end an attempt that has not begun to send', async () => {
      const claimed = await store().mails.claim({ ...mail, step: 'reminder/24h' }, contents);

      await record({ decided: [decided('skipped', 'cancelled')] });

      expect(await store().mails.startSending((claimed as { token: string }).token)).toBe(false);
      expect(await outcomes()).toMatchObject([{ state: 'skipped', mail: null }]);
    });

    it('are, at the end of the run, those too that were held back and then overtaken', async () => {
      await store().mails.claim({ ...mail, step: 'notice/attendee/moved' }, contents);

      await record();
      expect(await outcomes()).toMatchObject([{ state: 'claimed', mail: expect.anything() }]);

      await record({ revision: 2, isOver: true });
      expect(await outcomes()).toMatchObject([{ state: 'skipped', reason: 'withdrawn', mail: null }]);
    });

    it('do not hide what has been on the wire, and say why nobody will know what became of it', async () => {
      for (const step of ['reminder/24h', 'reminder/2h']) {
        const claimed = await store().mails.claim({ ...mail, step }, contents);
        const { token } = claimed as { token: string };
        await store().mails.startSending(token);
        if (step === 'reminder/24h') await store().mails.markSent(token, booking.startsAt);
      }

      await record({ decided: ['reminder/24h', 'reminder/2h'].map((step) => decided('skipped', 'cancelled', step)) });

      expect(await outcomes()).toMatchObject([
        { state: 'sent', reason: null },
        { state: 'sending', reason: 'cancelled', mail: expect.anything() },
      ]);
    });
  });

  describe('the live ones', () => {
    it('are those without an end, by page, that are not quite new', async () => {
      for (const uid of ['c', 'a', 'b', 'd']) await record({ booking: aBooking({ uid }), isOver: uid === 'd' });
      await record({ booking: aBooking({ uid: 'a', seat: 'seat-1' }) });

      const first = await store().bookings.live({ limit: 2, settledMs: 0 });
      const second = await store().bookings.live({ limit: 2, settledMs: 0, after: first[1]! });

      expect([...first, ...second].map(({ uid, seat }) => `${uid}${seat ?? ''}`)).toEqual(['a', 'aseat-1', 'b', 'c']);
      expect(await store().bookings.live({ limit: 2, settledMs: 60_000 })).toEqual([]);
      await store().bookings.close({ uid: 'b' });
      expect((await live()).map(({ uid }) => uid)).toEqual(['a', 'a', 'c']);
    });
  });

  describe('the list', () => {
    it('goes by start, soonest first, page by page', async () => {
      const starts = [3, 1, 2, 2].map((days) => later(booking.startsAt, days * DAY_MS));
      for (const [n, startsAt] of starts.entries()) await record({ booking: aBooking({ uid: `uid-${n}`, startsAt }) });

      const first = await store().bookings.list({ limit: 2 });
      const second = await store().bookings.list({ limit: 9, after: first[1]! });

      expect([...first, ...second].map(({ uid }) => uid)).toEqual(['uid-1', 'uid-2', 'uid-3', 'uid-0']);
    });
  });
});
