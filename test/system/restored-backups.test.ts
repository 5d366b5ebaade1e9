import { beforeAll, describe, expect, it } from 'vitest';
import { letBookingsSettle, rebuild } from '../support/operator.ts';
import { aCall, mailsTo, post, useFolder, useOutside, useTemporal } from '../support/outside.ts';
import { backUpDatabase } from '../support/postgres-backup.ts';
import type { PrecallProcess } from '../support/precall-process.ts';
import { useProduction } from '../support/production.ts';
import { temporalFilesIn } from '../support/temporal-files.ts';
import { until } from '../support/until.ts';
import { cancelOf } from '../support/webhook-bodies.ts';

const folder = useFolder();
const temporal = useTemporal(folder);
const outside = useOutside();
const precall = useProduction({
  folder,
  temporal,
  outside,
  settings: { REMINDER_OFFSETS: '24s,6s', MEETING_THRESHOLD: '1s' },
});

let worker: PrecallProcess;

beforeAll(async () => {
  [, worker] = await Promise.all([precall.startServer(), precall.startWorker()]);
  await precall.untilReady();
});

type Call = ReturnType<typeof aCall>;

const mailsOf = ({ attendee }: Call) => mailsTo(outside.catcher, attendee.email);

async function book(...bodies: unknown[]): Promise<void> {
  for (const body of bodies) expect((await post(precall.url, body)).status).toBe(202);
}

async function untilRecorded({ uid }: Call, status: string): Promise<void> {
  const { bookings } = await precall.store();
  await until(`record of ${uid}`, async () => {
    const booking = await bookings.find({ uid });
    return booking?.revision && booking.status === status;
  });
}

/** What has happened since the backup was made. */
async function untilRemindedAndCancelled(reminded: Call, cancelled: Call): Promise<void> {
  await until('first reminders', () => [reminded, cancelled].every((call) => mailsOf(call).length === 1));
  await book(cancelOf(cancelled));
  await untilRecorded(cancelled, 'cancelled');
}

async function expectEnd(call: Call, end: string[]): Promise<void> {
  const { status, reminders } = await temporal.handle(call.workflowId).result();
  expect([status, ...reminders.map(({ outcome, reason }) => reason ?? outcome)]).toEqual(end);

  const sent = end.filter((outcome) => outcome === 'sent').length;
  expect(mailsOf(call)).toHaveLength(sent);
  expect(new Set(mailsOf(call).map(({ messageId }) => messageId)).size).toBe(sent);
}

describe('An older copy of Temporal’s data, put back while no worker runs', () => {
  let reminded: Call;
  let cancelled: Call;
  let later: Call;

  beforeAll(async () => {
    const files = temporalFilesIn(folder);
    reminded = aCall({ uid: 'temporal-reminded', startsInMs: 32_000 });
    cancelled = aCall({ uid: 'temporal-cancelled', startsInMs: 32_000 });
    later = aCall({ uid: 'temporal-later', startsInMs: 32_000 });
    await book(reminded.body, cancelled.body);
    await Promise.all([untilRecorded(reminded, 'scheduled'), untilRecorded(cancelled, 'scheduled')]);
    await temporal.kill();
    await files.backUp();
    await temporal.restart();

    await book(later.body);
    await untilRemindedAndCancelled(reminded, cancelled);
    await until('first reminder', () => mailsOf(later).length === 1);
    // A worker that goes on has the runs in memory as they were, and takes the older ones for its own only after minutes.
    await worker.kill();
    await temporal.kill();
    await files.putBack();
    await temporal.restart();
    worker = await precall.startWorker();
    await letBookingsSettle(precall.postgres.url);
    expect(await rebuild(precall.url)).toMatchObject({ missing: 1, restored: 1, failed: 0 });
  });

  it('doubles no mail: what the store knows to be sent stays sent', () =>
    expectEnd(reminded, ['completed', 'sent', 'sent']));

  it('reminds nobody of a call that was cancelled since', () =>
    expectEnd(cancelled, ['cancelled', 'sent', 'cancelled']));

  it('does the same for a booking it knows nothing of', () => expectEnd(later, ['completed', 'sent', 'sent']));
});

describe('An older copy of the store, put back', () => {
  let reminded: Call;
  let cancelled: Call;

  beforeAll(async () => {
    reminded = aCall({ uid: 'store-reminded', startsInMs: 32_000 });
    cancelled = aCall({ uid: 'store-cancelled', startsInMs: 32_000 });
    await book(reminded.body, cancelled.body);
    await Promise.all([untilRecorded(reminded, 'scheduled'), untilRecorded(cancelled, 'scheduled')]);
    const backup = await backUpDatabase(precall.postgres.url);

    await untilRemindedAndCancelled(reminded, cancelled);
    await backup.putBack();
    // Whoever sent it may send again what the store has forgotten.
    await until('repeat', async () => [200, 202].includes((await post(precall.url, reminded.body)).status));
  });

  it('doubles no mail: what the run has had sent stays sent', () => expectEnd(reminded, ['completed', 'sent', 'sent']));

  it('reminds nobody of a call that was cancelled since', () =>
    expectEnd(cancelled, ['cancelled', 'sent', 'cancelled']));

  it('is told by the runs what it has missed', async () => {
    const { bookings } = await precall.store();
    expect((await bookings.find(cancelled))?.status).toBe('cancelled');
  });
});
