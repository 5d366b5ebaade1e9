import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Reading, readDelivery } from '../../src/calcom/read-delivery.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures/calcom');

export const INSTALLATION_KEY = 'installation-key-of-the-tests-0123456789';
export const RECEIVED_AT = Date.parse('2027-06-01T12:00:00.000Z');

export type Json = Record<string, unknown>;

/** A body of Cal.com's as a JSON value, free to be changed. */
export interface Delivery extends Json {
  triggerEvent: string;
  createdAt?: unknown;
  payload: Json;
}

/** The names of all fixtures, without `.json`. */
export const fixtureNames = readdirSync(FIXTURES).map((file) => file.replace(/\.json$/, ''));

export function fixture(name: string): Delivery {
  return JSON.parse(readFileSync(join(FIXTURES, `${name}.json`), 'utf8')) as Delivery;
}

/** A sample body with another payload, field by field; a field that is undefined is left out. */
export function sample(name: string, fields: Json = {}): Delivery {
  const { payload, ...envelope } = fixture(name);
  return { ...envelope, payload: { ...payload, ...fields } };
}

/** The plain confirmed booking. */
export function created(fields: Json = {}): Delivery {
  return sample('booking-created', fields);
}

/** The same call, moved. */
export function rescheduled(fields: Json = {}): Delivery {
  return sample('booking-rescheduled', fields);
}

/** A call that the host has yet to accept. */
export function requested(fields: Json = {}): Delivery {
  return sample('booking-requested', fields);
}

/** The moved call, called off. */
export function cancelled(fields: Json = {}): Delivery {
  return sample('booking-cancelled', fields);
}

/** A body as the senders with a queue spell it: milliseconds in times, database rows for attendees. */
export function queued({ payload, ...envelope }: Delivery): Delivery {
  const respelled = Object.entries(payload).map(([name, value]) =>
    /Time$/.test(name) && typeof value === 'string' ? [name, new Date(value).toISOString()] : [name, value],
  );
  const fields = Object.fromEntries(respelled) as Json;
  const rows = Array.isArray(fields['attendees']) ? (fields['attendees'] as Json[]) : [];
  const attendees = rows.map(({ firstName: _, lastName: __, ...row }) => ({
    phoneNumber: null,
    bookingSeat: null,
    ...row,
  }));
  return { ...envelope, payload: { ...fields, ...(rows.length > 0 && { attendees }), disableCancelling: 'NOBODY' } };
}

/** An attendee as Cal.com sends one. */
export function attendee(fields: Json = {}): Json {
  return {
    email: 'tobias.okafor@example.com',
    name: 'Tobias Okafor',
    timeZone: 'America/Chicago',
    language: { locale: 'en' },
    ...fields,
  };
}

export function readBody(body: Buffer | string, receivedAt = RECEIVED_AT): Reading {
  return readDelivery(Buffer.from(body as string), { receivedAt, installationKey: INSTALLATION_KEY });
}

export function read(delivery: unknown, receivedAt = RECEIVED_AT): Reading {
  return readBody(JSON.stringify(delivery), receivedAt);
}

/** What an accepted delivery says. @throws {Error} when it is not accepted. */
export function heard(delivery: unknown, receivedAt = RECEIVED_AT) {
  const reading = read(delivery, receivedAt);
  if (reading.verdict !== 'booking') throw new Error(`not accepted: ${JSON.stringify(reading)}`);
  return reading;
}

/** What an accepted delivery says that tells all about a booking. @throws {Error} when it tells less. */
export function accepted(delivery: unknown) {
  const { event, ...reading } = heard(delivery);
  if (event.kind === 'ended' || event.kind === 'no_show' || event.kind === 'acknowledged') {
    throw new Error(`tells less: ${event.kind}`);
  }
  return { ...reading, event };
}

export function bookingIn(delivery: unknown) {
  return accepted(delivery).event.booking;
}

/** Where a rejected delivery is at fault. @throws {Error} when it is not rejected. */
export function faultPathsIn(delivery: unknown): string[] {
  const reading = read(delivery);
  if (reading.verdict !== 'rejected') throw new Error(`not rejected: ${reading.verdict}`);
  return reading.faults.map(({ path }) => path);
}
