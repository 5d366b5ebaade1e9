import { type CalcomApi, CalcomUnavailable, type CurrentBooking } from '../calcom/api.ts';

/** Time as a pass over Cal.com's bookings has it, so that tests can bring their own. */
export interface PassClock {
  now(): number;
  /** Rejects when the pass is withdrawn. */
  wait(ms: number, signal?: AbortSignal): Promise<void>;
}

/** What Cal.com has listed. */
export interface Listing {
  /** By uid. One that is off and has lost its attendees tells no uid, and is not among them. */
  bookings: Map<string, CurrentBooking>;
  unreadable: number;
  /** What starts before it has been listed. ISO 8601, UTC. */
  completeUntil: string;
}

/** Cal.com's API within the limits of one pass. Every request throws as {@link CalcomApi} does. */
export interface CalcomRequests {
  /** @throws {PartialList} when a page is shorter than it should be. */
  listAll(window: { after: string; before: string }): Promise<Listing>;
  /** @throws {RequestsSpent} */
  find: CalcomApi['find'];
}

/** Cal.com's list has holes: what is missing in it says nothing. */
export class PartialList extends Error {
  override readonly name = 'PartialList';
}

/** The pass has asked as often as it may. */
export class RequestsSpent extends Error {
  override readonly name = 'RequestsSpent';
}

const PAGE_SIZE = 100;
const MOST_LISTS = 30;
const MOST_READS = 50;
/** In all: a pass that waits longer would meet the next one. */
const LONGEST_WAIT_MS = 2 * 60_000;

/** When Cal.com asks for a pause it gets it, or the error if that is too long. */
export function createCalcomRequests(api: CalcomApi, clock: PassClock, signal?: AbortSignal): CalcomRequests {
  const left = { lists: MOST_LISTS, reads: MOST_READS, waitMs: LONGEST_WAIT_MS };

  async function patiently<T>(kind: 'lists' | 'reads', ask: () => Promise<T>): Promise<T> {
    signal?.throwIfAborted();
    if (left[kind] === 0) throw new RequestsSpent('The pass has asked as often as it may');
    left[kind] -= 1;
    try {
      return await ask();
    } catch (error) {
      const pauseMs = error instanceof CalcomUnavailable ? error.retryAfterMs : undefined;
      if (pauseMs === undefined || pauseMs > left.waitMs) throw error;
      left.waitMs -= pauseMs;
      await clock.wait(pauseMs, signal);
      return patiently(kind, ask);
    }
  }

  async function* pages(window: { after: string; before: string }) {
    for (let skip = 0; ; skip += PAGE_SIZE) {
      const page = await patiently('lists', () => api.list({ ...window, skip, take: PAGE_SIZE }));
      if (page.hasMore && page.bookings.length + page.unreadable < PAGE_SIZE) {
        throw new PartialList(`Page ${skip / PAGE_SIZE + 1} of Cal.com's list is shorter than it should be`);
      }
      yield page;
      if (!page.hasMore) return;
    }
  }

  return {
    async listAll(window) {
      const listing: Listing = { bookings: new Map(), unreadable: 0, completeUntil: window.after };
      try {
        for await (const { bookings, unreadable } of pages(window)) {
          listing.unreadable += unreadable;
          for (const current of bookings) {
            const [booking] = current.bookings;
            if (!booking) continue;
            listing.bookings.set(booking.uid, current);
            listing.completeUntil = booking.startsAt;
          }
        }
        listing.completeUntil = window.before;
      } catch (error) {
        if (!(error instanceof RequestsSpent)) throw error;
      }
      return listing;
    },

    find: (uid) => patiently('reads', () => api.find(uid)),
  };
}
