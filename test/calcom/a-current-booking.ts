import type { Booking } from '../../src/booking.ts';
import { type BookingPage, type CalcomApi, CalcomUnavailable, type CurrentBooking } from '../../src/calcom/api.ts';
import { aBooking } from '../support/a-booking.ts';

/** A booking as Cal.com tells it now: it stands, as it was made on the first of December. */
export function aCurrent(facts: Partial<CurrentBooking> = {}, booking: Partial<Booking> = {}): CurrentBooking {
  return { status: 'accepted', updatedAt: '2026-12-01T10:00:00.000Z', bookings: [aBooking(booking)], ...facts };
}

/** Cal.com in memory, which can fail on request. */
export interface FakeCalcom extends CalcomApi {
  bookings: Map<string, CurrentBooking>;
  put(...current: CurrentBooking[]): void;
  /** What each request asked for: `list 0`, `find <uid>`, `cancel <uid>: <reason>`. */
  asked: string[];
  /** Answers instead, or throws, or lets the usual answer be given. */
  onFind: (uid: string) => void;
  onCancel: (uid: string) => void;
  onList: (skip: number) => BookingPage | undefined;
  /** What the next list leaves out, though it is there. */
  hidden: Set<string>;
}

export function createFakeCalcom(): FakeCalcom {
  const calcom: FakeCalcom = {
    bookings: new Map(),
    asked: [],
    hidden: new Set(),
    onFind: () => undefined,
    onCancel: () => undefined,
    onList: () => undefined,
    put(...all) {
      for (const current of all) calcom.bookings.set(current.bookings[0]!.uid, current);
    },
    async find(uid) {
      calcom.asked.push(`find ${uid}`);
      calcom.onFind(uid);
      return calcom.bookings.get(uid);
    },
    async cancel(uid, { reason }) {
      calcom.asked.push(`cancel ${uid}: ${reason}`);
      calcom.onCancel(uid);
      const current = calcom.bookings.get(uid);
      if (current?.status !== 'accepted') return false;
      calcom.put({ ...current, status: 'cancelled' });
      return true;
    },
    async list({ after, before, skip, take }) {
      calcom.asked.push(`list ${skip}`);
      const instead = calcom.onList(skip);
      if (instead) return instead;
      const listed = [...calcom.bookings.values()]
        .filter(({ bookings: [booking] }) => !calcom.hidden.has(booking!.uid))
        .filter(({ bookings: [booking] }) => booking!.startsAt >= after && booking!.startsAt < before)
        .toSorted((a, b) => (a.bookings[0]!.startsAt < b.bookings[0]!.startsAt ? -1 : 1));
      return { bookings: listed.slice(skip, skip + take), unreadable: 0, hasMore: listed.length > skip + take };
    },
  };
  return calcom;
}

export const down = () => {
  throw new CalcomUnavailable('answered 503');
};
