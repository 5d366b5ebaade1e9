import { proxyActivities } from '@temporalio/workflow';
import type { ReconcileActivities } from '../activities/index.ts';

/** What one pass over Cal.com's bookings came to. Only counts. */
export interface ReconcileReport {
  /** `done` unless Cal.com's answers let nothing, or not everything, be concluded; `off` without an API key. */
  status: 'done' | 'off' | 'unavailable' | 'refused' | 'partial' | 'implausible';
  /** What kept the pass from its end, in words. */
  reason?: string;
  /** How many bookings Cal.com has listed, and how many entries of its list could not be read. */
  listed: number;
  unreadable: number;
  /** How many bookings and seats were compared. */
  compared: number;
  /** What went into the inbox, by what was found. */
  repaired: Record<string, number>;
  /** What was found that a later pass has to find as well. */
  noted: number;
}

/** How a booking differs, for the operator. */
export interface FoundDifference {
  bookingUid: string;
  seat?: string;
  finding: string;
  /** `waits` for a later pass to find the same; of a dry run, what a pass would have done. */
  outcome: 'repaired' | 'waits';
  /** When it was first found. ISO 8601, UTC. */
  foundAt: string;
}

/** A pass with its details, which hold no names. */
export interface ReconcilePass {
  report: ReconcileReport;
  differences: FoundDifference[];
}

/** Beats while it works, so a worker that has died is noticed before the next pass is due. */
const { reconcileBookings }: ReconcileActivities = proxyActivities<ReconcileActivities>({
  startToCloseTimeout: '30 minutes',
  heartbeatTimeout: '1 minute',
  retry: { initialInterval: '10 seconds', maximumAttempts: 5 },
  summary: "Compares Cal.com's bookings with ours",
});

/** One pass over Cal.com's bookings: what was not told by webhook goes into the inbox. */
export async function reconcile(): Promise<ReconcileReport> {
  return reconcileBookings();
}
