import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type ScheduleHandle, ScheduleNotFoundError } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CalcomSandbox, errorAnswer, startCalcomSandbox } from '../../src/dev/calcom-sandbox/sandbox.ts';
import type { SandboxBooking } from '../../src/dev/calcom-sandbox/world.ts';
import { keepReconcileSchedule, RECONCILE_SCHEDULE } from '../../src/temporal/reconcile-schedule.ts';
import type { ReconcilePass } from '../../src/workflows/reconcile.ts';
import { DAY_MS } from '../support/a-booking.ts';
import { deliveriesOf } from '../support/operator.ts';
import { mailsTo, SECRET, untilStarted, useFolder, useOutside, useTemporal } from '../support/outside.ts';
import { useProduction } from '../support/production.ts';
import { silent } from '../support/silent.ts';
import { until } from '../support/until.ts';

const PRECALL = fileURLToPath(new URL('../../dist/cli/precall.js', import.meta.url));
const AHEAD_MS = 35_000;

const calcom = await startCalcomSandbox();
const folder = useFolder();
const temporal = useTemporal(folder);
const outside = useOutside();
const precall = useProduction({
  folder,
  temporal,
  outside,
  settings: {
    CALCOM_API_KEY: calcom.apiKey,
    CALCOM_BASE_URL: calcom.url,
    RECONCILE_EVERY: '2s',
    REMINDER_OFFSETS: '12s,4s',
    MEETING_THRESHOLD: '1s',
  },
});

beforeAll(async () => {
  await Promise.all([precall.startServer(), precall.startWorker()]);
  await precall.untilReady();
  calcom.subscribe({ url: precall.url, secret: SECRET });
});
afterAll(() => calcom.stop());

const runOf = ({ uid }: Pick<SandboxBooking, 'uid'>) => temporal.handle(`precall/${uid}`);
const mailsAbout = (name: string) => mailsTo(outside.catcher, `${name}@example.com`);

async function book(name: string, inMs = AHEAD_MS, how: Parameters<CalcomSandbox['book']>[1] = {}) {
  const attendee = { name: `Attendee of ${name}`, email: `${name}@example.com` };
  const { booking } = await calcom.book({ startsAt: new Date(Date.now() + inMs), lengthMs: 1_000, attendee }, how);
  if (!how.silent) await untilStarted(runOf(booking));
  return booking;
}

async function remindersOf(booking: Pick<SandboxBooking, 'uid'>) {
  const { status, reminders } = await runOf(booking).result();
  return [status, ...reminders.map(({ outcome }) => outcome)];
}

describe.concurrent('A call that Cal.com has not told of', () => {
  it('is found by a pass, and has its mails sent', async () => {
    const booking = await book('untold', AHEAD_MS, { silent: true });

    await untilStarted(runOf(booking));

    expect(await remindersOf(booking)).toEqual(['completed', 'sent', 'sent']);
    expect(mailsAbout('untold')).toHaveLength(2);
    const told = (await deliveriesOf(precall.url)).filter(({ subjectUid }) => subjectUid === booking.uid);
    expect(told).toMatchObject([{ source: 'reconcile', status: 'dispatched', reason: 'told' }]);
  });
});

describe.concurrent('Of a call that has changed without a word, the next reminder', () => {
  it('is not sent if the call is cancelled', async () => {
    const booking = await book('cancelled');
    await calcom.cancel(booking.uid, { silent: true });

    expect(await remindersOf(booking)).toEqual(['cancelled', 'skipped', 'skipped']);
    expect(mailsAbout('cancelled')).toEqual([]);
  });

  it('is not sent if the call is moved: those of the new time are', async () => {
    const booking = await book('moved');
    const { booking: next } = await calcom.move(
      booking.uid,
      { startsAt: new Date(booking.startsAt + 15_000) },
      { silent: true },
    );

    expect(await remindersOf(booking)).toEqual(['superseded', 'skipped', 'skipped']);
    expect(await remindersOf(next)).toEqual(['completed', 'sent', 'sent']);
    expect(mailsAbout('moved').map(({ receivedAtMs }) => receivedAtMs > next.startsAt - 12_000)).toEqual([true, true]);
  });

  it('leads to the new link', async () => {
    const booking = await book('elsewhere');
    const link = 'https://meet.example.com/another-room';
    await calcom.changeLocation(booking.uid, link, { silent: true });

    expect(await remindersOf(booking)).toEqual(['completed', 'sent', 'sent']);
    expect(mailsAbout('elsewhere').every(({ html }) => html.includes(link))).toBe(true);
  });
});

describe.concurrent("While Cal.com's API does not answer for a call that it has just told of", () => {
  it('the mails leave all the same', async () => {
    const booking = await book('unanswered');
    silence(booking.uid);

    expect(await remindersOf(booking)).toEqual(['completed', 'sent', 'sent']);
    expect(mailsAbout('unanswered')).toHaveLength(2);
  });
});

describe.concurrent("While Cal.com's API does not answer for a call that it told of two days ago", () => {
  it('no mail leaves, and the timetable says why', async () => {
    const booking = await book('unverified');
    silence(booking.uid);
    // It would else be in the list, and so be verified by the next pass.
    calcom.remove(booking.uid);
    await until('row of the booking', async () => (await letTwoDaysPass(booking.uid)) > 0);

    const { reminders } = await runOf(booking).result();

    expect(reminders).toMatchObject([
      { outcome: 'failed', reason: 'booking_unverified' },
      { outcome: 'failed', reason: 'booking_unverified' },
    ]);
    expect(mailsAbout('unverified')).toEqual([]);
  });
});

function silence(uid: string): void {
  const path = new RegExp(`/v2/bookings/${uid}`);
  calcom.fail({ path, times: Number.POSITIVE_INFINITY, action: { answer: errorAnswer(503) } });
}

describe('A call of next week that is cancelled without a word', () => {
  let booking: SandboxBooking;
  beforeAll(async () => {
    booking = await book('next-week', 7 * DAY_MS);
    await calcom.cancel(booking.uid, { silent: true });
  });

  const statusNow = async () => (await runOf(booking).query<{ status: string }>('timetable')).status;

  it('is shown by a dry run', async () => {
    const { differences } = await reconcile('--dry-run');

    expect(differences).toContainEqual(
      expect.objectContaining({ bookingUid: booking.uid, finding: 'cancelled', outcome: 'waits' }),
    );
  });

  it('is called off once two passes have found it, ten minutes apart', async () => {
    await until('finding of the first pass', async () => (await foundAt(booking.uid)) !== undefined);
    expect(await statusNow()).toBe('scheduled');

    await until('cancelled run', async () => {
      await letTenMinutesPass();
      return (await statusNow()) === 'cancelled';
    });
    expect(precall.output()).toMatch(/bookings_reconciled/);
    expect(precall.output()).not.toMatch(/next-week@example\.com/);
  });
});

describe('The schedule of the passes', () => {
  let connection: NativeConnection;
  let handle: ScheduleHandle;
  beforeAll(async () => {
    connection = await NativeConnection.connect({ address: temporal.address });
    handle = temporal.client.schedule.getHandle(RECONCILE_SCHEDULE);
  });
  afterAll(() => connection?.close());

  async function keep(everyMs: number | undefined) {
    const options = { connection, namespace: 'default', taskQueue: 'precall', everyMs, log: silent };
    (await keepReconcileSchedule(options)).stop();
  }

  const intervals = async () => (await handle.describe()).spec.intervals?.map(({ every }) => every);

  it('is made by the worker, as often as the settings say', async () => {
    expect(await intervals()).toEqual([2_000]);
  });

  it('is brought up to date, and stays paused if somebody has paused it', async () => {
    await handle.pause('somebody has reasons');

    await keep(600_000);

    expect(await intervals()).toEqual([600_000]);
    expect((await handle.describe()).state).toMatchObject({ paused: true, note: 'somebody has reasons' });
  });

  it('is removed where there is no key to ask Cal.com with', async () => {
    await keep(undefined);
    await keep(undefined);

    await expect(handle.describe()).rejects.toBeInstanceOf(ScheduleNotFoundError);
  });
});

async function reconcile(...flags: string[]): Promise<ReconcilePass> {
  const { PATH = '', HOME = '' } = process.env;
  const args = [PRECALL, 'reconcile', '--url', precall.url, '--json', ...flags];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { PATH, HOME } });
  return JSON.parse(stdout) as ReconcilePass;
}

async function rows<Row extends object>(query: string, ...values: string[]): Promise<Row[]> {
  const client = new pg.Client({ connectionString: precall.postgres.url });
  await client.connect();
  try {
    return (await client.query<Row>(query, values)).rows;
  } finally {
    await client.end();
  }
}

async function foundAt(uid: string): Promise<Date | undefined> {
  const [found] = await rows<{ found_at: Date }>('select found_at from findings where external_id = $1', uid);
  return found?.found_at;
}

/** @returns how many rows the booking has. */
async function letTwoDaysPass(uid: string): Promise<number> {
  await rows(`update deliveries set received_at = received_at - interval '2 days' where subject_uid = $1`, uid);
  const updated = await rows(
    `update bookings set verified_at = verified_at - interval '2 days' where external_id = $1 returning 1`,
    uid,
  );
  return updated.length;
}

/** What was found is ten minutes old, and had arrived before. A pass that is under way may make it young again. */
async function letTenMinutesPass(): Promise<void> {
  await rows(
    `update deliveries set received_at = now() - interval '1 hour' where received_at > now() - interval '30 minutes'`,
  );
  await rows(
    `update findings set found_at = now() - interval '10 minutes' where found_at > now() - interval '9 minutes'`,
  );
}
