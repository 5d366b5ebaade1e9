import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import type { Booking, BookingEvent, BookingKey } from '../../src/booking.ts';
import type { ClaimedDelivery, Dispatched } from '../../src/store/inbox.ts';
import {
  aDelivery,
  cancelled,
  confirmed,
  describeStores,
  ended,
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

/** One of the bookings that a moved call has been, by its number in the calendar. */
const placed = (sequence: number, facts: Partial<Booking> = {}): Partial<Booking> => ({
  uid: `uid-${sequence}`,
  lineage: { id: 'line', sequence },
  ...facts,
});

describeStores('the retirement of bookings', (store) => {
  const keep = (event: BookingEvent) => store().inbox.keep(aDelivery(), pending(event));
  const isRetired = (uid: string, seat?: string) => store().inbox.isRetired({ uid, ...(seat && { seat }) });

  async function keepAll(events: readonly BookingEvent[]): Promise<void> {
    for (const event of events) await keep(event);
  }

  /** Those of `uid-0`, `uid-1`, … that are retired. */
  async function retiredOf(count: number): Promise<string[]> {
    const uids = Array.from({ length: count }, (_, n) => `uid-${n}`);
    const retired = await Promise.all(uids.map((uid) => isRetired(uid)));
    return uids.filter((_, n) => retired[n]);
  }

  const claim = (limit = 100): Promise<ClaimedDelivery[]> => store().inbox.claim(limit, LEASE_MS);

  /** @returns the ids of the events. */
  async function dispatchAll(becomes: (delivery: ClaimedDelivery) => Dispatched): Promise<string[]> {
    const claimed = await claim();
    for (const delivery of claimed) await store().inbox.markDispatched(delivery, becomes(delivery));
    return claimed.map(({ event }) => event.id);
  }

  const asDispatched = ({ event, isRetired }: ClaimedDelivery): Dispatched =>
    isRetired ? withoutRun('retired') : event.kind === 'requested' ? withoutRun('absent') : told(event);

  const relationsOf = async (uid: string) => {
    const found = (await claim()).find(({ event }) => event.booking.uid === uid)!;
    return { isRetired: found.isRetired, replaces: found.replaces, standsInFor: found.standsInFor };
  };

  describe('by name', () => {
    it.each([
      ['a move', () => rescheduled('old', { uid: 'new' })],
      ['a request to move', () => requested({ uid: 'new' }, 'old')],
    ])('is known once the delivery is kept, of all seats: %s', async (_, event) => {
      await keep(event());

      expect(await isRetired('old')).toBe(true);
      expect(await isRetired('old', 'any')).toBe(true);
      expect(await isRetired('new')).toBe(false);
    });

    it.each([
      ['a move', (replaced: BookingKey) => rescheduled(replaced, { uid: 'new', seat: 'new-seat' })],
      ['a request to move', (replaced: BookingKey) => requested({ uid: 'new', seat: 'new-seat' }, replaced)],
    ])('of one seat leaves the others: %s', async (_, event) => {
      await keep(event({ uid: 'old', seat: 'mine' }));

      expect(await isRetired('old', 'mine')).toBe(true);
      expect(await isRetired('old', 'yours')).toBe(false);
      expect(await isRetired('old')).toBe(false);
    });

    it('needs a name: a request for a new call retires nothing', async () => {
      await keep(requested({ uid: 'new' }));

      expect(await isRetired('new')).toBe(false);
    });

    it('is never that of the booking itself', async () => {
      await keep(rescheduled('same', { uid: 'same' }));
      await keep(requested({ uid: 'seated', seat: 'new' }, { uid: 'seated', seat: 'old' }));

      expect(await isRetired('same')).toBe(false);
      expect(await isRetired('seated', 'old')).toBe(false);
    });

    it('is known once a delivery that could not be read before names it', async () => {
      const { id } = await store().inbox.keep(aDelivery(), quarantined);

      await store().inbox.reread(id, pending(requested({ uid: 'new' }, 'old')));

      expect(await isRetired('old')).toBe(true);
    });
  });

  describe('by lineage', () => {
    it.each([
      ['confirmed', confirmed],
      ['requested', requested],
      ['rescheduled', (facts: Partial<Booking>) => rescheduled('somebody-elses', facts)],
    ])('is that of the lower sequence, whichever is kept first: %s', async (_, later) => {
      await keepAll([confirmed(placed(0)), later(placed(1))]);
      expect(await retiredOf(2)).toEqual(['uid-0']);

      await keepAll([later(placed(1, { lineage: { id: 'another', sequence: 1 } }))]);
      await keepAll([confirmed(placed(0, { uid: 'late', lineage: { id: 'another', sequence: 0 } }))]);
      expect(await isRetired('late')).toBe(true);
      expect(await retiredOf(2)).toEqual(['uid-0']);
    });

    it('is that of every booking but the last, in whichever order they are kept', async () => {
      const orders = [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
      ];
      for (const [n, order] of orders.entries()) {
        const uidOf = (sequence: number) => `${n}-${sequence}`;
        const lineage = (sequence: number) => ({ id: `line-${n}`, sequence });
        await keepAll(order.map((sequence) => confirmed({ uid: uidOf(sequence), lineage: lineage(sequence) })));
        const retired = await Promise.all([0, 1, 2].map((sequence) => isRetired(uidOf(sequence))));
        expect([order, retired]).toEqual([order, [true, true, false]]);
      }
    });

    it('is known by the time that both are claimed, although they were kept at the same moment', async () => {
      for (let round = 0; round < 10; round += 1) {
        const [earlier, later] = [0, 1].map((sequence) =>
          confirmed({ uid: `${round}-${sequence}`, lineage: { id: `line-${round}`, sequence } }),
        );
        await Promise.all([keep(earlier!), keep(later!)]);
        const claimed = await claim();
        const retired = claimed.filter(({ isRetired }) => isRetired).map(({ event }) => event.booking.uid);
        const replaced = claimed.flatMap(({ replaces }) => replaces);

        expect(retired).toEqual([`${round}-0`]);
        expect(replaced).toEqual([{ uid: `${round}-0` }]);
        expect(await isRetired(`${round}-0`)).toBe(true);
      }
    });

    it('is noted by the later claim when neither of the two saw the other as it was kept', async () => {
      await keepAll([confirmed(placed(0)), confirmed(placed(1))]);
      await forgetRetirements();

      const [earlier] = await claim(1);
      expect([earlier!.event.booking.uid, earlier!.isRetired]).toEqual(['uid-0', true]);
      const [later] = await claim(1);
      expect(later!.replaces).toEqual([{ uid: 'uid-0' }]);
    });

    it('tells a run that the later one was dispatched too early for', async () => {
      await keep(confirmed(placed(0)));
      await dispatchAll(asDispatched);
      const later = confirmed(placed(1));
      await keep(later);
      await dispatchAll(asDispatched);
      await forgetRetirements();

      // News of the earlier one, by which its retirement is found out.
      await keep(confirmed(placed(0)));

      expect(await dispatchAll(asDispatched)).toHaveLength(2);
      expect(await claim()).toEqual([]);
      expect(await retiredBy(later)).toEqual(['uid-0']);
    });

    it.each([
      ['a cancel', cancelled],
      ['a rejection', rejected],
      ['a change of link', updated],
    ])('is not told by what only counts the sequence on: %s', async (_, event) => {
      await keepAll([confirmed(placed(0)), event(placed(1))]);
      expect(await retiredOf(2)).toEqual([]);

      await keepAll([event(placed(0, { uid: 'only-this' })), confirmed(placed(2))]);
      expect(await isRetired('only-this')).toBe(false);
    });

    it('is that of neither when the sequence is the same, nor of a booking that tells of itself again', async () => {
      await keepAll([confirmed(placed(0)), confirmed(placed(0, { uid: 'uid-1' }))]);
      await keepAll([
        confirmed(placed(0)),
        confirmed(placed(1, { uid: 'uid-0', lineage: { id: 'own', sequence: 1 } })),
      ]);
      await keepAll([confirmed(placed(0, { lineage: { id: 'own', sequence: 0 } }))]);

      expect(await retiredOf(2)).toEqual([]);
    });

    it('is not that of a booking of another lineage', async () => {
      await keepAll([confirmed(placed(0)), confirmed(placed(1, { lineage: { id: 'another', sequence: 1 } }))]);

      expect(await retiredOf(2)).toEqual([]);
    });
  });

  describe('when a delivery is claimed', () => {
    it('comes with every booking that it has retired, by name and by lineage, and with none twice', async () => {
      await keep(confirmed(placed(0)));
      await keep(rescheduled({ uid: 'seated', seat: 'mine' }, placed(1)));
      await keep(rescheduled({ uid: 'seated', seat: 'mine' }, placed(1)));

      const claimed = await claim();

      expect(claimed.map(({ replaces }) => replaces)).toEqual([
        [],
        [{ uid: 'seated', seat: 'mine' }, { uid: 'uid-0' }],
        [],
      ]);
    });

    it.each([
      ['by name', () => [requested({ uid: 'new' }, 'old')], { uid: 'old' }],
      ['by lineage', () => [confirmed(placed(0)), requested(placed(1, { uid: 'new' }))], { uid: 'uid-0' }],
      ['by lineage, told late', () => [requested(placed(1, { uid: 'new' })), confirmed(placed(0))], { uid: 'uid-0' }],
      [
        'though another was faster to say so',
        () => [requested({ uid: 'other' }, 'old'), requested({ uid: 'new' }, 'old')],
        { uid: 'old' },
      ],
    ])('knows what its booking stands in for, %s', async (_, others, standsInFor) => {
      await keepAll(others());
      await dispatchAll(asDispatched);

      await keep(rejected({ uid: 'new' }));

      expect(await relationsOf('new')).toEqual({ isRetired: false, replaces: [], standsInFor });
    });

    it('knows what its seat stands in for, and not what another does', async () => {
      await keep(requested({ uid: 'new', seat: 'mine' }, { uid: 'old', seat: 'my-old-one' }));
      await dispatchAll(asDispatched);

      await keep(rejected({ uid: 'new', seat: 'mine' }));
      expect((await relationsOf('new')).standsInFor).toEqual({ uid: 'old', seat: 'my-old-one' });
      await store().letTimePass();
      await dispatchAll(asDispatched);
      await keep(rejected({ uid: 'new', seat: 'yours' }));
      expect((await relationsOf('new')).standsInFor).toBeUndefined();
    });
  });

  describe('of a booking whose request was rejected', () => {
    it.each([
      ['by name', () => [requested(placed(1), 'uid-0')]],
      ['by lineage', () => [confirmed(placed(0)), requested(placed(1))]],
      ['by lineage, told last', () => [requested(placed(1)), confirmed(placed(0))]],
    ])('is told to the rejection that came first, %s', async (_, others) => {
      const rejection = rejected({ uid: 'uid-1' });
      await keep(rejection);
      await dispatchAll(() => withoutRun('absent'));

      const again: ClaimedDelivery[] = [];
      for (const event of others()) {
        await keep(event);
        await dispatchAll((delivery) => {
          if (delivery.event.id === rejection.id) again.push(delivery);
          return asDispatched(delivery);
        });
      }

      expect(again.map(({ standsInFor }) => standsInFor)).toEqual([{ uid: 'uid-0' }]);
      expect(await claim()).toEqual([]);
    });

    it('is told to a rejection that is being dispatched without knowing it', async () => {
      await keep(rejected({ uid: 'new' }));
      const [beingDispatched] = await claim();
      await keep(requested({ uid: 'new' }, 'old'));

      await store().inbox.markDispatched(beingDispatched!, withoutRun('absent'));

      expect((await claim()).map(({ event, standsInFor }) => [event.kind, standsInFor])).toEqual([
        ['rejected', { uid: 'old' }],
        ['requested', { uid: 'old' }],
      ]);
    });
  });

  it('is of no consequence to what tells nothing but a booking’s name', async () => {
    await keepAll([requested({ uid: 'new' }, 'old'), ended({ uid: 'old' })]);

    const claimed = await claim();

    expect(claimed.map(({ event, isRetired }) => [event.kind, isRetired])).toEqual([
      ['requested', false],
      ['ended', true],
    ]);
  });

  /** As it is when two deliveries are kept at the same moment: neither sees the other. */
  async function forgetRetirements(): Promise<void> {
    await store().rows(sql`delete from retired_bookings`);
  }

  async function retiredBy({ id }: BookingEvent): Promise<string[]> {
    const rows = await store().rows<{ uid: string }>(sql`
      select external_id uid from retired_bookings join deliveries d on d.id = delivery_id where d.event_id = ${id}`);
    return rows.map(({ uid }) => uid);
  }
});
