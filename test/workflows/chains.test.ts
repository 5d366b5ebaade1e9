import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ContactFields } from '../../src/notion/notion.ts';
import type { StoredBooking } from '../../src/store/bookings.ts';
import type { Timetable } from '../../src/workflows/messages.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../support/a-booking.ts';
import { aCall } from '../support/outside.ts';
import {
  openSimulatedHouse,
  OWNER,
  type SentMail,
  type SimulatedHouse,
  type SimulatedPrecall,
} from '../support/simulated-precall.ts';
import {
  acceptanceOf,
  aSeat,
  aSeries,
  bareRequestOf,
  callBackOf,
  cancelOf,
  cancelOfAll,
  cancelOfRestOf,
  checkoutOf,
  endOf,
  moveOf,
  newHostOf,
  newLinkOf,
  noShowOf,
  paymentOf,
  rejectionOf,
  requestOf,
} from '../support/webhook-bodies.ts';

/** All news has arrived by then; the first mail is due days later. */
const NOW = Date.parse('2027-03-01T09:00:00.000Z');
/** Every call is over by then, and what was still tried for its sake has been given up. */
const END = NOW + 40 * DAY_MS;
const USUAL_PLACE = 'https://meet.google.com/kxw-qpyd-ruv with mara.lindqvist@example.com';
const NEW_LINK = 'https://meet.google.com/new-link-now';
const MOST_ORDERS = 24;

describe('every order of what Cal.com sends', { timeout: 300_000 }, () => {
  let house: SimulatedHouse;
  beforeAll(async () => {
    house = await openSimulatedHouse();
  }, 120_000);
  afterAll(() => house?.close());

  for (const { about, leadsTo: toldOf, ...chain } of chains()) {
    it(`comes to the same, and to what is right: ${about}`, async () => {
      const tellings = ordersOf(lengthOf(chain)).map((order, index) => ({
        chains: [chain],
        order,
        isRushed: index % 3 === 2,
      }));
      const leadsTo = sorted(toldOf);

      const outcomes = await outcomesOf(house, tellings);

      const wrong = tellings
        .map((telling, index) => ({ name: nameOf(telling), outcome: outcomes[index] }))
        .filter(({ outcome }) => !isDeepStrictEqual(outcome, leadsTo))
        .toSorted((a, b) => a.name.length - b.name.length);
      // The shortest order says most.
      const [first = { name: undefined, outcome: leadsTo }] = wrong;
      const wrongIn = wrong.map(({ name }) => name);
      expect({ wrongIn, first }).toEqual({ wrongIn: [], first: { name: undefined, outcome: leadsTo } });
    });
  }

  it.each([
    { whose: 'of several people', isOnePerson: false },
    { whose: 'of one person', isOnePerson: true },
  ])('comes to the same when several bookings $whose go on at once', async ({ isOnePerson }) => {
    const all = chains();
    const chosen = fc.shuffledSubarray([...all.keys()], { minLength: 2, maxLength: 3 });

    await fc.assert(
      fc.asyncProperty(chosen, fc.nat(), async (some, seed) => {
        const merged = some.map((index) => all[index]!);
        const random = randomNumbers(seed);
        const sequence = inSequence(lengthOf(...merged));
        const anyOrder = () => withRepeats(shuffled(sequence, random), random);
        const tellings = [{ order: sequence }, { order: anyOrder() }, { order: anyOrder(), isRushed: true }].map(
          (telling) => ({ ...telling, chains: merged, isOnePerson }),
        );

        const [inTurn, ...others] = await outcomesOf(house, tellings);

        const about = merged.map((chain) => chain.about).join(' + ');
        others.forEach((outcome, index) => {
          expect(outcome, `${about}: ${nameOf(tellings[index + 1]!)}`).toEqual(inTurn);
        });
      }),
      { numRuns: 6, endOnFailure: true },
    );
  });
});

/** What Cal.com sends about one or two calls, and what comes of it. */
interface Chain {
  about: string;
  /** The bodies in the order in which they are sent. */
  sends: (cast: Cast) => unknown[];
  leadsTo: Outcome;
}

/** What people can see in the end. Names are those of the chain; days are counted from now. */
interface Outcome {
  /** Booking, step, recipient and day of the call. */
  mails: string[];
  /** Where and with whom the mails say that the calls take place. */
  places: string[];
  /** Those that were replaced are left out: one that had not been heard of by then never gets a row. */
  bookings: string[];
  /**
   * Each booker's contact: once all news has been heard, and when everything is over. The campaign status is left out: it is never
   * taken back, so it tells what the booker has once been.
   */
  contacts: Record<string, [string, string]>;
  /** What the owner was told of. */
  notices: string[];
}

type Booked = ReturnType<typeof aCall>;

/** Makes the calls of a chain, with uids and addresses of their own for each order. */
interface Cast {
  call(name: string, day: number, person?: string): Booked;
  seat(name: string, day: number, person: string): Booked;
  series(name: string, day: number, count: number): Booked[];
  move(call: Booked, name: string, day: number): Booked;
}

function chains(): Chain[] {
  return [
    {
      about: 'booked',
      sends: ({ call }) => [call('first', 4).body],
      leadsTo: standing('first', 4),
    },
    {
      about: 'booked, cancelled',
      sends: ({ call }) => {
        const first = call('first', 4);
        return [first.body, cancelOf(first)];
      },
      leadsTo: cancelledFor(4, ['first cancelled']),
    },
    {
      about: 'booked, moved',
      sends: ({ call, move }) => {
        const first = call('first', 4);
        return [first.body, move(first, 'second', 6).body];
      },
      leadsTo: standing('second', 6),
    },
    {
      about: 'booked, moved, cancelled',
      sends: ({ call, move }) => {
        const first = call('first', 4);
        const second = move(first, 'second', 6);
        return [first.body, second.body, cancelOf(second)];
      },
      leadsTo: cancelledFor(6, ['second cancelled']),
    },
    {
      about: 'booked, moved twice',
      sends: ({ call, move }) => {
        const first = call('first', 6);
        const second = move(first, 'second', 4);
        return [first.body, second.body, move(second, 'third', 8).body];
      },
      leadsTo: standing('third', 8),
    },
    {
      about: 'booked, moved twice, cancelled',
      sends: ({ call, move }) => {
        const first = call('first', 6);
        const second = move(first, 'second', 4);
        const third = move(second, 'third', 8);
        return [first.body, second.body, third.body, cancelOf(third)];
      },
      leadsTo: cancelledFor(8, ['third cancelled']),
    },
    {
      about: 'asked for, accepted',
      sends: ({ call }) => {
        const first = call('first', 4);
        return [requestOf(first), acceptanceOf(first)];
      },
      leadsTo: standing('first', 4),
    },
    {
      about: 'asked for, rejected',
      sends: ({ call }) => {
        const first = call('first', 4);
        return [requestOf(first), rejectionOf(first)];
      },
      leadsTo: nothing(),
    },
    {
      about: 'booked, asked to move, accepted',
      sends: ({ call, move }) => {
        const first = call('first', 4);
        const second = move(first, 'second', 6);
        return [first.body, requestOf(second), acceptanceOf(second)];
      },
      leadsTo: standing('second', 6),
    },
    {
      about: 'booked, asked to move without a word of what is moved, accepted',
      sends: ({ call, move }) => {
        const first = call('first', 4);
        const second = move(first, 'second', 6);
        return [first.body, bareRequestOf(second), acceptanceOf(second)];
      },
      leadsTo: standing('second', 6),
    },
    {
      about: 'booked, asked to move, rejected',
      sends: ({ call, move }) => {
        const first = call('first', 4);
        const second = move(first, 'second', 6);
        return [first.body, requestOf(second), rejectionOf(second)];
      },
      leadsTo: { ...cancelledFor(6, ['second cancelled (move_rejected)']), notices: ['second move-rejected'] },
    },
    {
      about: 'booked, asked to move without a word of what is moved, rejected',
      sends: ({ call, move }) => {
        const first = call('first', 4);
        const second = move(first, 'second', 6);
        return [first.body, bareRequestOf(second), rejectionOf(second)];
      },
      leadsTo: { ...cancelledFor(6, ['second cancelled (move_rejected)']), notices: ['second move-rejected'] },
    },
    {
      about: 'asked for, asked to move, accepted',
      sends: ({ call, move }) => {
        const first = call('first', 4);
        const second = move(first, 'second', 6);
        return [requestOf(first), requestOf(second), acceptanceOf(second)];
      },
      leadsTo: standing('second', 6),
    },
    {
      about: 'asked for, accepted, asked to move, accepted, with another link',
      sends: ({ call, move }) => {
        const first = call('first', 4);
        const second = move(first, 'second', 6);
        return [
          requestOf(first),
          acceptanceOf(first),
          requestOf(second),
          acceptanceOf(second),
          newLinkOf(second, NEW_LINK),
        ];
      },
      leadsTo: { ...standing('second', 6), places: [`${NEW_LINK} with mara.lindqvist@example.com`] },
    },
    {
      about: 'booked, host asks for another time',
      sends: ({ call }) => {
        const first = call('first', 4);
        return [first.body, callBackOf(first)];
      },
      leadsTo: cancelledFor(4, ['first cancelled (reschedule_requested)']),
    },
    {
      about: 'booked, host asks for another time, booked anew',
      sends: ({ call, move }) => {
        const first = call('first', 4);
        return [first.body, callBackOf(first), move(first, 'second', 6).body];
      },
      leadsTo: standing('second', 6),
    },
    {
      about: 'checkout opened, booked, paid',
      sends: ({ call }) => {
        const first = call('first', 4);
        return [checkoutOf(first), first.body, paymentOf(first)];
      },
      leadsTo: standing('first', 4),
    },
    {
      about: 'checkout opened and left',
      sends: ({ call }) => [checkoutOf(call('first', 4))],
      leadsTo: nothing(),
    },
    {
      about: 'two seats, of which one moves and one is cancelled',
      sends: ({ seat, move }) => {
        const [ada, ben] = [seat('slot', 4, 'ada'), seat('slot', 4, 'ben')];
        return [ada.body, ben.body, move(ada, 'other', 6).body, cancelOf(ben)];
      },
      leadsTo: {
        ...standing('other', 6),
        bookings: ['other of ada completed', 'slot of ben cancelled'],
        contacts: {
          ada: ['Booked, day 6', 'Completed, day 6'],
          ben: ['Cancelled, day 4', 'Cancelled, day 4'],
        },
      },
    },
    {
      about: 'a seat taken, left and taken again by the same person',
      sends: ({ seat }) => {
        const ada = seat('slot', 4, 'ada');
        return [ada.body, cancelOf(ada), ada.body];
      },
      leadsTo: { ...standing('slot', 4), bookings: ['slot of ada completed'] },
    },
    {
      about: 'two seats, and the host cancels them all',
      sends: ({ seat }) => {
        const [ada, ben] = [seat('slot', 4, 'ada'), seat('slot', 4, 'ben')];
        return [ada.body, ben.body, cancelOfAll([ada, ben])];
      },
      leadsTo: {
        ...cancelledFor(4, ['slot of ada cancelled', 'slot of ben cancelled']),
        contacts: {
          ada: ['Cancelled, day 4', 'Cancelled, day 4'],
          ben: ['Cancelled, day 4', 'Cancelled, day 4'],
        },
      },
    },
    {
      about: 'a series of two calls',
      sends: ({ series }) => series('weekly', 4, 2).map(({ body }) => body),
      leadsTo: {
        mails: [...remindersOf('weekly-1', 4, 'ada'), ...remindersOf('weekly-2', 11, 'ada')],
        places: [USUAL_PLACE],
        bookings: ['weekly-1 completed', 'weekly-2 completed'],
        contacts: { ada: ['Booked, day 4', 'Completed, day 11'] },
        notices: [],
      },
    },
    {
      about: 'a series of three calls, of which the first is cancelled',
      sends: ({ series }) => {
        const calls = series('weekly', 4, 3);
        return [...calls.map(({ body }) => body), cancelOf(calls[0]!)];
      },
      leadsTo: {
        mails: [...remindersOf('weekly-2', 11, 'ada'), ...remindersOf('weekly-3', 18, 'ada')],
        places: [USUAL_PLACE],
        bookings: ['weekly-1 cancelled', 'weekly-2 completed', 'weekly-3 completed'],
        contacts: { ada: ['Booked, day 11', 'Completed, day 18'] },
        notices: [],
      },
    },
    {
      about: 'a series of two calls, cancelled as a whole',
      sends: ({ series }) => {
        const calls = series('weekly', 4, 2);
        return [...calls.map(({ body }) => body), cancelOfRestOf(calls[0]!)];
      },
      leadsTo: cancelledFor(11, ['weekly-1 cancelled', 'weekly-2 cancelled']),
    },
    {
      about: 'booked, with another link, with another host',
      sends: ({ call }) => {
        const first = call('first', 4);
        const host = { name: 'Jonas Weber', email: 'jonas.weber@example.com', timeZone: 'Europe/Berlin' };
        // What Cal.com rebuilds from its database holds the new link.
        const linked = newLinkOf(first, NEW_LINK) as Booked['body'];
        return [first.body, linked, newHostOf({ ...first, body: linked }, host)];
      },
      leadsTo: {
        ...standing('first', 4),
        places: [`${NEW_LINK} with jonas.weber@example.com`],
      },
    },
    {
      about: 'booked, not come',
      sends: ({ call }) => {
        const first = call('first', 4);
        return [first.body, noShowOf(first)];
      },
      leadsTo: {
        ...standing('first', 4),
        bookings: ['first completed, no_show'],
        contacts: { ada: ['No-Show, day 4', 'No-Show, day 4'] },
      },
    },
    {
      about: 'booked, not come, come after all',
      sends: ({ call }) => {
        const first = call('first', 4);
        return [first.body, noShowOf(first), noShowOf(first, false)];
      },
      leadsTo: standing('first', 4),
    },
    {
      about: 'booked, ended',
      sends: ({ call }) => {
        const first = call('first', 4);
        return [first.body, endOf(first)];
      },
      leadsTo: { ...standing('first', 4), bookings: ['first completed, came'] },
    },
    {
      about: 'booked twice by a double click',
      sends: ({ call }) => [call('first', 4).body, call('second', 4).body],
      leadsTo: { ...standing('first', 4), bookings: ['first completed', 'second completed'] },
    },
    {
      about: 'booked twice by a double click, and the one that would have reminded is cancelled',
      sends: ({ call }) => {
        const first = call('first', 4);
        return [first.body, call('second', 4).body, cancelOf(first)];
      },
      leadsTo: { ...standing('second', 4), bookings: ['first cancelled', 'second completed'] },
    },
    {
      about: 'booked with a phone number only, cancelled',
      sends: ({ call }) => {
        const first = byPhone(call('first', 4));
        return [first.body, cancelOf(first)];
      },
      leadsTo: { ...nothing(), bookings: ['first cancelled'] },
    },
    {
      about: 'booked with a phone number only, ended',
      sends: ({ call }) => {
        const first = byPhone(call('first', 4));
        return [first.body, endOf(first)];
      },
      leadsTo: { ...nothing(), bookings: ['first completed, came'] },
    },
    {
      about: 'booked for several guests, moved',
      sends: ({ call, move }) => {
        const first = withGuests(call('first', 4));
        return [first.body, withGuests(move(first, 'second', 6)).body];
      },
      leadsTo: { ...standing('second', 6), mails: remindersOf('second', 6, 'ada', 'guest') },
    },
  ];
}

/** The call takes place, and its booker gets every reminder. */
function standing(name: string, day: number): Outcome {
  return {
    mails: remindersOf(name, day, 'ada'),
    places: [USUAL_PLACE],
    bookings: [`${name} completed`],
    contacts: { ada: [`Booked, day ${day}`, `Completed, day ${day}`] },
    notices: [],
  };
}

function cancelledFor(day: number, bookings: string[]): Outcome {
  return { ...nothing(), bookings, contacts: { ada: [`Cancelled, day ${day}`, `Cancelled, day ${day}`] } };
}

function nothing(): Outcome {
  return { mails: [], places: [], bookings: [], contacts: {}, notices: [] };
}

function remindersOf(name: string, day: number, ...people: string[]): string[] {
  return people.flatMap((person) => ['72h', '24h', '2h'].map((offset) => `${name} ${offset} to ${person}, day ${day}`));
}

function sorted({ mails, places, bookings, contacts, notices }: Outcome): Outcome {
  return {
    mails: mails.toSorted(),
    places: places.toSorted(),
    bookings: bookings.toSorted(),
    contacts: Object.fromEntries(Object.entries(contacts).toSorted(([a], [b]) => (a < b ? -1 : 1))),
    notices: notices.toSorted(),
  };
}

interface CastOptions {
  /** Which of the orders that run side by side it is. */
  order: number;
  /** Which of the chains that are merged it is. */
  chain: number;
  isOnePerson: boolean;
}

function castOf({ order, chain, isOnePerson }: CastOptions): Cast {
  // Of one person, two calls at the very same time would be one call booked twice.
  const startsInMs = (day: number) => day * DAY_MS + chain * HOUR_MS;
  const uidOf = (name: string) => `o${order}.${chain}.${name}`;
  const attendeeOf = (person: string) => ({
    name: person,
    email: `o${order}.${isOnePerson ? 0 : chain}.${person}@example.com`,
  });
  return {
    call: (name, day, person = 'ada') =>
      aCall({ uid: uidOf(name), startsInMs: startsInMs(day), attendee: attendeeOf(person) }),
    seat: (name, day, person) => aSeat({ uid: uidOf(name), startsInMs: startsInMs(day), attendee: attendeeOf(person) }),
    series: (name, day, count) =>
      aSeries(
        { uid: uidOf(name), startsInMs: startsInMs(day), attendee: attendeeOf('ada') },
        { count, everyMs: 7 * DAY_MS },
      ),
    move: (call, name, day) => moveOf(call, { uid: uidOf(name), startsInMs: startsInMs(day) }),
  };
}

/** Cal.com makes an address up for whoever has none. */
function byPhone(call: Booked): Booked {
  const email = call.attendee.email.replace(/@.*/, '@sms.cal.com');
  return withAttendees({ ...call, attendee: { ...call.attendee, email } }, ([booker]) => [{ ...booker!, email }]);
}

/** One of them is listed twice, and the host is among them. */
function withGuests(call: Booked): Booked {
  const email = call.attendee.email.replace('.ada@', '.guest@');
  return withAttendees(call, ([booker]) => [
    booker!,
    { ...booker, name: 'guest', email },
    { ...booker, name: 'Guest', email: email.toUpperCase() },
    { ...booker, name: 'Mara Lindqvist', email: 'mara.lindqvist@example.com' },
  ]);
}

function withAttendees(call: Booked, change: (attendees: object[]) => object[]): Booked {
  const body = call.body as { payload: { attendees: object[] } };
  return { ...call, body: { ...body, payload: { ...body.payload, attendees: change(body.payload.attendees) } } };
}

/** One arrival of a body. */
interface Arrival {
  /** Which one, in the order in which they were sent. */
  index: number;
  /** Whether it comes for the first time, or once more: as it was, or by a second sender who says a moment later that it was sent. */
  as: 'itself' | 'repeat' | 'second sender';
}

type Order = readonly Arrival[];

/** Every order of few, some of many; and once more with repeats in it, each of few, every other one of many. */
function ordersOf(count: number): Order[] {
  const random = randomNumbers(count);
  const sequence = inSequence(count);
  const orders =
    count > 4 ? Array.from({ length: MOST_ORDERS }, () => shuffled(sequence, random)) : permutationsOf(sequence);
  const repeated = orders.filter((_, index) => count < 4 || index % 2 === 0);
  return [...orders, ...repeated.map((order) => withRepeats(order, random))];
}

function inSequence(count: number): Order {
  return Array.from({ length: count }, (_, index) => ({ index, as: 'itself' }));
}

function permutationsOf<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, at) => permutationsOf(items.toSpliced(at, 1)).map((others) => [item, ...others]));
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items.reduce<T[]>((some, item) => some.toSpliced(Math.floor(random() * (some.length + 1)), 0, item), []);
}

/** At least one of them comes again, sooner or later. */
function withRepeats(order: Order, random: () => number): Order {
  const again = shuffled(order, random).slice(0, 1 + Math.floor(random() * order.length));
  return again.reduce<Order>(
    (some, { index }) =>
      some.toSpliced(Math.floor(random() * (some.length + 1)), 0, {
        index,
        as: random() < 0.5 ? 'repeat' : 'second sender',
      }),
    order,
  );
}

/** Between 0 and 1, and the same ones each time: mulberry32. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    const mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    const more = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((more ^ (more >>> 14)) >>> 0) / 2 ** 32;
  };
}

const MARK: Record<Arrival['as'], string> = { itself: '', repeat: ' again', 'second sender': ' by another' };

function nameOf({ order, isRushed }: Telling): string {
  const arrivals = order.map(({ index, as }) => `${index + 1}${MARK[as]}`);
  return [...arrivals, ...(isRushed ? ['in a rush'] : [])].join(', ');
}

/** What is told of one or more chains in one order. */
interface Telling {
  chains: readonly Pick<Chain, 'sends'>[];
  order: Order;
  /** Each body arrives before anything has come of the one before it. */
  isRushed?: boolean;
  isOnePerson?: boolean;
}

/**
 * Tells each of them to one Precall, side by side, and lets all calls come and go.
 */
async function outcomesOf(house: SimulatedHouse, tellings: readonly Telling[]): Promise<Outcome[]> {
  const precall = house.open(NOW);
  try {
    const arrivals = tellings.map((telling, number) => ({ ...telling, bodies: arrivalsOf(telling, number) }));
    const rounds = Math.max(...arrivals.map(({ order }) => order.length));
    for (let round = 0; round < rounds; round += 1) {
      for (const { bodies, isRushed } of arrivals)
        if (!isRushed && round < bodies.length) await precall.post(bodies[round]);
      await precall.settle();
    }
    for (const { bodies, isRushed } of arrivals) if (isRushed) for (const body of bodies) await precall.post(body);
    await precall.settle();
    const contactsAtFirst = new Map(precall.contacts);
    await precall.advanceTo(END);

    const { mails, contacts } = precall;
    const bookings = await precall.bookings();
    return tellings.map((_, order) => outcomeOf(order, { mails, bookings, contacts, contactsAtFirst }));
  } finally {
    await precall.close();
  }
}

function arrivalsOf({ chains: told, order, isOnePerson = false }: Telling, number: number): unknown[] {
  const bodies = asOf(NOW, () => bodiesOf(told, (chain) => castOf({ order: number, chain, isOnePerson })));
  return order.map(({ index, as }) => {
    const sentAt = NOW - HOUR_MS + index * MINUTE_MS + (as === 'second sender' ? 7 : 0);
    return { ...(bodies[index] as object), createdAt: new Date(sentAt).toISOString() };
  });
}

function bodiesOf(told: readonly Pick<Chain, 'sends'>[], castFor: (chain: number) => Cast): unknown[] {
  return told.flatMap(({ sends }, chain) => sends(castFor(chain)));
}

function lengthOf(...told: readonly Pick<Chain, 'sends'>[]): number {
  return bodiesOf(told, (chain) => castOf({ order: 0, chain, isOnePerson: false })).length;
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

interface Seen extends Pick<SimulatedPrecall, 'mails' | 'contacts'> {
  bookings: readonly StoredBooking[];
  contactsAtFirst: SimulatedPrecall['contacts'];
}

/** What was seen of one order. */
function outcomeOf(order: number, { mails, bookings, contacts, contactsAtFirst }: Seen): Outcome {
  const isOwn = (name: string) => name.startsWith(`o${order}.`);
  const own = mails.filter(({ about: { uid } }) => isOwn(uid));
  const reminders = own.filter(({ about: { recipient } }) => recipient !== OWNER);
  const notices = own.filter(({ about: { recipient } }) => recipient === OWNER);
  const rows = bookings.filter(({ uid, status }) => isOwn(uid) && status !== 'superseded');
  const people = [...contacts.keys()].filter(isOwn);
  return sorted({
    mails: reminders.map(lineOfMail),
    places: [...new Set(reminders.map(placeIn))],
    bookings: rows.map(lineOfBooking),
    contacts: Object.fromEntries(
      people.map((email) => [
        shown(email),
        [lineOfContact(contactsAtFirst.get(email)), lineOfContact(contacts.get(email))],
      ]),
    ),
    notices: notices.map(({ about: { uid, step } }) => `${shown(uid)} ${step.replace('notice/', '')}`),
  });
}

/** A uid or an address as the chain has it; which of several chains it belongs to is told but of the others than the first. */
function shown(name: string): string {
  const [, chain, own] = /^o\d+\.(\d+)\.([^@]+)/.exec(name) ?? [];
  return chain === '0' ? own! : `${own} of chain ${Number(chain) + 1}`;
}

function lineOfMail({ about: { uid, step, recipient, startsAt }, sentAt }: SentMail): string {
  const offset = step.replace('reminder/', '');
  const lateMs = sentAt - (Date.parse(startsAt) - Number.parseInt(offset, 10) * HOUR_MS);
  const lateness = lateMs === 0 ? '' : `, ${lateMs} ms late`;
  return `${shown(uid)} ${offset} to ${shown(recipient)}, day ${dayOf(Date.parse(startsAt))}${lateness}`;
}

function placeIn({ text, replyTo }: SentMail): string {
  return `${/https:\/\/meet[\w./-]+/.exec(text)?.[0]} with ${replyTo}`;
}

function lineOfBooking({ uid, seat, attendeeEmail, status, report, isOver }: StoredBooking): string {
  const { reason, attendance } = report as Timetable;
  const name = `${shown(uid)}${seat ? ` of ${shown(attendeeEmail!)}` : ''}`;
  const details = [attendance !== 'not_known' && attendance, !isOver && 'still open'].filter(Boolean);
  return [`${name} ${status}${reason ? ` (${reason})` : ''}`, ...details].join(', ');
}

function lineOfContact(contact: ContactFields | undefined): string {
  return contact
    ? `${contact.bookingStatus}, day ${dayOf(Date.parse(contact.callDate!) + (NOW % DAY_MS))}`
    : 'untouched';
}

function dayOf(instant: number): number {
  return Math.floor((instant - NOW) / DAY_MS);
}
