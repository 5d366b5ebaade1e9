import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import type { Suppression } from '../../src/store/suppressions.ts';
import { aDelivery, confirmed, describeStores, pending, rescheduled } from './support.ts';

const AT = '2026-12-01T10:00:00.000Z';
const BOOKING = { uid: 'zcioSE6n51cbpobbEprooE' };
const PERSON = 'a-keyed-name';

function aSuppression(facts: Partial<Suppression> = {}): Suppression {
  return { person: PERSON, reason: 'hard_bounce', address: 'tobias.okafor@example.com', at: AT, ...facts };
}

describeStores('a person', (store) => {
  const suppress = (facts?: Partial<Suppression>) => store().suppressions.suppress(aSuppression(facts));
  const reasonFor = (booking: { uid: string; seat?: string } = BOOKING, person = PERSON) =>
    store().suppressions.reasonFor(person, booking);

  it('of whom nothing is known gets mails', async () => {
    await suppress({ person: 'somebody-else' });

    expect(await reasonFor()).toBeUndefined();
  });

  it('whose address has bounced gets none, of any booking', async () => {
    await suppress();

    expect(await reasonFor()).toBe('hard_bounce');
    expect(await reasonFor({ uid: 'another' })).toBe('hard_bounce');
  });

  describe('who wants no more mails about one call', () => {
    const unsubscribed = { reason: 'unsubscribed', booking: BOOKING } as const;

    it('gets none of that one, for each seat, and those of others', async () => {
      await suppress({ ...unsubscribed, booking: { ...BOOKING, seat: 'seat-1' } });

      expect(await reasonFor({ ...BOOKING, seat: 'seat-1' })).toBe('unsubscribed');
      expect(await reasonFor({ uid: 'another' })).toBeUndefined();
      expect(await reasonFor(BOOKING, 'somebody-else')).toBeUndefined();
    });

    it('gets none when that one is moved, however often', async () => {
      await suppress(unsubscribed);
      await store().inbox.keep(aDelivery(), pending(confirmed({ uid: BOOKING.uid })));
      await store().inbox.keep(aDelivery(), pending(rescheduled(BOOKING.uid, { uid: 'moved-once' })));
      await store().inbox.keep(aDelivery(), pending(rescheduled('moved-once', { uid: 'moved-twice' })));

      expect(await reasonFor({ uid: 'moved-twice' })).toBe('unsubscribed');
      expect(await reasonFor({ uid: 'another' })).toBeUndefined();
    });
  });

  it('is told about by the gravest reason', async () => {
    await suppress({ reason: 'unsubscribed', booking: BOOKING });
    await suppress({ reason: 'complaint' });
    expect(await reasonFor()).toBe('complaint');

    await suppress({ reason: 'hard_bounce' });

    expect(await reasonFor()).toBe('hard_bounce');
  });

  describe('on the list', () => {
    it('stands once for each reason, as it was first, the newest first', async () => {
      await suppress();
      await suppress({ at: '2026-12-05T10:00:00.000Z', address: 'another@example.com' });
      const unsubscribed: Suppression = {
        person: PERSON,
        reason: 'unsubscribed',
        booking: BOOKING,
        at: '2026-12-02T10:00:00.000Z',
      };
      await store().suppressions.suppress(unsubscribed);

      expect(await store().suppressions.list()).toEqual([unsubscribed, aSuppression()]);
    });

    it('gets mails again once all that stands against it is lifted', async () => {
      await suppress();
      await suppress({ reason: 'unsubscribed', booking: BOOKING });
      await suppress({ person: 'somebody-else' });

      expect(await store().suppressions.lift(PERSON)).toBe(true);

      expect(await reasonFor()).toBeUndefined();
      expect(await store().suppressions.list()).toMatchObject([{ person: 'somebody-else' }]);
      expect(await store().suppressions.lift(PERSON)).toBe(false);
    });
  });

  it('stands there without an address where the operator need not see it', async () => {
    await store().suppressions.suppress({ person: PERSON, reason: 'unsubscribed', at: AT });

    expect(await store().rows(sql`select address, booking_uid from suppressions`)).toEqual([
      { address: null, booking_uid: '' },
    ]);
  });
});
