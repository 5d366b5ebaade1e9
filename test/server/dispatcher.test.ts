import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { BookingEvent } from '../../src/booking.ts';
import { createDispatcher, type Dispatcher } from '../../src/server/dispatcher.ts';
import type { Store } from '../../src/store/store.ts';
import { TemporalRefused, TemporalUnavailable } from '../../src/temporal/booking-runs.ts';
import { aBooking, cancelled, confirmed, rescheduled } from '../support/a-booking.ts';
import { until } from '../support/until.ts';
import { createFakeRuns, createTestLog, type FakeRuns, useStore } from './support.ts';

const stores = useStore();
const BOOKED_AT = '2026-11-03T10:00:00.000Z';

const running: Dispatcher[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((dispatcher) => dispatcher.stop()));
});

function dispatching(runs: FakeRuns = createFakeRuns(), store: Store = stores.store) {
  const { log, lines } = createTestLog();
  const dispatcher = createDispatcher({ inbox: store.inbox, bookings: store.bookings, runs, log });
  running.push(dispatcher);
  /** Lines that say more than that a delivery was dispatched. */
  const news = () => lines().filter(({ level }) => Number(level) > 20);
  return { runs, dispatcher, lines, news };
}

async function arrives(event: BookingEvent): Promise<number> {
  const body = Buffer.from(JSON.stringify(event));
  const { id } = await stores.store.inbox.keep(
    {
      source: 'calcom',
      body,
      keptBody: body,
      headers: {},
      signature: 'valid',
      secretNumber: 1,
      receivedAt: new Date(),
    },
    { status: 'pending', trigger: 'BOOKING_CREATED', event, warnings: [] },
  );
  return id;
}

async function manyArrive(count: number): Promise<string[]> {
  const uids = Array.from({ length: count }, (_, index) => `booking-${index}`);
  await Promise.all(uids.map((uid) => arrives(confirmed(aBooking({ uid }), BOOKED_AT, `event-of-${uid}`))));
  return uids;
}

const delivery = (id: number) => stores.store.inbox.find(id);
const isDispatched = async (id: number) => (await delivery(id))?.status === 'dispatched';
const allDispatched = async () => (await stores.store.inbox.backlog()).pending === 0;

const away = () => {
  throw new TemporalUnavailable(new Error('14 UNAVAILABLE'));
};

describe('a delivery', () => {
  it('that is pending when the dispatcher starts is told to its run', async () => {
    const id = await arrives(confirmed(aBooking(), BOOKED_AT));
    const { runs, dispatcher } = dispatching();

    dispatcher.start();

    await until('dispatch', () => isDispatched(id));
    expect(runs.heard.map(({ workflowId }) => workflowId)).toEqual([`precall/${aBooking().uid}`]);
    expect(await delivery(id)).toMatchObject({ reason: 'told', attempts: 1 });
  });

  it('that arrives later is told at once when the dispatcher is woken', async () => {
    const { dispatcher } = dispatching();
    dispatcher.start();
    await sleep(100);

    const id = await arrives(confirmed(aBooking(), BOOKED_AT));
    const before = performance.now();
    dispatcher.wake();

    await until('dispatch', () => isDispatched(id));
    expect(performance.now() - before).toBeLessThan(500);
  });

  it('that somebody else has left is found without being woken', async () => {
    const { dispatcher } = dispatching();
    dispatcher.start();
    await sleep(100);

    const id = await arrives(confirmed(aBooking(), BOOKED_AT));

    await until('dispatch', () => isDispatched(id), 3_000);
  });

  it('about a call that is over is done with, and its booking is not looked for any more', async () => {
    const first = await arrives(confirmed(aBooking(), BOOKED_AT));
    const { runs, dispatcher } = dispatching();
    dispatcher.start();
    await until('dispatch', () => isDispatched(first));
    runs.onTell = () => 'closed';

    const second = await arrives(cancelled(aBooking(), '2026-12-04T10:00:00.000Z'));
    dispatcher.wake();

    await until('dispatch', () => isDispatched(second));
    expect((await delivery(second))?.reason).toBe('closed');
    await until('closed booking', async () => (await stores.store.bookings.find(aBooking()))?.isOver);
  });

  it('that cannot be told by a fault of our own is tried again', async () => {
    const id = await arrives(confirmed(aBooking(), BOOKED_AT));
    const { runs, dispatcher, news } = dispatching();
    let attempts = 0;
    runs.onTell = () => {
      attempts += 1;
      if (attempts === 1) throw new Error('a mistake');
      return 'told' as const;
    };

    dispatcher.start();

    await until('dispatch', () => isDispatched(id));
    expect(attempts).toBe(2);
    expect(news()).toMatchObject([{ level: 50, deliveryId: id, err: { message: 'a mistake' } }]);
  });
});

describe('a move', () => {
  const moved = rescheduled(aBooking({ uid: 'new' }), 'old', '2026-11-04T10:00:00.000Z');

  it('is told to the replaced booking first, then to the new one', async () => {
    const id = await arrives(moved);
    const { runs, dispatcher } = dispatching();

    dispatcher.start();

    await until('dispatch', () => isDispatched(id));
    expect(runs.heard.map(({ workflowId }) => workflowId)).toEqual(['precall/old', 'precall/new']);
  });

  it('starts nothing for the replaced booking, even when news of that one arrives last', async () => {
    const { runs, dispatcher } = dispatching();
    dispatcher.start();
    await until('dispatch of the move', async () => isDispatched(await arrives(moved)));

    const late = await arrives(confirmed(aBooking({ uid: 'old' }), BOOKED_AT));
    dispatcher.wake();

    await until('dispatch', () => isDispatched(late));
    expect((await delivery(late))?.reason).toBe('retired');
    expect(runs.open).toEqual(new Set(['precall/new']));
    expect(await stores.store.bookings.find({ uid: 'old' })).toBeUndefined();
  });

  it('is told to the replaced booking alone when the new one has been replaced in turn', async () => {
    await arrives(rescheduled(aBooking({ uid: 'newest' }), 'new', '2026-11-05T10:00:00.000Z'));
    const { runs, dispatcher } = dispatching();
    dispatcher.start();
    await until('dispatch', allDispatched);

    const id = await arrives(moved);
    dispatcher.wake();

    await until('dispatch', () => isDispatched(id));
    expect((await delivery(id))?.reason).toBe('retired');
    expect(runs.heard.map(({ workflowId }) => workflowId)).toEqual(['precall/new', 'precall/newest', 'precall/old']);
  });
});

describe('while Temporal is away', () => {
  it('everything waits, little is tried, and all of it flows as soon as it is back', { timeout: 30_000 }, async () => {
    const uids = await manyArrive(200);
    const { runs, dispatcher, news } = dispatching();
    let attempts = 0;
    runs.onTell = () => {
      attempts += 1;
      return away();
    };
    dispatcher.start();
    await sleep(4_000);

    expect(attempts).toBeLessThan(8 + 10);
    expect(await stores.store.inbox.backlog()).toMatchObject({ pending: 200 });
    runs.onTell = () => 'told';
    const backAt = performance.now();

    await until('dispatch of all', allDispatched, 6_000);
    expect(performance.now() - backAt).toBeLessThan(6_000);
    expect(runs.heard.map(({ event }) => event.booking.uid).toSorted()).toEqual(uids.toSorted());
    await until('line that it is back', () => news().length === 2);
    expect(news()).toMatchObject([{ level: 40 }, { level: 30, waiting: 200 }]);
  });

  it('what arrives does not make it try more often', async () => {
    const { runs, dispatcher } = dispatching();
    let attempts = 0;
    runs.onTell = () => {
      attempts += 1;
      return away();
    };
    dispatcher.start();

    for (let index = 0; index < 50; index += 1) {
      await arrives(confirmed(aBooking({ uid: `late-${index}` }), BOOKED_AT, `event-${index}`));
      dispatcher.wake();
      await sleep(20);
    }

    expect(attempts).toBeLessThan(10);
  });

  it('one delivery that alone is not answered does not hold up the others', async () => {
    await arrives(confirmed(aBooking({ uid: 'stuck' }), BOOKED_AT, 'stuck'));
    const { runs, dispatcher, news } = dispatching();
    runs.onTell = async ({ booking }) => {
      if (booking.uid !== 'stuck') return 'told' as const;
      await sleep(300);
      return away();
    };
    await manyArrive(20);

    dispatcher.start();

    await until('dispatch of the others', async () => (await stores.store.inbox.backlog()).pending === 1);
    await sleep(500);
    expect(news()).toEqual([]);
  });
});

describe('a delivery that Temporal refuses as invalid', () => {
  it('is put aside after the fifth time, with an alert', { timeout: 40_000 }, async () => {
    const id = await arrives(confirmed(aBooking(), BOOKED_AT));
    const { runs, dispatcher, news } = dispatching();
    let refusals = 0;
    runs.onTell = () => {
      refusals += 1;
      throw new TemporalRefused(new Error('3 INVALID_ARGUMENT: canary'));
    };

    dispatcher.start();

    await until('quarantine', async () => (await delivery(id))?.status === 'quarantined', 30_000);
    expect(refusals).toBe(5);
    expect((await delivery(id))?.reason).toBe('refused_by_temporal');
    expect(news()).toMatchObject([
      { level: 50, alert: 'delivery_quarantined', deliveryId: id, bookingUid: aBooking().uid },
    ]);
  });
});

describe('two dispatchers on one store', () => {
  it('share the work and dispatch each delivery once', { timeout: 30_000 }, async () => {
    const uids = await manyArrive(300);
    const [one, other] = [dispatching(), dispatching(createFakeRuns(), await stores.openAnother())];
    for (const { runs } of [one, other]) {
      runs.onTell = async () => {
        await sleep(5);
        return 'told' as const;
      };
    }

    one.dispatcher.start();
    other.dispatcher.start();

    await until('dispatch of all', allDispatched);
    const heard = [...one.runs.heard, ...other.runs.heard].map(({ event }) => event.booking.uid);
    expect(heard.toSorted()).toEqual(uids.toSorted());
    expect(Math.min(one.runs.heard.length, other.runs.heard.length)).toBeGreaterThan(30);
  });
});

describe('when it is stopped', () => {
  it('ends what is under way and leaves the rest', async () => {
    await manyArrive(40);
    const { runs, dispatcher } = dispatching();
    runs.onTell = async () => {
      await sleep(200);
      return 'told' as const;
    };
    dispatcher.start();
    await sleep(100);

    await dispatcher.stop();

    expect(runs.heard).toHaveLength(8);
    expect(await stores.store.inbox.backlog()).toMatchObject({ pending: 32 });
  });

  it('waits no longer than 5 s for what is under way', { timeout: 15_000 }, async () => {
    await arrives(confirmed(aBooking(), BOOKED_AT));
    const { runs, dispatcher } = dispatching();
    let answer = (_: 'told') => {};
    runs.onTell = () =>
      new Promise<'told'>((resolve) => {
        answer = resolve;
      });
    dispatcher.start();
    await sleep(200);
    const before = performance.now();

    await dispatcher.stop();
    answer('told');

    expect(performance.now() - before).toBeLessThan(5_500);
  });
});

describe('while the store is away', () => {
  it('waits, says so once, and goes on when it is back', { timeout: 30_000 }, async () => {
    const { runs, dispatcher, news } = dispatching();
    dispatcher.start();
    await sleep(100);

    await stores.kill9();
    await sleep(3_000);
    await stores.restart();
    const id = await until('store', () => arrives(confirmed(aBooking(), BOOKED_AT)).catch(() => undefined));

    await until('dispatch', () => isDispatched(id));
    expect(runs.heard).toHaveLength(1);
    expect(news()).toMatchObject([{ level: 50, err: { type: 'StoreUnavailable' } }, { level: 30 }]);
  });
});
