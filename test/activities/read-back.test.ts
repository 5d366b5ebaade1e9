import { ApplicationFailure } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger, type LogEntry } from '@temporalio/worker';
import { describe, expect, it } from 'vitest';
import { createReadBack, type ReadBackAnswer, type ReadBackRequest } from '../../src/activities/read-back.ts';
import type { BookingKey } from '../../src/booking.ts';
import { CalcomRefused, CalcomUnavailable } from '../../src/calcom/api.ts';
import { aCurrent, createFakeCalcom, down, type FakeCalcom } from '../calcom/a-current-booking.ts';
import { aBooking, DAY_MS, earlier, HOUR_MS, later, MINUTE_MS } from '../support/a-booking.ts';
import { aKept, createKeptInbox, type KeptFacts } from './kept-bookings.ts';

const BOOKING = aBooking();
const { uid } = BOOKING;
const [TOBIAS] = BOOKING.attendees;
/** Two hours before the call; the last that was heard of it is two days old. */
const NOW = earlier(BOOKING.startsAt, 2 * HOUR_MS);
const CHANGED_AT = earlier(NOW, HOUR_MS);

interface Story {
  calcom?: FakeCalcom;
  kept?: KeptFacts;
  now?: () => string;
  attempt?: number;
}

function aRequest(facts: Partial<ReadBackRequest> = {}): ReadBackRequest {
  return { booking: BOOKING, recipient: TOBIAS, deadline: BOOKING.startsAt, ...facts };
}

function createStory({ calcom = createFakeCalcom(), kept, now = () => NOW, attempt = 1 }: Story = {}) {
  const inbox = createKeptInbox();
  const verified: BookingKey[] = [];
  const logged: LogEntry[] = [];
  const logger = new DefaultLogger('INFO', (entry) => logged.push(entry));
  const readBack = createReadBack({
    api: calcom,
    inbox,
    findings: {
      kept: async () => [aKept(BOOKING, { verifiedAt: new Date(earlier(NOW, 2 * DAY_MS)), ...kept })],
      async markVerified(keys, at) {
        expect(at).toEqual(new Date(now()));
        verified.push(...keys);
      },
    },
    trustForMs: DAY_MS,
    now: () => Date.parse(now()),
  });
  return {
    calcom,
    inbox,
    verified,
    logged: () => logged.map(({ level, message, meta }) => ({ level, message, ...meta })),
    ask: (request: Partial<ReadBackRequest> = {}) =>
      new MockActivityEnvironment({ attempt }, { logger }).run(readBack, aRequest(request)) as Promise<ReadBackAnswer>,
  };
}

function knowing(...current: Parameters<FakeCalcom['put']>): FakeCalcom {
  const calcom = createFakeCalcom();
  calcom.put(...current);
  return calcom;
}

function failing(error: Error): FakeCalcom {
  const calcom = knowing(aCurrent());
  calcom.onFind = () => {
    throw error;
  };
  return calcom;
}

async function failureOf(asking: Promise<unknown>): Promise<ApplicationFailure> {
  const error = await asking.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return ApplicationFailure.fromError(error);
}

describe('a booking that stands as it is known', () => {
  it('has its mail sent, and is noted as verified', async () => {
    const { ask, verified, inbox, calcom } = createStory({ calcom: knowing(aCurrent()) });

    expect(await ask()).toEqual({ outcome: 'stands', booking: BOOKING, recipient: TOBIAS });

    expect(calcom.asked).toEqual([`find ${uid}`]);
    expect(verified).toEqual([{ uid }]);
    expect(inbox.deliveries).toEqual([]);
  });

  it("has the link, the host and the recipient's time zone of now in its mail", async () => {
    const joinUrl = 'https://meet.google.com/new-link';
    const organizer = { name: 'Ines Duarte', email: 'ines.duarte@example.com' };
    const recipient = { ...TOBIAS, timeZone: 'Asia/Tokyo' };
    const current = aCurrent({ updatedAt: CHANGED_AT }, { joinUrl, organizer, attendees: [recipient] });
    const { ask, inbox } = createStory({ calcom: knowing(current) });

    expect(await ask()).toEqual({ outcome: 'stands', booking: { ...BOOKING, joinUrl, organizer }, recipient });
    expect(inbox.deliveries).toEqual([]);
  });

  it('keeps the link that Cal.com does not tell, and loses it to a place without one', async () => {
    const { joinUrl: _joinUrl, ...without } = BOOKING;
    const [unknown, elsewhere] = [without, { ...without, location: 'Sveavägen 1' }].map(async (booking) => {
      const { ask } = createStory({ calcom: knowing(aCurrent({ bookings: [booking] })) });
      const answer = await ask();
      return answer.outcome === 'stands' ? [answer.booking.joinUrl, answer.booking.location] : answer;
    });

    expect(await unknown).toEqual([BOOKING.joinUrl, undefined]);
    expect(await elsewhere).toEqual([undefined, 'Sveavägen 1']);
  });

  it('is one seat that is still taken, wherever the others have moved to', async () => {
    const booking = aBooking({ seat: '0a1b' });
    const calcom = knowing(aCurrent({ replacedBy: 'next', bookings: [booking] }));
    const { ask } = createStory({ calcom });

    expect(await ask({ booking })).toMatchObject({ outcome: 'stands' });
    expect(calcom.asked).toEqual([`find ${uid}`]);
  });

  it('is sent to the address as it was known, however Cal.com spells it', async () => {
    const attendees = [{ ...TOBIAS, email: TOBIAS.email.toUpperCase() }] as const;
    const { ask } = createStory({ calcom: knowing(aCurrent({}, { attendees: [...attendees] })) });

    expect(await ask()).toMatchObject({ outcome: 'stands', recipient: { email: TOBIAS.email } });
  });
});

describe('a booking that does not stand as it is known', () => {
  it.each([
    ['cancelled', aCurrent({ status: 'cancelled', updatedAt: CHANGED_AT }), { kind: 'cancelled' }],
    ['rejected', aCurrent({ status: 'rejected', updatedAt: CHANGED_AT }), { kind: 'rejected' }],
    ['not accepted yet', aCurrent({ status: 'pending', updatedAt: CHANGED_AT }), { kind: 'cancelled' }],
    [
      'at another time',
      aCurrent({ updatedAt: CHANGED_AT }, { startsAt: later(BOOKING.startsAt, HOUR_MS) }),
      { kind: 'confirmed', booking: { startsAt: later(BOOKING.startsAt, HOUR_MS) } },
    ],
  ])('has its mail held, and the run is told: %s', async (_what, current, event) => {
    const { ask, inbox, verified } = createStory({ calcom: knowing(current) });

    expect(await ask()).toEqual({ outcome: 'held' });

    expect(inbox.deliveries).toMatchObject([{ source: 'api', event: { occurredAt: CHANGED_AT, ...event } }]);
    expect(inbox.deliveries[0]?.body).not.toMatch(/tobias|mara|discovery/i);
    expect(verified).toEqual([]);
  });

  it('is called off when Cal.com knows it no more', async () => {
    const { ask, inbox } = createStory();

    expect(await ask()).toEqual({ outcome: 'held' });
    expect(inbox.deliveries).toMatchObject([{ event: { kind: 'cancelled', occurredAt: NOW } }]);
  });

  it('gives way to the one that stands in its place now', async () => {
    const calcom = knowing(
      aCurrent({ status: 'cancelled', replacedBy: 'b' }),
      aCurrent({ status: 'cancelled', replacedBy: 'c' }, { uid: 'b' }),
      aCurrent({}, { uid: 'c' }),
    );
    const { ask, inbox } = createStory({ calcom });

    expect(await ask()).toEqual({ outcome: 'held' });
    expect(inbox.deliveries).toMatchObject([
      { event: { kind: 'rescheduled', booking: { uid: 'c' }, replaced: { uid } } },
    ]);
  });

  it('has its mail neither sent nor held while nobody knows what it was moved to', async () => {
    const calcom = knowing(aCurrent({ status: 'cancelled', replacedBy: 'b' }));
    calcom.onFind = (asked) => (asked === 'b' ? down() : undefined);
    const { ask, inbox } = createStory({ calcom, kept: { verifiedAt: new Date(NOW) } });

    const failure = await failureOf(ask());

    expect(failure).toMatchObject({ type: 'booking_unverified', nonRetryable: false });
    expect(inbox.deliveries).toEqual([]);
  });

  it('comes after what it contradicts, and is one delivery however often it is found', async () => {
    const toldAt = new Date(NOW);
    const calcom = knowing(aCurrent({ status: 'cancelled', updatedAt: CHANGED_AT }));
    const { ask, inbox } = createStory({ calcom, kept: { toldAt } });

    await ask();
    await ask();

    expect(inbox.deliveries.map(({ event }) => event.occurredAt)).toEqual([later(NOW, 1)]);
  });

  it('is one seat that is taken no more, whatever the others do', async () => {
    const booking = aBooking({ seat: '0a1b' });
    const { ask, inbox } = createStory({ calcom: knowing(aCurrent({}, { seat: '2c3d' })) });

    expect(await ask({ booking })).toEqual({ outcome: 'held' });
    expect(inbox.deliveries).toMatchObject([{ event: { kind: 'cancelled', booking: { uid, seat: '0a1b' } } }]);
  });
});

describe('a recipient who is listed no more, of a booking that stands', () => {
  const guest = { name: 'A guest', email: 'guest@example.com' };
  const calcom = knowing(aCurrent({ updatedAt: CHANGED_AT }));

  it('gets no mail, and the run learns who is', async () => {
    const { ask, inbox } = createStory({ calcom });
    const booking = aBooking({ attendees: [TOBIAS, guest] });

    const failure = await failureOf(ask({ booking, recipient: guest }));

    expect(failure).toMatchObject({ type: 'no_longer_listed', nonRetryable: true });
    expect(inbox.deliveries).toMatchObject([{ event: { kind: 'updated', booking: { attendees: [TOBIAS] } } }]);
  });

  it('does not keep the mail from the others', async () => {
    const { ask } = createStory({ calcom });

    expect(await ask({ booking: aBooking({ attendees: [TOBIAS, guest] }) })).toMatchObject({ outcome: 'stands' });
  });
});

describe("while Cal.com's API does not answer", () => {
  const away = new CalcomUnavailable('answered 503');

  it.each<[string, KeptFacts]>([
    ['a delivery', { lastReceivedAt: new Date(earlier(NOW, 23 * HOUR_MS)) }],
    ['an answer', { verifiedAt: new Date(earlier(NOW, 23 * HOUR_MS)) }],
  ])('the mail leaves on what is known, if %s of the last day has told of the booking', async (_what, kept) => {
    const { ask, verified, logged } = createStory({ calcom: failing(away), kept });

    expect(await ask()).toEqual({ outcome: 'stands', booking: BOOKING, recipient: TOBIAS });
    expect(verified).toEqual([]);
    expect(logged()).toMatchObject([{ level: 'WARN', bookingUid: uid }]);
  });

  it('a mail for which that is older is tried again, ever less often', async () => {
    const pauses = await Promise.all(
      [1, 2, 5, 20].map(async (attempt) => {
        const failure = await failureOf(createStory({ calcom: failing(away), attempt }).ask());
        expect(failure).toMatchObject({ type: 'booking_unverified', nonRetryable: false });
        return failure.nextRetryDelay;
      }),
    );

    expect(pauses).toEqual([1_000, 2_000, 16_000, 240_000]);
  });

  it('it is given the pause that it asks for', async () => {
    const calcom = failing(new CalcomUnavailable('answered 429', { retryAfterMs: 90_000 }));

    expect((await failureOf(createStory({ calcom }).ask())).nextRetryDelay).toBe(90_000);
  });

  it('the last attempt comes just before the deadline, and says that it was the last', async () => {
    const deadline = later(NOW, 10_000);
    const early = createStory({ calcom: failing(away), attempt: 20 });
    const late = createStory({ calcom: failing(away), now: () => later(NOW, 8_000) });

    expect((await failureOf(early.ask({ deadline }))).nextRetryDelay).toBe(8_000);
    expect(await failureOf(late.ask({ deadline }))).toMatchObject({ type: 'booking_unverified', nonRetryable: true });
  });
});

describe('when Cal.com refuses the key', () => {
  const refused = new CalcomRefused('Cal.com does not accept the API key');

  it('it is treated as if it did not answer', async () => {
    const kept = { verifiedAt: new Date(NOW) };

    expect(await createStory({ calcom: failing(refused), kept }).ask()).toMatchObject({ outcome: 'stands' });
    expect(await failureOf(createStory({ calcom: failing(refused) }).ask())).toMatchObject({
      type: 'booking_unverified',
      nonRetryable: false,
    });
  });

  it('the operator is told, once an hour', async () => {
    let now = NOW;
    const { ask, logged } = createStory({ calcom: failing(refused), now: () => now });

    for (const afterMs of [0, MINUTE_MS, 59 * MINUTE_MS, 60 * MINUTE_MS]) {
      now = later(NOW, afterMs);
      await failureOf(ask());
    }

    const alerts = logged().filter(({ level }) => level === 'ERROR');
    expect(alerts).toMatchObject([{ alert: 'calcom_refuses' }, { alert: 'calcom_refuses' }]);
  });
});

describe('what is no word of Cal.com’s', () => {
  it('fails as what it is', async () => {
    const failure = await failureOf(createStory({ calcom: failing(new TypeError('a bug')) }).ask());

    expect(failure.type).toBe('TypeError');
  });
});

describe('a booking whose uid we made, because Cal.com gave none', () => {
  it('is not asked for: Cal.com does not know it', async () => {
    const story = createStory();
    const booking = { ...BOOKING, uid: 'e05aeb8ff550e160e9cf9aec171edb05' };

    expect(await story.ask({ booking })).toEqual({ outcome: 'stands', booking, recipient: TOBIAS });
    expect(story.inbox.deliveries).toEqual([]);
  });
});
