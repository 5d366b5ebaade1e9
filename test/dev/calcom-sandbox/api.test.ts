import { request as httpRequest } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CalcomSandbox, rateLimited, startCalcomSandbox } from '../../../src/dev/calcom-sandbox/sandbox.ts';

const DAY_MS = 24 * 60 * 60_000;
const ADA = { name: 'Ada Moreau', email: 'ada.moreau@example.com' };

let sandbox: CalcomSandbox;
beforeEach(async () => {
  sandbox = await startCalcomSandbox();
});
afterEach(() => sandbox.stop());

/** A request as a careful client would make it, but for what the story is about. */
async function ask(path: string, headers: Record<string, string | undefined> = {}, method = 'GET', sent?: unknown) {
  const all = { authorization: `Bearer ${sandbox.apiKey}`, 'cal-api-version': '2024-08-13', ...headers };
  const given = Object.entries(all).filter((header): header is [string, string] => header[1] !== undefined);
  const body = sent === undefined ? undefined : JSON.stringify(sent);
  const response = await fetch(`${sandbox.url}${path}`, { method, headers: given, ...(body && { body }) });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  };
}

async function uidInDays(days: number): Promise<string> {
  const startsAt = new Date(Date.now() + days * DAY_MS);
  return (await sandbox.book({ startsAt, attendee: ADA })).booking.uid;
}

async function listed(query: string): Promise<string[]> {
  const { body } = await ask(`/v2/bookings${query}`);
  return (body['data'] as { uid: string }[]).map(({ uid }) => uid);
}

describe('the door', () => {
  it('wants the key before anything else is looked at', async () => {
    for (const authorization of [undefined, 'Bearer wrong', sandbox.apiKey, `bearer ${sandbox.apiKey}`]) {
      expect(await ask('/v2/nonsense', { authorization, 'cal-api-version': undefined })).toMatchObject({
        status: 401,
        body: { status: 'error', error: { code: 'UnauthorizedException', message: 'Invalid API Key.' } },
      });
    }
  });

  it('wants the one version that it speaks', async () => {
    for (const version of [undefined, '2024-04-15', '2099-01-01']) {
      expect(await ask('/v2/bookings', { 'cal-api-version': version })).toMatchObject({
        status: 400,
        body: { error: { code: 'BadRequestException' } },
      });
    }
  });

  it("has an account, and that account's webhook once there is somebody to send to", async () => {
    expect(await ask('/v2/me')).toMatchObject({
      status: 200,
      body: { status: 'success', data: { username: 'sandbox' } },
    });
    expect(await ask('/v2/webhooks')).toMatchObject({ status: 200, body: { data: [] } });

    sandbox.subscribe({ url: 'http://127.0.0.1:8000', secret: undefined });

    expect(await ask('/v2/webhooks')).toMatchObject({
      body: { data: [{ subscriberUrl: 'http://127.0.0.1:8000/webhook/calcom-booking', active: true }] },
    });
  });

  it('knows only the calls that it models', async () => {
    for (const [method, path] of [
      ['GET', '/'],
      ['GET', '/v2/slots'],
      ['GET', '/bookings'],
      ['GET', '/v2/bookings/uid/attendees'],
      ['POST', '/v2/bookings'],
      ['DELETE', '/v2/bookings/uid'],
    ]) {
      expect(await ask(path!, {}, method)).toMatchObject({
        status: 404,
        body: { error: { code: 'NotFoundException', message: `Cannot ${method} ${path}` } },
      });
    }
  });

  it.each([
    '?limit=10',
    '?take=0',
    '?take=251',
    '?take=ten',
    '?skip=-1',
    '?sortStart=up',
    '?status=accepted',
    '?afterStart=tomorrow',
    '?beforeEnd=2026-12-03',
  ])('does not understand %s', async (query) => {
    expect(await ask(`/v2/bookings${query}`)).toMatchObject({ status: 400, body: { status: 'error' } });
  });

  it('wants no parameters for a single booking', async () => {
    expect((await ask(`/v2/bookings/${await uidInDays(1)}?take=1`)).status).toBe(400);
  });
});

describe('cancelling', () => {
  const cancel = (uid: string, body?: unknown) => ask(`/v2/bookings/${uid}/cancel`, {}, 'POST', body);

  it('is done as the host, and told as Cal.com tells it', async () => {
    const uid = await uidInDays(2);

    expect(await cancel(uid, { cancellationReason: 'They are ill' })).toMatchObject({
      status: 200,
      body: { status: 'success', data: { uid, status: 'cancelled', cancellationReason: 'They are ill' } },
    });
  });

  it('wants a reason, and nothing that is not modelled', async () => {
    const uid = await uidInDays(2);

    for (const body of [undefined, {}, { cancellationReason: '' }, { cancellationReason: 'x', seatUid: 'y' }]) {
      expect(await cancel(uid, body)).toMatchObject({ status: 400, body: { error: { code: 'BadRequestException' } } });
    }
    expect(sandbox.booking(uid).status).toBe('accepted');
  });

  it('is done once', async () => {
    const uid = await uidInDays(2);
    await cancel(uid, { cancellationReason: 'x' });

    expect((await cancel(uid, { cancellationReason: 'x' })).status).toBe(400);
    expect((await cancel('zcioSE6n51cbpobbEprooE', { cancellationReason: 'x' })).status).toBe(404);
  });
});

describe('a booking', () => {
  it('is told as Cal.com tells it', async () => {
    const uid = await uidInDays(2);
    const { startsAt, id } = sandbox.booking(uid);

    expect(await ask(`/v2/bookings/${uid}`)).toMatchObject({
      status: 200,
      body: {
        status: 'success',
        data: {
          id,
          uid,
          status: 'accepted',
          title: 'Discovery call between Mara Lindqvist and Ada Moreau',
          start: new Date(startsAt).toISOString(),
          duration: 30,
          eventType: { id: 731904, slug: 'discovery-call' },
          eventTypeId: 731904,
          hosts: [{ email: 'mara.lindqvist@example.com', timeZone: 'Europe/Stockholm' }],
          attendees: [{ ...ADA, timeZone: 'America/Chicago', language: 'en', absent: false }],
          location: 'https://meet.google.com/kxw-qpyd-ruv',
          icsUid: `${uid}@Cal.com`,
        },
      },
    });
  });

  it('has no answer of the booker’s beside its seats', async () => {
    const { booking } = await sandbox.bookGroup({ startsAt: new Date(), attendee: ADA });

    const { body } = await ask(`/v2/bookings/${booking.uid}`);

    expect(body['data']).not.toHaveProperty('bookingFieldsResponses');
    expect(body['data']).toMatchObject({ attendees: [{ seatUid: booking.attendees[0]?.seatUid }] });
  });

  it('is a list when it is asked for by its series', async () => {
    const series = await sandbox.bookSeries({ startsAt: new Date(), attendee: ADA, count: 3 });

    const { body } = await ask(`/v2/bookings/${series[0]!.booking.recurringBookingUid}`);

    expect(body['data']).toHaveLength(3);
  });

  it('that is not there is not found', async () => {
    expect(await ask('/v2/bookings/zcioSE6n51cbpobbEprooE')).toMatchObject({
      status: 404,
      body: { error: { code: 'NotFoundException', message: expect.stringContaining('was not found') } },
    });
  });
});

describe('the list', () => {
  it('reaches a month each way unless it is told', async () => {
    const [past, soon, , later] = [
      await uidInDays(-29),
      await uidInDays(29),
      await uidInDays(-31),
      await uidInDays(31),
    ];

    expect(await listed('')).toEqual([past, soon]);
    const beforeEnd = new Date(Date.now() + 40 * DAY_MS).toISOString();
    expect(await listed(`?beforeEnd=${beforeEnd}`)).toEqual([past, soon, later]);
  });

  it('is in the order they were made in, unless it is told', async () => {
    const [late, early] = [await uidInDays(5), await uidInDays(1)];

    expect(await listed('')).toEqual([late, early]);
    expect(await listed('?sortStart=asc')).toEqual([early, late]);
    expect(await listed('?sortStart=desc')).toEqual([late, early]);
  });

  it('holds those of some statuses only, when it is asked', async () => {
    const [past, upcoming, pending, off] = [
      await uidInDays(-2),
      await uidInDays(2),
      await uidInDays(3),
      await uidInDays(4),
    ];
    sandbox.alter(pending, { status: 'pending' });
    await sandbox.cancel(off);

    expect(await listed('?status=past')).toEqual([past]);
    expect(await listed('?status=upcoming')).toEqual([upcoming, pending]);
    expect(await listed('?status=unconfirmed,cancelled')).toEqual([pending, off]);
    expect(await listed('')).toHaveLength(4);
  });

  it('is found by uid and by address', async () => {
    const [first] = [await uidInDays(1), await uidInDays(2)];

    expect(await listed(`?bookingUid=${first}`)).toEqual([first]);
    expect(await listed('?attendeeEmail=nobody@example.com')).toEqual([]);
  });

  it('says how it goes on', async () => {
    for (const days of [1, 2, 3, 4, 5]) await uidInDays(days);

    const page = async (query: string) => (await ask(`/v2/bookings${query}`)).body['pagination'];

    expect(await page('?take=2&skip=2')).toEqual({
      itemsReturned: 2,
      totalItems: 5,
      itemsPerPage: 2,
      remainingItems: 1,
      currentPage: 2,
      totalPages: 3,
      hasNextPage: true,
      hasPreviousPage: true,
    });
    expect(await page('?take=2&skip=4')).toMatchObject({ itemsReturned: 1, remainingItems: 0, hasNextPage: false });
    expect(await page('?skip=10')).toMatchObject({ itemsReturned: 0, hasNextPage: false });
  });
});

describe('a fault', () => {
  it('is met by the requests it is for, as often as it is ordered', async () => {
    const uid = await uidInDays(1);
    sandbox.fail({ path: /^\/v2\/bookings\?/, times: 2, action: { answer: rateLimited({ retryAfter: '5' }) } });

    expect((await ask(`/v2/bookings/${uid}`)).status).toBe(200);
    const limited = await ask('/v2/bookings?take=1');
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '5']);
    expect((await ask('/v2/bookings?take=1')).status).toBe(429);
    expect((await ask('/v2/bookings?take=1')).status).toBe(200);
  });

  it('may be a wait, a silence or a closed connection, and is forgotten when it is healed', async () => {
    sandbox.fail({ action: { delayMs: 200 } });
    const askedAt = performance.now();
    await ask('/v2/bookings');
    expect(performance.now() - askedAt).toBeGreaterThan(150);

    sandbox.fail({ action: 'drop' });
    await expect(ask('/v2/bookings')).rejects.toThrow('fetch failed');

    sandbox.fail({ action: 'hang', times: Number.POSITIVE_INFINITY });
    const headers = { authorization: `Bearer ${sandbox.apiKey}`, 'cal-api-version': '2024-08-13' };
    const silence = fetch(`${sandbox.url}/v2/bookings`, { headers, signal: AbortSignal.timeout(300) });
    await expect(silence).rejects.toMatchObject({ name: 'TimeoutError' });

    sandbox.heal();
    expect((await ask('/v2/bookings')).status).toBe(200);
  });

  it('is in the journal, which holds no key', async () => {
    sandbox.fail({ action: 'drop' });
    await ask('/v2/bookings?take=5').catch(() => undefined);
    await ask('/v2/bookings');

    expect(sandbox.journal).toEqual([
      { at: expect.any(Number), method: 'GET', path: '/v2/bookings', query: '?take=5' },
      { at: expect.any(Number), method: 'GET', path: '/v2/bookings', query: '', status: 200 },
    ]);
    expect(JSON.stringify(sandbox.journal)).not.toContain(sandbox.apiKey);
  });
});

describe('the page', () => {
  it('shows the bookings and the webhooks, and takes no markup from a booker', async () => {
    const name = '<b>Ada</b>';
    sandbox.subscribe({ url: 'http://127.0.0.1:9', secret: undefined });
    const { booking } = await sandbox.book({ startsAt: new Date(), attendee: { ...ADA, name } });

    const response = await fetch(sandbox.pageUrl);
    const page = await response.text();

    expect(page).toContain(booking.uid);
    expect(page).toContain('&lt;b&gt;Ada&lt;/b&gt;');
    expect(page).not.toContain(name);
    expect(page).toMatch(/BOOKING_CREATED.*nobody answered/);
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  it('is for this machine only', async () => {
    const { port } = new URL(sandbox.url);
    const status = await new Promise((resolve) => {
      const headers = { host: 'evil.example' };
      httpRequest({ host: '127.0.0.1', port, path: '/sandbox', headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).end();
    });

    expect(status).toBe(403);
  });
});
