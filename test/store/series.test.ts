import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import type { Booking, BookingEvent, CancelledEvent } from '../../src/booking.ts';
import type { ClaimedDelivery } from '../../src/store/inbox.ts';
import { aBooking, DAY_MS, earlier, later } from '../support/a-booking.ts';
import { aDelivery, cancelled, confirmed, describeStores, pending, rescheduled, told, updated } from './support.ts';

const FIRST = aBooking().startsAt;
const CANCELLED_AT = '2026-11-20T10:00:00.000Z';
const BOOKED_AT = earlier(CANCELLED_AT, DAY_MS);

/** The call of the series in this week. */
const call = (week: number, facts: Partial<Booking> = {}): Partial<Booking> => ({
  uid: `week-${week}`,
  startsAt: later(FIRST, 7 * week * DAY_MS),
  series: 'series-1',
  ...facts,
});
const booked = (week: number, facts: Partial<Booking> = {}, occurredAt = BOOKED_AT) =>
  confirmed(call(week, facts), { occurredAt });
const calledOffFrom = (week: number, facts: Partial<Booking> = {}) =>
  cancelled(call(week, facts), { occurredAt: CANCELLED_AT, wholeSeries: true });

describeStores('the rest of a series', (store) => {
  async function keepAll(events: readonly BookingEvent[]): Promise<void> {
    for (const event of events) await store().inbox.keep(aDelivery(), pending(event));
  }

  const spread = () => store().inbox.spreadOverSeries('series-1');

  /** The derived deliveries that are pending, by the start of their calls. */
  async function derived(): Promise<(ClaimedDelivery & { event: CancelledEvent })[]> {
    const claimed = await store().inbox.claim(100, 60_000);
    const own = claimed.filter(({ event }) => event.kind === 'cancelled' && event.wholeSeries !== true);
    return (own as (ClaimedDelivery & { event: CancelledEvent })[]).toSorted((a, b) =>
      a.event.booking.startsAt.localeCompare(b.event.booking.startsAt),
    );
  }

  it('is called off with the call that Cal.com names, once, as if Cal.com had told of each', async () => {
    const others = [booked(2), booked(3)];
    const ending = calledOffFrom(1);
    await keepAll([booked(0), booked(1), ...others, ending]);

    expect(await spread()).toBe(2);
    expect(await spread()).toBe(0);

    const deliveries = await derived();
    expect(deliveries.map(({ event }) => event)).toEqual(
      others.map(({ booking }) => ({
        kind: 'cancelled',
        id: expect.stringMatching(/^[0-9a-f]{32}$/),
        occurredAt: CANCELLED_AT,
        booking,
        requestReschedule: false,
      })),
    );
    expect(new Set(deliveries.map(({ event }) => event.id)).size).toBe(2);
    expect(await store().inbox.find(deliveries[0]!.id)).toMatchObject({
      source: 'series',
      subjectUid: 'week-2',
      series: 'series-1',
      warnings: ['cancelled with its series: Cal.com names only one call of it'],
    });
  });

  it('includes a call that is heard of later, if it had been booked before', async () => {
    await keepAll([calledOffFrom(0), booked(1)]);
    expect(await spread()).toBe(1);

    await keepAll([booked(2), booked(3, {}, CANCELLED_AT), booked(4, {}, later(CANCELLED_AT, 1))]);
    expect(await spread()).toBe(2);

    expect((await derived()).map(({ event }) => event.booking.uid)).toEqual(['week-1', 'week-2', 'week-3']);
  });

  it('is the same whichever is heard of first', async () => {
    const idsOf = async () => (await derived()).map(({ event }) => event.id);
    const ending = calledOffFrom(0);
    await keepAll([booked(1), ending]);
    await spread();
    const ids = await idsOf();
    await store().database.run((db) => db.execute('truncate deliveries, retired_bookings'));

    await keepAll([ending]);
    await spread();
    await keepAll([booked(1), booked(1)]);
    await spread();

    expect(await idsOf()).toEqual(ids);
  });

  it('is called off once, however many find it out at the same moment', async () => {
    await keepAll([booked(1), calledOffFrom(0)]);

    const spreads = await Promise.all([spread(), spread(), spread()]);

    expect(spreads.toSorted()).toEqual([0, 0, 1]);
    expect(await derived()).toHaveLength(1);
  });

  it('is called off once when two senders have told of the cancel', async () => {
    await keepAll([booked(1), calledOffFrom(0)]);
    await spread();
    await keepAll([calledOffFrom(0)]);

    expect(await spread()).toBe(0);
  });

  it('follows a call that has moved', async () => {
    await keepAll([booked(1), { ...rescheduled('week-1', call(5)), occurredAt: BOOKED_AT }, calledOffFrom(0)]);

    await spread();

    const deliveries = await derived();
    expect(deliveries.map(({ event, isRetired }) => [event.booking.uid, isRetired])).toEqual([
      ['week-1', true],
      ['week-5', false],
    ]);
  });

  it('is called off seat by seat', async () => {
    await keepAll([booked(1, { seat: 'mine' }), booked(1, { seat: 'yours' }), calledOffFrom(0, { seat: 'mine' })]);

    expect(await spread()).toBe(2);
    expect(new Set((await derived()).map(({ event }) => `${event.booking.seat} ${event.id}`)).size).toBe(2);
  });

  describe('stays', () => {
    it.each<[string, BookingEvent[]]>([
      ['when one call alone is cancelled', [booked(1), cancelled(call(0), { occurredAt: CANCELLED_AT })]],
      ['when it is another series', [booked(1, { series: 'series-2' }), calledOffFrom(0)]],
      ['when it starts before the call that is named', [booked(0), calledOffFrom(1)]],
      ['when nothing tells that it was booked', [updated(call(1), { occurredAt: BOOKED_AT }), calledOffFrom(0)]],
    ])('as it is %s', async (_, events) => {
      await keepAll(events);

      expect(await spread()).toBe(0);
    });
  });

  it('keeps no other call waiting when one cannot be opened', async () => {
    await keepAll([booked(1), booked(2), calledOffFrom(0)]);
    await store().rows(sql`update deliveries set event = '\\x026b39'::bytea || event where subject_uid = 'week-1'`);

    expect(await spread()).toBe(1);
  });

  it('loses what it says of people when its time has come', async () => {
    await keepAll([booked(1), calledOffFrom(0)]);
    await spread();
    for (const delivery of await derived()) await store().inbox.markDispatched(delivery, told(delivery.event));

    await store().purge({
      now: new Date(later(FIRST, 100 * DAY_MS)),
      keepAttendeesMs: 0,
      keepBodiesMs: 0,
    });

    expect(
      await store().rows(
        sql`select 1 from deliveries where source = 'series' and (body is not null or event is not null)`,
      ),
    ).toEqual([]);
  });
});

describeStores('the calls of a series that were booked at once', (store) => {
  const keepAll = async (events: readonly BookingEvent[]) => {
    for (const event of events) await store().inbox.keep(aDelivery(), pending(event));
  };
  const bookedWith = async (week: number, seat?: string) =>
    (await store().inbox.callsBookedWith({ uid: `week-${week}`, ...(seat && { seat }) })).map(({ uid }) => uid);

  it('are told by their start, whichever is asked about and however often it was told', async () => {
    await keepAll([booked(2), booked(0, {}, later(BOOKED_AT, 3_000)), booked(1), booked(1)]);

    expect(await store().inbox.callsBookedWith({ uid: 'week-1' })).toEqual(
      [0, 1, 2].map((week) => ({ uid: `week-${week}`, startsAt: call(week).startsAt })),
    );
    expect(await bookedWith(0)).toEqual(['week-0', 'week-1', 'week-2']);
  });

  it('are without those of another series, those that were booked some other time, and those that have gone', async () => {
    await keepAll([
      booked(0),
      booked(1),
      booked(2, { series: 'series-2' }),
      booked(3, {}, later(BOOKED_AT, DAY_MS)),
      updated(call(4), { occurredAt: BOOKED_AT }),
      booked(5),
    ]);
    await store().bookings.record({
      booking: aBooking(call(5)),
      revision: 1,
      status: 'cancelled',
      report: {},
      state: {},
      isOver: false,
      decided: [],
    });

    expect(await bookedWith(0)).toEqual(['week-0', 'week-1']);
  });

  it('are those of this seat', async () => {
    await keepAll([booked(0, { seat: 'mine' }), booked(1, { seat: 'mine' })]);

    expect(await bookedWith(0, 'mine')).toEqual(['week-0', 'week-1']);
    expect(await bookedWith(0)).toEqual([]);
  });

  it('are none for a call that stands alone, or that nobody has told of', async () => {
    await keepAll([confirmed({ uid: 'week-0' })]);

    expect(await bookedWith(0)).toEqual([]);
    expect(await bookedWith(1)).toEqual([]);
  });
});

describeStores('the calls of a series that were called off at once', (store) => {
  const keepAll = async (events: readonly BookingEvent[]) => {
    for (const event of events) await store().inbox.keep(aDelivery(), pending(event));
  };
  const spread = () => store().inbox.spreadOverSeries('series-1');
  const calledOffWith = async (week: number) =>
    (await store().inbox.callsCalledOffWith({ uid: `week-${week}` })).map(({ uid }) => uid);

  it('are told by their start, whichever is asked about', async () => {
    await keepAll([booked(3), booked(0), booked(2), booked(1), calledOffFrom(1)]);
    await spread();

    expect(await store().inbox.callsCalledOffWith({ uid: 'week-1' })).toEqual(
      [1, 2, 3].map((week) => ({ uid: `week-${week}`, startsAt: call(week).startsAt })),
    );
    expect(await calledOffWith(3)).toEqual(['week-1', 'week-2', 'week-3']);
  });

  it('are those that had been heard of by then, whatever is heard of later, and however often it is told', async () => {
    await keepAll([booked(0), booked(1), calledOffFrom(0)]);
    await spread();
    await keepAll([booked(2), calledOffFrom(0), booked(3), booked(1)]);
    await spread();

    for (const week of [0, 1, 2, 3]) expect(await calledOffWith(week)).toEqual(['week-0', 'week-1']);
  });

  it('are without those that had been cancelled or moved before, and those that had begun', async () => {
    const begun = { startsAt: earlier(CANCELLED_AT, 60_000) };
    await keepAll([
      ...[booked(0, begun), booked(1), booked(2), booked(3), booked(4)],
      cancelled(call(2), { occurredAt: earlier(CANCELLED_AT, 60_000) }),
      { ...rescheduled('week-3', call(5)), occurredAt: BOOKED_AT },
      calledOffFrom(0, begun),
    ]);
    await spread();

    expect(await calledOffWith(1)).toEqual(['week-1', 'week-4', 'week-5']);
  });

  it('are those of the one cancel that has called them off', async () => {
    await keepAll([booked(0), booked(1), booked(2), booked(3), calledOffFrom(2)]);
    await spread();
    await keepAll([cancelled(call(0), { occurredAt: later(CANCELLED_AT, DAY_MS), wholeSeries: true })]);
    await spread();

    expect(await calledOffWith(3)).toEqual(['week-2', 'week-3']);
    expect(await calledOffWith(0)).toEqual(['week-0', 'week-1']);
  });

  it('are none for a call that was cancelled alone, or that stands', async () => {
    await keepAll([booked(0), booked(1), cancelled(call(0), { occurredAt: CANCELLED_AT })]);

    expect(await calledOffWith(0)).toEqual([]);
    expect(await calledOffWith(1)).toEqual([]);
  });
});
