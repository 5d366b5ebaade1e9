import { type Host, type SandboxAttendee, type SandboxBooking, titleOf } from './world.ts';

const MINUTE_MS = 60_000;

/** A booking as the API renders it. Seats have their attendees' answers beside each, and none of the booking. */
export function apiBookingOf(booking: SandboxBooking): Record<string, unknown> {
  const { eventType, attendees } = booking;
  const isOff = booking.status === 'cancelled';
  const location = booking.videoCallUrl ?? booking.location;
  return {
    id: booking.id,
    uid: booking.uid,
    title: titleOf(booking),
    description: '',
    hosts: [hostOf(booking.host)],
    status: booking.status,
    cancellationReason: isOff ? (booking.cancellationReason ?? '') : undefined,
    cancelledByEmail: isOff ? booking.cancelledBy : undefined,
    rescheduledFromUid: booking.rescheduledFromUid,
    rescheduledToUid: booking.rescheduledToUid,
    start: instantOf(booking.startsAt),
    end: instantOf(booking.endsAt),
    duration: (booking.endsAt - booking.startsAt) / MINUTE_MS,
    eventTypeId: eventType.id,
    eventType: { id: eventType.id, slug: eventType.slug },
    meetingUrl: location,
    location,
    absentHost: false,
    createdAt: instantOf(booking.createdAt),
    updatedAt: instantOf(booking.updatedAt),
    metadata: {},
    rating: null,
    icsUid: booking.iCalUid,
    recurringBookingUid: booking.recurringBookingUid,
    attendees: attendees.map(attendeeOf),
    ...(!eventType.seats && { guests: [], bookingFieldsResponses: answersOf(attendees[0]) }),
  };
}

function hostOf(host: Host): Record<string, unknown> {
  return { ...host, displayEmail: host.email };
}

function attendeeOf({ name, email, timeZone, seatUid }: SandboxAttendee): Record<string, unknown> {
  const seat = seatUid && { seatUid, bookingFieldsResponses: { name }, metadata: {} };
  return { name, email, displayEmail: email, timeZone, language: 'en', absent: false, ...seat };
}

function answersOf(booker: SandboxAttendee | undefined): Record<string, unknown> {
  return booker ? { name: booker.name, email: booker.email, guests: [] } : {};
}

function instantOf(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
