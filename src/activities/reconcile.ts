import { Context, log } from '@temporalio/activity';
import type { ReconcileReport } from '../workflows/reconcile.ts';
import { type Reconciler, reportOf } from './reconciler.ts';

export interface ReconcileActivities {
  /** One pass over Cal.com's bookings. What Cal.com does not answer is in the report. */
  reconcileBookings(): Promise<ReconcileReport>;
}

const HEARTBEAT_EVERY_MS = 5_000;

/** @param reconciler undefined where there is no key to ask Cal.com with. */
export function createReconcileActivities({ reconciler }: { reconciler: Reconciler | undefined }): ReconcileActivities {
  return {
    async reconcileBookings() {
      if (!reconciler) return reportOf('off');
      const activity = Context.current();
      const beating = setInterval(() => activity.heartbeat(), HEARTBEAT_EVERY_MS);
      try {
        const { report } = await reconciler.pass({ log, signal: activity.cancellationSignal });
        return report;
      } finally {
        clearInterval(beating);
      }
    },
  };
}
