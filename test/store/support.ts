import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SQL, sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe } from 'vitest';
import type {
  AcknowledgedEvent,
  Booking,
  BookingEvent,
  BookingKey,
  CancelledEvent,
  ConfirmedEvent,
  EndedEvent,
  NoShowEvent,
  RejectedEvent,
  RequestedEvent,
  RescheduledEvent,
  UpdatedEvent,
} from '../../src/booking.ts';
import { createCipher } from '../../src/cipher.ts';
import { createPostgres, type Database, openPglite } from '../../src/store/database.ts';
import type { ArrivedDelivery, Dispatched, DispatchOutcome, Verdict } from '../../src/store/inbox.ts';
import { migratePgliteIn, migratePostgresAt } from '../../src/store/migrate.ts';
import { createStore, type Store } from '../../src/store/store.ts';
import { aBooking } from '../support/a-booking.ts';
import { startPostgres } from '../support/postgres.ts';
import { silent } from '../support/silent.ts';

export const cipher = createCipher([{ id: 'k1', bytes: randomBytes(32) }]);

/** A store, and a look at the rows behind it. */
export interface TestStore extends Omit<Store, 'isReachable' | 'close'> {
  database: Database;
  rows<T = Record<string, unknown>>(query: SQL): Promise<T[]>;
  /** Makes every delivery that waits for its time, or is leased, due now. */
  letTimePass(): Promise<void>;
}

/** Says the same of both databases, each time on empty tables. */
export function describeStores(about: string, tests: (store: () => TestStore) => void): void {
  describe.each(['PGlite', 'PostgreSQL'] as const)(`${about} (%s)`, { timeout: 30_000 }, (kind) => {
    let store: TestStore | undefined;
    let stop: (() => Promise<void>) | undefined;
    beforeAll(async () => {
      const opened = kind === 'PGlite' ? await onPglite() : await onPostgres();
      store = testStoreOver(opened.database);
      stop = opened.stop;
    }, 60_000);
    afterEach(async () => {
      await store?.database.run((db) =>
        db.execute(
          sql`truncate deliveries, bookings, booking_history, reminders, retired_bookings, contact_claims, contacts, findings, briefs, notion_pace, mail_pace,
            suppressions, mail_events`,
        ),
      );
    });
    afterAll(() => stop?.());
    tests(() => store!);
  });
}

function testStoreOver(database: Database): TestStore {
  const rows = async <T>(query: SQL) =>
    ((await database.run((db) => db.execute(query))) as unknown as { rows: T[] }).rows;
  return {
    ...createStore(database, { cipher, log: silent }),
    database,
    rows,
    letTimePass: async () => void (await rows(sql`update deliveries set due_at = now(), claimed_until = null`)),
  };
}

async function onPglite() {
  const folder = await mkdtemp(join(tmpdir(), 'precall-pglite-'));
  const database = await openPglite(join(folder, 'store'));
  await migratePgliteIn(database);
  const stop = async () => {
    await database.close();
    await rm(folder, { recursive: true });
  };
  return { database, stop };
}

async function onPostgres() {
  const postgres = await startPostgres();
  await migratePostgresAt(postgres.url);
  const database = createPostgres(postgres.url, silent);
  const stop = async () => {
    await database.close();
    await postgres.stop();
  };
  return { database, stop };
}

let deliveries = 0;

/** One whose body no other has. */
export function aDelivery(facts: Partial<ArrivedDelivery> = {}): ArrivedDelivery {
  deliveries += 1;
  const body = Buffer.from(`{"n":${deliveries},"name":"Tobias Okafor"}`);
  return {
    source: 'calcom',
    body,
    keptBody: body,
    headers: { 'content-type': 'application/json' },
    signature: 'valid',
    secretNumber: 1,
    receivedAt: new Date(),
    ...facts,
  };
}

let events = 0;

type Details<Event extends BookingEvent> = Partial<Omit<Event, 'kind' | 'booking'>>;

export function confirmed(facts: Partial<Booking> = {}, details: Details<ConfirmedEvent> = {}): ConfirmedEvent {
  return { kind: 'confirmed', ...newFacts(), booking: aBooking(facts), ...details };
}

export function cancelled(facts: Partial<Booking> = {}, details: Details<CancelledEvent> = {}): CancelledEvent {
  return { kind: 'cancelled', ...newFacts(), booking: aBooking(facts), requestReschedule: false, ...details };
}

export function rescheduled(replaced: string | BookingKey, facts: Partial<Booking> = {}): RescheduledEvent {
  return { kind: 'rescheduled', ...newFacts(), booking: aBooking(facts), replaced: keyOf(replaced) };
}

export function requested(facts: Partial<Booking>, replaced?: string | BookingKey): RequestedEvent {
  const booking = aBooking(facts);
  return { kind: 'requested', ...newFacts(), booking, ...(replaced !== undefined && { replaced: keyOf(replaced) }) };
}

export function updated(facts: Partial<Booking> = {}, details: Details<UpdatedEvent> = {}): UpdatedEvent {
  return { kind: 'updated', ...newFacts(), booking: aBooking(facts), ...details };
}

export function rejected(facts: Partial<Booking> = {}): RejectedEvent {
  return { kind: 'rejected', ...newFacts(), booking: aBooking(facts) };
}

export function ended(booking: BookingKey): EndedEvent {
  return { kind: 'ended', ...newFacts(), booking };
}

export function noShow(booking: BookingKey): NoShowEvent {
  const attendees = [{ email: 'tobias.okafor@example.com', noShow: true }];
  return { kind: 'no_show', ...newFacts(), booking, attendees };
}

export function acknowledged(booking: BookingKey): AcknowledgedEvent {
  return { kind: 'acknowledged', ...newFacts(), booking, person: 'a keyed name' };
}

export function pending(event: BookingEvent): Verdict {
  return { status: 'pending', trigger: `BOOKING_${event.kind.toUpperCase()}`, event, warnings: [] };
}

export const quarantined: Verdict = { status: 'quarantined', reason: 'not_json' };

/** What becomes of a delivery whose every target took it. */
export function told(event: BookingEvent): Dispatched {
  return { outcome: 'told', started: 'startsAt' in event.booking ? [event.booking] : [] };
}

export function withoutRun(outcome: DispatchOutcome): Dispatched {
  return { outcome, started: [] };
}

function keyOf(booking: string | BookingKey): BookingKey {
  return typeof booking === 'string' ? { uid: booking } : booking;
}

function newFacts(): { id: string; occurredAt: string } {
  events += 1;
  return { id: `event-${events}`, occurredAt: '2026-12-01T10:00:00.000Z' };
}
