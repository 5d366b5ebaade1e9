import type { Booking } from '../booking.ts';
import type { BookingPlan, ReminderPlan } from '../booking-plan.ts';
import type { CampaignReport } from './messages.ts';

/**
 * The reminders that a booking gets.
 *
 * @param campaign undefined until the look-up has told: till then what is for a campaign's members is not for this booking.
 */
export function choosePlan(plan: BookingPlan, booking: Booking, campaign: CampaignReport | undefined): ReminderPlan {
  return (
    plan.special?.find(({ for: { eventTypes, campaigns } }) => {
      const isOfType = !eventTypes || eventTypes.some((name) => isOfEventType(booking, name));
      const isOfCampaign = !campaigns || campaigns.some((name) => name === campaign?.campaign);
      return isOfType && isOfCampaign;
    }) ?? plan
  );
}

function isOfEventType({ eventType, eventTypeSlug }: Booking, name: string): boolean {
  return name === eventType || name === eventTypeSlug;
}
