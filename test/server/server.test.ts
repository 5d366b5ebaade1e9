import { describe, expect, it } from 'vitest';
import { createCalcomApi } from '../../src/calcom/create-api.ts';
import { startCalcomSandbox } from '../../src/dev/calcom-sandbox/sandbox.ts';
import { createPersonOf } from '../../src/person.ts';
import { StoreUnavailable } from '../../src/store/store-unavailable.ts';
import { hear } from '../../src/workflows/booking-state.ts';
import { INSTALLATION_KEY } from '../calcom/support.ts';
import { aBooking, confirmed, later } from '../support/a-booking.ts';
import { links, SECRET, useServers, useStore } from './support.ts';

const stores = useStore();
const createTestServer = useServers(stores);

describe('/health', () => {
  it('says that the process answers, whether bookings are looked after or not', async () => {
    const { app, runs } = createTestServer();
    runs.notReady = 'no worker is polling';

    const response = await app.inject('/health');

    expect([response.statusCode, response.json()]).toEqual([200, { status: 'ok' }]);
  });
});

describe('/ready', () => {
  it('says that bookings are looked after', async () => {
    const response = await createTestServer().app.inject('/ready');

    expect([response.statusCode, response.json()]).toEqual([200, { status: 'ready' }]);
  });

  it('says what keeps them from it', async () => {
    const { app, runs } = createTestServer();
    runs.notReady = 'no worker is polling';

    const response = await app.inject('/ready');

    expect([response.statusCode, response.json()]).toEqual([
      503,
      { status: 'not_ready', reason: 'no worker is polling' },
    ]);
  });
});

describe('/ready, as the store sees it,', () => {
  it('says that deliveries have waited for too long', async () => {
    const inbox = { ...stores.store.inbox, backlog: async () => ({ pending: 7, oldestReceivedAt: minutesAgo(2) }) };
    const response = await createTestServer({ inbox }).app.inject('/ready');

    expect([response.statusCode, response.json().reason]).toEqual([
      503,
      'deliveries have waited for more than a minute to be dispatched (7 are pending)',
    ]);
  });

  it('says that the store does not answer, beside whatever else is wrong', async () => {
    const backlog = () => Promise.reject(new StoreUnavailable('connection refused'));
    const { app, runs } = createTestServer({ inbox: { ...stores.store.inbox, backlog } });
    runs.notReady = 'no worker is polling';

    expect((await app.inject('/ready')).json()).toEqual({
      status: 'not_ready',
      reason: 'the store does not answer: webhooks are answered 503; no worker is polling',
    });
  });
});

describe('a link in a mail', () => {
  const booking = aBooking({ startsAt: later(Date.now(), 60 * 60_000) });
  const [{ email }] = booking.attendees;
  const claims = {
    booking: { uid: booking.uid },
    person: createPersonOf(INSTALLATION_KEY)(email),
    language: 'en',
    expiresAt: Date.now() + 60_000,
  };
  const pathOf = (purpose: 'confirm' | 'unsubscribe') => new URL(links.urlOf({ purpose, ...claims })).pathname;

  it('is about the booking as its run has reported it, and what is pressed there comes into the inbox', async () => {
    const known = hear(undefined, confirmed(booking, later(Date.now(), -60_000)));
    const record = { revision: 1, status: 'scheduled', report: {}, isOver: false, decided: [] };
    await stores.store.bookings.record({ ...record, booking, state: { known } });
    const { app, woken } = createTestServer();

    const { statusCode, body } = await app.inject(pathOf('confirm'));
    expect([statusCode, body.includes(booking.title)]).toEqual([200, true]);
    for (const _ of [1, 2]) await app.inject({ method: 'POST', url: pathOf('confirm') });

    const [delivery, ...more] = await stores.store.inbox.list({ limit: 10 });
    expect([delivery, more]).toMatchObject([{ source: 'attendee', status: 'pending', subjectUid: booking.uid }, []]);
    expect(woken()).toBe(1);
  });

  it('cancels the call at Cal.com, which then tells of it as of any other', async () => {
    const sandbox = await startCalcomSandbox();
    const { url: baseUrl, apiKey } = sandbox;
    const { app } = createTestServer({
      calcom: createCalcomApi({ apiKey, baseUrl, installationKey: INSTALLATION_KEY }),
    });
    sandbox.subscribe({ url: await app.listen({ host: '127.0.0.1', port: 0 }), secret: SECRET });
    try {
      const [{ name }] = booking.attendees;
      const order = { startsAt: new Date(booking.startsAt), attendee: { name, email } };
      const { uid } = (await sandbox.book(order, { silent: true })).booking;
      const known = hear(undefined, confirmed({ ...booking, uid }, later(Date.now(), -60_000)));
      const record = { revision: 1, status: 'scheduled', report: {}, isOver: false, decided: [] };
      await stores.store.bookings.record({ ...record, booking: { ...booking, uid }, state: { known } });

      const url = new URL(links.urlOf({ ...claims, purpose: 'cancel', booking: { uid } })).pathname;
      expect((await app.inject({ method: 'POST', url })).statusCode).toBe(200);

      expect(sandbox.booking(uid).status).toBe('cancelled');
      const [delivery] = await stores.store.inbox.list({ limit: 10 });
      expect(delivery).toMatchObject({ source: 'calcom', trigger: 'BOOKING_CANCELLED', subjectUid: uid });
      expect((await app.inject(url)).body).toContain('This call has been cancelled');
    } finally {
      await sandbox.stop();
    }
  });

  it('ends the mails at once', async () => {
    const { app } = createTestServer();

    expect((await app.inject({ method: 'POST', url: pathOf('unsubscribe') })).statusCode).toBe(200);

    expect(await stores.store.suppressions.reasonFor(claims.person, claims.booking)).toBe('unsubscribed');
    expect(await stores.store.suppressions.reasonFor(claims.person, { uid: 'another' })).toBeUndefined();
  });
});

describe('any other address', () => {
  it.each(['/', '/webhook', '/webhook/calcom-booking/', '/webhook/calcom', '/nothing?email=x', '/../etc/passwd'])(
    'is not found: %s',
    async (url) => {
      for (const method of ['GET', 'POST', 'DELETE'] as const) {
        const response = await createTestServer().app.inject({ method, url });
        expect([response.statusCode, response.json()]).toEqual([404, { status: 'refused', reason: 'not_found' }]);
      }
    },
  );

  it('that cannot be one at all is a bad request, and is not repeated in the answer', async () => {
    const response = await createTestServer().app.inject('/webhook/%ff-somebody');

    expect([response.statusCode, response.json()]).toEqual([400, { status: 'refused', reason: 'bad_request' }]);
  });
});

describe('another method', () => {
  it.each(['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const)(
    'than POST is not for the webhook: %s',
    async (method) => {
      const response = await createTestServer().app.inject({ method, url: '/webhook/calcom-booking' });

      expect([response.statusCode, response.headers['allow'], response.json()]).toEqual([
        405,
        'POST',
        { status: 'refused', reason: 'only_post_is_taken' },
      ]);
    },
  );

  it('than GET or HEAD finds nothing at the health addresses', async () => {
    const { app } = createTestServer();

    expect((await app.inject({ method: 'HEAD', url: '/health' })).statusCode).toBe(200);
    expect((await app.inject({ method: 'POST', url: '/health' })).statusCode).toBe(404);
  });
});

function minutesAgo(minutes: number): Date {
  return new Date(Date.now() - minutes * 60_000);
}
