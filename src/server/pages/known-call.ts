import type { Attendee, Booking, BookingKey } from '../../booking.ts';
import type { Findings, KeptBooking } from '../../store/findings.ts';
import type { RunState } from '../../workflows/messages.ts';

/** A call as it is known when somebody opens a link about it. */
export interface KnownCall {
  booking: Booking;
  standing: 'ahead' | 'begun' | 'cancelled' | 'moved';
  /** Whom the link was mailed to; undefined for a host, and for somebody who is no longer listed. */
  reader: Attendee | undefined;
  /** The reader has said that they will be there. */
  isConfirmed: boolean;
}

export interface FindCallOptions {
  findings: Pick<Findings, 'kept'>;
  /** See {@link createPersonOf}. */
  personOf: (address: string) => string;
}

/** @returns undefined where nothing is known of the booking, or nothing any more. */
export type FindCall = (key: BookingKey, person: string, now: number) => Promise<KnownCall | undefined>;

export function createFindCall({ findings, personOf }: FindCallOptions): FindCall {
  return async ({ uid, seat }, person, now) => {
    const kept = (await findings.kept([uid])).find((one) => one.seat === seat);
    const state = kept?.row?.state as RunState | undefined;
    if (!kept || !state) return undefined;
    const { known } = state;
    return {
      booking: known.booking,
      standing: standingOf(kept, known, now),
      reader: known.booking.attendees.find(({ email }) => personOf(email) === person),
      // A run that began before this could be said keeps nothing of it.
      isConfirmed: known.acknowledgedBy?.includes(person) ?? false,
    };
  };
}

function standingOf(kept: KeptBooking, { standing, booking }: RunState['known'], now: number): KnownCall['standing'] {
  if (kept.isRetired || standing === 'superseded') return 'moved';
  // What has been called off a moment ago is not what its run says yet.
  const { calledOffAt, toldAt } = kept;
  const isCalledOff = calledOffAt !== undefined && !(toldAt && toldAt > calledOffAt);
  if (standing === 'cancelled' || isCalledOff) return 'cancelled';
  return Date.parse(booking.startsAt) <= now ? 'begun' : 'ahead';
}
