import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { projectContact } from '../../src/activities/contact-projection.ts';
import type { ContactClaim } from '../../src/store/contacts.ts';
import { aClaim } from '../support/a-claim.ts';

const T1 = '2026-12-05T10:00:00.000Z';
const T2 = '2026-12-05T10:00:01.000Z';

/** A booking of its own, whose call is on this day of December 2026. */
function onDay(day: string, facts: Partial<ContactClaim> = {}): ContactClaim {
  return aClaim({
    uid: `on-${day}`,
    startsAt: `2026-12-${day}T15:00:00.000Z`,
    endsAt: `2026-12-${day}T15:30:00.000Z`,
    ...facts,
  });
}

function project(...claims: ContactClaim[]) {
  return projectContact(claims, 'UTC');
}

describe('what a contact should say', () => {
  it('is nothing where no booking says anything', () => {
    expect(project()).toBeUndefined();
  });

  describe('while there are calls to come', () => {
    it('is that the earliest is booked', () => {
      expect(project(onDay('10'), onDay('03'), onDay('07'))).toEqual({
        bookingStatus: 'Booked',
        callDate: '2026-12-03',
      });
    });

    it('names the day where the business is', () => {
      const late = aClaim({ startsAt: '2026-12-03T11:30:00.000Z' });
      expect(projectContact([late], 'Pacific/Auckland')?.callDate).toBe('2026-12-04');
    });

    it.each(['cancelled', 'completed', 'no_show'] as const)('leaves aside an earlier one that is %s', (standing) => {
      expect(project(onDay('03', { standing, changedAt: T2 }), onDay('10'))).toEqual({
        bookingStatus: 'Booked',
        callDate: '2026-12-10',
      });
    });

    it('wants the campaign status as soon as one of them does', () => {
      const wanted = { bookingStatus: 'Booked', callDate: '2026-12-03', campaignStatus: 'Pre-Call Prep' };
      expect(project(onDay('03', { inCampaign: true }), onDay('10'))).toEqual(wanted);
      expect(project(onDay('03'), onDay('10', { inCampaign: true }))).toEqual(wanted);
    });

    it('does not want it for one that is over', () => {
      const over = onDay('03', { standing: 'cancelled', inCampaign: true });
      expect(project(over, onDay('10'))).not.toHaveProperty('campaignStatus');
    });
  });

  describe('once all are over', () => {
    it.each([
      ['cancelled', 'Cancelled'],
      ['completed', 'Completed'],
      ['no_show', 'No-Show'],
    ] as const)('is what became of the one that changed last: %s', (standing, bookingStatus) => {
      const earlier = standing === 'completed' ? 'cancelled' : 'completed';

      expect(
        project(onDay('03', { standing, changedAt: T2 }), onDay('10', { standing: earlier, changedAt: T1 })),
      ).toEqual({ bookingStatus, callDate: '2026-12-03' });
    });

    it('is what became of the later call, if they changed at the same instant', () => {
      expect(
        project(
          onDay('10', { standing: 'cancelled', changedAt: T1 }),
          onDay('03', { standing: 'completed', changedAt: T1 }),
        ),
      ).toEqual({ bookingStatus: 'Cancelled', callDate: '2026-12-10' });
    });

    it('tells instants apart, not their spellings', () => {
      const inBerlin = onDay('03', { standing: 'completed', changedAt: '2026-12-05T10:30:00+01:00' });
      const inUtc = onDay('01', { standing: 'cancelled', changedAt: '2026-12-05T10:00:00Z' });
      expect(project(inBerlin, inUtc)?.bookingStatus).toBe('Cancelled');
    });
  });

  it('is the same in whatever order the bookings are told', () => {
    const day = fc.constantFrom('03', '07', '10');
    const claim = fc.record({
      day,
      seat: fc.constantFrom('', 'seat-1', 'seat-2'),
      standing: fc.constantFrom('live', 'cancelled', 'completed', 'no_show'),
      changedAt: fc.constantFrom(T1, T2),
      inCampaign: fc.boolean(),
      startsAt: day.map((on) => `2026-12-${on}T15:00:00.000Z`),
    });
    const claims = fc.uniqueArray(claim, { selector: (facts) => facts.day + facts.seat, maxLength: 6 });

    fc.assert(
      fc.property(
        claims.chain((some) => fc.tuple(fc.constant(some), fc.shuffledSubarray(some, { minLength: some.length }))),
        ([some, shuffled]) => {
          const told = (all: typeof some) =>
            project(...all.map(({ day: on, seat, ...facts }) => onDay(on, { ...(seat && { seat }), ...facts })));
          expect(told(shuffled)).toEqual(told(some));
        },
      ),
    );
  });
});
