import { badRequest, notFound } from './answers.ts';
import {
  type Cancel,
  cancelledBody,
  createdBody,
  locationUpdatedBody,
  reassignedBody,
  rescheduledBody,
  seatCancelledBody,
  type WebhookBody,
} from './webhook-bodies.ts';
import {
  addBooking,
  addSuccessor,
  change,
  DISCOVERY_CALL,
  type EventType,
  GROUP_DEMO,
  HOSTS,
  newSeat,
  newUid,
  type SandboxAttendee,
  type SandboxBooking,
  type World,
  weeklyCoaching,
} from './world.ts';

/** How Cal.com tells of it: with a webhook, or not at all. */
export interface How {
  silent?: boolean;
}

/** Who calls a booking off, the booker by default, and why. */
export interface CancelledBy {
  by?: 'booker' | 'host';
  reason?: string;
}

/** A webhook that was sent. Without an answer it is lost: Cal.com does not try again. */
export interface SentWebhook {
  /** Epoch milliseconds. */
  at: number;
  trigger: string;
  uid: string;
  body: WebhookBody;
  status?: number;
  /** Empty if it was no JSON object. */
  answer?: Record<string, unknown>;
}

export interface Performed {
  booking: SandboxBooking;
  webhooks: SentWebhook[];
}

export interface Person {
  name: string;
  email: string;
  /** IANA name; America/Chicago by default. */
  timeZone?: string;
}

export interface Order {
  /** Taken to the next whole second: Cal.com's times have no milliseconds. */
  startsAt: Date;
  /** Half an hour by default. */
  lengthMs?: number;
  attendee: Person;
  guests?: readonly Person[];
}

/** What people do at Cal.com. Each sends the webhooks that Cal.com would, and waits for their answers. */
export interface Operations {
  book(order: Order, how?: How): Promise<Performed>;
  /** Books the first seat of a group call. */
  bookGroup(order: Omit<Order, 'guests'>, how?: How): Promise<Performed>;
  /** Books another seat of it. */
  bookSeat(uid: string, attendee: Person, how?: How): Promise<Performed>;
  /** Books a call a week, `count` times: one webhook each. */
  bookSeries(order: Order & { count: number }, how?: How): Promise<Performed[]>;
  /** @returns the new booking. */
  move(uid: string, to: { startsAt: Date }, how?: How): Promise<Performed>;
  /** Moves one seat to a call of its own. @returns the new booking. */
  moveSeat(uid: string, seatUid: string, to: { startsAt: Date }, how?: How): Promise<Performed>;
  cancel(uid: string, how?: How & CancelledBy): Promise<Performed>;
  cancelSeat(uid: string, seatUid: string, how?: How): Promise<Performed>;
  /** Cancels this call and the later ones of its series: one webhook. */
  cancelSeries(uid: string, how?: How): Promise<Performed>;
  /** The host asks for another time. */
  requestReschedule(uid: string, how?: How): Promise<Performed>;
  swapHost(uid: string, how?: How): Promise<Performed>;
  changeLocation(uid: string, link: string, how?: How): Promise<Performed>;
}

const USUAL_LENGTH_MS = 30 * 60_000;
const WEEK_MS = 7 * 24 * 60 * 60_000;

/** Sends a webhook. @returns undefined where no webhook is set up. */
export type Tell = (uid: string, body: WebhookBody) => Promise<SentWebhook | undefined>;

export function createOperations(world: World, { tell, save }: { tell: Tell; save: () => void }): Operations {
  async function done(booking: SandboxBooking, { silent }: How, ...bodies: WebhookBody[]): Promise<Performed> {
    save();
    const webhooks: SentWebhook[] = [];
    for (const body of silent ? [] : bodies) {
      const sent = await tell(booking.uid, body);
      if (sent) webhooks.push(sent);
    }
    return { booking, webhooks };
  }

  /** Cal.com tells of a cancel before its own row says so. */
  async function callOff(booking: SandboxBooking, cancel: Cancel, how: How): Promise<Performed> {
    const performed = await done(booking, how, cancelledBody(booking, cancel));
    for (const one of cancel.wholeSeries ? restOfSeries(world, booking) : [booking]) {
      change(one, { status: 'cancelled', cancellationReason: cancel.reason, cancelledBy: cancel.by });
    }
    save();
    return performed;
  }

  return {
    async book(order, how = {}) {
      const booking = addBooking(world, newBooking(order, DISCOVERY_CALL));
      return done(booking, how, createdBody(booking));
    },

    async bookGroup(order, how = {}) {
      const booking = addBooking(world, newBooking(order, GROUP_DEMO));
      return done(booking, how, createdBody(booking));
    },

    async bookSeat(uid, person, how = {}) {
      const booking = standing(world, uid);
      if (!booking.eventType.seats) throw badRequest('This booking has no seats.');
      if (booking.attendees.length >= booking.eventType.seats) {
        throw badRequest('No more seats left at this seated booking.');
      }
      const attendee = attendeeOf(person, booking.eventType);
      change(booking, { attendees: [...booking.attendees, attendee] });
      return done(booking, how, createdBody(booking, [attendee]));
    },

    async bookSeries({ count, ...order }, how = {}) {
      const recurringBookingUid = newUid();
      const first = newBooking(order, weeklyCoaching(count));
      const bookings = Array.from({ length: count }, (_, index) => {
        const later = { startsAt: first.startsAt + index * WEEK_MS, endsAt: first.endsAt + index * WEEK_MS };
        return addBooking(world, { ...first, ...later, recurringBookingUid });
      });
      const performed: Performed[] = [];
      for (const booking of bookings) performed.push(await done(booking, how, createdBody(booking)));
      return performed;
    },

    async move(uid, { startsAt }, how = {}) {
      const old = standing(world, uid);
      const booking = addSuccessor(world, old, wholeSecond(startsAt));
      return done(booking, how, rescheduledBody(booking, old));
    },

    async moveSeat(uid, seatUid, { startsAt }, how = {}) {
      const old = standing(world, uid);
      const attendee = seatOf(old, seatUid);
      const at = wholeSecond(startsAt);
      const endsAt = at + (old.endsAt - old.startsAt);
      const booking = addBooking(world, { startsAt: at, endsAt, attendees: [attendee], eventType: old.eventType });
      leave(old, attendee);
      return done(booking, how, rescheduledBody(booking, old));
    },

    async cancel(uid, how = {}) {
      const booking = standing(world, uid);
      const booker = how.by === 'host' ? undefined : booking.attendees[0];
      return callOff(booking, { reason: how.reason ?? 'Something came up', by: (booker ?? booking.host).email }, how);
    },

    async cancelSeat(uid, seatUid, how = {}) {
      const booking = standing(world, uid);
      const attendee = seatOf(booking, seatUid);
      const performed = await done(booking, how, seatCancelledBody(booking, attendee));
      leave(booking, attendee);
      save();
      return performed;
    },

    async cancelSeries(uid, how = {}) {
      const booking = standing(world, uid);
      if (!booking.recurringBookingUid) throw badRequest('This booking is not part of a recurring booking.');
      return callOff(booking, { reason: 'Something came up', by: booking.host.email, wholeSeries: true }, how);
    },

    async requestReschedule(uid, how = {}) {
      const booking = standing(world, uid);
      return callOff(booking, { reason: 'I am ill today', by: booking.host.email, requestReschedule: true }, how);
    },

    async swapHost(uid, how = {}) {
      const booking = standing(world, uid);
      const removed = booking.host;
      change(booking, { host: removed.id === HOSTS[0].id ? HOSTS[1] : HOSTS[0], ...raised(booking) });
      return done(booking, how, reassignedBody(booking, removed));
    },

    async changeLocation(uid, link, how = {}) {
      const booking = standing(world, uid);
      const previous = booking.location;
      change(booking, { location: link, videoCallUrl: link, ...raised(booking) });
      return done(booking, how, locationUpdatedBody(booking, previous));
    },
  };
}

function newBooking({ startsAt, lengthMs = USUAL_LENGTH_MS, attendee, guests = [] }: Order, eventType: EventType) {
  const at = wholeSecond(startsAt);
  const attendees = [attendee, ...guests].map((person) => attendeeOf(person, eventType));
  return { startsAt: at, endsAt: at + lengthMs, attendees, eventType };
}

function attendeeOf({ name, email, timeZone = 'America/Chicago' }: Person, { seats }: EventType): SandboxAttendee {
  return { name, email, timeZone, ...(seats && { seatUid: newSeat() }) };
}

/** @throws {ApiError} in Cal.com's words. */
function standing(world: World, uid: string): SandboxBooking {
  const booking = world.get(uid);
  if (!booking) throw notFound(`Booking with uid=${uid} was not found in the database`);
  if (booking.status === 'accepted' || booking.status === 'pending') return booking;
  const successor = booking.rescheduledToUid
    ? ` and rescheduled already to booking with uid=${booking.rescheduledToUid}`
    : '';
  throw badRequest(`Booking with uid=${uid} has been cancelled${successor}.`);
}

function seatOf(booking: SandboxBooking, seatUid: string): SandboxAttendee {
  const attendee = booking.attendees.find((one) => one.seatUid === seatUid);
  if (attendee) return attendee;
  throw badRequest('Invalid seatUid: this seat does not exist or has already been cancelled.');
}

/** Whoever leaves last cancels the booking. */
function leave(booking: SandboxBooking, attendee: SandboxAttendee): void {
  const attendees = booking.attendees.filter((one) => one !== attendee);
  change(booking, { attendees, ...(attendees.length === 0 && { status: 'cancelled' as const }) });
}

function restOfSeries(world: World, { recurringBookingUid, startsAt }: SandboxBooking): SandboxBooking[] {
  return [...world.values()].filter(
    (one) => one.recurringBookingUid === recurringBookingUid && one.startsAt >= startsAt && one.status !== 'cancelled',
  );
}

/** Each change of a booking raises the sequence of its calendar entry. */
function raised({ iCalSequence }: SandboxBooking): Pick<SandboxBooking, 'iCalSequence'> {
  return { iCalSequence: iCalSequence + 1 };
}

function wholeSecond(instant: Date): number {
  return Math.ceil(instant.getTime() / 1_000) * 1_000;
}
