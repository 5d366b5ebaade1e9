import { sql } from 'drizzle-orm';
import { describe, expect, it, vi } from 'vitest';
import type { BookingKey } from '../../src/booking.ts';
import type { BookingRecord } from '../../src/store/bookings.ts';
import type { MailKey } from '../../src/store/mails.ts';
import { aBooking } from '../support/a-booking.ts';
import { describeStores } from './support.ts';

const KEY: MailKey = {
  booking: { uid: 'zcioSE6n51cbpobbEprooE' },
  startsAt: '2026-12-03T15:00:00.000Z',
  step: 'reminder/24h',
  recipient: 'Tobias.Okafor@example.com',
};
const SENT_AT = '2026-12-02T15:00:00.250Z';

describeStores('the mails', (store) => {
  const claim = (content = 'Dear Tobias', key: Partial<MailKey> = {}) =>
    store().mails.claim(
      { ...KEY, ...key },
      { dueAt: '2026-12-02T15:00:00.000Z', messageId: '<m1@example.com>', content: Buffer.from(content) },
    );

  async function claimToken(content?: string): Promise<string> {
    const claimed = await claim(content);
    if (!('token' in claimed)) throw new Error(`It is ${claimed.state}.`);
    return claimed.token;
  }

  async function onTheWire(): Promise<string> {
    const token = await claimToken();
    expect(await store().mails.startSending(token)).toBe(true);
    return token;
  }

  const row = async () =>
    (
      await store().rows<{ state: string; reason: string; possible_duplicate: boolean; mail: unknown }>(
        sql`select * from reminders`,
      )
    )[0]!;

  describe('a mail that nobody has tried', () => {
    it('is free, and hands out what is to be sent', async () => {
      expect(await claim()).toEqual({ state: 'free', token: expect.any(String), mail: Buffer.from('Dear Tobias') });
    });

    it('is another one for another start, step, seat or recipient, not for another spelling of the address', async () => {
      await claim();
      await claim('', { startsAt: '2026-12-04T15:00:00.000Z' });
      await claim('', { step: 'reminder/2h' });
      await claim('', { recipient: 'guest@example.com' });
      await claim('', { booking: { ...KEY.booking, seat: 'seat-1' } });
      expect(await store().rows(sql`select id from reminders`)).toHaveLength(5);

      await claim('', { recipient: KEY.recipient.toLowerCase() });

      expect(await store().rows(sql`select id from reminders`)).toHaveLength(5);
    });

    it('is kept without its text in clear', async () => {
      await claim('Dear Tobias, see you tomorrow. '.repeat(20));

      const [dump] = await store().rows(sql`select encode(mail, 'escape') mail from reminders`);

      expect(JSON.stringify(dump)).not.toContain('Tobias');
    });
  });

  describe('while nothing has been on the wire', () => {
    it('belongs to the latest attempt, with what that has rendered', async () => {
      const first = await claimToken('an old text');

      const second = await claim('a new text');

      expect(second).toMatchObject({ state: 'free', mail: Buffer.from('a new text') });
      expect(await store().mails.startSending(first)).toBe(false);
      expect(await store().mails.startSending((second as { token: string }).token)).toBe(true);
    });

    it('belongs to one of two that claim at once', async () => {
      const tokens = await Promise.all([claimToken(), claimToken()]);

      const started = await Promise.all(tokens.map((token) => store().mails.startSending(token)));

      expect(started.toSorted()).toEqual([false, true]);
    });

    it('is free again after an attempt that certainly failed', async () => {
      const token = await onTheWire();

      await store().mails.release(token, '421 try later');

      expect(await row()).toMatchObject({ state: 'claimed', last_error: '421 try later' });
      expect(await claim('a new text')).toMatchObject({ state: 'free', mail: Buffer.from('a new text') });
    });
  });

  describe('once it is sent', () => {
    it('stays sent, and the rendered mail is forgotten', async () => {
      const token = await onTheWire();
      await store().mails.markSent(token, SENT_AT);

      expect(await claim()).toEqual({ state: 'sent', sentAt: SENT_AT, possibleDuplicate: false });
      await store().mails.markFailed(token, 'too_late');
      await store().mails.release(token, 'too late');

      expect(await row()).toMatchObject({ state: 'sent', mail: null, reason: null });
    });
  });

  describe('many that are due at once', () => {
    const COUNT = 120;
    const recipientOf = (index: number) => `attendee-${index}@example.com`;
    const sentAtOf = (index: number) => new Date(Date.parse(SENT_AT) + index).toISOString();

    it('are sent, each by the attempt that has it, in a few statements', async () => {
      const claims = await Promise.all(
        Array.from({ length: COUNT }, (_, index) => claim('', { recipient: recipientOf(index) })),
      );
      const tokens = claims.map((claimed) => (claimed as { token: string }).token);
      await claim('', { recipient: recipientOf(7) });
      const statements = vi.spyOn(store().database, 'run');

      const mine = await Promise.all(tokens.map((token) => store().mails.startSending(token)));
      await Promise.all(tokens.map((token, index) => store().mails.markSent(token, sentAtOf(index))));

      expect(statements).toHaveBeenCalledTimes(4);
      statements.mockRestore();
      expect(mine).toEqual(Array.from({ length: COUNT }, (_, index) => index !== 7));
      const rows = await store().rows<{ address: string; state: string; sent_at: string | null }>(
        sql`select address, state, sent_at from reminders order by length(address), address`,
      );
      expect(rows.map((mail) => ({ ...mail, sent_at: mail.sent_at && new Date(mail.sent_at).toISOString() }))).toEqual(
        Array.from({ length: COUNT }, (_, index) => ({
          address: recipientOf(index),
          state: index === 7 ? 'claimed' : 'sent',
          sent_at: index === 7 ? null : sentAtOf(index),
        })),
      );
    });
  });

  describe('once it has failed for good', () => {
    it('stays failed, with the reason', async () => {
      await store().mails.markFailed(await onTheWire(), 'refused_550');

      expect(await claim()).toEqual({ state: 'failed', reason: 'refused_550' });
      expect((await row()).mail).toBeNull();
    });
  });

  describe('once it is skipped', () => {
    it('says why, and the rendered mail is forgotten', async () => {
      const token = await claimToken();

      await store().mails.markSkipped(token, 'unsubscribed');

      expect(await row()).toMatchObject({ state: 'skipped', reason: 'unsubscribed', mail: null });
      expect(await store().mails.startSending(token)).toBe(false);
    });

    it('may be claimed again, as what stood against it may have gone', async () => {
      await store().mails.markSkipped(await claimToken(), 'unsubscribed');

      expect(await claim('a new text')).toMatchObject({ state: 'free', mail: Buffer.from('a new text') });
      expect(await row()).toMatchObject({ state: 'claimed', reason: null });
    });

    it('is not, by an attempt that a later one has taken over, or whose mail is on the wire', async () => {
      const first = await claimToken();
      const second = await claimToken();
      await store().mails.markSkipped(first, 'unsubscribed');
      expect((await row()).state).toBe('claimed');

      await store().mails.startSending(second);
      await store().mails.markSkipped(second, 'unsubscribed');

      expect((await row()).state).toBe('sending');
    });
  });

  describe('when an attempt was on the wire and nobody knows what became of it', () => {
    it('is sent once more as it was, and flagged', async () => {
      const lost = await onTheWire();

      const second = await claim('another text');

      expect(second).toEqual({ state: 'ambiguous', token: expect.any(String), mail: Buffer.from('Dear Tobias') });
      expect(await row()).toMatchObject({ state: 'claimed', possible_duplicate: true });
      await store().mails.markSent(lost, SENT_AT);
      expect((await row()).state).toBe('claimed');

      const { token } = second as { token: string };
      await store().mails.startSending(token);
      await store().mails.markSent(token, SENT_AT);
      expect(await claim()).toEqual({ state: 'sent', sentAt: SENT_AT, possibleDuplicate: true });
    });

    it('stays that one copy as long as no second is on the wire', async () => {
      await onTheWire();
      await claim();

      const third = await claim('another text');
      expect(third).toMatchObject({ state: 'ambiguous', mail: Buffer.from('Dear Tobias') });
      await store().mails.startSending((third as { token: string }).token);
      await store().mails.release((third as { token: string }).token, '421');

      expect(await claim()).toMatchObject({ state: 'ambiguous', mail: Buffer.from('Dear Tobias') });
    });

    it('is given up when that happens twice', async () => {
      await onTheWire();
      const token = await claimToken();
      await store().mails.startSending(token);

      expect(await claim()).toEqual({ state: 'uncertain' });
      expect(await claim()).toEqual({ state: 'uncertain' });
      expect(await row()).toMatchObject({
        state: 'failed',
        reason: 'delivery_uncertain',
        possible_duplicate: true,
        mail: null,
      });
    });
  });

  describe('where a lost mail is never sent again', () => {
    const never = () => store().mailsUnder({ ambiguous: 'never', harmlessForMs: 0 });
    const claimNever = () =>
      never().claim(KEY, { dueAt: SENT_AT, messageId: '<m1@example.com>', content: Buffer.from('') });

    it('it is given up after the first attempt of which nobody knows, and no second copy is spoken of', async () => {
      await onTheWire();

      expect(await claimNever()).toEqual({ state: 'uncertain' });
      expect(await row()).toMatchObject({
        state: 'failed',
        reason: 'delivery_uncertain',
        possible_duplicate: false,
        mail: null,
      });
    });

    it('it is given up before a repeat that an earlier setting has allowed', async () => {
      await onTheWire();
      await claim();

      expect(await claimNever()).toEqual({ state: 'uncertain' });
    });

    it('it is free after an attempt that certainly failed', async () => {
      await store().mails.release(await onTheWire(), '421 try later');

      expect(await claimNever()).toMatchObject({ state: 'free' });
    });
  });

  describe('where the mail server knows a repeat for what it is', () => {
    const DAY_MS = 86_400_000;
    const known = (ambiguous: 'resend' | 'never' = 'resend') =>
      store().mailsUnder({ ambiguous, harmlessForMs: DAY_MS });
    const claimKnown = async (content: string, ambiguous?: 'resend' | 'never') =>
      known(ambiguous).claim(KEY, { dueAt: SENT_AT, messageId: '<m1@example.com>', content: Buffer.from(content) });
    const hoursPass = (hours: number) =>
      store().rows(sql`
        update reminders set updated_at = updated_at - ${hours} * interval '1 hour',
          unknown_since = unknown_since - ${hours} * interval '1 hour'`);

    /** As often as it is claimed and lost. */
    async function lose(times: number, ambiguous?: 'resend' | 'never'): Promise<void> {
      for (let lost = 0; lost < times; lost += 1) {
        const claimed = await claimKnown(`text ${lost}`, ambiguous);
        await known().startSending((claimed as { token: string }).token);
      }
    }

    it.each(['resend', 'never'] as const)(
      'it is sent again as it was, as often as it is lost, and not flagged: %s',
      async (ambiguous) => {
        await lose(4, ambiguous);

        const claimed = await claimKnown('another text', ambiguous);

        expect(claimed).toMatchObject({ state: 'free', mail: Buffer.from('text 0') });
        await known().startSending((claimed as { token: string }).token);
        await known().markSent((claimed as { token: string }).token, SENT_AT);
        expect(await claimKnown('')).toEqual({ state: 'sent', sentAt: SENT_AT, possibleDuplicate: false });
      },
    );

    it('it stays the same mail while a repeat is put off', async () => {
      await lose(1);
      const claimed = await claimKnown('another text');
      await known().startSending((claimed as { token: string }).token);
      await known().release((claimed as { token: string }).token, 'answer 429');

      expect(await claimKnown('yet another text')).toMatchObject({ state: 'free', mail: Buffer.from('text 0') });
    });

    it('it may be another one again when no attempt is left of which nobody knows', async () => {
      const claimed = await claimKnown('text');
      await known().startSending((claimed as { token: string }).token);
      await known().release((claimed as { token: string }).token, 'answer 429');

      expect(await claimKnown('another text')).toMatchObject({ state: 'free', mail: Buffer.from('another text') });
    });

    it('a day after the first attempt it is sent once more and flagged, and then no more', async () => {
      await lose(2);
      await hoursPass(23);
      expect(await claimKnown('')).toMatchObject({ state: 'free' });
      await hoursPass(2);

      const claimed = await claimKnown('');

      expect(claimed).toMatchObject({ state: 'ambiguous', mail: Buffer.from('text 0') });
      await known().startSending((claimed as { token: string }).token);
      expect(await claimKnown('')).toEqual({ state: 'uncertain' });
    });

    it('a day after the first attempt it is given up, where a lost mail is never sent again', async () => {
      await lose(1);
      await hoursPass(25);

      expect(await claimKnown('', 'never')).toEqual({ state: 'uncertain' });
    });
  });

  describe('a mail of a booking that was made twice', () => {
    const [first, second] = [{ uid: 'a-first' }, { uid: 'b-second' }];
    const isLeft = (booking: BookingKey, key: Partial<MailKey> = {}) =>
      store().mails.isLeftToTwin({ ...KEY, ...key, booking });

    async function stands({ uid }: BookingKey, facts: Partial<Pick<BookingRecord, 'status' | 'isOver'>> = {}) {
      const booking = aBooking({ uid, startsAt: KEY.startsAt, twin: 'the-same-submit' });
      await store().bookings.record({
        booking,
        revision: 1,
        status: 'scheduled',
        report: {},
        state: {},
        isOver: false,
        decided: [],
        ...facts,
      });
    }

    it('is left to the one with the lower uid, while that one stands', async () => {
      await stands(first);
      await stands(second);

      expect(await Promise.all([isLeft(first), isLeft(second)])).toEqual([false, true]);
    });

    it.each([{ status: 'cancelled' }, { status: 'superseded', isOver: true }, { status: 'completed', isOver: true }])(
      'is its own once the other is %j',
      async (facts) => {
        await stands(first, facts);
        await stands(second);

        expect(await isLeft(second)).toBe(false);
      },
    );

    it('is not sent once more when the other has sent it before it was called off', async () => {
      await stands(first, { status: 'cancelled' });
      await stands(second);
      const claimed = await claim('Dear Tobias', { booking: first });
      if (!('token' in claimed)) throw new Error('It is not free');
      await store().mails.startSending(claimed.token);

      expect(await isLeft(second, { recipient: KEY.recipient.toUpperCase() })).toBe(true);
      expect(await isLeft(second, { step: 'reminder/2h' })).toBe(false);
      expect(await isLeft(second, { recipient: 'guest@example.com' })).toBe(false);
    });

    it('has no twin where nothing says so', async () => {
      await stands(first);

      expect(await isLeft({ uid: 'unheard-of' })).toBe(false);
    });
  });
});
