import type { ContactFields } from '../notion/notion.ts';
import type { ContactClaim, WrittenContact } from '../store/contacts.ts';
import { callDate } from './call-date.ts';

/** What a contact should say; an absent campaign status is left as it is. */
export type ContactProjection = WrittenContact & Pick<ContactFields, 'campaignStatus'>;

const STATUS_OF: Record<ContactClaim['standing'], WrittenContact['bookingStatus']> = {
  live: 'Booked',
  cancelled: 'Cancelled',
  completed: 'Completed',
  no_show: 'No-Show',
};

/**
 * What all bookings of a person add up to: the earliest call to come, else what became of the one that changed last. The order of
 * the claims does not matter.
 *
 * The campaign status is wanted as soon as one of the calls to come wants it, be it the earliest or not: it is never taken back,
 * so it would otherwise depend on which of them was written first.
 *
 * @param timeZone whose calendar day a call's date is.
 * @returns undefined where no booking says anything.
 */
export function projectContact(claims: readonly ContactClaim[], timeZone: string): ContactProjection | undefined {
  const live = claims.filter(({ standing }) => standing === 'live');
  const over = claims.filter(({ standing }) => standing !== 'live');
  const shown = live.toSorted(byStart)[0] ?? over.toSorted(byChange).at(-1);
  if (!shown) return undefined;
  return {
    bookingStatus: STATUS_OF[shown.standing],
    callDate: callDate(shown.startsAt, timeZone),
    ...(live.some(({ inCampaign }) => inCampaign) && { campaignStatus: 'Pre-Call Prep' as const }),
  };
}

function byChange(a: ContactClaim, b: ContactClaim): number {
  return Date.parse(a.changedAt) - Date.parse(b.changedAt) || byStart(a, b);
}

function byStart(a: ContactClaim, b: ContactClaim): number {
  return Date.parse(a.startsAt) - Date.parse(b.startsAt) || (nameOf(a) < nameOf(b) ? -1 : 1);
}

function nameOf({ uid, seat = '' }: ContactClaim): string {
  return JSON.stringify([uid, seat]);
}
