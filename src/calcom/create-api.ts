import { type CalcomApi, CalcomUnavailable } from './api.ts';
import { type AskOptions, createAsk } from './ask-api.ts';
import { type Fields, fieldsOf } from './fields.ts';
import { readCurrentBooking } from './read-current-booking.ts';
import { readUid } from './read-uid.ts';

export interface CalcomApiOptions extends Omit<AskOptions, 'patienceMs'> {
  /** Keys the hashes in the bookings: see {@link keyedHash}. */
  installationKey: string;
  patienceMs?: number;
}

const PATIENCE_MS = 10_000;

/** @see https://cal.com/docs/api-reference/v2/bookings/get-all-bookings */
export function createCalcomApi({ installationKey, patienceMs = PATIENCE_MS, ...access }: CalcomApiOptions): CalcomApi {
  const ask = createAsk({ ...access, patienceMs });
  const read = (entry: unknown) => readCurrentBooking(entry, installationKey);

  return {
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
  };
}

/** Cal.com leaves out what it cannot render, and still counts it. The field has had two names. */
function promised({ itemsReturned, returnedItems }: Fields): number {
  const count = itemsReturned ?? returnedItems;
  return typeof count === 'number' ? count : 0;
}

function saysMore({ hasNextPage }: Fields): boolean | undefined {
  return typeof hasNextPage === 'boolean' ? hasNextPage : undefined;
}
