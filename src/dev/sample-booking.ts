import { createHmac, randomBytes } from 'node:crypto';

export interface SampleBooking {
  /** Made up, like Cal.com's, when not given. */
  uid?: string;
  startsAt: Date;
  lengthMs?: number;
  attendee: { name: string; email: string; timeZone?: string };
  /** When the webhook was made. */
  createdAt?: Date;
}

/** A BOOKING_CREATED as Cal.com sends it for a plain confirmed booking. Everybody in it is invented. */
export function sampleBookingCreated({
  uid = randomBytes(11).toString('hex'),
  startsAt,
  lengthMs = 30 * 60_000,
  attendee,
  createdAt = new Date(),
}: SampleBooking) {
  const organizer = {
    id: 48213,
    name: 'Mara Lindqvist',
    email: 'mara.lindqvist@example.com',
    username: 'mara-lindqvist',
    timeZone: 'Europe/Stockholm',
    language: { locale: 'en' },
    timeFormat: 'HH:mm',
    utcOffset: 60,
  };
  return {
    triggerEvent: 'BOOKING_CREATED',
    createdAt: createdAt.toISOString(),
    payload: {
      bookerUrl: 'https://cal.com',
      title: `Discovery call between ${organizer.name} and ${attendee.name}`,
      startTime: startsAt.toISOString(),
      endTime: new Date(startsAt.getTime() + lengthMs).toISOString(),
      additionalNotes: '',
      type: 'discovery-call',
      description: '',
      eventTypeId: 731904,
      seatsPerTimeSlot: null,
      organizer,
      attendees: [
        {
          email: attendee.email,
          name: attendee.name,
          firstName: '',
          lastName: '',
          timeZone: attendee.timeZone ?? 'America/Chicago',
          language: { locale: 'en' },
          utcOffset: -360,
        },
      ],
      customInputs: {},
      responses: {
        name: { label: 'your_name', value: attendee.name, isHidden: false },
        email: { label: 'email_address', value: attendee.email, isHidden: false },
        guests: { label: 'additional_guests', value: [], isHidden: false },
      },
      userFieldsResponses: {},
      location: 'integrations:google:meet',
      iCalUID: `${uid}@Cal.com`,
      iCalSequence: 0,
      requiresConfirmation: false,
      oneTimePassword: null,
      uid,
      eventTitle: 'Discovery call',
      length: Math.max(1, Math.round(lengthMs / 60_000)),
      bookingId: 20118841,
      metadata: { videoCallUrl: 'https://meet.google.com/kxw-qpyd-ruv' },
      status: 'ACCEPTED',
    },
  };
}

/** The BOOKING_CANCELLED that follows when the attendee calls it off. */
export function sampleBookingCancelled(
  { payload }: Pick<ReturnType<typeof sampleBookingCreated>, 'payload'>,
  createdAt = new Date(),
) {
  const { metadata, ...booking } = payload;
  return {
    triggerEvent: 'BOOKING_CANCELLED',
    createdAt: createdAt.toISOString(),
    payload: {
      ...booking,
      iCalSequence: payload.iCalSequence + 1,
      cancellationReason: '',
      cancelledBy: payload.attendees[0]?.email,
      requestReschedule: false,
      status: 'CANCELLED',
    },
  };
}

/** A server that has not answered by then will not. */
const PATIENCE_MS = 30_000;

/**
 * Posts a webhook as Cal.com does: compact JSON, signed with the secret.
 *
 * @param secret none where unsigned webhooks are allowed.
 * @returns an empty answer if it was no JSON object.
 */
export async function postWebhook(
  url: string,
  secret: string | undefined,
  body: unknown,
): Promise<{ status: number; answer: Record<string, unknown> }> {
  const text = JSON.stringify(body);
  const signature = secret ? createHmac('sha256', secret).update(text).digest('hex') : 'no-secret-provided';
  const response = await fetch(`${url}/webhook/calcom-booking`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-cal-signature-256': signature,
      'x-cal-webhook-version': '2021-10-20',
    },
    body: text,
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  return { status: response.status, answer: readAnswer(await response.text()) };
}

function readAnswer(text: string): Record<string, unknown> {
  try {
    return { ...(JSON.parse(text) as object) };
  } catch {
    return {};
  }
}
