import { describe, expect, it } from 'vitest';
import type { Booking } from '../../src/booking.ts';
import type { SpecialPlan } from '../../src/booking-plan.ts';
import { choosePlan } from '../../src/workflows/choose-plan.ts';
import type { CampaignReport } from '../../src/workflows/messages.ts';
import { aBooking, aPlan } from '../support/a-booking.ts';

const MEMBER: CampaignReport = { state: 'member', campaign: 'Christmas 2025' };

function special(concerned: SpecialPlan['for']): SpecialPlan {
  return { for: concerned, steps: [] };
}

describe('the plan of a booking', () => {
  const forIntro = special({ eventTypes: ['intro-call', '42'] });
  const forMembers = special({ campaigns: ['Christmas 2025', 'Spring 2026'] });
  const forBoth = special({ eventTypes: ['intro-call'], campaigns: ['Christmas 2025'] });
  const chosen = (plans: SpecialPlan[], eventType?: string | Partial<Booking>, campaign?: CampaignReport) => {
    const plan = aPlan({ special: plans });
    const facts = typeof eventType === 'string' ? { eventType } : eventType;
    const choice = choosePlan(plan, aBooking(facts), campaign);
    return choice === plan ? 'the usual one' : choice;
  };

  it('is the usual one unless another is for it', () => {
    expect(chosen([])).toBe('the usual one');
    expect(chosen([forIntro], 'another-call')).toBe('the usual one');
    expect(chosen([forIntro])).toBe('the usual one');
  });

  it('is that of its event type', () => {
    expect(chosen([forIntro], 'intro-call')).toBe(forIntro);
    expect(chosen([forIntro], '42')).toBe(forIntro);
  });

  it('is that of its event type by the slug as well as by the id', () => {
    expect(chosen([forIntro], { eventType: '7', eventTypeSlug: 'intro-call' })).toBe(forIntro);
    expect(chosen([forIntro], { eventType: '42', eventTypeSlug: 'another-call' })).toBe(forIntro);
    expect(chosen([forIntro], { eventType: '7', eventTypeSlug: 'another-call' })).toBe('the usual one');
    expect(chosen([forIntro], { eventType: '7' })).toBe('the usual one');
  });

  it('is that of the campaign that the booker is in, as soon as that is known', () => {
    expect(chosen([forMembers], undefined, MEMBER)).toBe(forMembers);
    expect(chosen([forMembers], undefined, { state: 'member', campaign: 'Autumn' })).toBe('the usual one');
    expect(chosen([forMembers], undefined, { state: 'none' })).toBe('the usual one');
    expect(chosen([forMembers], undefined, { state: 'unknown' })).toBe('the usual one');
    expect(chosen([forMembers])).toBe('the usual one');
  });

  it('is one for both only if both hold', () => {
    expect(chosen([forBoth], 'intro-call', MEMBER)).toBe(forBoth);
    expect(chosen([forBoth], 'intro-call')).toBe('the usual one');
    expect(chosen([forBoth], 'another-call', MEMBER)).toBe('the usual one');
  });

  it('is the first that is for it', () => {
    expect(chosen([forBoth, forIntro, forMembers], 'intro-call')).toBe(forIntro);
    expect(chosen([forIntro, forBoth], 'intro-call', MEMBER)).toBe(forIntro);
  });
});
