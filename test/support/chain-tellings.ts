import { vi } from 'vitest';
import type { StoredBooking } from '../../src/store/bookings.ts';
import type { Timetable } from '../../src/workflows/messages.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from './a-booking.ts';
import type { Cast, Chain } from './calcom-chains.ts';
import { aCall } from './outside.ts';
import { aSeat, aSeries, moveOf } from './webhook-bodies.ts';

/** One arrival of a body. */
export interface Arrival {
  /** Which one, in the order in which they were sent. */
  index: number;
  /** Whether it comes for the first time, or once more: as it was, or by a second sender who says a moment later that it was sent. */
  as: 'itself' | 'repeat' | 'second sender';
}

export type Order = readonly Arrival[];

type Told = Pick<Chain, 'sends'>;

/** What is told of one or more chains in one order. */
export interface Telling {
  chains: readonly Told[];
  order: Order;
  /** Whether all of it is about one person. */
  isOnePerson?: boolean;
}

export interface TellingOptions {
  /** Which of the tellings that go on side by side it is: no other has its uids and addresses. */
  number: number;
  /** Epoch milliseconds: what is told was sent within the hour before. */
  now: number;
  /** How long from now the calls of a day start, and of which of the chains. */
  startsInMs: (day: number, chain: number) => number;
}

export function inSequence(count: number): Order {
  return Array.from({ length: count }, (_, index) => ({ index, as: 'itself' }));
}

/** How many bodies the chains have. */
export function lengthOf(...told: readonly Told[]): number {
  return bodiesOf(told, { number: 0, startsInMs: (day) => day * DAY_MS, isOnePerson: false }).length;
}

/** The bodies as they arrive, one for each arrival. Each says when it was sent, so that no time that it takes to tell them counts. */
export function arrivalsOf({ chains, order, isOnePerson = false }: Telling, options: TellingOptions): unknown[] {
  const bodies = asOf(options.now, () => bodiesOf(chains, { ...options, isOnePerson }));
  return order.map(({ index, as }) => {
    const sentAt = options.now - HOUR_MS + index * MINUTE_MS + (as === 'second sender' ? 7 : 0);
    return { ...(bodies[index] as object), createdAt: new Date(sentAt).toISOString() };
  });
}

/** Whether a uid or an address belongs to the telling of this number. */
export function isOf(number: number, name: string): boolean {
  return name.startsWith(`o${number}.`);
}

/** A uid or an address as the chain has it; which of several chains it belongs to is told but of the others than the first. */
export function shown(name: string): string {
  const [, chain, own] = /^o\d+\.(\d+)\.([^@]+)/.exec(name) ?? [];
  return chain === '0' ? own! : `${own} of chain ${Number(chain) + 1}`;
}

/** The address of a person of the chains; one who has booked by phone has another. */
export function addressOf(person: string, { number, chain = 0 }: { number: number; chain?: number }): string {
  return `o${number}.${chain}.${person}@example.com`;
}

/** Where and with whom a mail says that its call takes place. */
export function placeIn({ text, replyTo }: { text: string; replyTo?: string | undefined }): string {
  return `${/https:\/\/meet[\w./-]+/.exec(text)?.[0]} with ${replyTo}`;
}

/** What became of a booking, as its row says. */
export function lineOfBooking({ uid, seat, attendeeEmail, status, report, isOver }: StoredBooking): string {
  const { reason, attendance } = report as Timetable;
  const name = `${shown(uid)}${seat ? ` of ${shown(attendeeEmail!)}` : ''}`;
  const details = [attendance !== 'not_known' && attendance, !isOver && 'still open'].filter(Boolean);
  return [`${name} ${status}${reason ? ` (${reason})` : ''}`, ...details].join(', ');
}

type CastOptions = Omit<TellingOptions, 'now'> & Required<Pick<Telling, 'isOnePerson'>>;

function bodiesOf(told: readonly Told[], options: CastOptions): unknown[] {
  return told.flatMap(({ sends }, chain) => sends(castOf(chain, options)));
}

function castOf(chain: number, { number, startsInMs: startsInMsOf, isOnePerson }: CastOptions): Cast {
  const startsInMs = (day: number) => startsInMsOf(day, chain);
  const uidOf = (name: string) => `o${number}.${chain}.${name}`;
  const attendeeOf = (person: string) => ({
    name: person,
    email: addressOf(person, { number, chain: isOnePerson ? 0 : chain }),
  });
  return {
    call: (name, day, person = 'ada') =>
      aCall({ uid: uidOf(name), startsInMs: startsInMs(day), attendee: attendeeOf(person) }),
    seat: (name, day, person) => aSeat({ uid: uidOf(name), startsInMs: startsInMs(day), attendee: attendeeOf(person) }),
    series: (name, day, count) =>
      aSeries(
        { uid: uidOf(name), startsInMs: startsInMs(day), attendee: attendeeOf('ada') },
        { count, everyMs: startsInMs(day + 7) - startsInMs(day) },
      ),
    move: (call, name, day) => moveOf(call, { uid: uidOf(name), startsInMs: startsInMs(day) }),
  };
}

/** The builders of bodies go by the clock. */
function asOf<T>(instant: number, build: () => T): T {
  vi.setSystemTime(instant);
  try {
    return build();
  } finally {
    vi.useRealTimers();
  }
}
