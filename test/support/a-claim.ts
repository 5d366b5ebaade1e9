import type { ContactClaim } from '../../src/store/contacts.ts';

/** A call to come, as its booking tells of it; the story fills in what it is about. */
export function aClaim(facts: Partial<ContactClaim> = {}): ContactClaim {
  return {
    uid: 'zcioSE6n51cbpobbEprooE',
    startsAt: '2026-12-03T15:00:00.000Z',
    endsAt: '2026-12-03T15:30:00.000Z',
    standing: 'live',
    changedAt: '2026-11-24T10:00:00.000Z',
    inCampaign: false,
    ...facts,
  };
}
