import { randomInt, randomUUID } from 'node:crypto';

/** What the sandbox holds: bookings by uid, in the order they were made. */
export type World = Map<string, SandboxBooking>;

/** A row of Cal.com's bookings. Instants are epoch milliseconds. */
export interface SandboxBooking {
  id: number;
  uid: string;
  status: 'accepted' | 'pending' | 'cancelled' | 'rejected';
  startsAt: number;
  endsAt: number;
  eventType: EventType;
  host: Host;
  /** The booker first; of a seated event, whoever has a seat. */
  attendees: SandboxAttendee[];
  /** A link, a place, or Cal.com's name of a provider. */
  location: string;
  videoCallUrl?: string;
  iCalUid: string;
  iCalSequence: number;
  rescheduledFromUid?: string;
  rescheduledToUid?: string;
  recurringBookingUid?: string;
  cancellationReason?: string;
  cancelledBy?: string;
  createdAt: number;
  updatedAt: number;
}

export interface SandboxAttendee {
  name: string;
  email: string;
  timeZone: string;
  /** Only of a seated event. */
  seatUid?: string;
}

export interface EventType {
  id: number;
  slug: string;
  title: string;
  /** Only of a seated event. */
  seats?: number;
  /** Only of a recurring one, as Cal.com counts: 2 is weekly. */
  recurring?: { freq: number; count: number; interval: number };
}

export interface Host {
  id: number;
  name: string;
  email: string;
  username: string;
  timeZone: string;
}

export const HOSTS: readonly [Host, Host] = [
  {
    id: 48213,
    name: 'Mara Lindqvist',
    email: 'mara.lindqvist@example.com',
    username: 'mara-lindqvist',
    timeZone: 'Europe/Stockholm',
  },
  {
    id: 51877,
    name: 'Jonas Eriksen',
    email: 'jonas.eriksen@example.com',
    username: 'jonas-eriksen',
    timeZone: 'Europe/Oslo',
  },
];

export const DISCOVERY_CALL: EventType = { id: 731904, slug: 'discovery-call', title: 'Discovery call' };
export const GROUP_DEMO: EventType = { id: 731950, slug: 'group-demo', title: 'Group demo', seats: 12 };

export function weeklyCoaching(count: number): EventType {
  const recurring = { freq: 2, count, interval: 1 };
  return { id: 731960, slug: 'weekly-coaching', title: 'Weekly coaching', recurring };
}

export function titleOf({ eventType, host, attendees }: SandboxBooking): string {
  const others = eventType.seats ? 'Group' : (attendees[0]?.name ?? 'nobody');
  return `${eventType.title} between ${host.name} and ${others}`;
}

export interface NewBooking {
  startsAt: number;
  endsAt: number;
  attendees: SandboxAttendee[];
  eventType: EventType;
  recurringBookingUid?: string;
}

/** Adds a booking that stands. */
export function addBooking(world: World, booking: NewBooking): SandboxBooking {
  const uid = newUid();
  const now = Date.now();
  const row: SandboxBooking = {
    ...booking,
    id: nextId(world),
    uid,
    status: 'accepted',
    host: HOSTS[0],
    location: 'integrations:google:meet',
    videoCallUrl: 'https://meet.google.com/kxw-qpyd-ruv',
    iCalUid: `${uid}@Cal.com`,
    iCalSequence: 0,
    createdAt: now,
    updatedAt: now,
  };
  world.set(uid, row);
  return row;
}

/** Adds the booking that takes this one's place; the old one is cancelled. */
export function addSuccessor(world: World, old: SandboxBooking, startsAt: number): SandboxBooking {
  const { cancellationReason, cancelledBy, ...kept } = old;
  const now = Date.now();
  const row: SandboxBooking = {
    ...kept,
    id: nextId(world),
    uid: newUid(),
    status: 'accepted',
    startsAt,
    endsAt: startsAt + (old.endsAt - old.startsAt),
    iCalSequence: old.iCalSequence + 1,
    rescheduledFromUid: old.uid,
    createdAt: now,
    updatedAt: now,
  };
  world.set(row.uid, row);
  change(old, { status: 'cancelled', rescheduledToUid: row.uid });
  return row;
}

export function change(booking: SandboxBooking, changes: Partial<SandboxBooking>): void {
  // Two changes within a millisecond are still told apart.
  Object.assign(booking, changes, { updatedAt: Math.max(Date.now(), booking.updatedAt + 1) });
}

export function newSeat(): string {
  return randomUUID();
}

const FIRST_ID = 20_118_841;

function nextId(world: World): number {
  return Math.max(FIRST_ID - 1, ...[...world.values()].map(({ id }) => id)) + 1;
}

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

/** 22 letters and digits, as Cal.com makes them. */
export function newUid(): string {
  return Array.from({ length: 22 }, () => BASE58[randomInt(BASE58.length)]).join('');
}
