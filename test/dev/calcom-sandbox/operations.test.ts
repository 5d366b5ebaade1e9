import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readDelivery } from '../../../src/calcom/read-delivery.ts';
import { type CalcomSandbox, startCalcomSandbox } from '../../../src/dev/calcom-sandbox/sandbox.ts';
import { fixture, INSTALLATION_KEY } from '../../calcom/support.ts';
import { openMailbox, SECRET } from './support.ts';

const ADA = { name: 'Ada Moreau', email: 'ada.moreau@example.com' };
const BRUNO = { name: 'Bruno Keller', email: 'bruno.keller@example.com', timeZone: 'Europe/Berlin' };
const AT = new Date('2027-01-11T09:00:00Z');
const LATER = new Date('2027-01-12T15:00:00Z');

let sandbox: CalcomSandbox;
let mailbox: Awaited<ReturnType<typeof openMailbox>>;
beforeEach(async () => {
  mailbox = await openMailbox();
  sandbox = await startCalcomSandbox({ webhook: { url: mailbox.url, secret: SECRET } });
});
afterEach(async () => {
  await sandbox.stop();
  await mailbox.close();
});

const booked = async () => (await sandbox.book({ startsAt: AT, attendee: ADA })).booking;
const grouped = async () => (await sandbox.bookGroup({ startsAt: AT, attendee: ADA })).booking;

/** What Precall makes of the webhooks that have arrived. */
function told() {
  return mailbox.arrived.map(({ text }) => {
    const reading = readDelivery(Buffer.from(text), { receivedAt: Date.now(), installationKey: INSTALLATION_KEY });
    if (reading.verdict !== 'booking') throw new Error(`${reading.verdict}: ${text}`);
    return reading.event;
  });
}

function payloads() {
  return mailbox.arrived.map(({ text }) => JSON.parse(text) as { triggerEvent: string; payload: object });
}

const triggers = () => payloads().map(({ triggerEvent }) => triggerEvent);

describe('a webhook', () => {
  it('is compact JSON, signed, and says its version', async () => {
    await booked();

    const [webhook] = mailbox.arrived;
    expect(webhook).toMatchObject({ path: '/webhook/calcom-booking', isSigned: true });
    expect(webhook?.headers).toMatchObject({
      'content-type': 'application/json',
      'x-cal-webhook-version': '2021-10-20',
    });
    expect(webhook?.text).toBe(JSON.stringify(JSON.parse(webhook!.text)));
  });

  it('is not sent by what is done silently', async () => {
    const how = { silent: true };
    const { booking } = await sandbox.book({ startsAt: AT, attendee: ADA }, how);
    await sandbox.swapHost(booking.uid, how);
    await sandbox.changeLocation(booking.uid, 'https://example.zoom.us/j/1', how);
    const moved = await sandbox.move(booking.uid, { startsAt: LATER }, how);
    await sandbox.requestReschedule(moved.booking.uid, how);
    const group = await sandbox.bookGroup({ startsAt: AT, attendee: ADA }, how);
    await sandbox.bookSeat(group.booking.uid, BRUNO, how);
    await sandbox.moveSeat(group.booking.uid, group.booking.attendees[1]!.seatUid!, { startsAt: LATER }, how);
    await sandbox.cancelSeat(group.booking.uid, group.booking.attendees[0]!.seatUid!, how);
    const [first] = await sandbox.bookSeries({ startsAt: AT, attendee: ADA, count: 2 }, how);
    await sandbox.cancelSeries(first!.booking.uid, how);
    await sandbox.cancel((await sandbox.book({ startsAt: AT, attendee: ADA }, how)).booking.uid, how);

    expect(mailbox.arrived).toEqual([]);
    expect(sandbox.webhooks).toEqual([]);
  });

  it('is sent once, whatever is answered, and is lost where nobody listens', async () => {
    mailbox.status = 503;
    const refused = await sandbox.book({ startsAt: AT, attendee: ADA });
    sandbox.subscribe({ url: 'http://127.0.0.1:9', secret: SECRET });
    const lost = await sandbox.cancel(refused.booking.uid);

    expect(refused.webhooks).toMatchObject([
      { trigger: 'BOOKING_CREATED', status: 503, answer: { status: 'accepted' } },
    ]);
    expect(lost.webhooks).toMatchObject([{ trigger: 'BOOKING_CANCELLED' }]);
    expect(lost.webhooks[0]).not.toHaveProperty('status');
    expect(sandbox.booking(refused.booking.uid).status).toBe('cancelled');
    expect(mailbox.arrived).toHaveLength(1);
  });

  it('has no field that the samples of Cal.com lack', async () => {
    const { uid } = await booked();
    await sandbox.changeLocation(uid, 'https://example.zoom.us/j/1');
    await sandbox.swapHost(uid);
    const moved = await sandbox.move(uid, { startsAt: LATER });
    await sandbox.cancel(moved.booking.uid);
    const group = await grouped();
    await sandbox.moveSeat(group.uid, group.attendees[0]!.seatUid!, { startsAt: LATER });
    const other = await grouped();
    await sandbox.cancelSeat(other.uid, other.attendees[0]!.seatUid!);
    const [first] = await sandbox.bookSeries({ startsAt: AT, attendee: ADA, count: 1 });
    await sandbox.cancelSeries(first!.booking.uid);

    const samples = [
      'booking-created',
      'booking-location-updated',
      'booking-reassigned',
      'booking-rescheduled',
      'booking-cancelled',
      'booking-created.seat-1',
      'booking-rescheduled.seat',
      'booking-created.seat-1',
      'booking-cancelled.one-seat',
      'booking-created.recurring-1',
      'booking-cancelled.whole-series',
    ];
    const unknown = payloads().map(({ payload }, index) => {
      const known = fixture(samples[index]!).payload;
      return Object.keys(payload).filter((name) => !(name in known));
    });
    expect(triggers()).toEqual(samples.map((name) => fixture(name).triggerEvent));
    expect(unknown).toEqual(samples.map(() => []));
  });
});

describe('a booking', () => {
  it('stands once it is made', async () => {
    const { booking } = await sandbox.book({ startsAt: AT, lengthMs: 60_000, attendee: ADA, guests: [BRUNO] });

    expect(booking.uid).toMatch(/^[1-9A-HJ-NP-Za-km-z]{22}$/);
    expect(told()).toMatchObject([
      {
        kind: 'confirmed',
        booking: {
          uid: booking.uid,
          startsAt: AT.toISOString(),
          endsAt: '2027-01-11T09:01:00.000Z',
          joinUrl: 'https://meet.google.com/kxw-qpyd-ruv',
          attendees: [ADA, BRUNO],
        },
      },
    ]);
  });

  it('begins at a whole second', async () => {
    const { booking } = await sandbox.book({ startsAt: new Date('2027-01-11T09:00:00.001Z'), attendee: ADA });

    expect(booking.startsAt).toBe(Date.parse('2027-01-11T09:00:01Z'));
  });

  it('that is moved is another one, and the old one is cancelled', async () => {
    const old = await booked();
    const { booking } = await sandbox.move(old.uid, { startsAt: LATER });

    expect(told()[1]).toMatchObject({
      kind: 'rescheduled',
      booking: { uid: booking.uid, startsAt: LATER.toISOString() },
      replaced: { uid: old.uid },
    });
    expect(sandbox.booking(old.uid)).toMatchObject({ status: 'cancelled', rescheduledToUid: booking.uid });
    expect(booking).toMatchObject({ rescheduledFromUid: old.uid, iCalUid: old.iCalUid, iCalSequence: 1 });
    expect(booking.endsAt - booking.startsAt).toBe(old.endsAt - old.startsAt);
  });

  it('is cancelled only after the webhook has been answered', async () => {
    const { uid } = await booked();
    let status: string | undefined;
    mailbox.before = async () => {
      status = sandbox.booking(uid).status;
    };

    await sandbox.cancel(uid);

    expect(told()[1]).toMatchObject({ kind: 'cancelled', booking: { uid }, requestReschedule: false });
    expect(told()[1]?.booking).not.toHaveProperty('joinUrl');
    expect([status, sandbox.booking(uid).status]).toEqual(['accepted', 'cancelled']);
  });

  it('is cancelled by the host who asks for another time', async () => {
    const { uid } = await booked();
    await sandbox.requestReschedule(uid);

    expect(told()[1]).toMatchObject({ kind: 'cancelled', booking: { uid }, requestReschedule: true });
    expect(sandbox.booking(uid)).toMatchObject({ status: 'cancelled', cancelledBy: 'mara.lindqvist@example.com' });
  });

  it('gets another host, or another link', async () => {
    const { uid } = await booked();
    await sandbox.swapHost(uid);
    await sandbox.changeLocation(uid, 'https://example.zoom.us/j/1');

    expect(told().slice(1)).toMatchObject([
      { kind: 'updated', booking: { uid, organizer: { email: 'jonas.eriksen@example.com' } } },
      { kind: 'updated', booking: { uid, joinUrl: 'https://example.zoom.us/j/1' } },
    ]);
  });

  it('says by its instant that it was changed', async () => {
    const { uid, updatedAt } = await booked();
    await sandbox.swapHost(uid);

    expect(sandbox.booking(uid).updatedAt).toBeGreaterThan(updatedAt);
  });

  it('that is not there, or is cancelled, cannot be changed', async () => {
    const old = await booked();
    const { booking } = await sandbox.move(old.uid, { startsAt: LATER });

    await expect(sandbox.cancel('nowhere')).rejects.toThrow('was not found');
    await expect(sandbox.cancel(old.uid)).rejects.toThrow(booking.uid);
    await expect(sandbox.move(old.uid, { startsAt: LATER })).rejects.toThrow('has been cancelled');
  });

  it('may be changed or removed behind everybody’s back', async () => {
    const { uid } = await booked();
    sandbox.alter(uid, { status: 'pending' });
    expect(sandbox.booking(uid).status).toBe('pending');

    sandbox.remove(uid);
    expect(() => sandbox.booking(uid)).toThrow(uid);
    expect(mailbox.arrived).toHaveLength(1);
  });
});

describe('a seat', () => {
  it('is told of by itself, under one uid', async () => {
    const { uid } = await grouped();
    await sandbox.bookSeat(uid, BRUNO);

    const events = told();
    expect(events).toMatchObject([
      { kind: 'confirmed', booking: { uid, attendees: [ADA] } },
      { kind: 'confirmed', booking: { uid, attendees: [BRUNO] } },
    ]);
    expect(events[0]?.booking.seat).not.toBe(events[1]?.booking.seat);
  });

  it('leaves the others where they are when it moves', async () => {
    const group = await grouped();
    await sandbox.bookSeat(group.uid, BRUNO);
    const { booking } = await sandbox.moveSeat(group.uid, group.attendees[0]!.seatUid!, { startsAt: LATER });

    const [ofAda] = told();
    expect(told()[2]).toMatchObject({
      kind: 'rescheduled',
      booking: { uid: booking.uid, attendees: [ADA] },
      replaced: { uid: group.uid, seat: ofAda?.booking.seat },
    });
    expect(sandbox.booking(group.uid)).toMatchObject({ status: 'accepted', attendees: [BRUNO] });
  });

  it('leaves the others where they are when it is given up, and the last one cancels the booking', async () => {
    const group = await grouped();
    await sandbox.bookSeat(group.uid, BRUNO);
    const [ada, bruno] = group.attendees;
    await sandbox.cancelSeat(group.uid, ada!.seatUid!);
    expect(sandbox.booking(group.uid).status).toBe('accepted');

    await sandbox.cancelSeat(group.uid, bruno!.seatUid!);
    const [first, second, ...left] = told();
    expect(left).toMatchObject([
      { kind: 'cancelled', booking: { seat: first?.booking.seat } },
      { kind: 'cancelled', booking: { seat: second?.booking.seat } },
    ]);
    expect(sandbox.booking(group.uid).status).toBe('cancelled');
  });

  it('is not to be had twice, nor once they are all taken', async () => {
    const group = await grouped();
    await expect(sandbox.cancelSeat(group.uid, 'nonsense')).rejects.toThrow('Invalid seatUid');

    for (let taken = 1; taken < 12; taken += 1) await sandbox.bookSeat(group.uid, BRUNO, { silent: true });
    await expect(sandbox.bookSeat(group.uid, BRUNO)).rejects.toThrow('No more seats');
    const { uid } = await booked();
    await expect(sandbox.bookSeat(uid, BRUNO)).rejects.toThrow('no seats');
  });
});

describe('a series', () => {
  it('is told of call by call, a week apart', async () => {
    const series = await sandbox.bookSeries({ startsAt: AT, attendee: ADA, count: 3 });

    expect(triggers()).toEqual(['BOOKING_CREATED', 'BOOKING_CREATED', 'BOOKING_CREATED']);
    expect(told().map(({ booking }) => 'startsAt' in booking && booking.startsAt.slice(0, 10))).toEqual([
      '2027-01-11',
      '2027-01-18',
      '2027-01-25',
    ]);
    expect(new Set(series.map(({ booking }) => booking.recurringBookingUid)).size).toBe(1);
  });

  it('is cancelled from one call on, with one webhook', async () => {
    const [first, second, third] = await sandbox.bookSeries({ startsAt: AT, attendee: ADA, count: 3 });
    await sandbox.cancelSeries(second!.booking.uid);

    expect(told().slice(3)).toMatchObject([
      { kind: 'cancelled', wholeSeries: true, booking: { uid: second!.booking.uid } },
    ]);
    expect([first, second, third].map((one) => one!.booking.status)).toEqual(['accepted', 'cancelled', 'cancelled']);
    const { uid } = await booked();
    await expect(sandbox.cancelSeries(uid)).rejects.toThrow('not part of a recurring booking');
  });
});

describe('a file', () => {
  it('keeps the bookings over a restart, for its owner’s eyes only', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'precall-calcom-'));
    const file = join(folder, 'bookings.json');
    try {
      const before = await startCalcomSandbox({ file });
      const { booking } = await before.book({ startsAt: AT, attendee: ADA });
      await before.cancel((await before.book({ startsAt: LATER, attendee: BRUNO })).booking.uid);
      await before.stop();

      const after = await startCalcomSandbox({ file });
      const { booking: next } = await after.book({ startsAt: AT, attendee: ADA });
      await after.stop();

      expect(after.booking(booking.uid)).toEqual(booking);
      expect(after.bookings().map(({ status }) => status)).toEqual(['accepted', 'cancelled', 'accepted']);
      expect(new Set([...before.bookings(), next].map(({ id }) => id)).size).toBe(3);
      expect((await stat(file)).mode & 0o777).toBe(0o600);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
