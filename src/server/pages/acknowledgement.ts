import { createHash } from 'node:crypto';
import { type AcknowledgedEvent, type Booking, bookingKeyOf } from '../../booking.ts';
import type { ArrivedDelivery, Verdict } from '../../store/inbox.ts';

/**
 * That somebody says they will be there, as it goes into the inbox. Said again about the same call, it is the same delivery. There are
 * no names in it.
 */
export function acknowledgement(
  booking: Booking,
  person: string,
  receivedAt: Date,
): { delivery: ArrivedDelivery; verdict: Verdict } {
  const key = bookingKeyOf(booking);
  const said = JSON.stringify(['acknowledged', key, booking.startsAt, person]);
  const id = createHash('sha256').update(said).digest('hex').slice(0, 32);
  const event: AcknowledgedEvent = {
    kind: 'acknowledged',
    id,
    occurredAt: receivedAt.toISOString(),
    booking: key,
    person,
  };
  const { kind } = event;
  const body = Buffer.from(JSON.stringify({ ...key, startsAt: booking.startsAt, person, event: { kind, id } }));
  return {
    delivery: { source: 'attendee', body, keptBody: body, headers: {}, signature: 'valid', receivedAt },
    verdict: { status: 'pending', trigger: 'CONFIRMED_BY_LINK', event, warnings: [] },
  };
}
