import type { Reading } from '../calcom/read-delivery.ts';
import type { Verdict } from '../store/inbox.ts';

/** Reads the body of a delivery, as it arrived or as it was kept. */
export type ReadBody = (body: Buffer, receivedAt: Date) => Reading;

/** What becomes of a delivery that was read like this. */
export function verdictOn(reading: Reading): Verdict {
  const trigger = reading.trigger === undefined ? {} : { trigger: reading.trigger };
  switch (reading.verdict) {
    case 'booking':
      return { status: 'pending', trigger: reading.trigger, event: reading.event, warnings: reading.warnings };
    case 'rejected': {
      const reason = reading.faults.map(({ path, expected }) => `${path}: expected ${expected}`).join('; ');
      return { status: 'rejected', ...trigger, reason };
    }
    default:
      return { status: reading.verdict, ...trigger, reason: reading.reason };
  }
}
