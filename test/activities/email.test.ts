import { ApplicationFailure, CancelledFailure } from '@temporalio/activity';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createEmailActivities, type ReminderRequest } from '../../src/activities/email.ts';
import type { Clock, MailOutcome } from '../../src/activities/mail-sender.ts';
import type { ReadBack } from '../../src/activities/read-back.ts';
import { MailRefused, type MailTransport, MailUndelivered, type OutgoingMail } from '../../src/email/mail-transport.ts';
import { messageIdOf } from '../../src/email/message-id.ts';
import { createLinks, type LinkClaims } from '../../src/link.ts';
import type { Inbox } from '../../src/store/inbox.ts';
import type { Mails } from '../../src/store/mails.ts';
import { StoreUnavailable } from '../../src/store/store-unavailable.ts';
import { aBooking, DAY_MS, earlier, HOUR_MS, MINUTE_MS } from '../support/a-booking.ts';
import { createMailParts, INSTALLATION_KEY, PUBLIC_URL } from '../support/mail-parts.ts';
import { withResolvers } from '../support/with-resolvers.ts';
import { anAttempt } from './an-attempt.ts';
import { createKeptMails, type KeptMails } from './kept-mails.ts';

const BOOKING = aBooking();
const START = Date.parse(BOOKING.startsAt);
const parts = createMailParts();

function aRequest(facts: Partial<ReminderRequest> = {}): ReminderRequest {
  const booking = facts.booking ?? BOOKING;
  return {
    booking,
    recipient: booking.attendees[0],
    step: 'reminder/24h',
    offsetMs: 24 * HOUR_MS,
    template: '24h',
    dueAt: earlier(booking.startsAt, 24 * HOUR_MS),
    deadline: '2099-01-01T00:00:00.000Z',
    heard: [],
    ...facts,
  };
}

interface Post {
  mails: OutgoingMail[];
  /** The same, as they went over the wire. */
  wire: string[];
  transport: Pick<MailTransport, 'prepare' | 'resume'>;
}

/** A mail server that takes everything, unless told otherwise. A mail on its wire is JSON. */
function createPost(onMail: (mail: OutgoingMail) => Promise<void> | void = () => undefined): Post {
  const mails: OutgoingMail[] = [];
  const wire: string[] = [];
  const resume = (content: Buffer, to: string) => ({
    content,
    ready: async () => undefined,
    async send() {
      const mail = JSON.parse(String(content)) as OutgoingMail;
      expect(mail.to.email).toBe(to);
      await onMail(mail);
      mails.push(mail);
      wire.push(String(content));
    },
  });
  return {
    mails,
    wire,
    transport: {
      prepare: async (mail) => resume(Buffer.from(JSON.stringify(mail)), mail.to.email),
      resume,
    },
  };
}

type Guard = Pick<Inbox, 'hasUnheardNews' | 'tellAgain'>;

/** An inbox that holds these events of every booking. */
function anInbox(...ids: string[]): Guard & { toldAgain: string[] } {
  const toldAgain: string[] = [];
  const unheard = (heard: readonly string[]) => ids.filter((id) => !heard.includes(id));
  return {
    toldAgain,
    hasUnheardNews: async (_booking, heard) => unheard(heard).length > 0,
    tellAgain: async (_booking, heard) => toldAgain.push(...unheard(heard)),
  };
}

/** A clock that stands at `now`, until somebody waits for a later instant. */
function clockAt(now: number): Clock & { waitedFor: number[] } {
  const clock = {
    waitedFor: [] as number[],
    now: () => now,
    async waitUntil(at: number) {
      clock.waitedFor.push(at);
      now = Math.max(now, at);
    },
  };
  return clock;
}

function send(
  post: Post,
  request: ReminderRequest,
  options: Partial<Parameters<typeof createEmailActivities>[0]> = {},
  env = anAttempt(),
): Promise<MailOutcome> {
  const { sendReminder } = createEmailActivities({
    ...parts,
    transport: post.transport,
    inbox: anInbox(),
    mails: createKeptMails(),
    messageIdOf: ({ booking, offsetMs, recipient }) =>
      messageIdOf({
        key: 'installation-key',
        domain: 'example.com',
        booking,
        startsAt: booking.startsAt,
        offsetMs,
        recipient: recipient.email,
      }),
    ...options,
  });
  return env.run(sendReminder, request) as Promise<MailOutcome>;
}

/** What a send that went out says of it. */
async function sentBy(sending: Promise<MailOutcome>): Promise<Extract<MailOutcome, { outcome: 'sent' }>> {
  const result = await sending;
  return result.outcome === 'sent' ? result : expect.fail('was held');
}

async function failureOf(promise: Promise<unknown>): Promise<ApplicationFailure> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return ApplicationFailure.fromError(error);
}

describe('a reminder', () => {
  it('leaves at its due instant, to the recipient, saying how far away the call is then', async () => {
    const post = createPost();
    const clock = clockAt(START - 24 * HOUR_MS - 20_000);

    const sent = await send(post, aRequest(), { clock });

    expect(clock.waitedFor).toEqual([START - 24 * HOUR_MS]);
    expect(sent).toEqual({ outcome: 'sent', sentAt: '2026-12-02T15:00:00.000Z' });
    expect(post.mails).toMatchObject([
      {
        to: { name: 'Tobias Okafor', email: 'tobias.okafor@example.com' },
        date: '2026-12-02T15:00:00.000Z',
        subject: 'Your call tomorrow at 09:00: Discovery call',
        text: expect.stringContaining('Thursday, 3 December 2026'),
        html: expect.stringContaining('https://meet.google.com/kxw-qpyd-ruv'),
      },
    ]);
  });

  it('that leaves late says how far away the call really is', async () => {
    const post = createPost();

    const sent = await sentBy(send(post, aRequest(), { clock: clockAt(START - 12 * MINUTE_MS) }));

    expect(sent.sentAt).toBe('2026-12-03T14:48:00.000Z');
    expect(post.mails[0]?.subject).toBe('Your call in 12 minutes: Discovery call');
    expect(post.mails[0]?.text).not.toContain('tomorrow');
  });

  it('is not mailed before it is due', async () => {
    const post = createPost();
    const { promise: due, resolve: dueNow } = withResolvers();
    const clock: Clock = { now: () => START, waitUntil: () => due };

    const sending = send(post, aRequest(), { clock });
    await new Promise(setImmediate);
    expect(post.mails).toEqual([]);
    dueNow();
    await sending;

    expect(post.mails).toHaveLength(1);
  });

  it('is answered to the organizer, to whom the settings say, or to nobody in particular', async () => {
    const answersTo = async (request: ReminderRequest, options = {}) => {
      const post = createPost();
      await send(post, request, { clock: clockAt(START), ...options });
      return post.mails[0]?.replyTo;
    };

    expect(await answersTo(aRequest())).toEqual({ name: 'Mara Lindqvist', email: 'mara.lindqvist@example.com' });
    const replyTo = { name: 'Office', email: 'office@example.com' };
    expect(await answersTo(aRequest(), { replyTo })).toEqual(replyTo);
    expect(await answersTo(aRequest({ booking: aBooking({ organizer: { name: 'Mara' } }) }))).toBeUndefined();
  });

  it('has one Message-ID however often it is sent, and another for another start, step or recipient', async () => {
    const post = createPost();
    const guest = { name: 'A guest', email: 'guest@example.com' };
    const requests = [
      aRequest(),
      aRequest({ recipient: guest }),
      aRequest({ offsetMs: 2 * HOUR_MS }),
      aRequest({ booking: aBooking({ startsAt: '2026-12-04T15:00:00.000Z' }) }),
      aRequest({ booking: aBooking({ seat: '0a1b' }) }),
    ];

    for (const request of [...requests, ...requests]) await send(post, request, { clock: clockAt(START) });

    const ids = post.mails.map(({ messageId }) => messageId);
    expect(ids.slice(0, 5)).toEqual(ids.slice(5));
    expect(new Set(ids).size).toBe(5);
    for (const id of ids) expect(id).toMatch(/^<[0-9a-f]{40}@example\.com>$/);
  });
});

describe('a mail', () => {
  it('is claimed before the wait, and put on the wire after it', async () => {
    const mails = createKeptMails();
    const { promise: due, resolve: dueNow } = withResolvers();
    const clock: Clock = { now: () => START, waitUntil: () => due };
    const sending = send(createPost(), aRequest(), { clock, mails });
    await new Promise(setImmediate);
    expect(mails.log).toEqual(['claimed']);

    dueNow();
    await sending;

    expect(mails.log).toEqual(['claimed', 'sending', 'sent']);
    expect(mails.keys).toEqual([
      {
        booking: { uid: BOOKING.uid },
        startsAt: BOOKING.startsAt,
        step: 'reminder/24h',
        recipient: 'tobias.okafor@example.com',
      },
    ]);
  });

  it('is that of one seat, where there are seats', async () => {
    const mails = createKeptMails();

    await send(createPost(), aRequest({ booking: aBooking({ seat: '0a1b' }) }), { clock: clockAt(START), mails });

    expect(mails.keys[0]?.booking).toEqual({ uid: BOOKING.uid, seat: '0a1b' });
  });

  it('that has been sent is not sent again, and tells at once when it was', async () => {
    const post = createPost();
    const mails = createKeptMails();
    const clock = clockAt(START - 25 * HOUR_MS);
    const first = await send(post, aRequest(), { clock, mails });

    const again = clockAt(START - 25 * HOUR_MS);
    expect(await send(post, aRequest(), { clock: again, mails })).toEqual(first);
    expect(again.waitedFor).toEqual([]);
    expect(post.mails).toHaveLength(1);
  });

  it('that has failed for good is not tried again', async () => {
    const mails = createKeptMails();
    const refusing = createPost(() => Promise.reject(new MailRefused(550)));
    await failureOf(send(refusing, aRequest(), { clock: clockAt(START), mails }));
    const post = createPost();

    const failure = await failureOf(send(post, aRequest(), { clock: clockAt(START), mails }));

    expect(failure).toMatchObject({ type: 'mail_refused', nonRetryable: true });
    expect(post.mails).toEqual([]);
  });

  it('that a later attempt has taken over is left to that one', async () => {
    const post = createPost();
    const mails = createKeptMails();
    const { promise: due, resolve: dueNow } = withResolvers();
    const slow = failureOf(send(post, aRequest(), { clock: { now: () => START, waitUntil: () => due }, mails }));
    await new Promise(setImmediate);
    await send(post, aRequest(), { clock: clockAt(START), mails });

    dueNow();

    expect(await slow).toMatchObject({ type: 'taken_over' });
    expect((await slow).nonRetryable).toBeFalsy();
    expect(post.mails).toHaveLength(1);
  });

  it('is not sent while it cannot be claimed, or put down as on the wire', async () => {
    const down = () => Promise.reject(new StoreUnavailable('connection refused'));
    for (const fault of [{ claim: down }, { startSending: down }] satisfies Partial<Mails>[]) {
      const post = createPost();
      const mails: Mails = { ...createKeptMails(), ...fault };

      const failure = await failureOf(send(post, aRequest(), { clock: clockAt(START), mails }));

      expect(failure.type).toBe('StoreUnavailable');
      expect(failure.nonRetryable).toBeFalsy();
      expect(post.mails).toEqual([]);
    }
  });
});

describe('directly before it leaves, a reminder', () => {
  it('is not sent any more if its time has passed: a worker that was frozen wakes up late', async () => {
    const post = createPost();
    const mails = createKeptMails();

    const failure = await failureOf(
      send(post, aRequest({ deadline: BOOKING.startsAt }), { clock: clockAt(START), mails }),
    );

    expect(failure.type).toBe('too_late');
    expect(post.mails).toEqual([]);
  });

  it('asks for news that the run has not heard, when its instant has come and not before', async () => {
    const order: string[] = [];
    const mails = createKeptMails();
    const clock: Clock = { now: () => START, waitUntil: async () => void order.push('due') };
    const asked: unknown[] = [];
    const inbox: Guard = {
      ...anInbox(),
      async hasUnheardNews(...question) {
        order.push('asked', ...mails.log);
        asked.push(question);
        return false;
      },
    };

    await send(createPost(), aRequest({ heard: ['a'] }), { clock, inbox, mails });

    expect(order).toEqual(['due', 'asked', 'claimed']);
    expect(asked).toEqual([[{ uid: BOOKING.uid }, ['a']]]);
  });

  it('is held by unheard news, which is told again, and nothing has been on the wire', async () => {
    const post = createPost();
    const mails = createKeptMails();
    const inbox = anInbox('cancelled', 'moved');

    const result = await send(post, aRequest({ heard: ['moved'] }), { clock: clockAt(START), inbox, mails });

    expect(result).toEqual({ outcome: 'held' });
    expect(inbox.toldAgain).toEqual(['cancelled']);
    expect(mails.log).toEqual(['claimed']);
    expect(post.mails).toEqual([]);
  });

  it('leaves when the run has heard it all, also after it was held', async () => {
    const post = createPost();
    const mails = createKeptMails();
    const inbox = anInbox('moved');
    await send(post, aRequest(), { clock: clockAt(START), inbox, mails });

    const result = await send(post, aRequest({ heard: ['moved'] }), { clock: clockAt(START), inbox, mails });

    expect(result).toEqual({ outcome: 'sent', sentAt: BOOKING.startsAt });
    expect(post.mails).toHaveLength(1);
  });

  it.each(['hasUnheardNews', 'tellAgain'] as const)(
    'never leaves unguarded, if %s cannot be answered',
    async (question) => {
      const post = createPost();
      const inbox: Guard = {
        ...anInbox('cancelled'),
        [question]: () => Promise.reject(new StoreUnavailable('connection refused')),
      };

      const failure = await failureOf(send(post, aRequest(), { clock: clockAt(START), inbox }));

      expect(failure.type).toBe('StoreUnavailable');
      expect(failure.nonRetryable).toBeFalsy();
      expect(post.mails).toEqual([]);
    },
  );
});

describe('where Cal.com can be asked, a reminder', () => {
  const stands: ReadBack = async ({ booking, recipient }) => ({ outcome: 'stands', booking, recipient });
  const joinUrl = 'https://meet.google.com/new-link';
  const elsewhere: ReadBack = async ({ booking, recipient }) => ({
    outcome: 'stands',
    booking: { ...booking, joinUrl },
    recipient: { ...recipient, timeZone: 'Asia/Tokyo' },
  });

  it('is asked about when its instant has come, before the inbox is', async () => {
    const order: string[] = [];
    const mails = createKeptMails();
    const clock: Clock = { now: () => START, waitUntil: async () => void order.push('due') };
    const readBack: ReadBack = (request) => {
      order.push('read back', ...mails.log);
      return stands(request);
    };
    const inbox: Guard = { ...anInbox(), hasUnheardNews: async () => order.push('asked the inbox') < 0 };

    await send(createPost(), aRequest(), { clock, inbox, mails, readBack });

    expect(order).toEqual(['due', 'read back', 'claimed', 'asked the inbox']);
    expect(mails.log).toEqual(['claimed', 'sending', 'sent']);
  });

  it('is asked about with the time that it may take', async () => {
    const requests: unknown[] = [];
    const readBack: ReadBack = (request) => {
      requests.push(request);
      return stands(request);
    };

    await send(createPost(), aRequest(), { clock: clockAt(START), readBack });

    expect(requests).toMatchObject([
      { booking: BOOKING, recipient: BOOKING.attendees[0], deadline: aRequest().deadline },
    ]);
  });

  it('is written anew, as the same mail, if Cal.com knows another link or time zone', async () => {
    const post = createPost();
    const mails = createKeptMails();

    await send(post, aRequest(), { clock: clockAt(START - 24 * HOUR_MS), mails, readBack: elsewhere });

    expect(post.mails).toMatchObject([
      { to: { email: 'tobias.okafor@example.com' }, html: expect.stringContaining(joinUrl) },
    ]);
    expect(post.mails[0]?.text).toContain('Friday, 4 December 2026');
    expect(mails.log).toEqual(['claimed', 'claimed', 'sending', 'sent']);
    expect(new Set(mails.keys.map((key) => JSON.stringify(key))).size).toBe(1);
  });

  it('is held if the call does not take place as it is known, and nothing has been on the wire', async () => {
    const post = createPost();
    const mails = createKeptMails();

    const result = await send(post, aRequest(), {
      clock: clockAt(START),
      mails,
      readBack: async () => ({ outcome: 'held' }),
    });

    expect(result).toEqual({ outcome: 'held' });
    expect(mails.log).toEqual(['claimed']);
    expect(post.mails).toEqual([]);
  });

  it('is held by unheard news all the same', async () => {
    const post = createPost();

    const result = await send(post, aRequest(), {
      clock: clockAt(START),
      inbox: anInbox('cancelled'),
      readBack: elsewhere,
    });

    expect(result).toEqual({ outcome: 'held' });
    expect(post.mails).toEqual([]);
  });

  it('is not sent while nobody knows whether the call still takes place', async () => {
    const post = createPost();
    const mails = createKeptMails();
    const unverified = ApplicationFailure.create({ type: 'booking_unverified', message: 'It does not answer' });

    const failure = await failureOf(
      send(post, aRequest(), { clock: clockAt(START), mails, readBack: () => Promise.reject(unverified) }),
    );

    expect(failure).toMatchObject({ type: 'booking_unverified', nonRetryable: false });
    expect(mails.log).toEqual(['claimed']);
    expect(post.mails).toEqual([]);
  });

  it('that the mail server may have taken is sent again as it was, whatever has changed since', async () => {
    const mails = createKeptMails();
    const lost = createPost(() => Promise.reject(new MailUndelivered('connection lost', undefined, true)));
    await failureOf(send(lost, aRequest(), { clock: clockAt(START), mails, readBack: stands }));
    const post = createPost();

    const result = await send(post, aRequest(), { clock: clockAt(START), mails, readBack: elsewhere });

    expect(result).toMatchObject({ outcome: 'sent', possibleDuplicate: true });
    expect(post.wire[0]).not.toContain(joinUrl);
  });

  it('is left to a later attempt that has taken it over while it was written anew', async () => {
    const post = createPost();
    const mails = createKeptMails();
    const readBack: ReadBack = async (request) => {
      await send(post, aRequest(), { clock: clockAt(START), mails });
      return elsewhere(request);
    };

    const failure = await failureOf(send(post, aRequest(), { clock: clockAt(START), mails, readBack }));

    expect(failure.type).toBe('taken_over');
    expect(post.mails).toHaveLength(1);
  });
});

describe('who wants no mail', () => {
  it.each([
    ['hard_bounce', 'bounced'],
    ['complaint', 'complained'],
    ['unsubscribed', 'unsubscribed'],
  ] as const)('gets none, and nothing has been on the wire: %s', async (suppressed, reason) => {
    const post = createPost();
    const mails = createKeptMails();
    const asked: unknown[] = [];
    const suppressions = {
      async reasonFor(...about: unknown[]) {
        asked.push(about);
        return suppressed;
      },
    };

    const result = await send(post, aRequest(), { clock: clockAt(START), mails, suppressions });

    expect(result).toEqual({ outcome: 'skipped', reason });
    expect(asked).toEqual([[parts.personOf('tobias.okafor@example.com'), { uid: BOOKING.uid }]]);
    expect(mails.log).toEqual(['claimed', `skipped: ${reason}`]);
    expect(post.mails).toEqual([]);
  });

  it('is asked about when its instant has come, after the inbox', async () => {
    const order: string[] = [];
    const clock: Clock = { now: () => START, waitUntil: async () => void order.push('due') };
    const inbox: Guard = {
      ...anInbox(),
      async hasUnheardNews() {
        order.push('inbox');
        return false;
      },
    };
    const suppressions = {
      async reasonFor() {
        order.push('suppressions');
        return undefined;
      },
    };

    await send(createPost(), aRequest(), { clock, inbox, suppressions });

    expect(order).toEqual(['due', 'inbox', 'suppressions']);
  });

  it('never gets one unguarded, if that cannot be answered', async () => {
    const post = createPost();
    const suppressions = { reasonFor: () => Promise.reject(new StoreUnavailable('connection refused')) };

    const failure = await failureOf(send(post, aRequest(), { clock: clockAt(START), suppressions }));

    expect(failure.type).toBe('StoreUnavailable');
    expect(post.mails).toEqual([]);
  });
});

describe('who has said that they will be there', () => {
  const person = parts.personOf('Tobias.Okafor@example.com');

  it('gets no reminder that only asks for it', async () => {
    const post = createPost();
    const asking = aRequest({ unconfirmedOnly: true });
    const mails = createKeptMails();

    const result = await send(post, { ...asking, acknowledgedBy: [person] }, { clock: clockAt(START), mails });
    expect(result).toEqual({ outcome: 'skipped', reason: 'confirmed_by_attendee' });
    expect(mails.log).toEqual(['claimed', 'skipped: confirmed_by_attendee']);
    expect(post.mails).toEqual([]);

    const other = parts.personOf('somebody.else@example.com');
    await send(post, { ...asking, acknowledgedBy: [other] }, { clock: clockAt(START) });
    expect(post.mails).toHaveLength(1);
  });

  it('gets any other, without being asked again', async () => {
    const post = createPost();

    await send(post, aRequest({ acknowledgedBy: [person] }), { clock: clockAt(START) });

    expect(post.mails).toHaveLength(1);
    expect(post.mails[0]?.text).not.toContain(`${PUBLIC_URL}/confirm/`);
  });
});

describe('the links of a reminder', () => {
  const pages = { move: 'https://cal.example.com/reschedule/1', cancel: 'https://cal.example.com/booking/1' };
  const END = Date.parse(BOOKING.endsAt);

  async function linksOf(request: ReminderRequest) {
    const post = createPost();
    const asked: LinkClaims[] = [];
    const links = createLinks({ installationKey: INSTALLATION_KEY, publicUrl: PUBLIC_URL });
    await send(post, request, {
      clock: clockAt(START),
      links: {
        ...links,
        urlOf(claims) {
          asked.push(claims);
          return links.urlOf(claims);
        },
      },
    });
    return { asked, mail: post.mails[0]! };
  }

  it("are the recipient's own, in the language of the mail, good for a month after the call", async () => {
    const recipient = { name: 'Gretel', email: 'gretel@example.com', locale: 'de-AT' };
    const booking = aBooking({ pages, calendarEntry: { uid: 'entry', sequence: 1 } });

    const { asked } = await linksOf(aRequest({ booking, recipient }));

    const claims = { booking: { uid: BOOKING.uid }, person: parts.personOf('gretel@example.com'), language: 'de' };
    const whileItStands = (['confirm', 'cancel', 'move', 'calendar'] as const).map((purpose) => ({
      ...claims,
      purpose,
      expiresAt: END + 30 * DAY_MS,
    }));
    expect(asked).toHaveLength(5);
    expect(asked).toEqual(
      expect.arrayContaining([...whileItStands, { ...claims, purpose: 'unsubscribe', expiresAt: END + 365 * DAY_MS }]),
    );
  });

  it('end nowhere: what cannot be moved or written into a calendar has none for it', async () => {
    const { asked } = await linksOf(aRequest());

    expect(asked.map(({ purpose }) => purpose)).not.toContain('move');
    expect(asked.map(({ purpose }) => purpose)).not.toContain('calendar');
  });

  it('end such mails with one click', async () => {
    const { mail } = await linksOf(aRequest());

    expect(mail.unsubscribeUrl).toMatch(new RegExp(`^${PUBLIC_URL}/unsubscribe/[\\w-]+$`));
    expect(mail.text).toContain(mail.unsubscribeUrl);
  });
});

describe('the calendar entry', () => {
  const booking = aBooking({ calendarEntry: { uid: 'entry@cal.example.com', sequence: 3 } });

  async function entryOf(request: ReminderRequest) {
    const post = createPost();
    await send(post, request, { clock: clockAt(START) });
    return post.mails[0]?.calendar;
  }

  it('is attached where the plan asks for it and its name is known', async () => {
    const entry = await entryOf(aRequest({ booking, calendarFile: true }));

    expect(entry?.method).toBe('PUBLISH');
    expect(entry?.content).toMatch(/UID:entry@cal\.example\.com\r\n.*SEQUENCE:3\r\n/s);
    expect(await entryOf(aRequest({ booking }))).toBeUndefined();
    expect(await entryOf(aRequest({ calendarFile: true }))).toBeUndefined();
  });
});

describe('where only so many mails may leave in a second, a reminder', () => {
  it('waits for its turn before it is looked at once more', async () => {
    const order: string[] = [];
    const post = createPost();
    const inbox: Guard = {
      ...anInbox(),
      async hasUnheardNews() {
        order.push('asked');
        return false;
      },
    };
    const transport = {
      ...post.transport,
      resume: (content: Buffer, to: string) => ({
        ...post.transport.resume(content, to),
        ready: async () => void order.push('turn'),
      }),
    };

    await send(post, aRequest(), { clock: clockAt(START), inbox, transport });

    expect(order).toEqual(['turn', 'asked']);
  });
});

describe('a mail that the server may have taken without saying so', () => {
  const lost = new MailUndelivered('connection lost', undefined, true);

  async function onceLost(trouble: Error = lost): Promise<{ mails: KeptMails; lostOnes: OutgoingMail[] }> {
    const mails = createKeptMails();
    const lostOnes: OutgoingMail[] = [];
    const post = createPost((mail) => {
      lostOnes.push(mail);
      throw trouble;
    });
    const failure = await failureOf(send(post, aRequest(), { clock: clockAt(START - 24 * HOUR_MS), mails }));
    expect(failure.type).toBe(trouble.name);
    expect(failure.nonRetryable).toBeFalsy();
    return { mails, lostOnes };
  }

  it.each([lost, new TypeError('something else')])('stays noted as on the wire: %s', async (trouble) => {
    const { mails } = await onceLost(trouble);

    expect(mails.log).toEqual(['claimed', 'sending']);
  });

  it('is sent once more, byte for byte the same, and flagged', async () => {
    const { mails, lostOnes } = await onceLost();
    const post = createPost();

    const result = await send(post, aRequest(), { clock: clockAt(START - 12 * MINUTE_MS), mails });

    expect(result).toEqual({ outcome: 'sent', sentAt: '2026-12-03T14:48:00.000Z', possibleDuplicate: true });
    expect(post.wire).toEqual([JSON.stringify(lostOnes[0])]);
    expect(await send(post, aRequest(), { clock: clockAt(START), mails })).toEqual(result);
    expect(post.mails).toHaveLength(1);
  });

  it('is held by unheard news like any other', async () => {
    const { mails } = await onceLost();
    const post = createPost();

    const result = await send(post, aRequest(), { clock: clockAt(START), mails, inbox: anInbox('cancelled') });

    expect(result).toEqual({ outcome: 'held' });
    expect(post.mails).toEqual([]);
  });

  it('twice is not sent a third time', async () => {
    const { mails } = await onceLost();
    await failureOf(
      send(
        createPost(() => Promise.reject(lost)),
        aRequest(),
        { clock: clockAt(START), mails },
      ),
    );
    const post = createPost();

    const failure = await failureOf(send(post, aRequest(), { clock: clockAt(START), mails }));

    expect(failure).toMatchObject({ type: 'delivery_uncertain', nonRetryable: true });
    expect(post.mails).toEqual([]);
  });

  it('is not said to have been tried twice where the operator lets it be tried once only', async () => {
    const mails: Mails = { ...createKeptMails(), claim: async () => ({ state: 'uncertain' }) };

    const failure = await failureOf(send(createPost(), aRequest(), { clock: clockAt(START), mails }));

    expect(failure.message).toBe('The mail server may have taken this mail and did not say so: it is not sent again');
  });

  it('may be tried again, as the very same, for as long as the repeat has certainly not been taken', async () => {
    const { mails, lostOnes } = await onceLost();
    const away = createPost(() => Promise.reject(new MailUndelivered('connection refused')));
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      await failureOf(send(away, aRequest(), { clock: clockAt(START), mails }));
    }
    const post = createPost();

    const result = await send(post, aRequest(), { clock: clockAt(START), mails });

    expect(result).toMatchObject({ outcome: 'sent', possibleDuplicate: true });
    expect(post.wire).toEqual([JSON.stringify(lostOnes[0])]);
  });
});

describe('a mail that the server refuses', () => {
  it.each([
    [new MailRefused(550), 'mail_refused'],
    [new MailRefused(), 'mail_refused'],
    [new MailRefused(undefined, 'transport_changed'), 'transport_changed'],
  ])('is given up for good: %s', async (refusal, reason) => {
    const post = createPost(() => Promise.reject(refusal));
    const mails = createKeptMails();

    const failure = await failureOf(send(post, aRequest(), { clock: clockAt(START), mails }));

    expect(mails.log).toEqual(['claimed', 'sending', `failed: ${reason}`]);
    expect(failure).toMatchObject({ type: reason, nonRetryable: true, message: refusal.message });
    expect(JSON.stringify([failure, failure.message, failure.stack])).not.toContain('tobias');
  });
});

describe('a mail of a call that the same person has booked twice', () => {
  it('is left to the other booking, once its instant has come', async () => {
    const post = createPost();
    const mails = { ...createKeptMails(), isLeftToTwin: async () => true };

    const result = await send(post, aRequest(), { clock: clockAt(START), mails });

    expect(result).toEqual({ outcome: 'skipped', reason: 'left_to_twin' });
    expect(post.mails).toEqual([]);
    expect(mails.log).toEqual(['claimed', 'skipped: left_to_twin']);
  });
});

describe('a mail without an address that it could be sent to', () => {
  it('is given up for good, and never claimed', async () => {
    const mails = createKeptMails();
    const post = createPost();
    const transport = { ...post.transport, prepare: () => Promise.reject(new MailRefused()) };

    const failure = await failureOf(send(post, aRequest(), { clock: clockAt(START), mails, transport }));

    expect(failure).toMatchObject({ type: 'mail_refused', nonRetryable: true });
    expect(mails.log).toEqual([]);
  });
});

describe('a mail that cannot be delivered now', () => {
  it.each([new MailUndelivered('connection refused'), new MailUndelivered('answer 451', 451)])(
    'is tried again: %s',
    async (trouble) => {
      const post = createPost(() => Promise.reject(trouble));
      const mails = createKeptMails();

      const failure = await failureOf(send(post, aRequest(), { clock: clockAt(START), mails }));

      expect(mails.log).toEqual(['claimed', 'sending', `released: ${trouble.reason}`]);
      expect(failure).toMatchObject({ type: 'MailUndelivered', message: trouble.message });
      expect(failure.nonRetryable).toBeFalsy();
      expect(JSON.stringify([failure, failure.message, failure.stack])).not.toContain('tobias');
    },
  );
});

describe('a send that takes long', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  function sendingFor(ms: number, end: () => void = () => undefined) {
    const env = anAttempt();
    let beats = 0;
    env.on('heartbeat', () => {
      beats += 1;
    });
    const post = createPost(() => new Promise<void>((resolve) => setTimeout(resolve, ms)).then(end));
    return { ended: failureOf(send(post, aRequest(), { clock: clockAt(START) }, env)), beats: () => beats };
  }

  it('shows that its worker is alive, and stops when it is through', async () => {
    const { ended, beats } = sendingFor(31_000);

    await vi.advanceTimersByTimeAsync(30_000);
    expect(beats()).toBeGreaterThanOrEqual(2);
    await vi.advanceTimersByTimeAsync(1_000);
    await ended;
    const atTheEnd = beats();
    await vi.advanceTimersByTimeAsync(60_000);

    expect(beats()).toBe(atTheEnd);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('stops showing it when it fails', async () => {
    const { ended, beats } = sendingFor(6_000, () => {
      throw new MailUndelivered('time-out');
    });

    await vi.advanceTimersByTimeAsync(7_000);

    expect((await ended).type).toBe('MailUndelivered');
    expect(beats()).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('when the store goes away while a mail is on the wire', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  const down = () => Promise.reject(new StoreUnavailable('connection refused'));

  /** Rows that cannot be written from the moment the mail is on the wire, for so long. */
  function mailsAwayFor(ms: number): KeptMails {
    const mails = createKeptMails();
    let backAt = Number.POSITIVE_INFINITY;
    const unlessAway =
      <Args extends unknown[]>(write: (...args: Args) => Promise<void>) =>
      (...args: Args) =>
        performance.now() < backAt ? down() : write(...args);
    return {
      ...mails,
      async startSending(token) {
        backAt = performance.now() + ms;
        return mails.startSending(token);
      },
      markSent: unlessAway(mails.markSent),
      release: unlessAway(mails.release),
      markFailed: unlessAway(mails.markFailed),
      markSkipped: unlessAway(mails.markSkipped),
    };
  }

  it.each([
    ['sent', undefined, 'sent'],
    ['not taken', new MailUndelivered('answer 451', 451), 'released: answer 451'],
    ['refused', new MailRefused(550), 'failed: mail_refused'],
  ])('that it was %s is written down when it is back', async (_what, trouble, written) => {
    const mails = mailsAwayFor(15_000);
    const post = createPost(() => (trouble ? Promise.reject(trouble) : undefined));
    const ended = send(post, aRequest(), { clock: clockAt(START), mails }).catch((error: unknown) => error);

    await vi.advanceTimersByTimeAsync(18_000);
    await ended;

    expect(mails.log).toEqual(['claimed', 'sending', written]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('a mail that was sent is reported as sent, also if the store never comes back', async () => {
    const env = anAttempt();
    let beats = 0;
    env.on('heartbeat', () => {
      beats += 1;
    });
    const post = createPost();
    const sending = send(post, aRequest(), { clock: clockAt(START), mails: mailsAwayFor(3_600_000) }, env);

    await vi.advanceTimersByTimeAsync(25_000);

    expect(await sending).toEqual({ outcome: 'sent', sentAt: BOOKING.startsAt });
    expect(post.mails).toHaveLength(1);
    expect(beats).toBeGreaterThanOrEqual(3);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('by the wall clock', () => {
  it('a reminder leaves on time, and never a moment early', async () => {
    const post = createPost();

    for (const waitMs of [1, 20, 150]) {
      const dueAt = Date.now() + waitMs;
      const { sentAt } = await sentBy(send(post, aRequest({ dueAt: new Date(dueAt).toISOString() })));
      const latenessMs = Date.parse(sentAt) - dueAt;
      expect(latenessMs).toBeGreaterThanOrEqual(0);
      expect(latenessMs).toBeLessThan(2_000);
    }
  });

  it('a reminder that is overdue leaves at once', async () => {
    const post = createPost();
    const before = Date.now();

    await send(post, aRequest({ dueAt: '2020-01-01T00:00:00.000Z' }));

    expect(post.mails).toHaveLength(1);
    expect(Date.now() - before).toBeLessThan(2_000);
  });

  it('a reminder that is withdrawn while it waits is not mailed', async () => {
    const post = createPost();
    const mails = createKeptMails();
    const env = anAttempt();

    const sending = send(post, aRequest({ dueAt: new Date(Date.now() + 60_000).toISOString() }), { mails }, env);
    setTimeout(() => env.cancel(), 20);

    await expect(sending).rejects.toBeInstanceOf(CancelledFailure);
    expect(post.mails).toEqual([]);
    expect(mails.log).toEqual(['claimed']);
  });
});
