import { sql } from 'drizzle-orm';
import { expect, it } from 'vitest';
import type { MailEvent } from '../../src/store/mail-events.ts';
import { aBooking } from '../support/a-booking.ts';
import { describeStores } from './support.ts';

const booking = aBooking();
const AT = '2026-12-02T15:01:00.000Z';
const MESSAGE_ID = '<0123abcd@calls.example.com>';

let events = 0;

function anEvent(facts: Partial<MailEvent> = {}): MailEvent {
  events += 1;
  return {
    id: `event-${events}`,
    type: 'hard_bounce',
    person: 'a-keyed-name',
    address: 'tobias.okafor@example.com',
    messageId: MESSAGE_ID,
    at: AT,
    ...facts,
  };
}

describeStores('an event of a mail', (store) => {
  /** @returns the token of a mail that is on the wire. */
  async function onTheWire(messageId = MESSAGE_ID, step = 'reminder/24h'): Promise<string> {
    const claim = await store().mails.claim(
      { booking, startsAt: booking.startsAt, step, recipient: 'tobias.okafor@example.com' },
      { dueAt: AT, messageId, content: Buffer.from('Dear Tobias') },
    );
    const { token } = claim as { token: string };
    await store().mails.startSending(token);
    return token;
  }

  const sent = async (messageId?: string, step?: string) =>
    store().mails.markSent(await onTheWire(messageId, step), '2026-12-02T15:00:00.000Z');
  const mails = () => store().rows(sql`select step, state, reason, last_error from reminders order by step`);
  const reason = (person = 'a-keyed-name') => store().suppressions.reasonFor(person, booking);

  it.each([
    ['hard_bounce', 'bounced'],
    ['complaint', 'complained'],
  ] as const)('that is a %s is noted at its mail, and ends all mails to the address', async (type, said) => {
    await sent();
    await sent('<0123abce@calls.example.com>', 'reminder/2h');

    const noted = await store().mailEvents.note(anEvent({ type }));

    expect(noted).toEqual({ repeated: false, mail: { bookingUid: booking.uid, step: 'reminder/24h' } });
    expect(await mails()).toEqual([
      { step: 'reminder/24h', state: 'sent', reason: said, last_error: null },
      { step: 'reminder/2h', state: 'sent', reason: null, last_error: null },
    ]);
    expect(await Promise.all([reason('another'), reason()])).toEqual([undefined, type]);
    expect(await store().suppressions.list()).toMatchObject([{ address: 'tobias.okafor@example.com', at: AT }]);
  });

  it('that is a soft bounce is noted only', async () => {
    await sent();

    await store().mailEvents.note(anEvent({ type: 'soft_bounce' }));

    expect(await mails()).toMatchObject([{ state: 'sent', reason: null, last_error: 'soft bounce' }]);
    expect(await reason()).toBeUndefined();
  });

  it.each(['0123abcd', '<0123abcd@eu-west-1.amazonses.com>', '0123abcd@calls.example.com'])(
    'finds its mail by %s',
    async (messageId) => {
      await sent();

      expect(await store().mailEvents.note(anEvent({ messageId }))).toMatchObject({ mail: { step: 'reminder/24h' } });
    },
  );

  it.each(['<0123@calls.example.com>', '%', '', '<another@calls.example.com>'])(
    'with another Message-ID finds none, and counts all the same: %j',
    async (messageId) => {
      await sent();

      expect(await store().mailEvents.note(anEvent({ messageId }))).toEqual({ repeated: false });
      expect(await mails()).toMatchObject([{ reason: null }]);
      expect(await reason()).toBe('hard_bounce');
    },
  );

  it('that is told before the mail server’s answer has been noted is kept beside it', async () => {
    const token = await onTheWire();
    await store().mailEvents.note(anEvent());

    await store().mails.markSent(token, AT);

    expect(await mails()).toMatchObject([{ state: 'sent', reason: 'bounced' }]);
  });

  it('leaves a mail as it is that has failed for good', async () => {
    await store().mails.markFailed(await onTheWire(), 'mail_refused');

    await store().mailEvents.note(anEvent());

    expect(await mails()).toMatchObject([{ state: 'failed', reason: 'mail_refused' }]);
  });

  it('that is repeated counts once: not again after the operator has lifted it', async () => {
    const event = anEvent();
    await store().mailEvents.note(event);
    await store().suppressions.lift('a-keyed-name');

    expect(await store().mailEvents.note(event)).toEqual({ repeated: true });
    expect(await reason()).toBeUndefined();
  });

  it('counts once of many that come at once', async () => {
    const event = anEvent();

    const noted = await Promise.all([1, 2, 3, 4].map(() => store().mailEvents.note(event)));

    expect(noted.filter(({ repeated }) => !repeated)).toHaveLength(1);
  });

  it('is kept without the address', async () => {
    await store().mailEvents.note(anEvent());

    expect(JSON.stringify(await store().rows(sql`select * from mail_events`))).not.toContain('tobias');
  });
});
