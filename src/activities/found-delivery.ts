import type { Difference } from '../calcom/difference.ts';
import type { ArrivedDelivery, Verdict } from '../store/inbox.ts';

/**
 * What Cal.com's API says, as it goes into the inbox. The event's id is a hash of its content, so that the same finding makes the
 * same delivery however often it is kept. There are no names in its body.
 *
 * @param firstFoundAt when it was found for the first time, where it takes more than one look. ISO 8601, UTC.
 */
export function foundDelivery(
  source: 'api' | 'reconcile',
  { kind, event, says }: Difference,
  receivedAt: Date,
  firstFoundAt?: string,
): { delivery: ArrivedDelivery; verdict: Verdict } {
  const { id, occurredAt, booking } = event;
  const replaced = 'replaced' in event ? event.replaced : undefined;
  const body = Buffer.from(
    JSON.stringify({
      uid: booking.uid,
      seat: booking.seat,
      says: says?.status ?? 'not found',
      updatedAt: says?.updatedAt,
      startsAt: 'startsAt' in booking ? booking.startsAt : undefined,
      replaced,
      firstFoundAt,
      event: { kind: event.kind, id, occurredAt },
    }),
  );
  return {
    delivery: { source, body, keptBody: body, headers: {}, signature: 'unsigned', receivedAt },
    verdict: {
      status: 'pending',
      trigger: TRIGGER[source],
      event,
      warnings: [`${kind}: Cal.com was asked, it has not told by itself`],
    },
  };
}

const TRIGGER = { api: 'READ_BACK', reconcile: 'RECONCILE' };
