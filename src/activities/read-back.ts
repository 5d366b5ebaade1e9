import { ApplicationFailure, Context, log } from '@temporalio/activity';
import { type Attendee, type Booking, type BookingKey, bookingKeyOf } from '../booking.ts';
import { type CalcomApi, CalcomRefused, CalcomUnavailable, type CurrentBooking } from '../calcom/api.ts';
import { type Difference, differenceOf, entryOf, type Known } from '../calcom/difference.ts';
import { isMadeUid } from '../calcom/read-uid.ts';
import { successorOf } from '../calcom/successor.ts';
import type { Findings } from '../store/findings.ts';
import type { Inbox } from '../store/inbox.ts';
import { foundDelivery } from './found-delivery.ts';
import { createHourlyAlert } from './hourly-alert.ts';
import { lastHeardAt, timesOf } from './known-booking.ts';

/** One mail that is about to leave. `deadline` is ISO 8601, UTC. */
export interface ReadBackRequest {
  booking: Booking;
  recipient: Attendee;
  deadline: string;
}

export type ReadBackAnswer =
  /** The call takes place as it is known: the booking and the recipient with what Cal.com says of them now. */
  | { outcome: 'stands'; booking: Booking; recipient: Attendee }
  /** It does not. What Cal.com says is in the inbox, and comes to the run as any other news. */
  | { outcome: 'held' };

/**
 * Asks Cal.com about a booking, directly before a mail about it leaves.
 *
 * @throws {ApplicationFailure} type `booking_unverified` when Cal.com does not answer and what is known is too old: final when the
 * deadline leaves no time for another attempt; final, type `no_longer_listed`, when the call takes place without the recipient.
 */
export type ReadBack = (request: ReadBackRequest) => Promise<ReadBackAnswer>;

export interface ReadBackOptions {
  api: Pick<CalcomApi, 'find'>;
  inbox: Pick<Inbox, 'keep'>;
  findings: Pick<Findings, 'kept' | 'markVerified'>;
  /** How old what is known may be while Cal.com's API does not answer. */
  trustForMs: number;
  now?: () => number;
}

/** As Temporal itself would pause between attempts. */
const LONGEST_PAUSE_MS = 4 * 60_000;
/** The last attempt comes this long before the deadline. */
const LAST_MOMENT_MS = 2_000;

export function createReadBack(options: ReadBackOptions): ReadBack {
  const { api, inbox, findings, trustForMs, now = Date.now } = options;
  const alert = createHourlyAlert('calcom_refuses', now);

  const keptOf = async (key: BookingKey) => {
    const kept = await findings.kept([key.uid]);
    return kept.find(({ seat }) => seat === key.seat);
  };

  /** Cal.com has not answered. */
  async function unverified({ booking, deadline }: ReadBackRequest, cause: Error, mayTrust = true): Promise<void> {
    if (cause instanceof CalcomRefused) alert(cause, log);
    const about = { bookingUid: booking.uid, reason: cause.message };
    const kept = mayTrust ? await keptOf(bookingKeyOf(booking)) : undefined;
    if (kept && now() - lastHeardAt(kept) < trustForMs) {
      log.warn('Cal.com could not be asked about a booking: the reminder leaves on what is known', about);
      return;
    }
    const leftMs = Date.parse(deadline) - now() - LAST_MOMENT_MS;
    const type = 'booking_unverified';
    const message = `Nobody knows whether the call still takes place: ${cause.message}`;
    if (leftMs <= 0) throw ApplicationFailure.create({ type, message, nonRetryable: true });
    const retryAfterMs = cause instanceof CalcomUnavailable ? cause.retryAfterMs : undefined;
    const nextRetryDelay = Math.min(Math.max(pauseMs(), retryAfterMs ?? 0), leftMs);
    throw ApplicationFailure.create({ type, message, nextRetryDelay });
  }

  async function findSuccessor(request: ReadBackRequest, current: CurrentBooking | undefined) {
    if (!current?.replacedBy) return undefined;
    try {
      return await successorOf(current, (uid) => api.find(uid));
    } catch (error) {
      if (!isSilence(error)) throw error;
      // That much is certain: it does not take place as it is known.
      await unverified(request, error, false);
      return undefined;
    }
  }

  /** Cal.com's answer against what is known; with the times of what was heard, so that the event comes after it. */
  async function compare(request: ReadBackRequest, current: CurrentBooking | undefined) {
    const { booking } = request;
    const key = bookingKeyOf(booking);
    const said = { current, askedAt: new Date(now()).toISOString() };
    const known: Known = { key, standing: 'live', booking };
    if (!differenceOf(known, said)) return undefined;
    const [kept, successor] = [await keptOf(key), await findSuccessor(request, current)];
    return differenceOf({ ...known, ...(kept && timesOf(kept)) }, { ...said, successor });
  }

  async function keep(difference: Difference): Promise<void> {
    const { delivery, verdict } = foundDelivery('api', difference, new Date(now()));
    await inbox.keep(delivery, verdict);
  }

  return async (request) => {
    const { booking, recipient } = request;
    if (isMadeUid(booking.uid)) return { outcome: 'stands', booking, recipient };
    const askedAt = new Date(now());
    let current: CurrentBooking | undefined;
    try {
      current = await api.find(booking.uid);
    } catch (error) {
      if (!isSilence(error)) throw error;
      await unverified(request, error);
      return { outcome: 'stands', booking, recipient };
    }

    const difference = await compare(request, current);
    if (difference && difference.kind !== 'changed') {
      await keep(difference);
      log.info('reminder held: Cal.com says otherwise', { bookingUid: booking.uid, finding: difference.kind });
      return { outcome: 'held' };
    }

    const entry = current && entryOf(current, booking);
    // The booking has become a seated one, or ceased to be: nothing can be concluded.
    if (!entry) {
      await unverified(request, new CalcomUnavailable('tells nothing of this seat'));
      return { outcome: 'stands', booking, recipient };
    }
    const listed = entry.attendees.find(({ email }) => email.toLowerCase() === recipient.email.toLowerCase());
    if (!listed) {
      if (difference) await keep(difference);
      throw ApplicationFailure.create({
        type: 'no_longer_listed',
        message: 'Cal.com lists this attendee no more',
        nonRetryable: true,
      });
    }
    await findings.markVerified([bookingKeyOf(booking)], askedAt);
    return { outcome: 'stands', booking: freshened(booking, entry), recipient: { ...listed, email: recipient.email } };
  };
}

/** Where and with whom the call takes place now; the rest is as it was known. */
function freshened(known: Booking, { endsAt, organizer, joinUrl, location }: Booking): Booking {
  const { joinUrl: _joinUrl, location: _location, ...rest } = known;
  const place = joinUrl || location ? { joinUrl, location } : known;
  return {
    ...rest,
    endsAt,
    organizer: organizer.email ? organizer : known.organizer,
    ...(place.joinUrl && { joinUrl: place.joinUrl }),
    ...(place.location && { location: place.location }),
  };
}

function isSilence(error: unknown): error is CalcomUnavailable | CalcomRefused {
  return error instanceof CalcomUnavailable || error instanceof CalcomRefused;
}

function pauseMs(): number {
  return Math.min(1_000 * 2 ** (Context.current().info.attempt - 1), LONGEST_PAUSE_MS);
}
