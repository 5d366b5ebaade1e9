import type { Booking, BookingEvent, BookingKey } from '../../src/booking.ts';
import type { Findings, KeptBooking } from '../../src/store/findings.ts';
import type { ArrivedDelivery, Inbox } from '../../src/store/inbox.ts';
import { aBooking } from '../support/a-booking.ts';

export interface KeptFacts extends Partial<Omit<KeptBooking, 'uid' | 'seat' | 'row'>> {
  /** What its run says; `none` while no run looks after it. */
  standing?: 'live' | 'cancelled' | 'superseded' | 'none';
  isOver?: boolean;
  verifiedAt?: Date;
  /** False until its run has reported. */
  hasReported?: boolean;
}

/** What is kept of a booking that stands, was told of by webhook, and was heard of by its run. */
export function aKept(booking: Booking = aBooking(), facts: KeptFacts = {}): KeptBooking {
  const { standing = 'live', isOver = false, verifiedAt, hasReported = true, ...rest } = facts;
  const receivedAt = new Date('2026-12-01T10:00:00.500Z');
  return {
    uid: booking.uid,
    ...(booking.seat && { seat: booking.seat }),
    row:
      standing === 'none'
        ? undefined
        : {
            isOver,
            verifiedAt: verifiedAt ?? receivedAt,
            state: hasReported ? { known: { standing, booking } } : undefined,
          },
    isRetired: false,
    hasPending: false,
    lastReceivedAt: receivedAt,
    toldAt: receivedAt,
    calledOffAt: undefined,
    found: undefined,
    ...rest,
  };
}

/** What the store knows, as {@link Findings} describes it, in memory. */
export interface KeptBookings extends Findings {
  put(...kept: KeptBooking[]): void;
  of(booking: BookingKey): KeptBooking | undefined;
  /** What was called, but for reading. */
  writes: string[];
}

export function createKeptBookings(...all: KeptBooking[]): KeptBookings {
  const rows = new Map<string, KeptBooking>();
  const nameOf = ({ uid, seat }: BookingKey) => `${uid}/${seat ?? ''}`;
  const put = (...kept: KeptBooking[]) => {
    for (const one of kept) rows.set(nameOf(one), one);
  };
  const bookingOf = ({ row }: KeptBooking) =>
    (row?.state as { known: { standing: string; booking: Booking } } | undefined)?.known;
  put(...all);

  const kept: KeptBookings = {
    put,
    of: (booking) => rows.get(nameOf(booking)),
    writes: [],
    kept: async (uids) => [...rows.values()].filter(({ uid }) => uids.includes(uid)),
    async liveBetween(after, before) {
      const live = [...rows.values()].filter((one) => {
        const startsAt = new Date(bookingOf(one)?.booking.startsAt ?? 0);
        return bookingOf(one)?.standing === 'live' && !one.row?.isOver && startsAt > after && startsAt < before;
      });
      return [...new Set(live.map(({ uid }) => uid))];
    },
    async note(findings) {
      for (const one of rows.values()) put({ ...one, found: undefined });
      for (const { finding, foundAt, ...key } of findings) {
        kept.writes.push(`noted ${finding}`);
        const nothing = { ...aKept(aBooking(key), { standing: 'none' }), lastReceivedAt: undefined, toldAt: undefined };
        put({ ...(kept.of(key) ?? nothing), found: { finding, foundAt } });
      }
    },
    async markVerified(bookings, at) {
      for (const key of bookings) {
        kept.writes.push(`verified ${key.uid}`);
        const one = kept.of(key);
        if (one) put({ ...one, row: one.row && { ...one.row, verifiedAt: at } });
      }
    },
  };
  return kept;
}

/** An inbox that only takes. */
export interface KeptInbox extends Pick<Inbox, 'keep'> {
  deliveries: { source: ArrivedDelivery['source']; body: string; receivedAt: Date; event: BookingEvent }[];
}

export function createKeptInbox(): KeptInbox {
  const inbox: KeptInbox = {
    deliveries: [],
    async keep({ source, body, keptBody, receivedAt }, verdict) {
      if (verdict.status !== 'pending') throw new Error(`It was ${verdict.status}.`);
      if (String(body) !== String(keptBody)) throw new Error('What is kept must be what was found.');
      const first = inbox.deliveries.findIndex((one) => one.source === source && one.body === String(body));
      if (first >= 0) return { id: first + 1, status: 'pending', repeated: true };
      inbox.deliveries.push({ source, body: String(body), receivedAt, event: verdict.event });
      return { id: inbox.deliveries.length, status: 'pending', repeated: false };
    },
  };
  return inbox;
}
