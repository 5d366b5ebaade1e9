import { beforeAll, describe, expect, it } from 'vitest';
import type { RestoreReport } from '../../src/server/lost-runs.ts';
import { timetableQuery } from '../../src/workflows/messages.ts';
import { letBookingsSettle, rebuild } from '../support/operator.ts';
import { aCall, mailsTo, post, useFolder, useOutside, useTemporal } from '../support/outside.ts';
import { useProduction } from '../support/production.ts';
import { temporalFilesIn } from '../support/temporal-files.ts';
import { until } from '../support/until.ts';
import { cancelOf, moveOf } from '../support/webhook-bodies.ts';

const folder = useFolder();
const temporal = useTemporal(folder);
const outside = useOutside();
const precall = useProduction({
  folder,
  temporal,
  outside,
  settings: { REMINDER_OFFSETS: '26s,3s', MEETING_THRESHOLD: '1s' },
});

type Call = ReturnType<typeof aCall>;

const mailsOf = ({ attendee }: Call) => mailsTo(outside.catcher, attendee.email);
const outcomesOf = async ({ workflowId }: Call) => {
  const { status, reminders } = await temporal.handle(workflowId).result();
  return [status, ...reminders.map(({ outcome, reason }) => reason ?? outcome)];
};

beforeAll(async () => {
  await Promise.all([precall.startServer(), precall.startWorker()]);
  await precall.untilReady();
});

async function book(body: unknown) {
  expect((await post(precall.url, body)).status).toBe(202);
}

/** Waits until the store knows so much of a booking: what it knows is all that is left. */
async function untilRecorded({ uid }: Call, mark: string) {
  const { bookings } = await precall.store();
  await until(`record of ${uid}`, async () => {
    const booking = await bookings.find({ uid });
    return booking?.revision && JSON.stringify([booking.status, booking.report]).includes(`"${mark}"`);
  });
}

/** Waits until the store knows that the run of a booking has ended: it would be given back otherwise. */
async function untilOver({ uid }: Call) {
  const { bookings } = await precall.store();
  await until(`end of ${uid}`, async () => (await bookings.find({ uid }))?.isOver);
}

async function wipeTemporal(meanwhile: () => Promise<void> = async () => {}) {
  await temporal.kill();
  await temporalFilesIn(folder).remove();
  await meanwhile();
  await temporal.restart();
}

/** Temporal loses everything it knows between the two reminders of most of these. */
describe('Temporal wiped while bookings are at every stage', () => {
  let reminded: Call;
  let cancelled: Call;
  let moved: Call;
  let movedTo: Call;
  let fresh: Call;
  let accepted: Call;
  let firstRebuild: RestoreReport;
  let secondRebuild: RestoreReport;
  let sentBefore: number[];

  beforeAll(async () => {
    reminded = aCall({ uid: 'reminded', startsInMs: 28_000 });
    cancelled = aCall({ uid: 'cancelled', startsInMs: 28_000 });
    moved = aCall({ uid: 'moved', startsInMs: 28_000 });
    for (const { body } of [reminded, cancelled, moved]) await book(body);
    await until('first reminders', () => [reminded, cancelled, moved].every((call) => mailsOf(call).length === 1));

    movedTo = moveOf(moved, { uid: 'moved-to', startsInMs: 37_000 });
    fresh = aCall({ uid: 'fresh', startsInMs: 38_000 });
    for (const body of [cancelOf(cancelled), movedTo.body, fresh.body]) await book(body);
    await untilRecorded(reminded, 'sent');
    await untilRecorded(cancelled, 'cancelled');
    await untilOver(moved);
    await untilRecorded(movedTo, 'planned');
    await untilRecorded(fresh, 'planned');
    sentBefore = [reminded, cancelled, movedTo, fresh].map((call) => mailsOf(call).length);

    await wipeTemporal(async () => {
      accepted = aCall({ uid: 'accepted-meanwhile', startsInMs: 37_000 });
      await book(accepted.body);
    });
    await letBookingsSettle(precall.postgres.url);
    firstRebuild = await rebuild(precall.url);
    secondRebuild = await rebuild(precall.url);
  });

  it('gives every booking that is not over its run back, at the first `precall rebuild`', async () => {
    expect(sentBefore).toEqual([1, 1, 1, 0]);
    expect(firstRebuild).toMatchObject({ missing: 4, restored: 4, closed: 0, failed: 0 });
    for (const { workflowId } of [reminded, cancelled, movedTo, fresh]) {
      await temporal.handle(workflowId).query(timetableQuery);
    }
  });

  it('has nothing to do for a second one', () => {
    expect(secondRebuild).toMatchObject({ missing: 0, restored: 0, failed: 0 });
  });

  it('sends what was still to be sent, and nothing again', async () => {
    expect(await outcomesOf(reminded)).toEqual(['completed', 'sent', 'sent']);
    expect(await outcomesOf(fresh)).toEqual(['completed', 'sent', 'sent']);

    for (const call of [reminded, fresh]) {
      expect(new Set(mailsOf(call).map(({ messageId }) => messageId)).size).toBe(2);
      expect(mailsOf(call)).toHaveLength(2);
    }
  });

  it('remembers that a call is cancelled', async () => {
    expect(await outcomesOf(cancelled)).toEqual(['cancelled', 'sent', 'cancelled']);
    expect(mailsOf(cancelled)).toHaveLength(1);
  });

  it('remembers that a call has moved, and reminds of the new time alone', async () => {
    expect(await outcomesOf(movedTo)).toEqual(['completed', 'sent', 'sent']);
    // Both bookings are the same person's: one mail before the move.
    expect(mailsOf(movedTo)).toHaveLength(3);

    expect((await post(precall.url, { ...(moved.body as object), createdAt: new Date().toISOString() })).status).toBe(
      202,
    );
    await until('the late news to be dispatched', async () => {
      const { inbox } = await precall.store();
      return (await inbox.backlog()).pending === 0;
    });
    await expect(temporal.handle(moved.workflowId).describe()).rejects.toThrow(/not found/i);
  });

  it('looks after a booking that was accepted while there was no Temporal', async () => {
    expect(await outcomesOf(accepted)).toEqual(['completed', 'sent', 'sent']);
    expect(mailsOf(accepted)).toHaveLength(2);
  });

  it('is told in the log, with an alert', () => {
    expect(precall.output()).toMatch(/"alert":"runs_restored"/);
  });
});

describe('Temporal wiped while nobody asked anything of it', () => {
  it('takes the runs back at once: what was made ready in it is made ready again', async () => {
    const call = aCall({ uid: 'unnoticed', startsInMs: 3_600_000 });
    await book(call.body);
    await untilRecorded(call, 'planned');

    await wipeTemporal();
    await letBookingsSettle(precall.postgres.url);

    // On a slow machine the server's own search, a minute after its start, may have been there first.
    const { missing, restored, failed } = await rebuild(precall.url);
    expect({ failed, stillMissing: missing - restored }).toEqual({ failed: 0, stillMissing: 0 });
    expect(await temporal.handle(call.workflowId).query(timetableQuery)).toMatchObject({ status: 'scheduled' });
  });
});
