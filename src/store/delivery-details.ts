import type { DeliveryDetails, DeliverySummary } from './inbox.ts';
import { deliveries } from './schema.ts';
import type { Seal } from './seal.ts';

type DeliveryRow = typeof deliveries.$inferSelect;

export const SUMMARY = {
  id: deliveries.id,
  source: deliveries.source,
  receivedAt: deliveries.receivedAt,
  trigger: deliveries.trigger,
  subjectUid: deliveries.subjectUid,
  replacedUid: deliveries.replacedUid,
  status: deliveries.status,
  reason: deliveries.reason,
  attempts: deliveries.attempts,
  lastError: deliveries.lastError,
};

export function summaryOf(row: Pick<DeliveryRow, keyof typeof SUMMARY>): DeliverySummary {
  const { id, source, receivedAt, status, attempts, trigger, subjectUid, replacedUid, reason, lastError } = row;
  return {
    id,
    source,
    receivedAt,
    status,
    attempts,
    ...(trigger !== null && { trigger }),
    ...(subjectUid !== null && { subjectUid }),
    ...(replacedUid !== null && { replacedUid }),
    ...(reason !== null && { reason }),
    ...(lastError !== null && { lastError }),
  };
}

/** @param retires the uids of the bookings that it has retired. */
export function detailsOf(row: DeliveryRow, retires: readonly string[], seal: Seal): DeliveryDetails {
  const { headers, signature, warnings, secretNumber, dispatchedAt, body } = row;
  const { lineage, lineageSequence, series, endsSeries } = row;
  return {
    ...summaryOf(row),
    headers,
    signature,
    warnings,
    ...(secretNumber !== null && { secretNumber }),
    ...(dispatchedAt && { dispatchedAt }),
    ...(retires.length > 0 && { retires }),
    ...(lineage !== null && { lineage }),
    ...(lineageSequence !== null && { lineageSequence }),
    ...(series !== null && { series }),
    ...(endsSeries && { endsSeries }),
    ...(body && { body: seal.open(body) }),
  };
}
