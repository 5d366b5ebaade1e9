import type { Attendee, Booking } from '../booking.ts';
import { oneLine } from '../clean-text.ts';
import { type LocalTime, localTime, spellOut, startsWhen } from './call-times.ts';

/**
 * Everything a mail template can say, named as templates name it. Text is one clean line each; escaping is the template
 * engine's. What is not known is `null`, so that `{% if call.joinUrl %}` asks for it.
 */
export interface MailVariables {
  /** Whom the mail is to. */
  attendee: { name: string | null };
  /** Who booked the call. */
  booker: { name: string | null };
  organizer: { name: string | null };
  call: LocalTime & {
    title: string;
    /** How far away it is: see {@link startsWhen}. */
    when: string;
    /** `30 minutes` */
    duration: string | null;
    /** An http or https URL, and nothing else. */
    joinUrl: string | null;
    /** Where it takes place, in words. */
    location: string | null;
  };
}

/**
 * What the mail to `attendee` says about `booking` at the moment `now`, in the attendee's time zone; else the organizer's;
 * else the fallback.
 *
 * @param now epoch milliseconds.
 */
export function mailVariables({
  booking,
  attendee,
  now,
  fallbackTimeZone,
}: {
  booking: Booking;
  attendee: Attendee;
  now: number;
  fallbackTimeZone: string;
}): MailVariables {
  const timeZone = attendee.timeZone ?? booking.organizer.timeZone ?? fallbackTimeZone;
  const startsAt = Date.parse(booking.startsAt);
  const durationMinutes = Math.round((Date.parse(booking.endsAt) - startsAt) / 60_000);

  return {
    attendee: { name: textOrNull(attendee.name, 80) },
    booker: { name: textOrNull(booking.attendees[0].name, 80) },
    organizer: { name: textOrNull(booking.organizer.name, 80) },
    call: {
      title: textOrNull(booking.title, 150) ?? 'Your call',
      when: startsWhen({ startsAt, now, timeZone }),
      ...localTime(startsAt, timeZone),
      duration: durationMinutes > 0 ? spellOut(durationMinutes) : null,
      joinUrl: webLink(booking.joinUrl),
      location: textOrNull(booking.location, 300),
    },
  };
}

function textOrNull(text: string | undefined, maxLength: number): string | null {
  return oneLine(text ?? '', maxLength) || null;
}

/** Anything but http and https (javascript:, data:, …) is not a link that may be clicked. */
function webLink(text: string | undefined): string | null {
  const url = text && URL.canParse(text) ? new URL(text) : undefined;
  return url && /^https?:$/.test(url.protocol) ? url.href : null;
}
