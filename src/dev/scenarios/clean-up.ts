import { sampleBookingCancelled } from '../sample-booking.ts';
import type { Subject } from './cases.ts';
import type { MemberRow } from './member-row.ts';
import { until } from './until.ts';
import type { BookingCreated, Webhook } from './webhook.ts';

/**
 * Cancels what was booked, as Cal.com would: a run that is ended in Temporal comes back. Then makes the member's row say again
 * what it said.
 *
 * @returns what could not be undone, in words.
 */
export async function cleanUp({ webhook, row, memberEmail, patienceMs }: Subject): Promise<string[]> {
  const cancelled = new Set<BookingCreated>();
  for (const booking of webhook.booked) {
    if (await cancel(webhook, booking)) cancelled.add(booking);
  }
  const left = webhook.booked.filter((booking) => !cancelled.has(booking)).map(({ payload: { uid } }) => uid);
  const ofMember = webhook.booked.find(({ payload }) => payload.attendees[0]?.email === memberEmail);
  return [
    ...(left.length > 0
      ? [`Left behind, with their reminders: the bookings ${left.join(', ')} could not be cancelled.`]
      : []),
    ...(row && ofMember ? await putBack(row, cancelled.has(ofMember) ? patienceMs : 0) : []),
  ];
}

function cancel(webhook: Webhook, booking: BookingCreated): Promise<boolean> {
  return webhook.post(sampleBookingCancelled(booking)).then(
    ({ status }) => status === 202,
    () => false,
  );
}

/** Not before the worker has written there for the last time: that the call was cancelled. */
async function putBack(row: MemberRow, patienceMs: number): Promise<string[]> {
  const isLast = ({ bookingStatus, callDate }: MemberRow['before']) =>
    bookingStatus === 'Cancelled' && callDate !== row.before.callDate;
  try {
    const seen = await until(patienceMs, row.read, isLast);
    await row.putBack();
    return isLast(seen) ? [] : ['Left behind in Notion: the member’s row may yet say that the call was cancelled.'];
  } catch {
    return ['Left behind in Notion: the member’s row as it is now.'];
  }
}
