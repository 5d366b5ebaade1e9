import { ApplicationFailure, CancelledFailure } from '@temporalio/activity';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type Clock,
  createEmailActivities,
  type ReminderRequest,
  type ReminderSent,
} from '../../src/activities/email.ts';
import { MailRefused, type MailTransport, MailUndelivered, type OutgoingMail } from '../../src/email/mail-transport.ts';
import { messageIdOf } from '../../src/email/message-id.ts';
import { createReminderRenderer } from '../../src/email/reminder-renderer.ts';
import { aBooking, earlier, HOUR_MS, MINUTE_MS } from '../support/a-booking.ts';
import { anAttempt } from './an-attempt.ts';

const BOOKING = aBooking();
const START = Date.parse(BOOKING.startsAt);
const renderer = createReminderRenderer({ templatesDir: 'templates', fallbackTimeZone: 'UTC' });

function aRequest(facts: Partial<ReminderRequest> = {}): ReminderRequest {
  const booking = facts.booking ?? BOOKING;
  return {
    booking,
    recipient: booking.attendees[0],
    offsetMs: 24 * HOUR_MS,
    template: '24h',
    dueAt: earlier(booking.startsAt, 24 * HOUR_MS),
    ...facts,
  };
}

interface Post {
  mails: OutgoingMail[];
  transport: Pick<MailTransport, 'prepare'>;
}

/** A mail server that takes everything, unless told otherwise. */
function createPost(onMail: (mail: OutgoingMail) => Promise<void> | void = () => undefined): Post {
  const mails: OutgoingMail[] = [];
  return {
    mails,
    transport: {
      prepare: async (mail) => ({
        async send() {
          await onMail(mail);
          mails.push(mail);
        },
      }),
    },
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
): Promise<ReminderSent> {
  const { sendReminder } = createEmailActivities({
    renderer,
    transport: post.transport,
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
  return env.run(sendReminder, request) as Promise<ReminderSent>;
}

function withResolvers() {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((resolvePromise) => {
    resolve = resolvePromise;
  });
  return { promise, resolve };
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
    expect(sent).toEqual({ sentAt: '2026-12-02T15:00:00.000Z' });
    expect(post.mails).toMatchObject([
      {
        to: { name: 'Tobias Okafor', email: 'tobias.okafor@example.com' },
        date: new Date('2026-12-02T15:00:00.000Z'),
        subject: 'Your call tomorrow at 09:00: Discovery call',
        text: expect.stringContaining('Thursday, 3 December 2026'),
        html: expect.stringContaining('https://meet.google.com/kxw-qpyd-ruv'),
      },
    ]);
  });

  it('that leaves late says how far away the call really is', async () => {
    const post = createPost();

    const sent = await send(post, aRequest(), { clock: clockAt(START - 12 * MINUTE_MS) });

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

describe('a mail that the server refuses', () => {
  it.each([new MailRefused(550), new MailRefused()])('is given up for good: %s', async (refusal) => {
    const post = createPost(() => Promise.reject(refusal));

    const failure = await failureOf(send(post, aRequest(), { clock: clockAt(START) }));

    expect(failure).toMatchObject({ type: 'mail_refused', nonRetryable: true, message: refusal.message });
    expect(JSON.stringify([failure, failure.message, failure.stack])).not.toContain('tobias');
  });
});

describe('a mail that cannot be delivered now', () => {
  it.each([new MailUndelivered('connection refused'), new MailUndelivered('answer 451', 451)])(
    'is tried again: %s',
    async (trouble) => {
      const post = createPost(() => Promise.reject(trouble));

      const failure = await failureOf(send(post, aRequest(), { clock: clockAt(START) }));

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

describe('by the wall clock', () => {
  it('a reminder leaves on time, and never a moment early', async () => {
    const post = createPost();

    for (const waitMs of [1, 20, 150]) {
      const dueAt = Date.now() + waitMs;
      const { sentAt } = await send(post, aRequest({ dueAt: new Date(dueAt).toISOString() }));
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
    const env = anAttempt();

    const sending = send(post, aRequest({ dueAt: new Date(Date.now() + 60_000).toISOString() }), {}, env);
    setTimeout(() => env.cancel(), 20);

    await expect(sending).rejects.toBeInstanceOf(CancelledFailure);
    expect(post.mails).toEqual([]);
  });
});
