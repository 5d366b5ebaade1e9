import { describe, expect, it } from 'vitest';
import type { MailOutcome } from '../../src/activities/mail-sender.ts';
import {
  createNoticeActivities,
  type NoticeActivitiesOptions,
  type NoticeRequest,
} from '../../src/activities/notices.ts';
import type { Booking } from '../../src/booking.ts';
import { MailRefused, MailUndelivered, type OutgoingMail } from '../../src/email/mail-transport.ts';
import type { StoredBooking } from '../../src/store/bookings.ts';
import { aBooking, DAY_MS, earlier, later, MINUTE_MS } from '../support/a-booking.ts';
import { createMailParts } from '../support/mail-parts.ts';
import { anAttempt } from './an-attempt.ts';
import { createKeptMails } from './kept-mails.ts';

const OWNER = { name: 'Olga', email: 'owner@example.com' };
const BOOKING = aBooking();
const NOW = Date.parse(earlier(BOOKING.startsAt, 60 * MINUTE_MS));

function aRequest(template: string, facts: Partial<NoticeRequest> = {}): NoticeRequest {
  return { booking: BOOKING, step: `notice/${template}`, template, deadline: BOOKING.startsAt, ...facts };
}

function toBooker(template: string, facts: Partial<NoticeRequest> = {}): NoticeRequest {
  return aRequest(template, { recipient: (facts.booking ?? BOOKING).attendees[0], heard: [], ...facts });
}

/** No news, and no series, but for what the story is about. */
function anInbox(facts: Partial<NoticeActivitiesOptions['inbox']> = {}): NoticeActivitiesOptions['inbox'] {
  return {
    hasUnheardNews: async () => false,
    tellAgain: async () => 0,
    callsBookedWith: async () => [],
    callsCalledOffWith: async () => [],
    ...facts,
  };
}

/** A mail server that takes everything, until told otherwise. */
function notices(facts: Partial<NoticeActivitiesOptions> = {}) {
  const sent: OutgoingMail[] = [];
  let onSend = () => {};
  const handOver = (mail: OutgoingMail, content: Buffer) => ({
    content,
    ready: async () => undefined,
    async send() {
      onSend();
      sent.push(mail);
    },
  });
  const activities = createNoticeActivities({
    ...createMailParts(),
    inbox: anInbox(),
    mails: createKeptMails(),
    bookings: { find: async () => undefined, isBookedAgain: async () => false },
    owner: OWNER,
    clock: { now: () => NOW, waitUntil: async () => undefined },
    messageIdOf: ({ booking, step, recipient }) => `<${booking.uid}/${step}/${recipient}>`,
    transport: {
      prepare: async (mail) => handOver(mail, Buffer.from(JSON.stringify(mail))),
      resume: (content) => handOver(JSON.parse(content.toString()), content),
    },
    ...facts,
  });
  const tell = (request: NoticeRequest): Promise<MailOutcome> => anAttempt().run(() => activities.sendNotice(request));
  return { sent, tell, whenSent: (what: () => void) => (onSend = what) };
}

describe('a notice', () => {
  it('to the host goes to the owner, in the time zone of whoever holds the call', async () => {
    const { tell, sent } = notices();

    expect(await tell(aRequest('move-rejected'))).toEqual({ outcome: 'sent', sentAt: new Date(NOW).toISOString() });
    expect(sent).toMatchObject([
      { to: OWNER, messageId: '<zcioSE6n51cbpobbEprooE/notice/move-rejected/owner@example.com>' },
    ]);
    expect(sent[0]!.subject).toMatch(/not accepted/i);
    expect(sent[0]!.text).toMatch(/Europe\/Stockholm/);
  });

  it('to the host goes to the organizer where no owner is named, and nowhere where there is no address', async () => {
    const { tell, sent } = notices({ owner: undefined });

    await tell(aRequest('host-booked'));
    expect(sent.map(({ to }) => to.email)).toEqual(['mara.lindqvist@example.com']);

    const booking = aBooking({ organizer: { name: 'Mara' } });
    expect(await tell(aRequest('host-booked', { booking }))).toEqual({ outcome: 'skipped', reason: 'no_host_address' });
  });

  it('to the host holds no link of an attendee, and is sent whatever news is on its way', async () => {
    const inbox = anInbox({ hasUnheardNews: async () => true, tellAgain: async () => 1 });
    const { tell, sent } = notices({ inbox });

    expect(await tell(aRequest('host-cancelled'))).toMatchObject({ outcome: 'sent' });
    expect(sent[0]).not.toHaveProperty('unsubscribeUrl');
    expect(`${sent[0]!.text}${sent[0]!.html}`).not.toMatch(/precall\.example\.com/);
  });

  it('to an attendee is held by unheard news', async () => {
    const inbox = anInbox({ hasUnheardNews: async () => true, tellAgain: async () => 1 });
    const { tell, sent } = notices({ inbox });

    expect(await tell(toBooker('moved'))).toEqual({ outcome: 'held' });
    expect(sent).toEqual([]);
  });

  it('goes out once, however often it is asked for', async () => {
    const { tell, sent } = notices();

    const first = await tell(toBooker('cancelled'));
    expect(await tell(toBooker('cancelled'))).toEqual(first);
    expect(sent).toHaveLength(1);
  });

  it('is tried again after a failure that may pass, and not after a refusal', async () => {
    const { tell, sent, whenSent } = notices();
    whenSent(() => {
      throw new MailUndelivered('connection refused');
    });
    await expect(tell(toBooker('cancelled'))).rejects.toThrow(MailUndelivered);
    whenSent(() => {});
    expect(await tell(toBooker('cancelled'))).toMatchObject({ outcome: 'sent' });
    expect(sent).toHaveLength(1);

    const refused = notices();
    refused.whenSent(() => {
      throw new MailRefused(550);
    });
    await expect(refused.tell(toBooker('cancelled'))).rejects.toMatchObject({
      type: 'mail_refused',
      nonRetryable: true,
    });
  });

  it('is not sent to who wants no mail', async () => {
    const { tell, sent } = notices({ suppressions: { reasonFor: async () => 'unsubscribed' } });

    expect(await tell(toBooker('cancelled'))).toEqual({ outcome: 'skipped', reason: 'unsubscribed' });
    expect(sent).toEqual([]);
  });
});

describe('the notice that a call has moved', () => {
  const replaced = { uid: 'the-old-one' };
  const told = async (startsAt: string | undefined) => {
    const { tell, sent } = notices({
      bookings: {
        find: async ({ uid }) =>
          uid === replaced.uid && startsAt ? ({ startsAt: new Date(startsAt) } as StoredBooking) : undefined,
        isBookedAgain: async () => false,
      },
    });
    await tell(toBooker('moved', { replaced }));
    return sent[0]!.text;
  };

  it('says when it was to be before, where that is known', async () => {
    const before = await told('2026-11-27T20:10:00.000Z');

    expect(before).toContain('27 November');
    expect(await told(undefined)).not.toContain('27 November');
    expect(await told(BOOKING.startsAt)).toBe(await told(undefined));
  });
});

describe('the notice that a call is cancelled', () => {
  const pages = { move: 'https://cal.example.com/reschedule/1', bookAgain: 'https://cal.example.com/mara/intro' };
  const calendarEntry = { uid: 'entry', sequence: 3 };

  it('says why, and where to book again', async () => {
    const { tell, sent } = notices();

    await tell(toBooker('cancelled', { booking: aBooking({ pages }), reason: 'I have a cold.' }));

    expect(sent[0]!.text).toContain('I have a cold.');
    expect(sent[0]!.text).toContain(pages.bookAgain);
    expect(sent[0]!.text).not.toMatch(/precall\.example\.com\/(confirm|move|cancel|calendar)\//);
  });

  it('leads to where another time is chosen, if the host asks for one', async () => {
    const { tell, sent } = notices();

    await tell(toBooker('cancelled', { booking: aBooking({ pages }), isToBeMoved: true }));

    expect(sent[0]!.text).toContain(pages.move);
  });

  it('takes the entry out of the calendar, with a number above the one it had', async () => {
    const { tell, sent } = notices();

    await tell(toBooker('cancelled', { booking: aBooking({ calendarEntry }), withCalendarFile: true }));

    expect(sent[0]!.calendar?.method).toBe('CANCEL');
    expect(sent[0]!.calendar?.content).toMatch(/SEQUENCE:4\r\n/);
  });
});

describe('the mail to a booker who has missed the call', () => {
  it('is left out once they have booked again', async () => {
    const asked: string[] = [];
    const { tell, sent } = notices({
      bookings: {
        find: async () => undefined,
        async isBookedAgain({ uid }) {
          asked.push(uid);
          return true;
        },
      },
    });
    const deadline = later(BOOKING.endsAt, 60 * MINUTE_MS);

    expect(await tell(toBooker('no-show', { deadline }))).toEqual({ outcome: 'skipped', reason: 'booked_again' });
    expect(asked).toEqual([BOOKING.uid]);
    expect(sent).toEqual([]);
  });
});

describe('the notice that a call is booked', () => {
  it('tells the host who will be there', async () => {
    const parts = createMailParts();
    const { tell, sent } = notices(parts);

    await tell(aRequest('host-booked', { acknowledgedBy: [parts.personOf('tobias.okafor@example.com')] }));
    const unconfirmed = notices(parts);
    await unconfirmed.tell(aRequest('host-booked'));

    expect(sent[0]!.text).not.toBe(unconfirmed.sent[0]!.text);
  });
});

describe('a series of calls', () => {
  const call = (week: number) =>
    aBooking({ uid: `week-${week}`, startsAt: later(BOOKING.startsAt, 7 * week * DAY_MS), series: 'series-1' });
  const calls = (...weeks: number[]) => weeks.map(call).map(({ uid, startsAt }) => ({ uid, startsAt }));
  const bookedAtOnce = (...weeks: number[]) => anInbox({ callsBookedWith: async () => calls(...weeks) });
  const calledOffAtOnce = (...weeks: number[]) => anInbox({ callsCalledOffWith: async () => calls(...weeks) });
  const TOLD_WITH_SERIES = { outcome: 'skipped', reason: 'told_with_series' };

  it('is told to the host with its first call when it is booked, and all of them by their dates', async () => {
    const { tell, sent } = notices({ inbox: bookedAtOnce(0, 1, 2) });

    expect(await tell(aRequest('host-booked', { booking: call(0) }))).toMatchObject({ outcome: 'sent' });
    for (const week of [1, 2]) {
      expect(await tell(aRequest('host-booked', { booking: call(week) }))).toEqual(TOLD_WITH_SERIES);
    }

    expect(sent).toHaveLength(1);
    expect(sent[0]!.text).toMatch(/All calls of this series\n(- \w+, \d+ December 2026, 16:00\n){3}/);
    for (const day of ['3 December', '10 December', '17 December']) expect(sent[0]!.html).toContain(day);
  });

  it.each([
    ['the host', '16:00', (week: number) => aRequest('host-cancelled', { booking: call(week) })],
    ['the booker', '09:00', (week: number) => toBooker('cancelled', { booking: call(week) })],
  ])(
    'is told to %s with its first call when it is cancelled, and all of them by their dates',
    async (_, time, requestFor) => {
      const { tell, sent } = notices({ inbox: calledOffAtOnce(0, 1, 2) });

      expect(await tell(requestFor(1))).toEqual(TOLD_WITH_SERIES);
      expect(await tell(requestFor(0))).toMatchObject({ outcome: 'sent' });
      expect(await tell(requestFor(2))).toEqual(TOLD_WITH_SERIES);

      expect(sent).toHaveLength(1);
      expect(sent[0]!.subject).toContain('and later calls');
      expect(sent[0]!.text).toMatch(
        new RegExp(`All calls that are cancelled\\n(- \\w+, \\d+ December 2026, ${time}\\n){3}`),
      );
    },
  );

  it('is told with the first call of which the booker wants to hear', async () => {
    const reasonFor = async (_: string, { uid }: { uid: string }) => (uid === 'week-0' ? 'unsubscribed' : undefined);
    const { tell, sent } = notices({ inbox: calledOffAtOnce(0, 1, 2), suppressions: { reasonFor } });
    const outcomeOf = (week: number) => tell(toBooker('cancelled', { booking: call(week) }));

    expect(await outcomeOf(0)).toEqual({ outcome: 'skipped', reason: 'unsubscribed' });
    expect(await outcomeOf(2)).toEqual(TOLD_WITH_SERIES);
    expect(await outcomeOf(1)).toMatchObject({ outcome: 'sent' });
    expect(sent.map(({ text }) => text.match(/^- .+$/gm))).toEqual([
      ['- Thursday, 10 December 2026, 09:00', '- Thursday, 17 December 2026, 09:00'],
    ]);
  });

  it('of which only this one is known, or not even that, is told like a call that stands alone', async () => {
    for (const weeks of [[0], [1, 2], []]) {
      const booked = notices({ inbox: bookedAtOnce(...weeks) });
      expect(await booked.tell(aRequest('host-booked', { booking: call(0) }))).toMatchObject({ outcome: 'sent' });
      const calledOff = notices({ inbox: calledOffAtOnce(...weeks) });
      expect(await calledOff.tell(toBooker('cancelled', { booking: call(0) }))).toMatchObject({ outcome: 'sent' });

      for (const { text } of [...booked.sent, ...calledOff.sent]) expect(text).not.toContain('All calls');
    }
  });

  it('is told call by call when they are moved, to guests, with calendar entries, and when bookings are confirmed', async () => {
    const inbox = anInbox({
      callsBookedWith: async () => calls(0, 1),
      callsCalledOffWith: async () => calls(0, 1),
    });
    const { tell, sent } = notices({ inbox });
    const booking = call(1);
    const guest = { name: 'Grace', email: 'grace@example.com' };
    const withGuest: Booking = { ...booking, attendees: [booking.attendees[0], guest] };

    for (const request of [
      aRequest('host-moved', { booking }),
      toBooker('moved', { booking }),
      toBooker('confirmation', { booking }),
      toBooker('cancelled', { booking: withGuest, recipient: guest }),
      toBooker('cancelled', { booking, withCalendarFile: true }),
    ]) {
      expect(await tell(request)).toMatchObject({ outcome: 'sent' });
    }
    for (const { text } of sent) expect(text).not.toContain('All calls');
  });
});
