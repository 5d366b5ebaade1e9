import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import type { ContactClaim, TakenContact } from '../../src/store/contacts.ts';
import { aClaim } from '../support/a-claim.ts';
import { describeStores } from './support.ts';

const ANN = 'a keyed hash';
const BOB = 'another keyed hash';
const LEASE_MS = 60_000;

const first = aClaim({ uid: 'first' });
const second = aClaim({ uid: 'second', startsAt: '2026-12-10T15:00:00.000Z', endsAt: '2026-12-10T15:30:00.000Z' });

describeStores('the contacts', (store) => {
  const contacts = () => store().contacts;

  async function take(claim: ContactClaim = first, person = ANN): Promise<TakenContact> {
    const taken = await contacts().take(person, claim, LEASE_MS);
    return taken ?? expect.fail('Somebody else has it.');
  }

  async function takeAndGiveBack(claim: ContactClaim, person = ANN): Promise<void> {
    await contacts().giveBack(person, (await take(claim, person)).token);
  }

  /** Names of those whose claims count for this writer. */
  async function countingFor(claim: ContactClaim, person = ANN): Promise<string[]> {
    const { token, claims } = await take(claim, person);
    await contacts().giveBack(person, token);
    return claims.map(({ uid, seat }) => [uid, seat].filter(Boolean).join('/')).toSorted();
  }

  /** Another booking has taken the place of this one: of the whole event, or of one of its seats. */
  async function retire(uid: string, seat = ''): Promise<void> {
    await store().rows(sql`
      with delivery as (
        insert into deliveries (source, body_hash, status, headers, signature, received_at)
        values ('calcom', sha256(convert_to(${`${uid}/${seat}`}::text, 'UTF8')), 'dispatched', '{}', 'valid', now()) returning id
      )
      insert into retired_bookings (external_id, seat, replaced_by, delivery_id)
      select ${uid}::text, ${seat}::text, 'the-new-one', id from delivery`);
  }

  describe('a contact that nobody has', () => {
    it('is taken by whoever comes, with what the booking says', async () => {
      expect(await take()).toEqual({
        token: expect.any(String),
        claims: [first],
        written: undefined,
        attempted: undefined,
        page: undefined,
      });
    });

    it('goes to one of several who come at once, and what the others say is noted', async () => {
      const uids = ['a', 'b', 'c', 'd', 'e'];

      const taken = await Promise.all(uids.map((uid) => contacts().take(ANN, aClaim({ uid }), LEASE_MS)));
      const [winner, ...others] = taken.filter((one) => one !== undefined);
      expect(others).toEqual([]);
      await contacts().giveBack(ANN, winner!.token);

      expect(await countingFor(aClaim({ uid: 'a' }))).toEqual(uids);
    });
  });

  describe('while somebody has it', () => {
    it('is not to be had, but what the booking says is noted', async () => {
      const { token } = await take(first);

      expect(await contacts().take(ANN, second, LEASE_MS)).toBeUndefined();
      await contacts().giveBack(ANN, token);

      expect(await countingFor(first)).toEqual(['first', 'second']);
    });

    it('does not keep those who write to somebody else waiting', async () => {
      await take(first, ANN);

      expect(await contacts().take(BOB, second, LEASE_MS)).toBeDefined();
    });

    it('is free again when the lease has ended, and who had it can change nothing any more', async () => {
      const late = await take(first);
      await store().rows(sql`update contacts set claimed_until = now()`);

      const next = await take(second);
      await contacts().giveBack(ANN, late.token, { written: { bookingStatus: 'Completed', callDate: '2026-12-03' } });

      expect(await contacts().take(ANN, first, LEASE_MS)).toBeUndefined();
      await contacts().giveBack(ANN, next.token);
      expect((await take(first)).written).toBeUndefined();
    });
  });

  it('is not kept from anybody by what is noted only', async () => {
    await contacts().take(ANN, first, 0);

    expect(await countingFor(second)).toEqual(['first', 'second']);
  });

  describe('what was written', () => {
    it('is told to those who come after, until something else is written', async () => {
      const booked = { bookingStatus: 'Booked', callDate: '2026-12-03' } as const;
      await contacts().giveBack(ANN, (await take()).token, { written: booked });
      await takeAndGiveBack(second);
      const { token, written } = await take();
      expect(written).toEqual(booked);

      const over = { bookingStatus: 'No-Show', callDate: '2026-12-10' } as const;
      await contacts().giveBack(ANN, token, { written: over });

      expect((await take()).written).toEqual(over);
    });
  });

  describe('the page of a contact', () => {
    const leased = async () => {
      const lease = await contacts().lease(ANN, LEASE_MS);
      await contacts().giveBack(ANN, lease!.token);
      return lease!.page;
    };

    it('is told to those who come after, until it is another one', async () => {
      await contacts().giveBack(ANN, (await take()).token, { pageId: 'a-page' });
      await takeAndGiveBack(second);
      expect(await leased()).toEqual({ id: 'a-page', isRecent: true });

      await contacts().giveBack(ANN, (await take()).token, { pageId: 'another' });

      expect((await take()).page).toEqual({ id: 'another', isRecent: true });
    });

    it('is not certain any more after a day', async () => {
      await contacts().giveBack(ANN, (await take()).token, { pageId: 'a-page' });
      await store().rows(sql`update contacts set page_found_at = now() - interval '25 hours'`);

      expect(await leased()).toEqual({ id: 'a-page', isRecent: false });
    });
  });

  describe('what was about to be written', () => {
    const booked = { bookingStatus: 'Booked', callDate: '2026-12-03' } as const;
    const over = { bookingStatus: 'Completed', callDate: '2026-12-03' } as const;
    const missed = { bookingStatus: 'No-Show', callDate: '2026-12-03' } as const;

    it('is told to those who come after, when nobody heard what became of it', async () => {
      await contacts().giveBack(ANN, (await take()).token, { written: booked });
      const { token } = await take();

      expect(await contacts().noteAttempt(ANN, token, { toWrite: over })).toBe(true);
      await contacts().giveBack(ANN, token);

      expect(await take()).toMatchObject({ written: booked, attempted: over });
    });

    it('is forgotten once something was written', async () => {
      const { token } = await take();
      await contacts().noteAttempt(ANN, token, { toWrite: over });
      await contacts().giveBack(ANN, token, { written: over });

      expect(await take()).toMatchObject({ written: over, attempted: undefined });
    });

    it('counts as written when the contact turns out to say it', async () => {
      await contacts().giveBack(ANN, (await take()).token, { written: booked });
      const lost = await take();
      await contacts().noteAttempt(ANN, lost.token, { toWrite: over });
      await contacts().giveBack(ANN, lost.token);
      const next = await take();

      await contacts().noteAttempt(ANN, next.token, { toWrite: missed, says: over });
      await contacts().giveBack(ANN, next.token);

      expect(await take()).toMatchObject({ written: over, attempted: missed });
    });

    it('is not noted for one who has lost the contact to somebody else', async () => {
      const late = await take();
      await store().rows(sql`update contacts set claimed_until = now()`);
      const next = await take(second);

      expect(await contacts().noteAttempt(ANN, late.token, { toWrite: over })).toBe(false);
      await contacts().giveBack(ANN, next.token);

      expect((await take()).attempted).toBeUndefined();
    });
  });

  describe('what was about to be written when the lease had ended', () => {
    it('is not noted, although nobody else has taken the contact', async () => {
      const late = await take();
      await store().rows(sql`update contacts set claimed_until = now()`);

      const toWrite = { bookingStatus: 'Completed', callDate: '2026-12-03' } as const;
      expect(await contacts().noteAttempt(ANN, late.token, { toWrite })).toBe(false);

      expect((await take()).attempted).toBeUndefined();
    });
  });

  describe('taken without a booking', () => {
    it('is nobody else’s until it is given back', async () => {
      const lease = await contacts().lease(ANN, LEASE_MS);

      expect(lease).toEqual({ token: expect.any(String), page: undefined });
      expect(await contacts().lease(ANN, LEASE_MS)).toBeUndefined();
      expect(await contacts().take(ANN, first, LEASE_MS)).toBeUndefined();
      await contacts().giveBack(ANN, lease!.token);
      expect(await take()).toMatchObject({ claims: [first] });
    });

    it('is not to be had while somebody writes', async () => {
      await take();

      expect(await contacts().lease(ANN, LEASE_MS)).toBeUndefined();
      expect(await contacts().lease(BOB, LEASE_MS)).toBeDefined();
    });
  });

  describe('what a booking says', () => {
    it('ends what it said before', async () => {
      await takeAndGiveBack(second);
      await takeAndGiveBack(first);
      const moved = aClaim({
        uid: 'first',
        startsAt: '2026-12-04T09:00:00.000Z',
        endsAt: '2026-12-04T10:00:00.000Z',
        standing: 'no_show',
        changedAt: '2026-12-04T10:00:00.000Z',
        inCampaign: true,
      });

      const { claims } = await take(moved);

      expect(claims.toSorted((a, b) => a.uid.localeCompare(b.uid))).toEqual([moved, second]);
    });

    it('is said for each seat by itself', async () => {
      await takeAndGiveBack(aClaim({ uid: 'event', seat: 'seat-1' }));

      expect(await countingFor(aClaim({ uid: 'event', seat: 'seat-2' }))).toEqual(['event/seat-1', 'event/seat-2']);
    });
  });

  describe('a booking that has become somebody else’s', () => {
    const former = () => contacts().formerBookers(first);
    async function takeFormer(person = ANN): Promise<TakenContact> {
      const taken = await contacts().takeFormer(person, first, LEASE_MS);
      return taken ?? expect.fail('Somebody else has it.');
    }

    it('is called off for whose it was, until they have been told', async () => {
      await takeAndGiveBack({ ...first, inCampaign: true }, ANN);
      await takeAndGiveBack(second, ANN);
      expect(await former()).toEqual([]);

      await takeAndGiveBack(first, BOB);

      expect(await former()).toEqual([ANN]);
      const { token, claims } = await takeFormer();
      expect(claims.toSorted((a, b) => a.uid.localeCompare(b.uid))).toEqual([
        { ...first, standing: 'cancelled', inCampaign: false },
        second,
      ]);
      await contacts().giveBack(ANN, token);
      await contacts().noteTold(ANN, first);
      expect(await former()).toEqual([]);
      expect(await countingFor(second, ANN)).toEqual(['first', 'second']);
    });

    it('is told once, however often it is said whose it is now', async () => {
      await takeAndGiveBack(first, ANN);
      await takeAndGiveBack(first, BOB);
      await contacts().noteTold(ANN, first);

      await takeAndGiveBack({ ...first, changedAt: '2026-11-25T10:00:00.000Z' }, BOB);

      expect(await former()).toEqual([]);
    });

    it('is nothing new to those it was called off for', async () => {
      await takeAndGiveBack({ ...first, standing: 'cancelled' }, ANN);

      await takeAndGiveBack(first, BOB);

      expect(await former()).toEqual([]);
    });

    it('may become theirs again', async () => {
      await takeAndGiveBack(first, ANN);
      await takeAndGiveBack(first, BOB);
      const { claims } = await take(first, ANN);

      expect(claims).toEqual([first]);
      expect(await former()).toEqual([BOB]);
    });

    it('is waited with while somebody else writes to whose it was', async () => {
      await takeAndGiveBack(first, ANN);
      await takeAndGiveBack(first, BOB);
      await take(second, ANN);

      expect(await contacts().takeFormer(ANN, first, LEASE_MS)).toBeUndefined();
      expect(await former()).toEqual([ANN]);
    });

    it('still counts for whose it was when it has been replaced since, and they have no other', async () => {
      await takeAndGiveBack(first, ANN);
      await takeAndGiveBack(first, BOB);
      await retire('first');

      expect((await takeFormer()).claims).toMatchObject([{ uid: 'first', standing: 'cancelled' }]);
    });
  });

  describe('a booking that another has taken the place of', () => {
    it('counts no more, not even for its own run, which may not have heard of it yet', async () => {
      await takeAndGiveBack(first);
      await retire('first');

      expect(await countingFor(second)).toEqual(['second']);
      expect(await countingFor(first)).toEqual(['second']);
    });

    it('counts for its own run as long as no other booking of the person is known', async () => {
      await takeAndGiveBack(aClaim({ uid: 'older' }));
      await retire('older');
      await retire('first');

      expect(await countingFor(first)).toEqual(['first']);
    });

    it('takes all seats with it, if it was a whole event, else only its own', async () => {
      for (const uid of ['event', 'other']) {
        for (const seat of ['seat-1', 'seat-2']) await takeAndGiveBack(aClaim({ uid, seat }));
      }
      await retire('event');
      await retire('other', 'seat-1');

      expect(await countingFor(first)).toEqual(['first', 'other/seat-2']);
    });
  });
});
