import { getTimezoneOffset } from 'date-fns-tz';
import { type Host, type SandboxAttendee, type SandboxBooking, titleOf } from './world.ts';

/** A webhook as Cal.com sends it. */
export interface WebhookBody {
  triggerEvent: string;
  createdAt: string;
  payload: Record<string, unknown>;
}

const MINUTE_MS = 60_000;

/** For a seat, only whoever has it is named. */
export function createdBody(booking: SandboxBooking, attendees = booking.attendees): WebhookBody {
  return bodyOf('BOOKING_CREATED', freshPayload(booking, attendees));
}

/** For a seat, `bookingId` is still that of the booking it has left. */
export function rescheduledBody(booking: SandboxBooking, old: SandboxBooking): WebhookBody {
  const [booker] = booking.attendees;
  return bodyOf('BOOKING_RESCHEDULED', {
    ...freshPayload(booking, booking.attendees),
    ...(booking.eventType.seats ? { bookingId: old.id } : { rescheduleId: old.id, rescheduledBy: booker?.email }),
    rescheduleUid: old.uid,
    rescheduleStartTime: instantOf(old.startsAt),
    rescheduleEndTime: instantOf(old.endsAt),
  });
}

export interface Cancel {
  reason: string;
  by: string;
  requestReschedule?: boolean;
  /** The later calls of the series are cancelled with it. */
  wholeSeries?: boolean;
}

/** Read from the database: another spelling of times, no metadata, a raised sequence. */
export function cancelledBody(
  booking: SandboxBooking,
  { reason, by, requestReschedule = false, wholeSeries = false }: Cancel,
): WebhookBody {
  return bodyOf('BOOKING_CANCELLED', {
    ...storedPayload(booking, booking.attendees),
    ...(wholeSeries && { recurringEvent: booking.eventType.recurring }),
    cancellationReason: requestReschedule ? `Please reschedule. ${reason}` : reason,
    cancelledBy: by,
    requestReschedule,
  });
}

/** `status` is CANCELLED although the booking lives on for the other seats. */
export function seatCancelledBody(booking: SandboxBooking, attendee: SandboxAttendee): WebhookBody {
  const payload = storedPayload(booking, [attendee]);
  const row = { id: 3_310_442, locale: 'en', bookingId: booking.id, noShow: false };
  return bodyOf('BOOKING_CANCELLED', { ...payload, attendees: [{ ...row, ...storedPerson(attendee, booking) }] });
}

export function locationUpdatedBody(booking: SandboxBooking, previousLocation: string): WebhookBody {
  const payload = without(freshPayload(booking, booking.attendees), [
    'oneTimePassword',
    'hashedLink',
    'appsStatus',
    'disableRescheduling',
    'disableCancelling',
  ]);
  return bodyOf('BOOKING_LOCATION_UPDATED', { ...payload, previousLocation });
}

/** The barest of all: without the link, among others. */
export function reassignedBody(booking: SandboxBooking, removed: Host): WebhookBody {
  const fresh = freshPayload(booking, booking.attendees);
  const told = REASSIGNED_FIELDS.map((name) => [name, fresh[name]]);
  return bodyOf('BOOKING_REASSIGNED', {
    ...Object.fromEntries(told),
    addedHostUserIds: [booking.host.id],
    removedHostUserIds: [removed.id],
  });
}

const REASSIGNED_FIELDS = [
  ...['bookerUrl', 'title', 'startTime', 'endTime', 'type', 'description', 'eventTypeId', 'organizer', 'attendees'],
  ...['responses', 'location', 'destinationCalendar', 'iCalUID', 'iCalSequence', 'uid', 'eventTitle', 'bookingId'],
  'status',
];

function without(payload: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(payload).filter(([name]) => !names.includes(name)));
}

function bodyOf(triggerEvent: string, payload: Record<string, unknown>): WebhookBody {
  return { triggerEvent, createdAt: new Date().toISOString(), payload };
}

/** As it is sent while the booking is being made. */
function freshPayload(booking: SandboxBooking, attendees: readonly SandboxAttendee[]): Record<string, unknown> {
  const { eventType, startsAt, endsAt } = booking;
  const seatUid = eventType.seats ? attendees[0]?.seatUid : undefined;
  return {
    ...factsOf(booking),
    startTime: instantOf(startsAt),
    endTime: instantOf(endsAt),
    additionalNotes: '',
    description: '',
    hideCalendarNotes: false,
    schedulingType: null,
    disableRescheduling: false,
    disableCancelling: false,
    organizer: { ...hostOf(booking), usernameInOrg: null },
    attendees: attendees.map((attendee) => freshPerson(attendee, booking)),
    responses: formOf(attendees, { isFresh: true }),
    iCalSequence: booking.iCalSequence,
    requiresConfirmation: false,
    oneTimePassword: null,
    hashedLink: null,
    appsStatus: [],
    eventDescription: '',
    price: 0,
    ...(seatUid && { attendeeSeatId: seatUid }),
    ...(eventType.recurring && { recurringEvent: eventType.recurring }),
    metadata: booking.videoCallUrl ? { videoCallUrl: booking.videoCallUrl } : {},
    status: 'ACCEPTED',
  };
}

/** As it is sent once the booking is in the database. */
function storedPayload(booking: SandboxBooking, attendees: readonly SandboxAttendee[]): Record<string, unknown> {
  return {
    ...factsOf(booking),
    startTime: instantOf(booking.startsAt).replace('Z', '+00:00'),
    endTime: instantOf(booking.endsAt).replace('Z', '+00:00'),
    additionalNotes: null,
    description: null,
    organizer: hostOf(booking),
    attendees: attendees.map((attendee) => storedPerson(attendee, booking)),
    responses: formOf(attendees, { isFresh: false }),
    iCalSequence: booking.iCalSequence + 1,
    requiresConfirmation: null,
    eventDescription: null,
    price: null,
    status: 'CANCELLED',
  };
}

function factsOf(booking: SandboxBooking): Record<string, unknown> {
  const { eventType } = booking;
  return {
    bookerUrl: 'https://cal.com',
    title: titleOf(booking),
    type: eventType.slug,
    eventTypeId: eventType.id,
    eventTitle: eventType.title,
    length: Math.max(1, Math.round((booking.endsAt - booking.startsAt) / MINUTE_MS)),
    customInputs: {},
    userFieldsResponses: {},
    uid: booking.uid,
    bookingId: booking.id,
    location: booking.location,
    destinationCalendar: null,
    seatsPerTimeSlot: eventType.seats ?? null,
    seatsShowAttendees: !eventType.seats,
    iCalUID: booking.iCalUid,
    hideOrganizerEmail: false,
    customReplyToEmail: null,
    organizationId: null,
    currency: 'usd',
  };
}

function hostOf({ host, startsAt }: SandboxBooking): Record<string, unknown> {
  return { ...host, language: { locale: 'en' }, timeFormat: 'HH:mm', utcOffset: utcOffsetOf(host, startsAt) };
}

function freshPerson(attendee: SandboxAttendee, { startsAt }: SandboxBooking): Record<string, unknown> {
  const { name, email, timeZone } = attendee;
  const utcOffset = utcOffsetOf(attendee, startsAt);
  return { email, name, firstName: '', lastName: '', timeZone, language: { locale: 'en' }, utcOffset };
}

function storedPerson(attendee: SandboxAttendee, { startsAt }: SandboxBooking): Record<string, unknown> {
  const { name, email, timeZone } = attendee;
  const utcOffset = utcOffsetOf(attendee, startsAt);
  return { name, email, timeZone, phoneNumber: null, language: { locale: 'en' }, utcOffset };
}

/** What the booker has filled in: with the form's own labels while it is fresh, later with the names of its fields. */
function formOf(
  [booker, ...guests]: readonly SandboxAttendee[],
  { isFresh }: { isFresh: boolean },
): Record<string, unknown> {
  if (!isFresh) {
    return { name: { label: 'name', value: booker?.name }, email: { label: 'email', value: booker?.email } };
  }
  const guestAddresses = guests.map(({ email }) => email);
  return {
    name: { label: 'your_name', value: booker?.name, isHidden: false },
    email: { label: 'email_address', value: booker?.email, isHidden: false },
    guests: { label: 'additional_guests', value: guestAddresses, isHidden: false },
  };
}

/** Minutes. */
function utcOffsetOf({ timeZone }: { timeZone: string }, at: number): number {
  return getTimezoneOffset(timeZone, new Date(at)) / MINUTE_MS;
}

function instantOf(epochMs: number): string {
  return new Date(epochMs).toISOString().replace('.000Z', 'Z');
}
