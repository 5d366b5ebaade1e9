import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { Booking, BookingEvent, RequestedEvent } from '../../src/booking.ts';
import { createDispatcher, type Dispatcher } from '../../src/server/dispatcher.ts';
import type { Store } from '../../src/store/store.ts';
import { TemporalRefused, TemporalUnavailable } from '../../src/temporal/booking-runs.ts';
import { type BookingState, hear } from '../../src/workflows/booking-state.ts';
import {
  aBooking,
  acknowledged,
  cancelled,
  confirmed,
  DAY_MS,
  ended,
  later,
  noShow,
  rejected,
  requested,
  rescheduled,
  updated,
} from '../support/a-booking.ts';
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

/** Keeps them one after the other, and waits until all have been dispatched. */
async function allAreDispatched(events: readonly BookingEvent[], { dispatcher }: { dispatcher: Dispatcher }) {
  for (const event of events) {
    await arrives(event);
    dispatcher.wake();
    await until('dispatch', allDispatched);
  }
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

/** A dispatcher that runs. */
function started(runs?: FakeRuns) {
  const all = dispatching(runs);
  all.dispatcher.start();
  return all;
}

/** What each run was to be told: the workflow, the kind of event, and which booking it replaces. */
const told = ({ heard }: FakeRuns) =>
  heard.map(({ workflowId, event }) => [
    workflowId,
    event.kind,
    ...('replaced' in event && event.replaced ? [event.replaced.uid] : []),
  ]);

const reasonOf = async (id: number) => (await delivery(id))?.reason;

describe('a call that the host has yet to accept', () => {
  const asked = aBooking({ uid: 'asked-for' });
  const request = requested(asked, { uid: 'old' }, '2026-11-04T10:00:00.000Z');
  const rejection = rejected(asked, '2026-11-05T10:00:00.000Z');

  it('is told to the booking that it replaces, and has no run of its own', async () => {
    const { runs, dispatcher } = started();
    await allAreDispatched([confirmed(aBooking({ uid: 'old' }), BOOKED_AT)], { dispatcher });

    const id = await arrives(request);
    dispatcher.wake();

    await until('dispatch', () => isDispatched(id));
    expect(told(runs).slice(1)).toEqual([['precall/old', 'requested', 'old']]);
    expect(await reasonOf(id)).toBe('told');
    expect(await stores.store.bookings.find(asked)).toBeUndefined();
  });

  it('is absent when no run has to be told of it', async () => {
    const { replaced: _, ...plainRequest } = request as RequestedEvent;
    const { runs, dispatcher } = started();
    await allAreDispatched([plainRequest], { dispatcher });

    expect(runs.open).toEqual(new Set());
    expect(await stores.store.inbox.list({ limit: 5 })).toMatchObject([{ status: 'dispatched', reason: 'absent' }]);
  });

  it('gets a run when the host has said no and something was given up for it', async () => {
    const { runs, dispatcher } = started();

    await allAreDispatched([request, rejection], { dispatcher });

    expect(told(runs)).toEqual([
      ['precall/old', 'requested', 'old'],
      ['precall/asked-for', 'rejected', 'old'],
    ]);
    expect(runs.open).toEqual(new Set(['precall/asked-for']));
  });

  it('gets that run as well when the host’s no arrives first', async () => {
    const { runs, dispatcher } = started();

    await allAreDispatched([rejection, request], { dispatcher });

    expect(runs.open).toEqual(new Set(['precall/asked-for']));
    expect(told(runs)).toContainEqual(['precall/asked-for', 'rejected', 'old']);
  });

  it('starts nothing when the host says no to a new call', async () => {
    const { runs, dispatcher } = started();

    await allAreDispatched([rejection], { dispatcher });

    expect(runs.open).toEqual(new Set());
    expect(await stores.store.inbox.list({ limit: 5 })).toMatchObject([{ status: 'dispatched', reason: 'absent' }]);
  });
});

describe('an end or a no-show', () => {
  const booking = aBooking({ uid: 'over' });

  it.each([
    ['an end', ended(booking, '2026-12-03T15:30:00.000Z')],
    ['a no-show', noShow(booking, '2026-12-03T15:40:00.000Z')],
    ['an acknowledgement', acknowledged(booking, 'a keyed name', '2026-12-01T09:00:00.000Z')],
  ])('is told to the run there is, and to one that comes later: %s', async (_, event) => {
    const { runs, dispatcher } = started();

    await allAreDispatched([event, confirmed(booking, BOOKED_AT)], { dispatcher });

    expect(told(runs)).toEqual([
      ['precall/over', event.kind],
      ['precall/over', 'confirmed'],
      ['precall/over', event.kind],
    ]);
    expect(runs.open).toEqual(new Set(['precall/over']));
  });

  it('is told to every seat', async () => {
    const seats = ['seat-1', 'seat-2'].map((seat) => confirmed(aBooking({ uid: 'over', seat }), BOOKED_AT, seat));
    const { runs, dispatcher } = started();

    await allAreDispatched([...seats, ended(booking, '2026-12-03T15:30:00.000Z')], { dispatcher });

    expect(told(runs).slice(2)).toEqual([
      ['precall/over/seat-1', 'ended'],
      ['precall/over/seat-2', 'ended'],
    ]);
  });
});

describe('a no-show that is told once the run has ended', () => {
  const booking = aBooking({ uid: 'over' });
  const booked = confirmed(booking, BOOKED_AT);
  const missed = noShow(booking, later(booking.endsAt, DAY_MS));
  const stateAfter = (...events: BookingEvent[]) => ({
    revision: 9,
    known: events.reduce<BookingState | undefined>(hear, undefined)!,
    decisions: {},
    notion: { outcome: 'updated' },
    notices: {},
  });

  /** Its run has ended, knowing this. */
  async function over(state: unknown, isOver = true) {
    await stores.store.bookings.record({
      booking,
      revision: 9,
      status: 'completed',
      report: {},
      state,
      isOver,
      decided: [],
    });
  }

  it('is told to another run, which goes on from where that one stood', async () => {
    await over(stateAfter(booked));
    const { runs, dispatcher } = started();

    const id = await arrives(missed);
    dispatcher.wake();

    await until('dispatch', () => isDispatched(id));
    expect(runs.heard).toEqual([
      { workflowId: 'precall/over', event: missed, answer: 'absent' },
      { workflowId: 'precall/over', event: missed, answer: 'told' },
    ]);
    expect(runs.reopened).toEqual(new Map([['precall/over', stateAfter(booked)]]));
    expect(await reasonOf(id)).toBe('told');
  });

  it('waits for Temporal like any other news', async () => {
    await over(stateAfter(booked));
    const runs = createFakeRuns();
    runs.reopen = away;
    const { dispatcher } = started(runs);

    const id = await arrives(missed);
    dispatcher.wake();

    await until('attempt', async () => Boolean((await delivery(id))?.lastError));
    expect((await delivery(id))?.status).toBe('pending');
  });

  it.each<[string, () => Promise<void>, BookingEvent]>([
    ['the run has known it', () => over(stateAfter(booked, missed)), missed],
    ['the call was off', () => over(stateAfter(booked, cancelled(booking, later(BOOKED_AT, 1)))), missed],
    ['nobody can tell any more what the run knew', purged, missed],
    ['Temporal has lost the run, which is put back', () => over(stateAfter(booked), false), missed],
    ['the booking was replaced', retired, missed],
    ['it is an end, and no no-show', () => over(stateAfter(booked)), ended(booking, later(booking.endsAt, DAY_MS))],
  ])('starts none where %s', async (_what, given, event) => {
    await given();
    const { runs, dispatcher } = started();

    const id = await arrives(event);
    dispatcher.wake();

    await until('dispatch', () => isDispatched(id));
    expect(runs.reopened.size).toBe(0);
    expect(['absent', 'retired']).toContain(await reasonOf(id));
  });

  async function purged() {
    await over(stateAfter(booked));
    const now = new Date(later(booking.endsAt, 100 * DAY_MS));
    await stores.store.purge({ now, keepAttendeesMs: DAY_MS, keepBodiesMs: DAY_MS });
  }

  async function retired() {
    await over(stateAfter(booked));
    await arrives(rescheduled(aBooking({ uid: 'new' }), 'over', later(BOOKED_AT, 1)));
  }
});

describe('news of several seats', () => {
  const [one, other] = ['one', 'other'].map((seat) => aBooking({ uid: 'seated', seat })) as [Booking, Booking];
  const whole = aBooking({ uid: 'seated', attendees: [one.attendees[0], { name: 'Ines', email: 'ines@example.com' }] });
  const cancel = { ...cancelled(whole, '2026-11-05T10:00:00.000Z'), seats: ['one', 'other'] } as BookingEvent;

  it('is told to each of them as its own', async () => {
    const { runs, dispatcher } = started();

    await allAreDispatched([{ ...updated(whole, BOOKED_AT), seats: ['one', 'other'] } as BookingEvent], { dispatcher });

    expect(runs.heard.map(({ workflowId, event }) => [workflowId, (event.booking as Booking).attendees])).toEqual([
      ['precall/seated/one', [whole.attendees[0]]],
      ['precall/seated/other', [whole.attendees[1]]],
    ]);
    expect(await stores.store.bookings.keysOf('seated')).toHaveLength(2);
  });

  it('starts nothing for one that has moved elsewhere', async () => {
    const moved = rescheduled(aBooking({ uid: 'elsewhere', seat: 'moved' }), 'seated', BOOKED_AT);
    const { runs, dispatcher } = started();

    await allAreDispatched([{ ...moved, replaced: { uid: 'seated', seat: 'one' } } as BookingEvent, cancel], {
      dispatcher,
    });

    expect(runs.open).toEqual(new Set(['precall/elsewhere/moved', 'precall/seated/other']));
  });

  it.each([cancelled, updated])('is told to the known seats when it does not tell them apart: %o', async (happens) => {
    const { runs, dispatcher } = started();
    const news = happens(whole, '2026-11-05T10:00:00.000Z');

    await allAreDispatched([confirmed(one, BOOKED_AT), confirmed(other, BOOKED_AT, 'other'), news], { dispatcher });

    expect(told(runs).slice(2)).toEqual([
      ['precall/seated/one', news.kind],
      ['precall/seated/other', news.kind],
    ]);
    expect(runs.open.size).toBe(2);
  });

  it('closes those whose calls are over, and them alone', async () => {
    const { runs, dispatcher } = started();
    await allAreDispatched([confirmed(one, BOOKED_AT), confirmed(other, BOOKED_AT, 'other')], { dispatcher });
    runs.onTell = ({ booking }) => (booking.seat === 'one' ? 'closed' : 'told');

    await allAreDispatched([cancel], { dispatcher });

    const isOver = async (booking: Booking) => (await stores.store.bookings.find(booking))?.isOver;
    await until('closed booking', () => isOver(one));
    expect(await isOver(other)).toBe(false);
  });
});

describe('the rest of a series', () => {
  const call = (week: number) =>
    aBooking({ uid: `week-${week}`, series: 's', startsAt: later(aBooking().startsAt, 7 * week * DAY_MS) });
  const booked = [0, 1, 2].map((week) => confirmed(call(week), BOOKED_AT, `week-${week}`));
  const ending = { ...cancelled(call(1), '2026-11-05T10:00:00.000Z'), wholeSeries: true } as BookingEvent;

  it.each([
    ['after', [...booked, ending]],
    ['before', [ending, ...booked]],
    ['between', [booked[2]!, ending, booked[0]!, booked[1]!]],
  ])('is cancelled when the cancel of one call arrives %s the others', async (_, events) => {
    const { runs, dispatcher } = started();

    await allAreDispatched(events, { dispatcher });

    const cancels = runs.heard.filter(({ event }) => event.kind === 'cancelled');
    expect(cancels.map(({ workflowId }) => workflowId).toSorted()).toEqual(['precall/week-1', 'precall/week-2']);
  });

  it('is cancelled in the store while Temporal is away', async () => {
    const { runs } = started();
    runs.onTell = away;
    for (const event of [...booked, ending]) await arrives(event);

    await until('cancel of the last call', () => stores.store.inbox.hasUnheardNews({ uid: 'week-2' }, []), 10_000);

    expect(await stores.store.inbox.hasUnheardNews({ uid: 'week-0' }, [])).toBe(false);
  });
});

describe('everything about several bookings', () => {
  const at = (day: number) => `2026-11-${String(day).padStart(2, '0')}T10:00:00.000Z`;
  const [first, second] = [0, 1].map((sequence) =>
    aBooking({ uid: `moved-${sequence}`, lineage: { id: 'line', sequence }, series: 's' }),
  ) as [Booking, Booking];
  const [givenUp, asked, seated] = ['given-up', 'asked-for', 'seated'].map((uid) => aBooking({ uid })) as [
    Booking,
    Booking,
    Booking,
  ];
  const [seat, otherSeat] = ['one', 'other'].map((seat) => ({ ...seated, seat })) as [Booking, Booking];
  const movedSeat = aBooking({ uid: 'elsewhere', seat: 'new' });
  const request = requested(asked, { uid: 'given-up' }, at(3));
  const move = { ...rescheduled(movedSeat, 'seated', at(7)), replaced: { uid: 'seated', seat: 'one' } } as BookingEvent;
  const STORY: BookingEvent[] = [
    confirmed(first, at(1), 'first'),
    confirmed(second, at(2), 'second'),
    rejected(second, at(4)),
    { ...cancelled(second, at(6)), wholeSeries: true } as BookingEvent,
    ended(first, at(20)),
    confirmed(givenUp, at(1), 'given-up'),
    request,
    rejected(asked, at(5)),
    ended(asked, at(21)),
    confirmed(seat, at(1), 'seat'),
    confirmed(otherSeat, at(1), 'other-seat'),
    move,
    ended(seated, at(22)),
    noShow(seated, at(23)),
  ];
  /** The runs of bookings that were replaced, with what says so. Whether they are ever started depends on the order. */
  const REPLACED = {
    'precall/moved-0': 'second',
    'precall/given-up': request.id,
    'precall/seated/one': move.id,
  };

  /** Which events each open run has heard in the end. */
  function outcomeOf(runs: FakeRuns): Record<string, string[]> {
    const heardBy = (run: string) =>
      runs.heard
        .filter(({ workflowId, answer }) => workflowId === run && answer === 'told')
        .map(({ event }) => event.id);
    return Object.fromEntries([...runs.open].map((run) => [run, [...new Set(heardBy(run))].toSorted()]));
  }

  it('comes to rest, and every run has heard the same, in whatever order it arrives', {
    timeout: 120_000,
  }, async () => {
    const inAnyOrder = fc.shuffledSubarray(STORY, { minLength: STORY.length });
    const pauses = fc.array(fc.boolean(), { minLength: STORY.length });

    await fc.assert(
      fc.asyncProperty(inAnyOrder, pauses, async (events, rests) => {
        await stores.empty();
        const { runs, dispatcher } = started();
        for (const [n, event] of events.entries()) {
          await arrives(event);
          dispatcher.wake();
          if (rests[n]) await until('rest', allDispatched);
        }
        await until('rest', allDispatched);
        await sleep(50);
        await dispatcher.stop();

        expect(await allDispatched()).toBe(true);
        expect(runs.heard.length).toBeLessThan(4 * STORY.length);
        const outcome = outcomeOf(runs);
        for (const [run, replacedBy] of Object.entries(REPLACED)) {
          if (run in outcome) expect([run, outcome[run]]).toEqual([run, expect.arrayContaining([replacedBy])]);
          delete outcome[run];
        }
        expect(outcome).toEqual({
          'precall/moved-1': ['second', ...STORY.slice(2, 4).map(({ id }) => id)].toSorted(),
          'precall/asked-for': STORY.slice(7, 9)
            .map(({ id }) => id)
            .toSorted(),
          'precall/elsewhere/new': [move.id],
          'precall/seated/other': ['other-seat', ...STORY.slice(12).map(({ id }) => id)].toSorted(),
        });
      }),
      { numRuns: 30 },
    );
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
