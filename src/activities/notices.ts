import { type Attendee, type Booking, type BookingKey, bookingKeyOf } from '../booking.ts';
import type { CalendarFile } from '../email/calendar-file.ts';
import type { MailReader } from '../email/mail-renderer.ts';
import type { Mailbox } from '../email/mailbox.ts';
import type { Bookings } from '../store/bookings.ts';
import type { Inbox, SeriesCall } from '../store/inbox.ts';
import { createMailSender, type MailOutcome, type MailSenderOptions } from './mail-sender.ts';

/** One mail that tells one person what has happened to a booking. */
export interface NoticeRequest {
  booking: Booking;
  /** One of the attendees; absent for the host: the owner of this installation, else the organizer. */
  recipient?: Attendee;
  /** Names the notice among all mails of the booking, such as `notice/cancelled`. */
  step: string;
  template: string;
  /** When the run gives it up. ISO 8601, UTC. */
  deadline: string;
  /** The cancelling and moving events that the run has heard, by their ids. Hosts are told whatever is on its way. */
  heard?: readonly string[];
  /** Who has said that they will be there: keyed names. */
  acknowledgedBy?: readonly string[];
  /** The booking that this one has taken the place of. */
  replaced?: BookingKey;
  /** Why it was cancelled, as whoever did it has put it. */
  reason?: string;
  /** Whether the host asks for another time. */
  isToBeMoved?: true;
  /** Whether the calendar entry is attached, where the notice changes it. */
  withCalendarFile?: true;
}

export interface NoticeActivities {
  /**
   * Mails a notice, once for each booking, notice and recipient, unless the recipient wants no mail.
   *
   * @throws {ApplicationFailure} as {@link MailSender} does.
   */
  sendNotice(request: NoticeRequest): Promise<MailOutcome>;
}

export interface NoticeActivitiesOptions extends MailSenderOptions {
  inbox: MailSenderOptions['inbox'] & Pick<Inbox, 'callsBookedWith' | 'callsCalledOffWith'>;
  bookings: Pick<Bookings, 'find' | 'isBookedAgain'>;
  /** Who is told what hosts are told; undefined for the organizer of each call. */
  owner: Mailbox | undefined;
  messageIdOf: (about: { booking: BookingKey; startsAt: string; step: string; recipient: string }) => string;
}

/** A mail program puts a request in the place of the entry that it has; of a mail that only tells of the call it makes no more than a copy. */
const CALENDAR_OF: Record<string, CalendarFile['method']> = {
  confirmation: 'REQUEST',
  moved: 'REQUEST',
  cancelled: 'CANCEL',
};

export function createNoticeActivities(options: NoticeActivitiesOptions): NoticeActivities {
  const { inbox, bookings, owner, messageIdOf, personOf, suppressions } = options;
  const sender = createMailSender(options);

  function readerOf({ recipient, booking: { organizer } }: NoticeRequest): MailReader | undefined {
    if (recipient) return { ...recipient, role: 'attendee' };
    const { name, email } = owner ?? organizer;
    if (!email) return undefined;
    // Times are those of whoever holds the call.
    return { name, email, role: 'host', ...(organizer.timeZone && { timeZone: organizer.timeZone }) };
  }

  /** When the call was before it was moved, if that is known and another time. */
  async function previousStartOf({ replaced, booking }: NoticeRequest): Promise<string | undefined> {
    const startsAt = replaced && (await bookings.find(replaced))?.startsAt.toISOString();
    return startsAt === booking.startsAt ? undefined : startsAt;
  }

  /** The calls of a series that one mail tells of, soonest first. None for a call that is told of by itself. */
  async function callsToldTogether(request: NoticeRequest, reader: MailReader): Promise<SeriesCall[]> {
    const { booking } = request;
    if (booking.series === undefined) return [];
    const calls = await callsConcernedBy(request);
    const unwanted = await Promise.all(calls.map((call) => isUnwanted(call, reader)));
    const wanted = calls.filter((_, index) => !unwanted[index]);
    return wanted.length > 1 && wanted.some(({ uid }) => uid === booking.uid) ? wanted : [];
  }

  /** The host is told of everything at once. Guests may come to some of the calls only, and each calendar entry is called off by itself. */
  async function callsConcernedBy({ booking, template, recipient, withCalendarFile }: NoticeRequest) {
    const key = bookingKeyOf(booking);
    const isBooker = recipient?.email === booking.attendees[0].email;
    if (template === 'host-booked') return inbox.callsBookedWith(key);
    if (template === 'host-cancelled') return inbox.callsCalledOffWith(key);
    if (template === 'cancelled' && isBooker && !withCalendarFile) return inbox.callsCalledOffWith(key);
    return [];
  }

  /** Then it cannot be this call's mail that tells of the others. */
  async function isUnwanted({ uid }: SeriesCall, { email }: MailReader): Promise<boolean> {
    return (await suppressions.reasonFor(personOf(email), { uid })) !== undefined;
  }

  return {
    async sendNotice(request) {
      const { booking, step, template, deadline, heard, acknowledgedBy, reason, isToBeMoved } = request;
      const reader = readerOf(request);
      if (!reader) return { outcome: 'skipped', reason: 'no_host_address' };
      if (template === 'no-show' && (await bookings.isBookedAgain(booking))) {
        return { outcome: 'skipped', reason: 'booked_again' };
      }
      const calls = await callsToldTogether(request, reader);
      if (calls.length > 0 && calls[0]!.uid !== booking.uid) return { outcome: 'skipped', reason: 'told_with_series' };
      const previousStartsAt = await previousStartOf(request);
      return sender.send({
        booking: template === 'cancelled' ? withNextEntry(booking) : booking,
        reader,
        step,
        template,
        messageId: messageIdOf({
          booking: bookingKeyOf(booking),
          startsAt: booking.startsAt,
          step,
          recipient: reader.email,
        }),
        dueAt: new Date(sender.now()).toISOString(),
        deadline,
        heard,
        acknowledgedBy,
        ...(previousStartsAt && { previousStartsAt }),
        ...(reason && { reason }),
        ...(calls.length > 0 && { seriesStartsAt: calls.map(({ startsAt }) => startsAt) }),
        isToBeMoved,
        calendar: request.withCalendarFile && CALENDAR_OF[template],
      });
    },
  };
}

/** What an entry is called off with comes after what it said before. */
function withNextEntry({ calendarEntry, ...booking }: Booking): Booking {
  if (!calendarEntry) return booking;
  return { ...booking, calendarEntry: { ...calendarEntry, sequence: calendarEntry.sequence + 1 } };
}
