import { beforeAll, describe, expect, it } from 'vitest';
import { timetableQuery } from '../../src/workflows/messages.ts';
import {
  aCall,
  lateness,
  mailsTo,
  post,
  untilStarted,
  useFolder,
  useOutside,
  useTemporal,
} from '../support/outside.ts';
import { useProduction } from '../support/production.ts';
import { until } from '../support/until.ts';

const OFFSETS_MS = [26_000, 20_000, 4_000];
/** Before the third reminder is due. */
const AWAY_UNTIL_MS = 14_000;

const folder = useFolder();
const temporal = useTemporal(folder);
const outside = useOutside();
const precall = useProduction({
  folder,
  temporal,
  outside,
  settings: { REMINDER_OFFSETS: '26s,20s,4s', MEETING_THRESHOLD: '2s' },
});

describe('Temporal killed after a reminder, and back on its data file when the next was due', () => {
  let call: ReturnType<typeof aCall>;
  let meanwhile: { status: number; tookMs: number; body: unknown };
  let healthMeanwhile: { health: number; ready: number };
  let bookedMeanwhile: ReturnType<typeof aCall>;
  let backAt: number;

  beforeAll(async () => {
    await Promise.all([precall.startServer(), precall.startWorker()]);
    await precall.untilReady();

    call = aCall({ uid: 'sleeps-through-it', startsInMs: 28_000 });
    expect((await post(precall.url, call.body)).status).toBe(202);
    await until('first reminder', () => mailsTo(outside.catcher, call.attendee.email).length === 1);
    await until('its outcome', async () => (await remindersOf(call))[0]?.outcome === 'sent');
    await temporal.kill();

    bookedMeanwhile = aCall({ uid: 'comes-in-between', startsInMs: 3_600_000 });
    const askedAt = Date.now();
    const response = await post(precall.url, bookedMeanwhile.body);
    meanwhile = {
      status: response.status,
      tookMs: Date.now() - askedAt,
      body: await response.json(),
    };
    const [health, ready] = await Promise.all(['health', 'ready'].map((path) => fetch(`${precall.url}/${path}`)));
    healthMeanwhile = { health: health!.status, ready: ready!.status };

    await until('second reminder due', () => Date.now() > call.startsAt - AWAY_UNTIL_MS);
    await temporal.restart();
    backAt = Date.now();
  });

  const remindersOf = async ({ workflowId }: { workflowId: string }) =>
    (await temporal.handle(workflowId).query(timetableQuery)).reminders;

  it('takes bookings in between at once, says that it is not ready, and stays alive', () => {
    expect(meanwhile).toMatchObject({ status: 202, body: { status: 'accepted', bookingUid: 'comes-in-between' } });
    expect(meanwhile.tookMs).toBeLessThan(2_000);
    expect(healthMeanwhile).toEqual({ health: 200, ready: 503 });
  });

  it('has handed them over by itself once it is back, without a restart of the server', async () => {
    const { workflowId, body } = bookedMeanwhile;

    expect(await untilStarted(temporal.handle(workflowId))).toBe('RUNNING');
    expect((await post(precall.url, body)).status).toBe(200);
    await precall.untilReady();
  });

  it('loses no reminder and doubles none: the one that was missed comes late, the next on time', async () => {
    const { status, reminders } = await temporal.handle(call.workflowId).result();

    expect([status, ...reminders.map(({ outcome }) => outcome)]).toEqual(['completed', 'sent', 'sent', 'sent']);
    const mails = mailsTo(outside.catcher, call.attendee.email);
    expect(new Set(mails.map(({ messageId }) => messageId)).size).toBe(3);
    expect(mails).toHaveLength(3);

    const [, missed, next] = mails;
    expect(missed!.receivedAtMs).toBeGreaterThan(backAt - 5_000);
    expect(missed!.receivedAtMs).toBeLessThan(call.startsAt - OFFSETS_MS[2]!);
    expect(lateness([next!], [call.startsAt - OFFSETS_MS[2]!])[0]).toBeGreaterThanOrEqual(0);
    expect(next!.receivedAtMs).toBeLessThan(call.startsAt);
  });
});
