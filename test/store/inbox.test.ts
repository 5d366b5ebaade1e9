import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import type { BookingEvent } from '../../src/booking.ts';
import type { ClaimedDelivery, Dispatched } from '../../src/store/inbox.ts';
import { aBooking } from '../support/a-booking.ts';
import {
  acknowledged,
  aDelivery,
  cancelled,
  confirmed,
  describeStores,
  ended,
  noShow,
  pending,
  quarantined,
  rejected,
  requested,
  rescheduled,
  told,
  updated,
  withoutRun,
} from './support.ts';

const LEASE_MS = 60_000;

describeStores('the inbox', (store) => {
  const keep = (event: BookingEvent) => store().inbox.keep(aDelivery(), pending(event));

  async function claimOne(): Promise<ClaimedDelivery> {
    const [claimed] = await store().inbox.claim(1, LEASE_MS);
    return claimed!;
  }

  async function dispatchAll(becomes: (event: BookingEvent) => Dispatched = told): Promise<string[]> {
    const claimed = await store().inbox.claim(100, LEASE_MS);
    for (const delivery of claimed) {
      const dispatched = delivery.isRetired ? withoutRun('retired') : becomes(delivery.event);
      await store().inbox.markDispatched(delivery, dispatched);
    }
    return claimed.map(({ event }) => event.id);
  }

  describe('when a delivery arrives', () => {
    it('keeps it, and gives its event to whoever dispatches', async () => {
      const event = confirmed();
      const delivery = aDelivery({ receivedAt: new Date('2026-11-30T08:00:00.123Z') });

      const kept = await store().inbox.keep(delivery, { ...pending(event), warnings: ['guest left out'] } as never);

      expect(kept).toEqual({ id: expect.any(Number), status: 'pending', repeated: false });
      expect(await store().inbox.find(kept.id)).toEqual({
        id: kept.id,
        source: 'calcom',
        receivedAt: delivery.receivedAt,
        trigger: 'BOOKING_CONFIRMED',
        subjectUid: event.booking.uid,
        status: 'pending',
        attempts: 0,
        headers: delivery.headers,
        signature: 'valid',
        secretNumber: 1,
        warnings: ['guest left out'],
        body: delivery.keptBody,
      });
      expect(await store().inbox.claim(10, LEASE_MS)).toEqual([
        {
          id: kept.id,
          event,
          isRetired: false,
          replaces: [],
          standsInFor: undefined,
          receivedAt: delivery.receivedAt,
          attempts: 1,
          refusals: 0,
        },
      ]);
    });

    it('keeps no name and no address in clear', async () => {
      await store().inbox.keep(aDelivery({ secretNumber: 2, signature: 'unsigned' }), pending(rescheduled('old')));
      await store().inbox.keep(aDelivery(), quarantined);

      const dump = JSON.stringify(
        await store().rows(
          sql`select d::text, encode(body, 'escape') body, encode(event, 'escape') event from deliveries d`,
        ),
      );

      expect(dump).not.toMatch(/tobias|okafor|example\.com|lindqvist/i);
      expect(dump).toContain('BOOKING_RESCHEDULED');
    });

    it('gives nobody an event of which nothing is to be done', async () => {
      await store().inbox.keep(aDelivery(), { status: 'ignored', trigger: 'PING', reason: 'not_a_booking' });
      await store().inbox.keep(aDelivery(), { status: 'rejected', reason: 'no_start' });
      await store().inbox.keep(aDelivery(), quarantined);

      expect(await store().inbox.claim(10, LEASE_MS)).toEqual([]);
      expect((await store().inbox.list({ limit: 10 })).map(({ status, reason }) => [status, reason])).toEqual([
        ['quarantined', 'not_json'],
        ['rejected', 'no_start'],
        ['ignored', 'not_a_booking'],
      ]);
    });
  });

  describe('when the same body arrives again', () => {
    it('changes nothing, whatever has become of the first', async () => {
      const delivery = aDelivery();
      const { id } = await store().inbox.keep(delivery, pending(confirmed()));
      const again = () => store().inbox.keep(delivery, pending(cancelled()));

      expect(await again()).toEqual({ id, status: 'pending', repeated: true });
      await dispatchAll();
      expect(await again()).toEqual({ id, status: 'dispatched', repeated: true });
      expect(await store().inbox.claim(10, LEASE_MS)).toEqual([]);
      expect(await store().inbox.list({ limit: 10 })).toHaveLength(1);
    });

    it('is one delivery although both arrive at the same moment', async () => {
      const delivery = aDelivery();

      const kept = await Promise.all([1, 2, 3, 4].map(() => store().inbox.keep(delivery, pending(confirmed()))));

      expect(kept.filter(({ repeated }) => !repeated)).toHaveLength(1);
      expect(new Set(kept.map(({ id }) => id)).size).toBe(1);
    });

    it.each(['rejected', 'quarantined'] as const)('takes the new verdict if the first was %s', async (status) => {
      const delivery = aDelivery();
      const { id } = await store().inbox.keep(delivery, { status, reason: 'not_understood' });

      const kept = await store().inbox.keep(delivery, pending(rescheduled('the-old-one')));

      expect(kept).toEqual({ id, status: 'pending', repeated: false });
      expect(await store().inbox.isRetired({ uid: 'the-old-one' })).toBe(true);
      expect(await dispatchAll()).toHaveLength(1);
    });

    it('is a delivery of its own from another source', async () => {
      const delivery = aDelivery();
      await store().inbox.keep(delivery, pending(confirmed()));

      const kept = await store().inbox.keep({ ...delivery, source: 'operator' }, pending(confirmed()));

      expect(kept.repeated).toBe(false);
    });
  });

  describe('when several dispatchers claim at once', () => {
    it('gives each delivery to one of them, oldest first, and no more than asked for', async () => {
      for (let n = 0; n < 9; n += 1) await keep(confirmed({ uid: `uid-${n}` }));

      const shares = await Promise.all([1, 2, 3].map(() => store().inbox.claim(2, LEASE_MS)));
      const rest = await store().inbox.claim(100, LEASE_MS);

      expect(shares.map((share) => share.length)).toEqual([2, 2, 2]);
      const uids = [...shares.flat(), ...rest].map(({ event }) => event.booking.uid);
      expect(uids.toSorted()).toEqual(Array.from({ length: 9 }, (_, n) => `uid-${n}`));
      expect(rest.map(({ event }) => event.booking.uid)).toEqual(['uid-6', 'uid-7', 'uid-8']);
    });

    it('gives it to another once the lease is over', async () => {
      await keep(confirmed());
      await store().inbox.claim(1, LEASE_MS);

      expect(await store().inbox.claim(1, LEASE_MS)).toEqual([]);
      await store().rows(sql`update deliveries set claimed_until = now() - interval '1 second'`);
      expect(await store().inbox.claim(1, LEASE_MS)).toMatchObject([{ attempts: 2 }]);
    });
  });

  describe('when a delivery could not be dispatched', () => {
    it('is claimed again after the pause, with what was tried', async () => {
      const { id } = await keep(confirmed());
      await store().inbox.claim(1, LEASE_MS);

      await store().inbox.putBack(id, { error: 'UNAVAILABLE', pauseMs: 60_000, refused: false });
      expect(await store().inbox.claim(1, LEASE_MS)).toEqual([]);
      expect(await store().inbox.find(id)).toMatchObject({ status: 'pending', attempts: 1, lastError: 'UNAVAILABLE' });
      await store().letTimePass();
      await store().inbox.claim(1, LEASE_MS);
      await store().inbox.putBack(id, { error: 'INVALID_ARGUMENT', pauseMs: 0, refused: true });

      expect(await store().inbox.claim(1, LEASE_MS)).toMatchObject([{ id, attempts: 3, refusals: 1 }]);
    });

    it('can be quarantined, read again, and dispatched from the start', async () => {
      const { id } = await keep(confirmed());
      await store().inbox.claim(1, LEASE_MS);
      await store().inbox.putBack(id, { error: 'INVALID_ARGUMENT', pauseMs: 0, refused: true });

      await store().inbox.quarantine(id, 'refused_by_temporal');
      expect(await store().inbox.claim(1, LEASE_MS)).toEqual([]);
      expect(await store().inbox.list({ status: 'quarantined', limit: 5 })).toMatchObject([
        { id, reason: 'refused_by_temporal' },
      ]);
      const event = rescheduled('the-old-one');
      await store().inbox.reread(id, pending(event));

      expect(await store().inbox.claim(1, LEASE_MS)).toMatchObject([{ id, event, attempts: 1, refusals: 0 }]);
      expect(await store().inbox.isRetired({ uid: 'the-old-one' })).toBe(true);
    });

    it('keeps no other waiting when it cannot be opened', async () => {
      const { id } = await keep(confirmed());
      await keep(confirmed({ uid: 'readable' }));
      await store().rows(sql`update deliveries set event = '\\x026b39'::bytea || event where id = ${id}`);

      const claimed = await store().inbox.claim(10, LEASE_MS);

      expect(claimed.map(({ event }) => event.booking.uid)).toEqual(['readable']);
      expect(await store().inbox.find(id)).toMatchObject({
        status: 'pending',
        lastError: expect.stringContaining('k9'),
      });
    });
  });

  describe('when every target took a delivery', () => {
    it('gives a booking that was told for the first time its row, once', async () => {
      const event = confirmed({ uid: 'new-one', seat: 'seat-1' });
      await keep(event);
      const [claimed] = await store().inbox.claim(1, LEASE_MS);

      await store().inbox.markDispatched(claimed!, told(event));
      await store().inbox.markDispatched(claimed!, withoutRun('closed'));

      expect(await store().bookings.find({ uid: 'new-one', seat: 'seat-1' })).toMatchObject({
        status: 'scheduled',
        attendeeName: 'Tobias Okafor',
        attendeeEmail: 'tobias.okafor@example.com',
        title: 'Discovery call',
        startsAt: new Date(event.booking.startsAt),
        revision: 0,
        isOver: false,
      });
      expect(await store().inbox.find(claimed!.id)).toMatchObject({
        status: 'dispatched',
        reason: 'told',
        dispatchedAt: expect.any(Date),
      });
    });

    it.each(['closed', 'retired', 'absent'] as const)('makes no row when the outcome is %s', async (outcome) => {
      await keep(confirmed({ uid: 'old-news' }));

      await dispatchAll(() => withoutRun(outcome));

      expect(await store().bookings.find({ uid: 'old-news' })).toBeUndefined();
    });

    it('has the delivery that retired its booking meanwhile dispatched again', async () => {
      await keep(confirmed({ uid: 'first' }));
      const [beingDispatched] = await store().inbox.claim(1, LEASE_MS);
      const move = rescheduled('first', { uid: 'second' });
      await keep(move);
      await dispatchAll();

      await store().inbox.markDispatched(beingDispatched!, told(beingDispatched!.event));

      expect(await dispatchAll()).toEqual([move.id]);
      expect(await dispatchAll()).toEqual([]);
    });

    it('takes the delivery that retired its booking from whoever is dispatching it: they found no run', async () => {
      await keep(confirmed({ uid: 'first' }));
      const booked = await claimOne();
      const move = rescheduled('first', { uid: 'second' });
      await keep(move);
      const moved = await claimOne();

      await store().inbox.markDispatched(booked, told(booked.event));
      await store().inbox.markDispatched(moved, told(move));

      expect(await store().inbox.find(moved.id)).toMatchObject({ status: 'pending' });
      expect(await dispatchAll()).toEqual([move.id]);
      expect(await dispatchAll()).toEqual([]);
    });

    it('gives each of several bookings its row, and none twice', async () => {
      const seats = ['seat-1', 'seat-2'].map((seat) => aBooking({ uid: 'seated', seat, twin: `twin of ${seat}` }));
      await keep(updated({ uid: 'seated' }, { seats: ['seat-1', 'seat-2'] }));

      await dispatchAll(() => ({ outcome: 'told', started: [...seats, seats[0]!] }));

      expect(await store().rows(sql`select external_id, seat, twin from bookings order by seat`)).toEqual([
        { external_id: 'seated', seat: 'seat-1', twin: 'twin of seat-1' },
        { external_id: 'seated', seat: 'seat-2', twin: 'twin of seat-2' },
      ]);
    });

    it('notes when Cal.com last told of the booking, whichever delivery is dispatched last', async () => {
      const verifiedAt = async () =>
        (await store().rows<{ at: string }>(sql`select verified_at::text at from bookings`)).map(
          ({ at }) => new Date(at),
        );
      const [earlier, later] = [new Date('2026-11-20T10:00:00.000Z'), new Date('2026-11-21T10:00:00.000Z')];
      await store().inbox.keep(aDelivery({ receivedAt: earlier }), pending(confirmed({ uid: 'told-of' })));
      await dispatchAll();
      expect(await verifiedAt()).toEqual([earlier]);

      await store().inbox.keep(aDelivery({ receivedAt: later }), pending(updated({ uid: 'told-of' })));
      await dispatchAll();
      await store().inbox.keep(aDelivery({ receivedAt: earlier }), pending(cancelled({ uid: 'told-of' })));
      await dispatchAll();

      expect(await verifiedAt()).toEqual([later]);
    });
  });

  describe('what starts no run', () => {
    const starts = ({ kind }: BookingEvent) => kind === 'confirmed' || kind === 'cancelled';
    const asDispatched = (event: BookingEvent) => (starts(event) ? told(event) : withoutRun('absent'));

    it.each([
      ['a rejection', rejected({ uid: 'late' })],
      ['an end', ended({ uid: 'late' })],
      ['a no-show', noShow({ uid: 'late' })],
      ['an acknowledgement', acknowledged({ uid: 'late' })],
    ])('is told once there is a run, and no more than once for it: %s', async (_, event) => {
      await keep(event);
      await dispatchAll(asDispatched);
      const [booked, again] = [confirmed({ uid: 'late' }), confirmed({ uid: 'late' })];

      await keep(booked);
      expect(await dispatchAll(asDispatched)).toEqual([booked.id]);
      expect(await dispatchAll(asDispatched)).toEqual([event.id]);
      await keep(again);
      expect(await dispatchAll(asDispatched)).toEqual([again.id]);
      expect(await dispatchAll(asDispatched)).toEqual([]);
    });

    it('is not told to the run of another booking, nor is what was only asked for to its own', async () => {
      await keep(ended({ uid: 'another' }));
      await keep(ended({ uid: 'late', seat: 'someone-else' }));
      await keep(requested({ uid: 'late' }));
      await dispatchAll(asDispatched);

      await keep(confirmed({ uid: 'late' }));
      await dispatchAll(asDispatched);

      expect(await dispatchAll(asDispatched)).toEqual([]);
    });

    it('is told as well if the run was started while it was being dispatched', async () => {
      const event = ended({ uid: 'late' });
      await keep(event);
      const beingDispatched = await claimOne();
      await keep(confirmed({ uid: 'late' }));
      await dispatchAll(asDispatched);

      await store().inbox.markDispatched(beingDispatched, withoutRun('absent'));

      expect(await dispatchAll(asDispatched)).toEqual([event.id]);
      expect(await dispatchAll(asDispatched)).toEqual([]);
    });

    it('is not taken up before the row of that run is there, by which it is found', async () => {
      await keep(ended({ uid: 'late' }));
      await dispatchAll(asDispatched);
      const booked = confirmed({ uid: 'late' });
      await keep(booked);
      const started = [{ ...booked.booking, startsAt: 'no instant: its row cannot be written' }];

      await expect(store().inbox.markDispatched(await claimOne(), { outcome: 'told', started })).rejects.toThrow();

      expect(await dispatchAll(asDispatched)).toEqual([]);
    });

    it('is told to each seat that is heard of later, if it is about the whole event', async () => {
      const [end, whole] = [ended({ uid: 'seated' }), cancelled({ uid: 'seated' })];
      await keep(confirmed({ uid: 'seated', seat: 'first' }));
      await keep(end);
      await keep(whole);
      await keep(cancelled({ uid: 'seated' }, { seats: ['first'] }));
      await dispatchAll((event) => (event.kind === 'confirmed' ? told(event) : { outcome: 'told', started: [] }));
      expect((await dispatchAll(() => ({ outcome: 'told', started: [] }))).toSorted()).toEqual(
        [end.id, whole.id].toSorted(),
      );

      await keep(confirmed({ uid: 'seated', seat: 'second' }));
      await dispatchAll();

      expect((await dispatchAll(() => ({ outcome: 'told', started: [] }))).toSorted()).toEqual(
        [end.id, whole.id].toSorted(),
      );
    });
  });

  describe('when a booking is replaced', () => {
    it('has retired it by the time that the delivery is kept, and that one only', async () => {
      await keep(rescheduled('first', { uid: 'second' }));

      expect(await store().inbox.isRetired({ uid: 'first' })).toBe(true);
      expect(await store().inbox.isRetired({ uid: 'first', seat: 'any' })).toBe(true);
      expect(await store().inbox.isRetired({ uid: 'second' })).toBe(false);
    });

    it('says so of what arrives for it later', async () => {
      await keep(rescheduled('first', { uid: 'second' }));
      await keep(confirmed({ uid: 'first' }));
      await keep(confirmed({ uid: 'first', seat: 'any' }));

      const claimed = await store().inbox.claim(10, LEASE_MS);
      expect(claimed.map(({ event: { booking }, isRetired }) => [booking.uid, booking.seat, isRetired])).toEqual([
        ['second', undefined, false],
        ['first', undefined, true],
        ['first', 'any', true],
      ]);
    });
  });

  describe('when a run asks before it sends', () => {
    const booking = { uid: 'asking' };
    const ask = (heard: readonly string[] = []) => store().inbox.hasUnheardNews(booking, heard);

    it('has no news for it while there are confirmations alone, or news of others', async () => {
      await keep(confirmed(booking));
      await keep(cancelled({ uid: 'another' }));
      await keep(rescheduled('a-third', { uid: 'a-fourth' }));
      await keep(cancelled({ ...booking, seat: 'someone-else' }));

      expect(await ask()).toBe(false);
    });

    it('tells of a cancel until it has been heard, whether or not it was dispatched', async () => {
      const news = cancelled(booking);
      await keep(news);

      expect(await ask()).toBe(true);
      expect(await ask(['event-other'])).toBe(true);
      await dispatchAll();
      expect(await ask(['event-other'])).toBe(true);
      expect(await ask(['event-other', news.id])).toBe(false);
    });

    it('tells of a rejection until it has been heard', async () => {
      const news = rejected(booking);
      await keep(news);

      expect(await ask()).toBe(true);
      await dispatchAll(() => withoutRun('absent'));
      expect(await ask()).toBe(true);
      expect(await ask([news.id])).toBe(false);
    });

    it('has no news in what cannot stop a mail', async () => {
      for (const event of [requested(booking), updated(booking), ended(booking), noShow(booking)]) await keep(event);

      expect(await ask()).toBe(false);
    });

    it.each([
      ['a request to move it', () => requested({ uid: 'the-new-one' }, booking)],
      ['a later call of its lineage', () => confirmed({ uid: 'the-new-one', lineage: { id: 'line', sequence: 1 } })],
    ])('tells of what replaces it for good: %s', async (_, news) => {
      await keep(confirmed({ ...booking, lineage: { id: 'line', sequence: 0 } }));
      expect(await ask()).toBe(false);

      await keep(news());

      expect(await ask()).toBe(true);
    });

    it('tells of a move to another booking, for good', async () => {
      const news = rescheduled(booking.uid, { uid: 'the-new-one' });
      await keep(news);

      expect(await ask()).toBe(true);
      expect(await ask([news.id])).toBe(true);
    });

    it('counts the move that it began with as news until it has been heard', async () => {
      const beginning = rescheduled('the-old-one', booking);
      await keep(beginning);

      expect(await ask([])).toBe(true);
      expect(await ask([beginning.id])).toBe(false);
    });

    it('tells a seat of what is about its whole event, and about itself', async () => {
      const seat = { uid: 'seated', seat: 'mine' };
      expect(await store().inbox.hasUnheardNews(seat, [])).toBe(false);
      await keep(cancelled({ uid: 'seated' }));
      expect(await store().inbox.hasUnheardNews(seat, [])).toBe(true);
    });

    it('tells those seats alone that a cancel names', async () => {
      await keep(cancelled({ uid: 'seated' }, { seats: ['mine', 'yours'] }));
      const askOf = (seat: string) => store().inbox.hasUnheardNews({ uid: 'seated', seat }, []);

      expect(await Promise.all(['mine', 'yours', 'theirs'].map(askOf))).toEqual([true, true, false]);
    });

    it('tells each of several that ask at once what it has not heard', async () => {
      const news = cancelled(booking);
      await keep(news);
      await keep(cancelled({ uid: 'another' }));
      const asked = [
        [booking, []],
        [booking, ['other-news', news.id]],
        [{ uid: 'another' }, [news.id]],
        [{ uid: 'a-third' }, []],
      ] as const;

      const answers = await Promise.all(asked.map(([of, heard]) => store().inbox.hasUnheardNews(of, heard)));

      expect(answers).toEqual([true, false, true, false]);
    });

    it('does not count what was rejected', async () => {
      await keep(cancelled(booking));
      await store().rows(sql`update deliveries set status = 'rejected'`);

      expect(await ask()).toBe(false);
    });
  });

  describe('when a run has been lost', () => {
    it('tells it again whatever concerns it and it has not heard', async () => {
      const [heard, unheard, moving, other] = [
        confirmed({ uid: 'lost' }),
        cancelled({ uid: 'lost' }),
        rescheduled('lost', { uid: 'next' }),
        confirmed({ uid: 'other' }),
      ];
      for (const event of [heard, unheard, moving, other]) await keep(event);
      await dispatchAll();

      expect(await store().inbox.tellAgain({ uid: 'lost' }, [heard.id])).toBe(2);
      expect(await store().inbox.tellAgain({ uid: 'lost' }, [heard.id])).toBe(0);
      expect((await dispatchAll()).toSorted()).toEqual([unheard.id, moving.id].toSorted());
    });

    it('tells it again what has retired it without naming it, and what has retired all its seats', async () => {
      const lineage = (sequence: number) => ({ lineage: { id: 'line', sequence } });
      const next = confirmed({ uid: 'next', ...lineage(1) });
      const move = rescheduled('seated', { uid: 'elsewhere' });
      for (const event of [confirmed({ uid: 'lost', ...lineage(0) }), next, move]) await keep(event);
      await dispatchAll();

      expect(await store().inbox.tellAgain({ uid: 'lost' }, [])).toBe(2);
      await dispatchAll();
      expect(await store().inbox.tellAgain({ uid: 'seated', seat: 'mine' }, [])).toBe(1);
      expect(await dispatchAll()).toEqual([move.id]);
    });

    it('tells everything again that arrived since a given instant', async () => {
      const since = new Date('2026-11-20T00:00:00Z');
      const before = new Date(since.getTime() - 1);
      const event = confirmed({ uid: 'later' });
      await store().inbox.keep(aDelivery({ receivedAt: before }), pending(confirmed({ uid: 'earlier' })));
      await store().inbox.keep(aDelivery({ receivedAt: since }), pending(event));
      await dispatchAll();

      expect(await store().inbox.tellAllAgainSince(since)).toBe(1);
      expect(await dispatchAll()).toEqual([event.id]);
    });
  });

  describe('when the operator looks', () => {
    it('lists by page, newest first, one status or all', async () => {
      const ids = [];
      for (let n = 0; n < 5; n += 1) ids.push((await keep(confirmed({ uid: `uid-${n}` }))).id);
      await store().inbox.keep(aDelivery(), quarantined);
      const page = async (options: Parameters<ReturnType<typeof store>['inbox']['list']>[0]) =>
        (await store().inbox.list(options)).map(({ id }) => id);

      const newest = await page({ status: 'pending', limit: 2 });

      expect(newest).toEqual([ids[4], ids[3]]);
      expect(await page({ status: 'pending', limit: 2, before: newest[1]! })).toEqual([ids[2], ids[1]]);
      expect(await page({ limit: 10 })).toHaveLength(6);
      expect(await store().inbox.find(1_000_000)).toBeUndefined();
    });

    it('shows how a delivery’s booking stands to others', async () => {
      await keep(confirmed({ uid: 'first', lineage: { id: 'line', sequence: 0 } }));
      const { id } = await keep(rescheduled('zeroth', { uid: 'second', lineage: { id: 'line', sequence: 1 } }));
      const ending = await keep(cancelled({ uid: 'weekly', series: 'series-1' }, { wholeSeries: true }));

      expect(await store().inbox.find(id)).toMatchObject({
        replacedUid: 'zeroth',
        retires: ['first', 'zeroth'],
        lineage: 'line',
        lineageSequence: 1,
      });
      expect(await store().inbox.find(ending.id)).toMatchObject({ series: 'series-1', endsSeries: true });
    });

    it('says how many are pending, and since when', async () => {
      expect(await store().inbox.backlog()).toEqual({ pending: 0 });
      const receivedAt = new Date('2026-11-20T10:00:00.500Z');
      await store().inbox.keep(aDelivery({ receivedAt }), pending(confirmed()));
      await keep(confirmed());

      expect(await store().inbox.backlog()).toEqual({ pending: 2, oldestReceivedAt: receivedAt });
    });
  });
});
