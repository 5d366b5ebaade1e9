import { describe, expect, it } from 'vitest';
import type { BookingEvent, BookingKey } from '../../src/booking.ts';
import { createRestorer } from '../../src/server/lost-runs.ts';
import { TemporalUnavailable } from '../../src/temporal/booking-runs.ts';
import { aBooking, confirmed, rescheduled } from '../support/a-booking.ts';
import { createFakeRuns, createTestLog, useStore } from './support.ts';

const stores = useStore();
const BOOKED_AT = '2026-11-03T10:00:00.000Z';

function restoring() {
  const { inbox, bookings } = stores.store;
  const runs = createFakeRuns();
  const { log, lines } = createTestLog();
  let wakes = 0;
  const dispatcher = { wake: () => void wakes++ };
  const restorer = createRestorer({ inbox, bookings, runs, dispatcher, log });
  return { restorer, runs, lines, woken: () => wakes };
}

/** A booking whose deliveries have all been dispatched, as the store knows it. */
async function isLive(event: BookingEvent, state?: unknown): Promise<BookingKey> {
  const { inbox, bookings } = stores.store;
  const body = Buffer.from(JSON.stringify(event));
  const arrived = { source: 'calcom', body, keptBody: body, headers: {}, signature: 'unsigned' } as const;
  await inbox.keep(
    { ...arrived, receivedAt: new Date() },
    { status: 'pending', trigger: 'BOOKING_CREATED', event, warnings: [] },
  );
  if (!('startsAt' in event.booking)) throw new Error('It tells of no booking');
  const started = { outcome: 'told', started: [event.booking] } as const;
  for (const delivery of await inbox.claim(10, 15_000)) await inbox.markDispatched(delivery, started);
  if (state !== undefined) {
    const record = { booking: event.booking, revision: 1, status: 'scheduled', report: {}, isOver: false, decided: [] };
    await bookings.record({ ...record, state });
  }
  return { uid: event.booking.uid };
}

const live = (uid: string, state?: unknown) =>
  isLive(confirmed(aBooking({ uid }), BOOKED_AT, `event-of-${uid}`), state);
const pending = async () =>
  (await stores.store.inbox.list({ status: 'pending', limit: 50 })).map((row) => row.subjectUid);
const isOver = async (uid: string) => (await stores.store.bookings.find({ uid }))?.isOver;

describe('a search for lost runs', () => {
  it('leaves everything alone while every live booking has its run', async () => {
    await live('one', { step: 1 });
    const { restorer, runs, lines } = restoring();
    runs.open.add('precall/one');

    expect(await restorer.restoreLost({ settledMs: 0 })).toEqual({
      live: 1,
      missing: 0,
      restored: 0,
      closed: 0,
      failed: 0,
    });
    expect(await pending()).toEqual([]);
    expect(lines()).toEqual([]);
  });

  it('starts a lost run where it stood, and has its deliveries told again', async () => {
    await live('one', { step: 1 });
    const { restorer, runs, lines, woken } = restoring();
    const restored: unknown[] = [];
    runs.onRestore = (workflowId, state) => {
      restored.push([workflowId, state]);
      return 'restored';
    };

    const report = await restorer.restoreLost({ settledMs: 0 });

    expect(report).toEqual({ live: 1, missing: 1, restored: 1, closed: 0, failed: 0 });
    expect(restored).toEqual([['precall/one', { step: 1 }]]);
    expect(await pending()).toEqual(['one']);
    expect(lines()).toMatchObject([{ level: 50, alert: 'runs_restored', ...report }]);
    expect(woken()).toBe(1);
  });

  it('brings back a booking that no run has recorded yet by its deliveries alone', async () => {
    await live('one');
    const { restorer, runs } = restoring();

    expect(await restorer.restoreLost({ settledMs: 0 })).toMatchObject({ missing: 1, restored: 1 });
    expect(await pending()).toEqual(['one']);
    expect(runs.open).toEqual(new Set());
    expect(await restorer.restoreLost({ settledMs: 0 })).toMatchObject({ missing: 0 });
  });

  it('is safe to repeat at once, when Temporal does not list what was started yet', async () => {
    await live('one', { step: 1 });
    const { restorer, runs } = restoring();
    await restorer.restoreLost({ settledMs: 0 });
    runs.openRuns = async function* () {};

    expect(await restorer.restoreLost({ settledMs: 0 })).toMatchObject({ live: 1, missing: 0 });
  });

  it('closes a booking whose run has ended without saying so', async () => {
    await live('one', { step: 1 });
    const { restorer, runs, lines } = restoring();
    runs.onRestore = () => 'closed';

    expect(await restorer.restoreLost({ settledMs: 0 })).toMatchObject({ missing: 1, closed: 1 });
    expect(await isOver('one')).toBe(true);
    expect(lines()).toEqual([]);
  });

  it('closes a booking that has been replaced, and restores the one that took its place', async () => {
    await live('old', { step: 1 });
    await isLive(rescheduled(aBooking({ uid: 'new' }), 'old', BOOKED_AT), { step: 2 });
    const { restorer, runs } = restoring();

    expect(await restorer.restoreLost({ settledMs: 0 })).toMatchObject({ live: 2, missing: 2, restored: 1, closed: 1 });
    expect(await isOver('old')).toBe(true);
    expect(runs.open).toEqual(new Set(['precall/new']));
  });

  it('goes on with the others when one cannot be restored', async () => {
    for (const uid of ['a', 'b', 'c']) await live(uid, { uid });
    const { restorer, runs, lines } = restoring();
    runs.onRestore = (workflowId) => {
      if (workflowId === 'precall/b') throw new Error('broken');
      return 'restored';
    };

    expect(await restorer.restoreLost({ settledMs: 0 })).toMatchObject({ live: 3, missing: 3, restored: 2, failed: 1 });
    expect(lines()).toMatchObject([{ bookingUid: 'b' }, { alert: 'runs_restored' }]);
  });

  it('gives up when Temporal does not answer', async () => {
    await live('one', { step: 1 });
    const { restorer, runs } = restoring();
    runs.onRestore = () => {
      throw new TemporalUnavailable(new Error('14 UNAVAILABLE'));
    };

    await expect(restorer.restoreLost({ settledMs: 0 })).rejects.toThrow(TemporalUnavailable);
  });

  it('finds every lost run among hundreds, in one pass however many ask for it', { timeout: 30_000 }, async () => {
    for (let index = 0; index < 250; index += 1) await live(`booking-${index}`, { index });
    const { restorer, runs } = restoring();
    for (let index = 0; index < 250; index += 50) runs.open.add(`precall/booking-${index}`);

    const [one, other] = await Promise.all([
      restorer.restoreLost({ settledMs: 0 }),
      restorer.restoreLost({ settledMs: 0 }),
    ]);

    expect(one).toBe(other);
    expect(one).toMatchObject({ live: 250, missing: 245, restored: 245 });
    expect(runs.open.size).toBe(250);
  });
});
