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

/** The moved call, called off. */
export function cancelled(fields: Json = {}): Delivery {
  return sample('booking-cancelled', fields);
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

export function readBody(body: Buffer | string): Reading {
  return readDelivery(Buffer.from(body as string), { receivedAt: RECEIVED_AT, installationKey: INSTALLATION_KEY });
}

export function read(delivery: unknown): Reading {
  return readBody(JSON.stringify(delivery));
}

/** What an accepted delivery says. @throws {Error} when it is not accepted. */
export function accepted(delivery: unknown) {
  const reading = read(delivery);
  if (reading.verdict !== 'booking') throw new Error(`not accepted: ${JSON.stringify(reading)}`);
  return reading;
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
