import { aCall, type Call } from './outside.ts';

type Booked = ReturnType<typeof aCall>;
type Payload = Record<string, unknown>;

/** The body of the webhook that calls a booking off: of a series that one call, of a seated event that one seat. */
export function cancelOf(call: Booked): unknown {
  const { recurringEvent: _, attendeeSeatId: __, ...payload } = payloadOf(call);
  return aboutCall('BOOKING_CANCELLED', {
    ...payload,
    // Cal.com leaves the way into the call out of it.
    metadata: {},
    status: 'CANCELLED',
    cancellationReason: 'Something came up',
    cancelledBy: 'somebody@example.com',
    requestReschedule: false,
  });
}

/** The host asks for another time. */
export function callBackOf(call: Booked): unknown {
  const { payload } = cancelOf(call) as { payload: Payload };
  return aboutCall('BOOKING_CANCELLED', { ...payload, requestReschedule: true });
}

/** The rest of the series is called off: Cal.com names but this one of its calls. */
export function cancelOfRestOf(call: Booked): unknown {
  const { recurringEvent } = payloadOf(call);
  const { payload } = cancelOf(call) as { payload: Payload };
  return aboutCall('BOOKING_CANCELLED', { ...payload, recurringEvent });
}

/** The host calls off a seated event with all its seats. */
export function cancelOfAll(seats: readonly [Booked, ...Booked[]]): unknown {
  const { payload } = cancelOf(seats[0]) as { payload: Payload };
  return aboutCall('BOOKING_CANCELLED', {
    ...payload,
    attendees: seats.flatMap((seat) => payloadOf(seat)['attendees']),
  });
}

/** The same person's call at another time: a booking of its own, under a new uid, whose webhook names the old one. */
export function moveOf(old: Booked, to: Pick<Call, 'uid' | 'startsInMs'>): Booked {
  const call = aCall({ ...to, attendee: old.attendee });
  const { seatsPerTimeSlot, attendeeSeatId, iCalUID, iCalSequence } = payloadOf(old);
  return {
    ...call,
    body: aboutCall('BOOKING_RESCHEDULED', {
      ...payloadOf(call),
      // It stays the same entry in the host's calendar.
      iCalUID,
      iCalSequence: Number(iCalSequence) + 1,
      seatsPerTimeSlot,
      attendeeSeatId,
      rescheduleUid: old.uid,
      rescheduleStartTime: new Date(old.startsAt).toISOString(),
    }),
  };
}

/**
 * The host has to accept the call, or the move that it is.
 *
 * @param moved a call of {@link moveOf}, or a new one. Acceptance is told by {@link acceptanceOf}.
 */
export function requestOf(moved: Booked): unknown {
  const { metadata: _, ...payload } = payloadOf(moved);
  return aboutCall('BOOKING_REQUESTED', { ...payload, requiresConfirmation: true, status: 'PENDING', metadata: {} });
}

/** As older senders tell the request to move a call: without a word of the call it replaces, but for the calendar's entry. */
export function bareRequestOf(moved: Booked): unknown {
  const { rescheduleUid: _, rescheduleStartTime: __, ...payload } = payloadOf(moved);
  return aboutCall('BOOKING_REQUESTED', { ...payload, requiresConfirmation: true, status: 'PENDING', metadata: {} });
}

/** The host has accepted: a booking like any other, that does not say what it has replaced. */
export function acceptanceOf(moved: Booked): unknown {
  const { rescheduleUid: _, rescheduleStartTime: __, ...payload } = payloadOf(moved);
  return aboutCall('BOOKING_CREATED', { ...payload, requiresConfirmation: true });
}

/** The host has not accepted. */
export function rejectionOf(moved: Booked): unknown {
  const { metadata: _, iCalUID: __, iCalSequence: ___, rescheduleUid: ____, ...payload } = payloadOf(moved);
  return aboutCall('BOOKING_REJECTED', { ...payload, status: 'REJECTED', rejectionReason: 'Fully booked' });
}

/** Checkout was opened: the status lies. */
export function checkoutOf(call: Booked): unknown {
  return aboutCall('BOOKING_PAYMENT_INITIATED', { ...payloadOf(call), metadata: {}, paymentId: 604471 });
}

export function paymentOf(call: Booked): unknown {
  return aboutCall('BOOKING_PAID', {
    ...payloadOf(call),
    paymentId: 604471,
    // Of the payment; the link is not in it.
    metadata: { identifier: 'cal.com', bookingId: 20118841, externalId: 'pi_7' },
  });
}

export function newLinkOf(call: Booked, videoCallUrl: string): unknown {
  return aboutCall('BOOKING_LOCATION_UPDATED', {
    ...payloadOf(call),
    location: videoCallUrl,
    metadata: { videoCallUrl },
    previousLocation: 'integrations:google:meet',
  });
}

export function newHostOf(call: Booked, organizer: { name: string; email: string; timeZone: string }): unknown {
  return aboutCall('BOOKING_REASSIGNED', {
    ...payloadOf(call),
    organizer: { id: 51877, ...organizer, language: { locale: 'en' } },
    addedHostUserIds: [51877],
    removedHostUserIds: [48213],
  });
}

/** The host says that the attendee did not come, or takes it back. */
export function noShowOf({ uid, attendee: { email } }: Booked, noShow = true): unknown {
  return aboutCall('BOOKING_NO_SHOW_UPDATED', {
    message: `${email} marked as no-show`,
    attendees: [{ email, noShow }],
    bookingUid: uid,
    bookingId: 20118841,
  });
}

/** The meeting has ended: no payload around it, and the time at which it was booked. */
export function endOf(call: Booked): unknown {
  const { uid, title, startTime, endTime, eventTypeId, location } = payloadOf(call);
  const { createdAt } = call.body as { createdAt: string };
  const [{ name, email, timeZone } = {}] = payloadOf(call)['attendees'] as Payload[];
  return {
    triggerEvent: 'MEETING_ENDED',
    ...{ id: 20118841, uid, eventTypeId, title, startTime, endTime, location, createdAt, status: 'ACCEPTED' },
    attendees: [{ id: 3310777, email, name, timeZone, locale: 'en', noShow: false }],
  };
}

/**
 * One seat of a seated event. The seats of an event share uid and start, and each has an attendee; the hash of the seat
 * stands behind what `workflowId` tells.
 */
export function aSeat(call: Call & Required<Pick<Call, 'attendee'>>): Booked {
  return withFields(aCall(call), { seatsPerTimeSlot: 12, attendeeSeatId: `seat of ${call.attendee.email}` });
}

/** The calls of one person's recurring series, each of which is told by a webhook of its own. */
export function aSeries(first: Call, { count, everyMs }: { count: number; everyMs: number }): Booked[] {
  const { attendee } = aCall(first);
  return Array.from({ length: count }, (_, index) => {
    const startsInMs = first.startsInMs + index * everyMs;
    const booked = aCall({ ...first, uid: `${first.uid}-${index + 1}`, startsInMs, attendee });
    return withFields(booked, { recurringEvent: { freq: 2, count, interval: 1 } });
  });
}

function withFields(call: Booked, fields: Payload): Booked {
  return { ...call, body: { ...(call.body as object), payload: { ...payloadOf(call), ...fields } } };
}

function payloadOf({ body }: Booked): Payload {
  return (body as { payload: Payload }).payload;
}

function aboutCall(triggerEvent: string, payload: Payload): unknown {
  return { triggerEvent, createdAt: new Date().toISOString(), payload };
}
