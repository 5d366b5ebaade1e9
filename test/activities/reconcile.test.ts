import { describe, expect, it } from 'vitest';
import { createReconcileActivities } from '../../src/activities/reconcile.ts';
import { createReconciler } from '../../src/activities/reconciler.ts';
import type { Booking } from '../../src/booking.ts';
import { CalcomRefused, CalcomUnavailable, type CurrentBooking } from '../../src/calcom/api.ts';
import { StoreUnavailable } from '../../src/store/store-unavailable.ts';
import { aCurrent, createFakeCalcom, down, type FakeCalcom } from '../calcom/a-current-booking.ts';
import { aBooking, DAY_MS, HOUR_MS, later, MINUTE_MS } from '../support/a-booking.ts';
import { anAttempt } from './an-attempt.ts';
import { aKept, createKeptBookings, createKeptInbox, type KeptBookings } from './kept-bookings.ts';

const BOOKING = aBooking();
const { uid } = BOOKING;
const NOW = Date.parse('2026-12-02T12:00:00.000Z');
const CHANGED_AT = '2026-12-02T11:00:00.000Z';
const OFF = { status: 'cancelled', updatedAt: CHANGED_AT } as const;

interface Story {
  calcom: CurrentBooking[];
  kept?: KeptBookings;
}

/** What Cal.com says, what is kept, and a clock that stands still until a pass waits or the test lets time pass. */
function createStory({ calcom: current, kept = createKeptBookings() }: Story) {
  const calcom = createFakeCalcom();
  calcom.put(...current);
  const inbox = createKeptInbox();
  const logged: Record<string, unknown>[] = [];
  const write = (level: string) => (message: string, facts?: object) => void logged.push({ level, message, ...facts });
  const log = { info: write('info'), warn: write('warn'), error: write('error') };
  const waits: number[] = [];
  let now = NOW;
  const letPass = (ms: number) => {
    now += ms;
  };
  const clock = {
    now: () => now,
    async wait(ms: number, signal?: AbortSignal) {
      signal?.throwIfAborted();
      waits.push(ms);
      letPass(ms);
    },
  };
  const reconciler = createReconciler({ api: calcom, inbox, findings: kept, clock });
  return {
    calcom,
    kept,
    inbox,
    waits,
    letPass,
    pass: (options: { dryRun?: boolean; signal?: AbortSignal } = {}) => reconciler.pass({ log, ...options }),
    /** As the schedule has them. */
    async passes(count: number, everyMs = 10 * MINUTE_MS) {
      for (let index = 0; index < count; index += 1) {
        if (index > 0) letPass(everyMs);
        await reconciler.pass({ log });
      }
    },
    events: () => inbox.deliveries.map(({ event }) => ({ kind: event.kind, uid: event.booking.uid })),
    logged,
    alerts: () => logged.flatMap(({ alert }) => (alert === undefined ? [] : [alert])),
  };
}

function others(count: number, facts: Partial<Booking> = {}): Booking[] {
  return Array.from({ length: count }, (_, index) => aBooking({ uid: `other-${index}`, ...facts }));
}

function standing(bookings: readonly Booking[]): CurrentBooking[] {
  return bookings.map((booking) => aCurrent({ bookings: [booking] }));
}

describe('a pass over bookings that are all known', () => {
  it('changes nothing, and says nothing', async () => {
    const { pass, inbox, kept, logged } = createStory({ calcom: [aCurrent()], kept: createKeptBookings(aKept()) });

    expect(await pass()).toEqual({
      report: { status: 'done', listed: 1, unreadable: 0, compared: 1, repaired: {}, noted: 0 },
      differences: [],
    });

    expect(inbox.deliveries).toEqual([]);
    expect(logged).toEqual([]);
    expect(kept.of({ uid })?.row?.verifiedAt).toEqual(new Date(NOW));
  });

  it('asks for the next two weeks, a hundred at a time', async () => {
    const windows: object[] = [];
    const story = createStory({
      calcom: standing(others(250)),
      kept: createKeptBookings(...others(250).map((one) => aKept(one))),
    });
    const list = story.calcom.list;
    story.calcom.list = (page) => {
      windows.push(page);
      return list(page);
    };

    await story.pass();

    const window = { after: '2026-12-02T12:00:00.000Z', before: '2026-12-16T12:00:00.000Z', take: 100 };
    expect(windows).toEqual([0, 100, 200].map((skip) => ({ ...window, skip })));
    expect(story.calcom.asked).toHaveLength(3);
  });
});

describe('a booking that nobody has told of', () => {
  it('is taken at once', async () => {
    const { pass, inbox, alerts } = createStory({ calcom: [aCurrent({ updatedAt: CHANGED_AT })] });

    const { report, differences } = await pass();

    expect(inbox.deliveries).toMatchObject([
      { source: 'reconcile', event: { kind: 'confirmed', occurredAt: CHANGED_AT, booking: BOOKING } },
    ]);
    expect(inbox.deliveries[0]?.body).not.toMatch(/tobias|mara|discovery/i);
    expect(report).toMatchObject({ status: 'done', repaired: { unannounced: 1 }, noted: 0 });
    expect(differences).toEqual([
      { bookingUid: uid, finding: 'unannounced', outcome: 'repaired', foundAt: new Date(NOW).toISOString() },
    ]);
    expect(alerts()).toEqual(['bookings_reconciled']);
  });

  it('is taken once, however often it is found before its run has reported', async () => {
    const { passes, inbox, alerts } = createStory({ calcom: [aCurrent()] });

    await passes(3);

    expect(inbox.deliveries).toHaveLength(1);
    expect(alerts()).toHaveLength(1);
  });

  it('is taken seat by seat', async () => {
    const seats = ['0a1b', '2c3d'].map((seat) => aBooking({ seat }));
    const { pass, inbox } = createStory({
      calcom: [aCurrent({ bookings: seats })],
      kept: createKeptBookings(aKept(seats[0])),
    });

    await pass();

    expect(inbox.deliveries.map(({ event }) => event.booking)).toEqual([seats[1]]);
  });

  it('is not taken for a seat of its own where the booking is known as a whole', async () => {
    const seated = aCurrent({}, { seat: '0a1b' });
    const { passes, inbox } = createStory({ calcom: [seated], kept: createKeptBookings(aKept()) });

    await passes(3);

    expect(inbox.deliveries).toEqual([]);
  });

  it.each(['cancelled', 'pending', 'rejected'] as const)('is left alone if it is %s', async (status) => {
    const { passes, inbox } = createStory({ calcom: [aCurrent({ status })] });

    await passes(3);

    expect(inbox.deliveries).toEqual([]);
  });

  it('takes the place of another at once, if nobody looks after that one', async () => {
    const { pass, inbox } = createStory({ calcom: [aCurrent({ replaces: 'before' })] });

    await pass();

    expect(inbox.deliveries).toMatchObject([{ event: { kind: 'rescheduled', replaced: { uid: 'before' } } }]);
  });

  it('takes the place of one that is looked after only when it is found twice', async () => {
    const before = aBooking({ uid: 'before', startsAt: later(NOW, 20 * DAY_MS) });
    const story = createStory({
      calcom: [aCurrent({ replaces: 'before' })],
      kept: createKeptBookings(aKept(before)),
    });

    await story.passes(1);
    expect(story.inbox.deliveries).toEqual([]);
    story.letPass(10 * MINUTE_MS);
    await story.pass();

    expect(story.inbox.deliveries).toMatchObject([{ event: { kind: 'rescheduled', replaced: { uid: 'before' } } }]);
  });
});

describe('a booking whose link, host or guests have changed without a word', () => {
  it('is updated at once', async () => {
    const current = aCurrent({ updatedAt: CHANGED_AT }, { joinUrl: 'https://meet.google.com/new-link' });
    const { pass, events } = createStory({ calcom: [current], kept: createKeptBookings(aKept()) });

    await pass();

    expect(events()).toEqual([{ kind: 'updated', uid }]);
  });
});

describe.each<[string, Story & { kept: KeptBookings }, { kind: string; uid: string }[]]>([
  [
    'cancelled without a word',
    { calcom: [aCurrent(OFF)], kept: createKeptBookings(aKept()) },
    [{ kind: 'cancelled', uid }],
  ],
  [
    'at another time without a word',
    { calcom: [aCurrent({}, { startsAt: later(BOOKING.startsAt, HOUR_MS) })], kept: createKeptBookings(aKept()) },
    [{ kind: 'confirmed', uid }],
  ],
  [
    'moved to another without a word',
    {
      calcom: [aCurrent({ ...OFF, replacedBy: 'next' }), aCurrent({ replaces: uid }, { uid: 'next' })],
      kept: createKeptBookings(aKept()),
    },
    [{ kind: 'rescheduled', uid: 'next' }],
  ],
  [
    'standing though a cancel was told',
    {
      calcom: [aCurrent()],
      kept: createKeptBookings(aKept(BOOKING, { standing: 'cancelled', calledOffAt: new Date(CHANGED_AT) })),
    },
    [{ kind: 'confirmed', uid }],
  ],
  [
    'standing though it was rejected before anybody looked after it',
    {
      calcom: [aCurrent()],
      kept: createKeptBookings(
        aKept(BOOKING, { standing: 'none', toldAt: undefined, calledOffAt: new Date(CHANGED_AT) }),
      ),
    },
    [{ kind: 'confirmed', uid }],
  ],
  ['gone from Cal.com', { calcom: [], kept: createKeptBookings(aKept()) }, [{ kind: 'cancelled', uid }]],
  [
    'left by one seat',
    {
      calcom: [aCurrent({}, { seat: '2c3d' })],
      kept: createKeptBookings(aKept(aBooking({ seat: '2c3d' })), aKept(aBooking({ seat: '0a1b' }))),
    },
    [{ kind: 'cancelled', uid }],
  ],
])('a booking that is %s', (_what, { calcom, kept }, found) => {
  /** The stories share what is kept only as it is at first. */
  const story = () => createStory({ calcom, kept: createKeptBookings(...keptAtFirst) });
  const keptAtFirst = [kept.of({ uid }), kept.of({ uid, seat: '0a1b' }), kept.of({ uid, seat: '2c3d' })].filter(
    (one) => one !== undefined,
  );

  it('is only noted by the first pass', async () => {
    const { pass, inbox, alerts } = story();

    const { report, differences } = await pass();

    expect(inbox.deliveries).toEqual([]);
    expect(report.noted).toBe(differences.length);
    expect(differences).not.toEqual([]);
    expect(differences.every(({ outcome }) => outcome === 'waits')).toBe(true);
    expect(alerts()).toEqual([]);
  });

  it('is put right by the second, ten minutes later', async () => {
    const { passes, events, alerts } = story();

    await passes(2);

    expect(events()).toEqual(found);
    expect(alerts()).toEqual(['bookings_reconciled']);
  });

  it('is not put right by a second that comes sooner', async () => {
    const { passes, inbox } = story();

    await passes(5, 2 * MINUTE_MS);

    expect(inbox.deliveries).toEqual([]);
  });

  it('is found anew if a delivery about it came in between', async () => {
    const { pass, passes, kept: rows, inbox, letPass, events } = story();
    await pass();
    letPass(MINUTE_MS);
    for (const seat of [undefined, '0a1b', '2c3d']) {
      const one = rows.of({ uid, ...(seat && { seat }) });
      if (one) rows.put({ ...one, lastReceivedAt: new Date(NOW + MINUTE_MS) });
    }
    letPass(9 * MINUTE_MS);

    await pass();
    const before = events();
    letPass(10 * MINUTE_MS);
    await passes(1);

    expect(before).toEqual([]);
    expect(inbox.deliveries).not.toEqual([]);
  });

  it('is forgotten if Cal.com says in between that all is as it is known', async () => {
    const { pass, calcom: now, kept: rows, letPass, inbox } = story();
    const saidAtFirst = [...now.bookings.values()];
    await pass();
    const known = keptAtFirst.map(({ row, seat }) => {
      const { standing: is = 'cancelled', booking = BOOKING } =
        (row?.state as { known: { standing: string; booking: Booking } } | undefined)?.known ?? {};
      return { isLive: is === 'live', booking: { ...booking, ...(seat && { seat }) } };
    });
    now.bookings.clear();
    now.put(
      aCurrent({ status: known[0]!.isLive ? 'accepted' : 'cancelled', bookings: known.map((one) => one.booking) }),
    );
    letPass(5 * MINUTE_MS);
    await pass();
    expect(rows.of(keptAtFirst[0]!)?.found).toBeUndefined();
    now.bookings.clear();
    now.put(...saidAtFirst);
    letPass(5 * MINUTE_MS);

    await pass();

    expect(inbox.deliveries).toEqual([]);
  });
});

describe('two passes that find different things', () => {
  it('do not agree', async () => {
    const { pass, calcom, letPass, inbox } = createStory({
      calcom: [aCurrent({}, { startsAt: later(BOOKING.startsAt, HOUR_MS) })],
      kept: createKeptBookings(aKept()),
    });
    await pass();
    calcom.put(aCurrent({}, { startsAt: later(BOOKING.startsAt, 2 * HOUR_MS) }));
    letPass(10 * MINUTE_MS);
    await pass();

    expect(inbox.deliveries).toEqual([]);
  });
});

describe('nothing is concluded about a booking', () => {
  it.each<[string, Parameters<typeof aKept>[1]]>([
    ['that has news on its way to its run', { hasPending: true }],
    ['whose run has not reported yet', { hasReported: false }],
    ['that was replaced for good', { isRetired: true }],
    ['whose run says that it was replaced', { standing: 'superseded' }],
    ['whose run has ended', { isOver: true }],
  ])('%s', async (_what, facts) => {
    for (const current of [aCurrent(OFF), aCurrent({}, { startsAt: later(BOOKING.startsAt, HOUR_MS) })]) {
      const { passes, inbox } = createStory({ calcom: [current], kept: createKeptBookings(aKept(BOOKING, facts)) });

      await passes(3);

      expect(inbox.deliveries).toEqual([]);
    }
  });

  it('that starts later than in two weeks', async () => {
    const booking = aBooking({ startsAt: later(NOW, 15 * DAY_MS) });
    const { passes, calcom, inbox } = createStory({ calcom: [], kept: createKeptBookings(aKept(booking)) });

    await passes(3);

    expect(calcom.asked.some((request) => request.startsWith('find'))).toBe(false);
    expect(inbox.deliveries).toEqual([]);
  });
});

describe('a booking that the list leaves out', () => {
  it('is read by itself, and stands if it stands', async () => {
    const { passes, calcom, inbox } = createStory({ calcom: [aCurrent()], kept: createKeptBookings(aKept()) });
    calcom.hidden.add(uid);

    await passes(3);

    expect(calcom.asked.filter((request) => request === `find ${uid}`)).toHaveLength(3);
    expect(inbox.deliveries).toEqual([]);
  });

  it('is not asked for if its uid is one that we made: Cal.com does not know it', async () => {
    const booking = aBooking({ uid: 'e05aeb8ff550e160e9cf9aec171edb05' });
    const { passes, calcom, inbox } = createStory({ calcom: [], kept: createKeptBookings(aKept(booking)) });

    await passes(3);

    expect(calcom.asked.filter((request) => request.startsWith('find'))).toEqual([]);
    expect(inbox.deliveries).toEqual([]);
  });

  it('is left alone when Cal.com does not answer for it', async () => {
    const { passes, calcom, inbox } = createStory({ calcom: [], kept: createKeptBookings(aKept()) });
    calcom.onFind = down;

    await passes(3);

    expect(inbox.deliveries).toEqual([]);
  });

  it('does not keep the others from being put right when Cal.com does not answer for it', async () => {
    const { pass, calcom, events } = createStory({
      calcom: [aCurrent({}, { uid: 'unheard' })],
      kept: createKeptBookings(aKept()),
    });
    calcom.onFind = down;

    const { report } = await pass();

    expect(events()).toEqual([{ kind: 'confirmed', uid: 'unheard' }]);
    expect(report).toMatchObject({ status: 'unavailable', reason: "Cal.com's API answered 503" });
  });

  it('does not keep others from being read when Cal.com does not answer for it, unless it answers for none', async () => {
    const missing = others(6);
    const { pass, calcom, kept } = createStory({
      calcom: [],
      kept: createKeptBookings(...missing.map((one) => aKept(one))),
    });
    calcom.put(...standing(missing));
    for (const { uid: other } of missing) calcom.hidden.add(other);
    calcom.onFind = (asked) => (asked === 'other-0' ? down() : undefined);
    await pass();
    expect(kept.writes).toContain('verified other-5');

    calcom.asked.length = 0;
    calcom.onFind = down;
    await pass();

    expect(calcom.asked.filter((request) => request.startsWith('find'))).toHaveLength(3);
  });

  it('is one of fifty at most that a pass reads', async () => {
    const { pass, calcom, inbox } = createStory({
      calcom: standing(others(60)),
      kept: createKeptBookings(...others(60).map((one) => aKept(one))),
    });
    for (const { uid: other } of others(60)) calcom.hidden.add(other);

    await pass();

    expect(calcom.asked.filter((request) => request.startsWith('find'))).toHaveLength(50);
    expect(inbox.deliveries).toEqual([]);
  });
});

describe('when most of the known bookings are gone at once', () => {
  it('it is the key that is wrong: nothing is called off, nothing of the others is taken, and the operator is told', async () => {
    const { passes, inbox, alerts } = createStory({
      calcom: [aCurrent({}, { uid: 'of-somebody-else' })],
      kept: createKeptBookings(...others(5).map((one) => aKept(one))),
    });

    await passes(3);

    expect(inbox.deliveries).toEqual([]);
    expect(alerts()).toEqual(['calcom_implausible']);
  });

  it('a few that are gone among many that stand are called off', async () => {
    const { passes, inbox } = createStory({
      calcom: standing(others(6, { startsAt: later(NOW, DAY_MS) })),
      kept: createKeptBookings(
        ...others(6, { startsAt: later(NOW, DAY_MS) }).map((one) => aKept(one)),
        ...others(5).map((one) => aKept({ ...one, uid: `gone-${one.uid}` })),
      ),
    });

    await passes(2);

    expect(inbox.deliveries).toHaveLength(5);
  });
});

describe('an API that cannot be trusted', () => {
  const broken: [string, (calcom: FakeCalcom) => void, string][] = [
    [
      'is down',
      (calcom) => {
        calcom.onList = down;
      },
      'unavailable',
    ],
    [
      'goes down after the first page',
      (calcom) => {
        calcom.onList = (skip) => (skip > 0 ? down() : undefined);
      },
      'unavailable',
    ],
    [
      'gives a shorter page than it should',
      (calcom) => {
        calcom.onList = () => ({ bookings: [aCurrent({}, { uid: 'new' })], unreadable: 0, hasMore: true });
      },
      'partial',
    ],
    [
      'gives a list of which most cannot be read',
      (calcom) => {
        calcom.onList = () => ({ bookings: [aCurrent({}, { uid: 'new' })], unreadable: 2, hasMore: false });
      },
      'partial',
    ],
    [
      'refuses the key',
      (calcom) => {
        calcom.onList = () => {
          throw new CalcomRefused('Cal.com does not accept the API key');
        };
      },
      'refused',
    ],
  ];

  it.each(broken)('changes nothing: it %s', async (_what, breakIt, status) => {
    const story = createStory({
      calcom: [aCurrent(OFF), ...standing(others(150))],
      kept: createKeptBookings(aKept()),
    });
    breakIt(story.calcom);

    const { report, differences } = await story.pass();
    await story.passes(2);

    expect(report).toMatchObject({ status, reason: expect.any(String) });
    expect(differences).toEqual([]);
    expect(story.inbox.deliveries).toEqual([]);
    expect(story.kept.writes).toEqual([]);
    expect(story.logged).not.toEqual([]);
  });

  it('is told of to the operator once an hour, if only a person can help', async () => {
    const { passes, calcom, alerts } = createStory({ calcom: [] });
    calcom.onList = () => {
      throw new CalcomRefused('Cal.com does not accept the API key');
    };

    await passes(7);

    expect(alerts()).toEqual(['calcom_refuses', 'calcom_refuses']);
  });

  it('may leave out of its list what it cannot tell: the rest is compared', async () => {
    const { pass, calcom, events } = createStory({ calcom: [] });
    const listed = standing(others(3));
    calcom.onList = () => ({ bookings: listed, unreadable: 1, hasMore: false });

    const { report } = await pass();

    expect(events()).toHaveLength(3);
    expect(report).toMatchObject({ listed: 3, unreadable: 1 });
  });
});

describe('when Cal.com asks for a pause', () => {
  const busy = (retryAfterMs: number) => new CalcomUnavailable('answered 429', { retryAfterMs });

  it('it gets it, and the pass goes on', async () => {
    const { pass, calcom, waits, events } = createStory({ calcom: [aCurrent()] });
    let asked = 0;
    calcom.onList = () => {
      asked += 1;
      if (asked === 1) throw busy(30_000);
      return undefined;
    };

    await pass();

    expect(waits).toEqual([30_000]);
    expect(events()).toHaveLength(1);
  });

  it('the pass ends when that would take longer than it may', async () => {
    const { pass, calcom, waits, inbox } = createStory({ calcom: [aCurrent()] });
    calcom.onList = () => {
      throw busy(50_000);
    };

    const { report } = await pass();

    expect(waits).toEqual([50_000, 50_000]);
    expect(report.status).toBe('unavailable');
    expect(inbox.deliveries).toEqual([]);
  });

  it('no more than thirty lists are asked for, and what lies behind them is not missed', async () => {
    const listed = others(3_001).map((one, index) => ({ ...one, startsAt: later(NOW, (index + 1) * MINUTE_MS) }));
    const beyond = aBooking({ startsAt: later(NOW, 13 * DAY_MS) });
    const { pass, calcom } = createStory({
      calcom: standing(listed),
      kept: createKeptBookings(aKept(beyond), ...listed.map((one) => aKept(one))),
    });

    const { differences } = await pass();

    expect(calcom.asked).toHaveLength(30);
    expect(differences).toEqual([]);
  });
});

describe('a dry run', () => {
  it('tells what differs, and writes nothing', async () => {
    const { pass, inbox, kept, alerts } = createStory({
      calcom: [aCurrent(OFF), aCurrent({}, { uid: 'unheard' })],
      kept: createKeptBookings(aKept()),
    });

    const { report, differences } = await pass({ dryRun: true });

    expect(differences).toMatchObject([
      { bookingUid: uid, finding: 'cancelled', outcome: 'waits' },
      { bookingUid: 'unheard', finding: 'unannounced', outcome: 'repaired' },
    ]);
    expect(report).toMatchObject({ repaired: {}, noted: 1 });
    expect([inbox.deliveries, kept.writes, alerts()]).toEqual([[], [], []]);
  });
});

describe('a pass', () => {
  it('fails while the store is away', async () => {
    const { pass, kept } = createStory({ calcom: [aCurrent()] });
    kept.kept = () => Promise.reject(new StoreUnavailable('connection refused'));

    await expect(pass()).rejects.toBeInstanceOf(StoreUnavailable);
  });

  it('asks for no more once it is withdrawn', async () => {
    const { pass, calcom } = createStory({ calcom: [aCurrent()] });

    await expect(pass({ signal: AbortSignal.abort(new Error('withdrawn')) })).rejects.toThrow('withdrawn');
    expect(calcom.asked).toEqual([]);
  });
});

describe('the activity', () => {
  it('is one pass, of which only counts are told', async () => {
    const { pass } = createStory({ calcom: [aCurrent()] });
    const { reconcileBookings } = createReconcileActivities({ reconciler: { pass: () => pass() } });

    expect(await anAttempt().run(reconcileBookings)).toEqual({
      status: 'done',
      listed: 1,
      unreadable: 0,
      compared: 1,
      repaired: { unannounced: 1 },
      noted: 0,
    });
  });

  it('has nothing to do without a key for the API', async () => {
    const { reconcileBookings } = createReconcileActivities({ reconciler: undefined });

    expect(await anAttempt().run(reconcileBookings)).toMatchObject({ status: 'off' });
  });
});
