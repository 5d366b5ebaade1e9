import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ContactFields } from '../../src/notion/notion.ts';
import type { StoredBooking } from '../../src/store/bookings.ts';
import { aPlan, DAY_MS, HOUR_MS, NO_NOTICES } from '../support/a-booking.ts';
import { type Chain, chains, type Outcome, sorted } from '../support/calcom-chains.ts';
import {
  type Arrival,
  addressOf,
  arrivalsOf,
  inSequence,
  isOf,
  lengthOf,
  lineOfBooking,
  type Order,
  type Telling as PlainTelling,
  placeIn,
  shown,
} from '../support/chain-tellings.ts';
import {
  OWNER,
  openSimulatedHouse,
  type SentMail,
  type SimulatedHouse,
  type SimulatedPrecall,
} from '../support/simulated-precall.ts';
import { cancelOfRestOf } from '../support/webhook-bodies.ts';

/** All news has arrived by then; the first mail is due days later. */
const NOW = Date.parse('2027-03-01T09:00:00.000Z');
/** Every call is over by then, and what was still tried for its sake has been given up. */
const END = NOW + 40 * DAY_MS;
const MOST_ORDERS = 24;

let house: SimulatedHouse;
beforeAll(async () => {
  house = await openSimulatedHouse();
}, 120_000);
afterAll(() => house?.close());

describe('every order of what Cal.com sends', { timeout: 300_000 }, () => {
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

describe('the rest of a series that is called off', { timeout: 300_000 }, () => {
  /** The first call stands, the others are called off. */
  const SERIES: Pick<Chain, 'sends'> = {
    sends: ({ series }) => {
      const calls = series('weekly', 4, 3);
      return [...calls.map(({ body }) => body), cancelOfRestOf(calls[1]!)];
    },
  };
  const CALLED_OFF = ['12 March', '19 March'];
  const plan = aPlan({ notices: { ...NO_NOTICES, cancelled: true, host: { ...NO_NOTICES.host, cancelled: true } } });

  it.each([false, true])(
    'is told of each call once, by one mail if all were known (in a rush: %s)',
    async (isRushed) => {
      const tellings = permutationsOf(inSequence(lengthOf(SERIES))).map((order) => ({
        chains: [SERIES],
        order,
        isRushed,
      }));
      const precall = house.open(NOW, plan);
      try {
        await tellAll(precall, tellings);

        tellings.forEach((telling, number) => {
          for (const reader of [addressOf('ada', { number }), OWNER]) {
            const told = precall.mails
              .filter(({ about: { uid, recipient } }) => isOf(number, uid) && recipient === reader)
              .map(({ text }) => daysIn(text));
            const wereKnown = telling.order.at(-1)!.index === 3;
            expect(told.flat().toSorted(), nameOf(telling)).toEqual(CALLED_OFF);
            if (wereKnown) expect(told, nameOf(telling)).toEqual([CALLED_OFF]);
          }
        });
      } finally {
        await precall.close();
      }
    },
  );

  /** Of all calls that a mail tells of. */
  function daysIn(text: string): string[] {
    const [, ...listed] = text.split('All calls that are cancelled');
    return [...new Set((listed[0] ?? text).match(/\d+ March/g))];
  }
});

/** Every order of few, some of many; and once more with repeats in it, each of few, every other one of many. */
function ordersOf(count: number): Order[] {
  const random = randomNumbers(count);
  const sequence = inSequence(count);
  const orders =
    count > 4 ? Array.from({ length: MOST_ORDERS }, () => shuffled(sequence, random)) : permutationsOf(sequence);
  const repeated = orders.filter((_, index) => count < 4 || index % 2 === 0);
  return [...orders, ...repeated.map((order) => withRepeats(order, random))];
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

interface Telling extends PlainTelling {
  /** Each body arrives before anything has come of the one before it. */
  isRushed?: boolean;
}

/** Of one person, two calls at the very same time would be one call booked twice. */
const startsInMs = (day: number, chain: number) => day * DAY_MS + chain * HOUR_MS;

/** Tells each of them to one Precall, side by side, and lets all calls come and go. */
async function outcomesOf(house: SimulatedHouse, tellings: readonly Telling[]): Promise<Outcome[]> {
  const precall = house.open(NOW);
  try {
    await tellAll(precall, tellings);
    const contactsAtFirst = new Map(precall.contacts);
    await precall.advanceTo(END);

    const { mails, contacts } = precall;
    const bookings = await precall.bookings();
    return tellings.map((_, order) => outcomeOf(order, { mails, bookings, contacts, contactsAtFirst }));
  } finally {
    await precall.close();
  }
}

async function tellAll(precall: SimulatedPrecall, tellings: readonly Telling[]): Promise<void> {
  const arrivals = tellings.map((telling, number) => ({
    ...telling,
    bodies: arrivalsOf(telling, { number, now: NOW, startsInMs }),
  }));
  const rounds = Math.max(...arrivals.map(({ order }) => order.length));
  for (let round = 0; round < rounds; round += 1) {
    for (const { bodies, isRushed } of arrivals)
      if (!isRushed && round < bodies.length) await precall.post(bodies[round]);
    await precall.settle();
  }
  for (const { bodies, isRushed } of arrivals) if (isRushed) for (const body of bodies) await precall.post(body);
  await precall.settle();
}

interface Seen extends Pick<SimulatedPrecall, 'mails' | 'contacts'> {
  bookings: readonly StoredBooking[];
  contactsAtFirst: SimulatedPrecall['contacts'];
}

/** What was seen of one order. */
function outcomeOf(order: number, { mails, bookings, contacts, contactsAtFirst }: Seen): Outcome {
  const isOwn = (name: string) => isOf(order, name);
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

function lineOfMail({ about: { uid, step, recipient, startsAt }, sentAt }: SentMail): string {
  const offset = step.replace('reminder/', '');
  const lateMs = sentAt - (Date.parse(startsAt) - Number.parseInt(offset, 10) * HOUR_MS);
  const lateness = lateMs === 0 ? '' : `, ${lateMs} ms late`;
  return `${shown(uid)} ${offset} to ${shown(recipient)}, day ${dayOf(Date.parse(startsAt))}${lateness}`;
}

function lineOfContact(contact: ContactFields | undefined): string {
  return contact
    ? `${contact.bookingStatus}, day ${dayOf(Date.parse(contact.callDate!) + (NOW % DAY_MS))}`
    : 'untouched';
}

function dayOf(instant: number): number {
  return Math.floor((instant - NOW) / DAY_MS);
}
