import { sql } from 'drizzle-orm';
import { afterEach, expect, it } from 'vitest';
import type { Booking, BookingEvent } from '../../src/booking.ts';
import { createFindings } from '../../src/store/create-findings.ts';
import { createSeal } from '../../src/store/seal.ts';
import { aBooking, cancelled, confirmed, earlier, HOUR_MS, later, rescheduled } from '../support/a-booking.ts';
import { aDelivery, cipher, describeStores, pending } from './support.ts';

const BOOKING = aBooking();
const { uid, startsAt } = BOOKING;
const FOUND_AT = new Date('2026-12-02T12:00:00.000Z');
const CONFIRMED_AT = '2026-12-01T10:00:00.000Z';
const CANCELLED_AT = '2026-12-02T10:00:00.000Z';

describeStores('the findings', (store) => {
  const findings = () => createFindings({ database: store().database, seal: createSeal(cipher) });
  const keptOf = async (booking = uid) => findings().kept([booking]);
  afterEach(() => store().rows(sql`truncate findings`));

  async function arrived(event: BookingEvent, receivedAt = event.occurredAt): Promise<void> {
    await store().inbox.keep(aDelivery({ receivedAt: new Date(receivedAt) }), pending(event));
  }

  async function dispatched(...started: Booking[]): Promise<void> {
    for (const delivery of await store().inbox.claim(10, 60_000)) {
      await store().inbox.markDispatched(delivery, { outcome: 'told', started });
    }
  }

  async function recorded(
    booking: Booking = BOOKING,
    facts: { status?: string; isOver?: boolean } = {},
  ): Promise<void> {
    const { status = 'scheduled', isOver = false } = facts;
    const state = { known: { standing: 'live', booking } };
    await store().bookings.record({ booking, revision: 1, status, report: {}, state, isOver, decided: [] });
  }

  it('are about bookings that were heard of, and no others', async () => {
    await recorded();

    expect(await findings().kept(['never-heard-of'])).toEqual([]);
    expect(await findings().kept([])).toEqual([]);
    expect(await keptOf()).toHaveLength(1);
  });

  it('are compared with what its run has recorded of a booking', async () => {
    await recorded();

    expect(await keptOf()).toMatchObject([
      {
        uid,
        row: { isOver: false, verifiedAt: expect.any(Date), state: { known: { standing: 'live', booking: BOOKING } } },
        isRetired: false,
        hasPending: false,
        found: undefined,
      },
    ]);
  });

  it('tell that news of a booking is on its way, until it is dispatched', async () => {
    await arrived(confirmed(BOOKING, CONFIRMED_AT));
    expect(await keptOf()).toMatchObject([{ uid, row: undefined, hasPending: true }]);

    await dispatched(BOOKING);

    expect(await keptOf()).toMatchObject([{ uid, row: { state: undefined }, hasPending: false }]);
  });

  it('tell when a booking was last told of, as standing and as called off, and when that arrived', async () => {
    await arrived(confirmed(BOOKING, CONFIRMED_AT));
    await arrived(cancelled(BOOKING, CANCELLED_AT), later(CANCELLED_AT, HOUR_MS));
    await arrived(confirmed(BOOKING, earlier(CONFIRMED_AT, HOUR_MS), 'older'));

    expect(await keptOf()).toMatchObject([
      {
        toldAt: new Date(CONFIRMED_AT),
        calledOffAt: new Date(CANCELLED_AT),
        lastReceivedAt: new Date(later(CANCELLED_AT, HOUR_MS)),
      },
    ]);
  });

  it('tell that a booking has been replaced, and when that arrived', async () => {
    await recorded();
    await arrived(rescheduled(aBooking({ uid: 'next' }), uid, CANCELLED_AT));

    expect(await keptOf()).toMatchObject([
      { uid, isRetired: true, hasPending: true, lastReceivedAt: new Date(CANCELLED_AT) },
    ]);
    expect(await keptOf('next')).toMatchObject([{ uid: 'next', isRetired: false, hasPending: true }]);
  });

  it('tell seats apart, and hold what is about the whole for news of each', async () => {
    const seats = ['0a1b', '2c3d'].map((seat) => aBooking({ seat }));
    for (const seat of seats) await recorded(seat);
    await arrived(cancelled(seats[0]!, CANCELLED_AT));
    const calledOff = async () => (await keptOf()).map(({ seat, calledOffAt }) => [seat, calledOffAt?.toISOString()]);
    expect((await calledOff()).toSorted()).toEqual([
      ['0a1b', CANCELLED_AT],
      ['2c3d', undefined],
    ]);

    const all = later(CANCELLED_AT, HOUR_MS);
    await arrived(cancelled(BOOKING, all));

    expect((await calledOff()).toSorted()).toEqual([
      ['0a1b', all],
      ['2c3d', all],
    ]);
  });

  it('count nothing that could not be read', async () => {
    await store().inbox.keep(aDelivery(), { status: 'ignored', reason: 'trigger_not_handled' });
    await store().inbox.keep(aDelivery(), { status: 'rejected', reason: 'invalid_payload' });

    expect(await keptOf()).toEqual([]);
  });

  it('are looked for among the bookings that stand and start in between, soonest first', async () => {
    const at = (name: string, hours: number) => aBooking({ uid: name, startsAt: later(startsAt, hours * HOUR_MS) });
    await recorded(at('later', 2));
    await recorded(at('sooner', 1));
    await recorded(at('past', -1));
    await recorded(at('far', 9));
    await recorded(at('cancelled', 1), { status: 'cancelled' });
    await recorded(at('moved', 1), { status: 'superseded' });
    await recorded(at('over', 1), { status: 'completed', isOver: true });
    for (const seat of ['0a1b', '2c3d']) await recorded({ ...at('seated', 3), seat });

    const found = await findings().liveBetween(new Date(startsAt), new Date(later(startsAt, 8 * HOUR_MS)));

    expect(found).toEqual(['sooner', 'later', 'seated']);
  });

  it('are kept until a pass has found others, also of bookings that nobody looks after', async () => {
    const all = [uid, 'seated', 'unheard'];
    const found = { finding: 'replaced by next', foundAt: FOUND_AT };
    await findings().note([
      { uid, ...found },
      { uid: 'seated', seat: '0a1b', ...found },
      { uid: 'unheard', ...found },
    ]);
    expect((await findings().kept(all)).map((kept) => kept.found)).toEqual([found, found, found]);

    const later = { finding: 'cancelled', foundAt: new Date(FOUND_AT.getTime() + 1) };
    await findings().note([{ uid, ...later }]);

    expect(await findings().kept(all)).toMatchObject([{ uid, row: undefined, found: later }]);
    await findings().note([]);
    expect(await findings().kept(all)).toEqual([]);
  });

  it('may be noted by two passes at once', async () => {
    const passes = Array.from({ length: 4 }, () => findings().note([{ uid, finding: 'gone', foundAt: FOUND_AT }]));

    await Promise.all(passes);

    expect(await keptOf()).toMatchObject([{ found: { finding: 'gone' } }]);
  });

  it('verify what is the same, and nothing else, and never as of an earlier time', async () => {
    await recorded();
    await recorded(aBooking({ uid: 'another' }));
    const [another] = await keptOf('another');
    const verifiedAt = async () => (await keptOf())[0]?.row?.verifiedAt;
    const before = await verifiedAt();

    await findings().markVerified([{ uid }], new Date('2000-01-01T00:00:00.000Z'));
    expect(await verifiedAt()).toEqual(before);
    await findings().markVerified([{ uid }, { uid: 'never-heard-of' }], new Date('2099-01-01T00:00:00.000Z'));
    await findings().markVerified([], new Date());

    expect(await verifiedAt()).toEqual(new Date('2099-01-01T00:00:00.000Z'));
    expect(await keptOf('another')).toEqual([another]);
  });

  it('are told of more bookings than fit into one question', async () => {
    const uids = Array.from({ length: 1_100 }, (_, index) => `booking-${index}`);
    await findings().note(uids.map((one) => ({ uid: one, finding: 'gone', foundAt: FOUND_AT })));
    await findings().markVerified(
      uids.map((one) => ({ uid: one })),
      FOUND_AT,
    );

    expect(await findings().kept([...uids, ...uids])).toHaveLength(1_100);
  });
});
