import { aCall, type Call } from './outside.ts';

type Booked = ReturnType<typeof aCall>;

/** The body of the webhook that calls a booking off. */
export function cancelOf({ body }: Booked): unknown {
  const { payload } = body as { payload: Record<string, unknown> };
  return {
    triggerEvent: 'BOOKING_CANCELLED',
    createdAt: new Date().toISOString(),
    // Cal.com leaves the way into the call out of it.
    payload: {
      ...payload,
      metadata: {},
      status: 'CANCELLED',
      cancellationReason: 'Something came up',
      cancelledBy: 'somebody@example.com',
      requestReschedule: false,
    },
  };
}

/** The same person's call at another time: a booking of its own, under a new uid, whose webhook names the old one. */
export function moveOf(old: Booked, to: Pick<Call, 'uid' | 'startsInMs'>): Booked {
  const call = aCall({ ...to, attendee: old.attendee });
  const { payload, ...envelope } = call.body as { payload: object };
  return {
    ...call,
    body: {
      ...envelope,
      triggerEvent: 'BOOKING_RESCHEDULED',
      payload: { ...payload, rescheduleUid: old.uid, rescheduleStartTime: new Date(old.startsAt).toISOString() },
    },
  };
}
