import type { Attendee, Booking, BookingKey } from '../../booking.ts';
import type { Findings, KeptBooking } from '../../store/findings.ts';
import type { KeptState } from '../../workflows/messages.ts';

/** A call as it is known when somebody opens a link about it. */
export interface KnownCall {
  booking: Booking;
  /** `to_be_moved`: it is off, and the host asks for another time. */
  standing: 'ahead' | 'begun' | 'cancelled' | 'to_be_moved' | 'moved';
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
    const state = kept?.row?.state as KeptState | undefined;
    if (!kept || !state) return undefined;
    const { known } = state;
    return {
      booking: known.booking,
      standing: standingOf(kept, known, now),
      reader: known.booking.attendees.find(({ email }) => personOf(email) === person),
      isConfirmed: known.acknowledgedBy?.includes(person) ?? false,
    };
  };
}

function standingOf(kept: KeptBooking, known: KeptState['known'], now: number): KnownCall['standing'] {
  const { standing, calledOffAs, booking } = known;
  if (kept.isRetired || standing === 'superseded') return 'moved';
  // What has been called off a moment ago is not what its run says yet.
  const { calledOffAt, toldAt } = kept;
  const isCalledOff = calledOffAt !== undefined && !(toldAt && toldAt > calledOffAt);
  if (standing === 'cancelled' && calledOffAs === 'reschedule_requested') return 'to_be_moved';
  if (standing === 'cancelled' || isCalledOff) return 'cancelled';
  return Date.parse(booking.startsAt) <= now ? 'begun' : 'ahead';
}
