import getPort from 'get-port';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Booking } from '../../src/booking.ts';
import { type CalcomApi, CalcomRefused, CalcomUnavailable } from '../../src/calcom/api.ts';
import { createCalcomApi } from '../../src/calcom/create-api.ts';
import { readDelivery } from '../../src/calcom/read-delivery.ts';
import {
  type CalcomSandbox,
  edgeAnswer,
  errorAnswer,
  type FaultAction,
  rateLimited,
  type SandboxBooking,
  startCalcomSandbox,
} from '../../src/dev/calcom-sandbox/sandbox.ts';
import { createdBody } from '../../src/dev/calcom-sandbox/webhook-bodies.ts';
import { INSTALLATION_KEY } from './support.ts';

const PATIENCE_MS = 1_000;
const DAY_MS = 24 * 60 * 60_000;
const ADA = { name: 'Ada Moreau', email: 'ada.moreau@example.com' };
const BRUNO = { name: 'Bruno Keller', email: 'Bruno.Keller@example.com', timeZone: 'Europe/Berlin' };

let sandbox: CalcomSandbox;
let api: CalcomApi;
beforeEach(async () => {
  sandbox = await startCalcomSandbox();
  api = apiWith();
});
afterEach(() => sandbox.stop());

function apiWith(options: { apiKey?: string; baseUrl?: string } = {}): CalcomApi {
  const { apiKey = sandbox.apiKey, baseUrl = sandbox.url } = options;
  return createCalcomApi({ apiKey, baseUrl, installationKey: INSTALLATION_KEY, patienceMs: PATIENCE_MS });
}

function inDays(days: number): Date {
  return new Date(Date.now() + days * DAY_MS);
}

async function aBooking(order: { days?: number; guests?: (typeof BRUNO)[] } = {}): Promise<SandboxBooking> {
  const { days = 3, guests = [] } = order;
  return (await sandbox.book({ startsAt: inDays(days), attendee: ADA, guests })).booking;
}

/** The next request is answered with this. */
function answerWith(body: unknown, status = 200): void {
  const headers = { 'content-type': 'application/json' };
  sandbox.fail({ action: { answer: { status, body, headers } } });
}

/** An entry of Cal.com's as the sandbox has it, with other fields; one that is undefined is left out. */
async function entryOf(uid: string, fields: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
  const headers = { authorization: `Bearer ${sandbox.apiKey}`, 'cal-api-version': '2024-08-13' };
  const response = await fetch(`${sandbox.url}/v2/bookings/${uid}`, { headers });
  const { data } = (await response.json()) as { data: Record<string, unknown> };
  return { ...data, ...fields };
}

/** What the webhooks' reader makes of the same booking, but for what the API of a Cal.com of one's own does not tell. */
function asWebhooksTell(booking: SandboxBooking, attendees = booking.attendees): Booking {
  const body = Buffer.from(JSON.stringify(createdBody(booking, attendees)));
  const reading = readDelivery(body, { receivedAt: Date.now(), installationKey: INSTALLATION_KEY });
  if (reading.verdict !== 'booking' || reading.event.kind !== 'confirmed') throw new Error('no booking');
  const { lineage: _, calendarEntry: __, pages: ___, ...told } = reading.event.booking;
  return told;
}

describe('a booking that is read', () => {
  it('is the one that the webhooks tell of', async () => {
    const booking = await aBooking({ guests: [BRUNO] });

    const current = await api.find(booking.uid);

    expect(current).toEqual({
      status: 'accepted',
      updatedAt: new Date(booking.updatedAt).toISOString(),
      bookings: [asWebhooksTell(booking)],
    });
    expect(current?.bookings[0]).toMatchObject({
      uid: booking.uid,
      eventType: '731904',
      twin: expect.stringMatching(/^[0-9a-f]{32}$/),
      joinUrl: 'https://meet.google.com/kxw-qpyd-ruv',
      attendees: [{ email: ADA.email, timeZone: 'America/Chicago', locale: 'en' }, { email: BRUNO.email }],
    });
  });

  it('is not there when Cal.com says so', async () => {
    expect(await api.find('zcioSE6n51cbpobbEprooE')).toBeUndefined();
  });

  it('names its successor, and the successor what it has replaced', async () => {
    const old = await aBooking();
    const { booking: moved } = await sandbox.move(old.uid, { startsAt: inDays(4) });

    expect(await api.find(old.uid)).toMatchObject({ status: 'cancelled', replacedBy: moved.uid });
    expect(await api.find(moved.uid)).toMatchObject({ status: 'accepted', replaces: old.uid });
  });

  it('is told as cancelled, as asked for or as rejected', async () => {
    const { uid } = await aBooking();
    for (const status of ['cancelled', 'pending', 'rejected'] as const) {
      sandbox.alter(uid, { status });

      expect(await api.find(uid)).toMatchObject({ status });
    }
  });

  it('has a booking for each seat, under the hash that the webhooks give it', async () => {
    const { booking } = await sandbox.bookGroup({ startsAt: inDays(3), attendee: ADA });
    await sandbox.bookSeat(booking.uid, BRUNO);

    const current = await api.find(booking.uid);

    expect(current?.bookings).toEqual(booking.attendees.map((attendee) => asWebhooksTell(booking, [attendee])));
    expect(new Set(current?.bookings.map(({ seat }) => seat)).size).toBe(2);
  });

  it('has one seat for whoever has two', async () => {
    const { booking } = await sandbox.bookGroup({ startsAt: inDays(3), attendee: ADA });
    await sandbox.bookSeat(booking.uid, { ...ADA, email: ADA.email.toUpperCase() });

    expect((await api.find(booking.uid))?.bookings).toHaveLength(1);
  });

  it('is of nobody once the last seat has left', async () => {
    const { booking } = await sandbox.bookGroup({ startsAt: inDays(3), attendee: ADA });
    await sandbox.cancelSeat(booking.uid, booking.attendees[0]!.seatUid!);

    expect(await api.find(booking.uid)).toMatchObject({ status: 'cancelled', bookings: [] });
  });

  it('shares its series with its siblings', async () => {
    const [first, second] = await sandbox.bookSeries({ startsAt: inDays(3), attendee: ADA, count: 2 });
    const found = await Promise.all([first, second].map((one) => api.find(one!.booking.uid)));

    expect(found.map((current) => current?.seriesUid)).toEqual([
      first!.booking.recurringBookingUid,
      first!.booking.recurringBookingUid,
    ]);
  });

  it('has the booker first, in whatever order the attendees come', async () => {
    const { uid } = await aBooking({ guests: [BRUNO] });
    const { attendees } = await entryOf(uid);
    answerWith({ status: 'success', data: await entryOf(uid, { attendees: (attendees as object[]).toReversed() }) });

    expect((await api.find(uid))?.bookings[0]?.attendees[0].email).toBe(ADA.email);
  });

  it('reminds no host who is listed among the attendees', async () => {
    const { uid } = await aBooking();
    const coHost = { name: 'Jonas Eriksen', email: 'jonas.eriksen@example.com', timeZone: 'Europe/Oslo' };
    const entry = await entryOf(uid);
    const hosts = [...(entry['hosts'] as object[]), coHost];
    answerWith({
      status: 'success',
      data: { ...entry, hosts, attendees: [...(entry['attendees'] as object[]), coHost] },
    });

    const [booking] = (await api.find(uid))?.bookings ?? [];

    expect(booking?.attendees.map(({ email }) => email)).toEqual([ADA.email]);
    expect(booking?.organizer.name).toBe('Mara Lindqvist');
  });

  it.each<[string, Record<string, unknown>, Partial<Booking>]>([
    ['a street instead of a link', { location: 'Main Street 5', meetingUrl: undefined }, { location: 'Main Street 5' }],
    [
      'a link in its metadata',
      { metadata: { videoCallUrl: 'https://x.example/1' } },
      { joinUrl: 'https://x.example/1' },
    ],
    [
      'only the older field for a link',
      { location: null, meetingUrl: 'https://x.example/2' },
      { joinUrl: 'https://x.example/2' },
    ],
    [
      'a host who is gone',
      { hosts: [{ id: 'unknown', name: 'unknown', email: 'unknown' }] },
      { organizer: { name: '' } },
    ],
    [
      'answers, whose questions only Cal.com knows',
      { bookingFieldsResponses: { email: ADA.email, 'team-size': 12, notes: 'x', tools: ['a', 'b'] } },
      {
        answers: [
          { question: 'Team size', answer: '12' },
          { question: 'Tools', answer: 'a, b' },
        ],
      },
    ],
    ['only the older field for the event type', { eventType: null, eventTypeId: 7 }, { eventType: '7' }],
  ])('may have %s', async (_what, fields, expected) => {
    const { uid } = await aBooking();
    answerWith({ status: 'success', data: await entryOf(uid, fields) });

    expect((await api.find(uid))?.bookings[0]).toMatchObject(expected);
  });

  it('was changed when it was made, if nothing else is told', async () => {
    const { uid } = await aBooking();
    answerWith({ status: 'success', data: await entryOf(uid, { updatedAt: null, createdAt: '2026-12-01T10:00:00Z' }) });

    expect((await api.find(uid))?.updatedAt).toBe('2026-12-01T10:00:00.000Z');
  });

  it.each<[string, Record<string, unknown>]>([
    ['of another uid', { uid: 'CFwWiYmeAuzfVdSJhtWY7H' }],
    ['without a start', { start: undefined }],
    ['of an unknown status', { status: 'perhaps' }],
    ['without a word on when it was changed', { updatedAt: null, createdAt: null }],
    ['that stands with nobody, for Cal.com may hide them', { attendees: [] }],
    ['whose attendees have no address', { attendees: [{ name: 'Ada', email: '' }] }],
    [
      'one of whose seats has no address',
      {
        attendees: [
          { ...ADA, seatUid: 'a' },
          { name: 'B', seatUid: 'b' },
        ],
      },
    ],
    ['whose attendees are no list', { attendees: { email: ADA.email } }],
  ])('says nothing %s', async (_what, fields) => {
    const { uid } = await aBooking();
    answerWith({ status: 'success', data: await entryOf(uid, fields) });

    await expect(api.find(uid)).rejects.toThrow(CalcomUnavailable);
  });
});

describe('a list of bookings', () => {
  const window = () => ({ after: new Date().toISOString(), before: inDays(14).toISOString() });

  it('holds those of the window, soonest first, whatever their status', async () => {
    const later = await aBooking({ days: 5 });
    const sooner = await aBooking({ days: 2 });
    const old = await aBooking({ days: 3 });
    const { booking: moved } = await sandbox.move(old.uid, { startsAt: inDays(4) });
    await aBooking({ days: 20 });
    await aBooking({ days: -1 });

    const page = await api.list({ ...window(), skip: 0, take: 100 });

    expect(page.bookings.map(({ bookings: [booking] }) => booking?.uid)).toEqual([
      sooner.uid,
      old.uid,
      moved.uid,
      later.uid,
    ]);
    expect(page).toMatchObject({ unreadable: 0, hasMore: false });
  });

  it('is turned page by page', async () => {
    for (const days of [1, 2, 3, 4, 5]) await aBooking({ days });

    const first = await api.list({ ...window(), skip: 0, take: 2 });
    const last = await api.list({ ...window(), skip: 4, take: 2 });

    expect([first.bookings.length, first.hasMore]).toEqual([2, true]);
    expect([last.bookings.length, last.hasMore]).toEqual([1, false]);
  });

  it('has more, it must be thought, when it is full and does not say', async () => {
    const entry = await entryOf((await aBooking()).uid);
    answerWith({ status: 'success', data: [entry, entry] });
    expect(await api.list({ ...window(), skip: 0, take: 2 })).toMatchObject({ hasMore: true });

    answerWith({ status: 'success', data: [entry] });
    expect(await api.list({ ...window(), skip: 0, take: 2 })).toMatchObject({ hasMore: false });
  });

  it('counts what cannot be read, and what Cal.com has left out', async () => {
    const entry = await entryOf((await aBooking()).uid);
    for (const name of ['itemsReturned', 'returnedItems']) {
      const data = [entry, 'nonsense', { ...entry, start: 'soon' }];
      answerWith({ status: 'success', data, pagination: { [name]: 5, hasNextPage: false } });

      const page = await api.list({ ...window(), skip: 0, take: 100 });

      expect([page.bookings.length, page.unreadable]).toEqual([1, 4]);
    }
  });

  it('that is none says nothing', async () => {
    for (const data of [{}, 'nothing', { bookings: [] }]) {
      answerWith({ status: 'success', data });
      await expect(api.list({ ...window(), skip: 0, take: 100 })).rejects.toThrow(CalcomUnavailable);
    }
    answerWith({ status: 'error', error: { code: 'NotFoundException', message: 'No bookings' } }, 404);
    await expect(api.list({ ...window(), skip: 0, take: 100 })).rejects.toThrow(CalcomUnavailable);
  });
});

describe('a booking that is called off', () => {
  it('is off at Cal.com, for the reason that is given', async () => {
    const { uid } = await aBooking();

    expect(await api.cancel(uid, { reason: 'The attendee cannot come' })).toBe(true);

    expect(sandbox.booking(uid)).toMatchObject({
      status: 'cancelled',
      cancellationReason: 'The attendee cannot come',
      cancelledBy: 'mara.lindqvist@example.com',
    });
    expect(sandbox.journal.map(({ method, path }) => `${method} ${path}`)).toEqual([`POST /v2/bookings/${uid}/cancel`]);
  });

  it('needs not be called off again, nor one that Cal.com does not know', async () => {
    const { uid } = await aBooking();
    await api.cancel(uid, { reason: 'x' });

    expect(await api.cancel(uid, { reason: 'x' })).toBe(false);
    expect(await api.cancel('zcioSE6n51cbpobbEprooE', { reason: 'x' })).toBe(false);
  });

  it('may be called off again when it is not known whether it was', async () => {
    const { uid } = await aBooking();
    sandbox.fail({ path: /cancel/, action: 'drop' });

    await expect(api.cancel(uid, { reason: 'x' })).rejects.toThrow(CalcomUnavailable);
    expect(await api.cancel(uid, { reason: 'x' })).toBe(true);
  });

  it('stands if Cal.com does not let it be called off', async () => {
    const { uid } = await aBooking();
    sandbox.fail({ path: /cancel/, action: { answer: errorAnswer(400) } });

    await expect(api.cancel(uid, { reason: 'x' })).rejects.toThrow(CalcomRefused);
  });
});

describe('a request that comes to nothing', () => {
  const TRYING_AGAIN_HELPS: [string, FaultAction, RegExp][] = [
    ['an error of the server', { answer: errorAnswer(500) }, /answered 500$/],
    ['a request that took Cal.com too long', { answer: errorAnswer(408) }, /answered 408$/],
    ['too many requests', { answer: rateLimited() }, /answered 429$/],
    ['a network in between', { answer: edgeAnswer(502) }, /answered 502$/],
    ['a network in between that forbids it', { answer: edgeAnswer(403) }, /answered 403$/],
    ['a page that is not found', { answer: edgeAnswer(404) }, /answered 404$/],
    ['a page', { answer: edgeAnswer(200) }, /answered 200 with something that is not its JSON$/],
    ['half an answer', 'hang-in-body', /did not answer within 1 s$/],
    ['no answer', 'hang', /did not answer within 1 s$/],
    ['a connection that is closed', 'drop', /cannot be reached \(/],
    [
      'a redirect',
      { answer: { status: 302, body: '', headers: { location: 'https://example.com/' } } },
      /answered 302$/,
    ],
    [
      'an answer without end',
      { answer: { status: 200, body: 'x'.repeat(17 * 1024 * 1024), headers: {} } },
      /more than/,
    ],
  ];

  it.each(TRYING_AGAIN_HELPS)('may be asked again: %s', async (_what, action, words) => {
    const { uid } = await aBooking();
    sandbox.fail({ action });

    const failure: unknown = await api.find(uid).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(CalcomUnavailable);
    expect((failure as Error).message).toMatch(words);
    expect(await api.find(uid)).toBeDefined();
  });

  it('may be asked again where nobody listens', async () => {
    const nowhere = apiWith({ baseUrl: `http://127.0.0.1:${await getPort({ host: '127.0.0.1' })}` });

    await expect(nowhere.find('uid')).rejects.toThrow(/^Cal\.com's API cannot be reached \(\w+\)$/);
  });

  const inAMinute = () => new Date(Date.now() + 60_000).toUTCString();
  it.each<[string, () => Record<string, string>, number | undefined]>([
    ['the seconds it names', () => ({ 'retry-after': '7' }), 7_000],
    ['the date it names', () => ({ 'retry-after': inAMinute() }), 60_000],
    ['the end of its count', () => ({ 'x-ratelimit-reset-default': '30' }), 30_000],
    [
      'the epoch at which its count ends',
      () => ({ 'x-ratelimit-reset-default': `${Date.now() / 1_000 + 20}` }),
      20_000,
    ],
    ['nothing of which can be known', () => ({ 'retry-after': 'soon' }), undefined],
    ['a date that has passed', () => ({ 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' }), 0],
  ])('is to be asked again after %s', async (_what, headers, expected) => {
    sandbox.fail({ action: { answer: errorAnswer(429, headers()) } });

    const { retryAfterMs } = (await api.find('uid').catch((error: unknown) => error)) as CalcomUnavailable;

    if (expected === undefined) expect(retryAfterMs).toBeUndefined();
    else expect(Math.abs(retryAfterMs! - expected)).toBeLessThan(2_000);
  });

  it.each<[number, RegExp]>([
    [401, /CALCOM_API_KEY again \(401\)$/],
    [403, /may not read these bookings/],
    [400, /does not understand the request \(400\)$/],
  ])('needs a person: %i', async (status, words) => {
    sandbox.fail({ action: { answer: errorAnswer(status) } });

    const failure: unknown = await api.find('uid').catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(CalcomRefused);
    expect((failure as Error).message).toMatch(words);
  });

  it('needs a person when the key is wrong', async () => {
    await expect(apiWith({ apiKey: 'cal_wrong' }).find('uid')).rejects.toThrow(CalcomRefused);
  });

  it('needs a person when there is no such API at the address', async () => {
    await expect(apiWith({ baseUrl: `${sandbox.url}/v2` }).find('uid')).rejects.toThrow(/CALCOM_BASE_URL/);
  });

  it('never takes a uid for another path', async () => {
    await aBooking();

    for (const uid of ['..', '.', '../bookings', '?take=1', 'a/b', '%2e%2e']) {
      expect((await api.find(uid).catch(() => 'nothing')) ?? 'nothing').toBe('nothing');
    }
  });
});
