import { log, proxyLocalActivities } from '@temporalio/workflow';
import type { LayoutActivities, LayoutRequest } from '../activities/index.ts';
import type { ReminderPlan } from '../booking-plan.ts';
import type { BookingState } from './booking-state.ts';
import { failureReason } from './failure-reason.ts';
import type { OneAtATime } from './one-at-a-time.ts';

/** When reminders are due, by their offsets, and what that was worked out from. Epoch milliseconds. */
export interface Laid {
  request: LayoutRequest;
  dueAtByOffset: Readonly<Record<number, number>>;
}

const { layOutReminders }: LayoutActivities = proxyLocalActivities<LayoutActivities>({
  startToCloseTimeout: '5 seconds',
  scheduleToCloseTimeout: '1 minute',
});

/** What is to be asked about a booking's reminders; undefined where they are due at their own instants. */
export function layoutRequestOf(
  { booking, confirmedAt }: BookingState,
  { steps, quietHours }: ReminderPlan,
): LayoutRequest | undefined {
  if (!quietHours) return undefined;
  const { startsAt, attendees, organizer } = booking;
  const timeZone = attendees[0].timeZone ?? organizer.timeZone;
  const offsetsMs = steps.map(({ offsetMs }) => offsetMs);
  return { startsAt, confirmedAt, offsetsMs, quietHours, ...(timeZone && { timeZone }) };
}

export function isSameRequest(a: LayoutRequest | undefined, b: LayoutRequest | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/**
 * Asks when reminders are due so that quiet hours are kept: the workflow sandbox knows nothing of time zones. If nobody can tell, they
 * are due at their own instants.
 *
 * In a local activity: it costs one event of history.
 */
export async function layOut(request: LayoutRequest, bookingUid: string, inTurn: OneAtATime): Promise<Laid> {
  try {
    return { request, dueAtByOffset: await inTurn(() => layOutReminders(request)) };
  } catch (error) {
    log.warn('quiet hours not kept', { bookingUid, reason: failureReason(error, 'not_worked_out') });
    return { request, dueAtByOffset: {} };
  }
}
