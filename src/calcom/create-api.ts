import { type CalcomApi, CalcomRefused, CalcomUnavailable } from './api.ts';
import { type AskOptions, createAsk } from './ask-api.ts';
import { type Fields, fieldsOf } from './fields.ts';
import { readCurrentBooking } from './read-current-booking.ts';
import { siteOfApi } from './read-pages.ts';
import { readUid } from './read-uid.ts';

export interface CalcomApiOptions extends Omit<AskOptions, 'patienceMs'> {
  /** Keys the hashes in the bookings: see {@link keyedHash}. */
  installationKey: string;
  patienceMs?: number;
}

const PATIENCE_MS = 10_000;

/** @see https://cal.com/docs/api-reference/v2/bookings/get-all-bookings */
export function createCalcomApi({ installationKey, patienceMs = PATIENCE_MS, ...access }: CalcomApiOptions): CalcomApi {
  const { ask, post } = createAsk({ ...access, patienceMs });
  const context = { installationKey, site: siteOfApi(access.baseUrl) };
  const read = (entry: unknown) => readCurrentBooking(entry, context);

  const api: CalcomApi = {
    async find(uid) {
      const answer = await ask(`/v2/bookings/${encodeURIComponent(uid)}`);
      if (!answer) return undefined;

      // Asked for a series, Cal.com answers with the calls of it.
      const entry = [answer['data']].flat().find((one) => readUid(fieldsOf(one)?.['uid'], installationKey) === uid);
      const booking = read(entry);
      if (!booking) throw new CalcomUnavailable('answered with something that is not this booking');
      return booking;
    },

    async list({ after, before, skip, take }) {
      const query = new URLSearchParams({
        afterStart: after,
        beforeEnd: before,
        sortStart: 'asc',
        skip: `${skip}`,
        take: `${take}`,
      });
      const answer = await ask(`/v2/bookings?${query}`);
      const entries = answer?.['data'];
      if (!Array.isArray(entries))
        throw new CalcomUnavailable('answered with something that is not a list of bookings');

      const bookings = entries.map(read).filter((booking) => booking !== undefined);
      const pagination = fieldsOf(answer?.['pagination']) ?? {};
      return {
        bookings,
        unreadable: Math.max(entries.length, promised(pagination)) - bookings.length,
        hasMore: saysMore(pagination) ?? entries.length >= take,
      };
    },

    async cancel(uid, { reason }) {
      try {
        const answer = await post(`/v2/bookings/${encodeURIComponent(uid)}/cancel`, { cancellationReason: reason });
        return answer !== undefined;
      } catch (error) {
        // Cancelling twice is refused in words that change: whether it is off already is told by the booking itself.
        if (!(error instanceof CalcomRefused)) throw error;
        const current = await api.find(uid);
        if (current?.status === 'accepted' || current?.status === 'pending') throw error;
        return false;
      }
    },
  };
  return api;
}

/** Cal.com leaves out what it cannot render, and still counts it. The field has had two names. */
function promised({ itemsReturned, returnedItems }: Fields): number {
  const count = itemsReturned ?? returnedItems;
  return typeof count === 'number' ? count : 0;
}

function saysMore({ hasNextPage }: Fields): boolean | undefined {
  return typeof hasNextPage === 'boolean' ? hasNextPage : undefined;
}
