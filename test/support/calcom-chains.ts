import type { aCall } from './outside.ts';
import {
  acceptanceOf,
  bareRequestOf,
  callBackOf,
  cancelOf,
  cancelOfAll,
  cancelOfRestOf,
  checkoutOf,
  endOf,
  newHostOf,
  newLinkOf,
  noShowOf,
  paymentOf,
  rejectionOf,
  requestOf,
} from './webhook-bodies.ts';

const USUAL_PLACE = 'https://meet.google.com/kxw-qpyd-ruv with mara.lindqvist@example.com';
const NEW_LINK = 'https://meet.google.com/new-link-now';

/** What Cal.com sends about one or two calls, and what comes of it. All of it arrives before the first mail is due. */
export interface Chain {
  about: string;
  /** The bodies in the order in which they are sent. */
  sends: (cast: Cast) => unknown[];
  leadsTo: Outcome;
}

/**
 * What people can see in the end. Names are those of the chain. What a day is, and how long before the call its reminders are due, is
 * the test's: they go by the names of their templates here.
 */
export interface Outcome {
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

/** A call, and the webhook's body by which it was booked. */
export type Booked = ReturnType<typeof aCall>;

/** Makes the calls of a chain, with uids and addresses of their own for each telling. */
export interface Cast {
  call(name: string, day: number, person?: string): Booked;
  seat(name: string, day: number, person: string): Booked;
  /** A call each week. */
  series(name: string, day: number, count: number): Booked[];
  move(call: Booked, name: string, day: number): Booked;
}

/** Everything that can happen to a call, as Cal.com tells it. */
export function chains(): Chain[] {
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

/** In an order of its own, so that two of them can be compared. */
export function sorted({ mails, places, bookings, contacts, notices }: Outcome): Outcome {
  return {
    mails: mails.toSorted(),
    places: places.toSorted(),
    bookings: bookings.toSorted(),
    contacts: Object.fromEntries(Object.entries(contacts).toSorted(([a], [b]) => (a < b ? -1 : 1))),
    notices: notices.toSorted(),
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
