import { setTimeout as sleep } from 'node:timers/promises';
import getPort from 'get-port';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CaughtMail } from '../../src/dev/mail-catcher/caught-mail.ts';
import { type MailCatcher, startMailCatcher } from '../../src/dev/mail-catcher/mail-catcher.ts';
import {
  aCall,
  mailsTo,
  post,
  uidThatWakes,
  untilUnderWay,
  useFolder,
  useOutside,
  useTemporal,
} from '../support/outside.ts';
import { useProduction } from '../support/production.ts';
import { until } from '../support/until.ts';
import { cancelOf, moveOf } from '../support/webhook-bodies.ts';

const OFFSETS_MS = [14_000, 3_000];

const mailServer = useMailServerAt(await getPort({ host: '127.0.0.1' }));
const folder = useFolder();
const temporal = useTemporal(folder);
const outside = useOutside();
const precall = useProduction({
  folder,
  temporal,
  outside,
  settings: { SMTP_URL: mailServer.smtpUrl, REMINDER_OFFSETS: '14s,3s', MEETING_THRESHOLD: '1s' },
});

beforeAll(async () => {
  await Promise.all([precall.startServer(), precall.startWorker()]);
  await precall.untilReady();
});

type Call = ReturnType<typeof aCall>;

/** A mail server that can go and come back. */
function useMailServerAt(port: number) {
  let catcher: MailCatcher | undefined;
  const caught: CaughtMail[] = [];
  const start = async () => {
    catcher = await startMailCatcher({ smtpPort: port });
    catcher.onMail((mail) => caught.push(mail));
  };
  beforeAll(start);
  afterAll(() => catcher?.stop());
  return {
    smtpUrl: `smtp://127.0.0.1:${port}`,
    mails: () => caught,
    stop: () => catcher?.stop(),
    start,
  };
}

const mailsOf = ({ attendee }: Call) => mailsTo(mailServer, attendee.email);

async function book({ body }: Pick<Call, 'body'>): Promise<void> {
  expect((await post(precall.url, body)).status).toBe(202);
}

const cancel = (call: Call) => book({ body: cancelOf(call) });

async function endOf({ workflowId }: Call): Promise<string[]> {
  const { status, reminders } = await temporal.handle(workflowId).result();
  return [status, ...reminders.map(({ outcome, reason }) => reason ?? outcome)];
}

describe('Temporal away while a call is cancelled and another one moves, and back after their reminders were due', () => {
  let cancelled: Call;
  let moved: Call;
  let movedTo: Call;
  let wasAcceptedInTime: boolean;

  beforeAll(async () => {
    // One reminder waits in a worker's memory for its instant, the other one in Temporal.
    cancelled = aCall({ uid: uidThatWakes('early', 'cancelled'), startsInMs: 30_000 });
    moved = aCall({ uid: uidThatWakes('late', 'moved'), startsInMs: 30_000 });
    await Promise.all([book(cancelled), book(moved)]);
    await until('run', () =>
      temporal
        .handle(moved.workflowId)
        .describe()
        .then(Boolean, () => false),
    );
    await untilUnderWay(temporal.handle(cancelled.workflowId));
    await temporal.kill();

    movedTo = moveOf(moved, { uid: 'moved-to', startsInMs: 26_000 });
    await Promise.all([cancel(cancelled), book(movedTo)]);
    const dueAt = moved.startsAt - OFFSETS_MS[0]!;
    wasAcceptedInTime = Date.now() < dueAt;
    await sleep(dueAt + 1_000 - Date.now());
    await temporal.restart();
  });

  it('sends nothing for the cancelled call', async () => {
    expect(wasAcceptedInTime).toBe(true);
    expect(await endOf(cancelled)).toEqual(['cancelled', 'cancelled', 'cancelled']);
    expect(mailsOf(cancelled)).toEqual([]);
  });

  it('reminds of the moved call at its new time alone', async () => {
    expect(await endOf(moved)).toEqual(['superseded', 'superseded', 'superseded']);
    expect(await endOf(movedTo)).toEqual(['completed', 'sent', 'sent']);

    const mails = mailsOf(movedTo);
    expect(mails).toHaveLength(2);
    for (const [index, { receivedAtMs }] of mails.entries()) {
      expect(receivedAtMs).toBeGreaterThanOrEqual(movedTo.startsAt - OFFSETS_MS[index]!);
    }
  });
});

describe('The mail server away while a reminder is tried again, and back after the call was cancelled', () => {
  it('gets no mail', async () => {
    await mailServer.stop();
    const call = aCall({ uid: uidThatWakes('late', 'retried'), startsInMs: OFFSETS_MS[0]! + 1_000 });
    await book(call);
    await until('second attempt', () => attemptsFor(call, 2));

    await cancel(call);
    await mailServer.start();

    expect(await endOf(call)).toEqual(['cancelled', 'cancelled', 'cancelled']);
    expect(mailsOf(call)).toEqual([]);
  });

  async function attemptsFor({ workflowId }: Call, count: number): Promise<boolean> {
    const { raw } = await temporal
      .handle(workflowId)
      .describe()
      .catch(() => ({ raw: undefined }));
    return (
      raw?.pendingActivities?.some(
        ({ activityType, attempt }) => activityType?.name === 'sendReminder' && Number(attempt) >= count,
      ) === true
    );
  }
});

describe('PostgreSQL killed under a stream of webhooks, and back after a reminder was due', () => {
  let call: Call;
  let accepted: Call[];
  let refused: Response;
  let health: number;
  let awayUntil: number;

  beforeAll(async () => {
    call = aCall({ uid: 'outlives-it', startsInMs: OFFSETS_MS[0]! + 4_000 });
    await book(call);
    const stream = Array.from({ length: 30 }, (_, index) => aCall({ uid: `stream-${index}`, startsInMs: 3_600_000 }));
    accepted = [];
    await Promise.all(
      stream.map(async (next, index) => {
        if ((await post(precall.url, next.body)).status === 202) accepted.push(next);
        if (index === 10) await precall.postgres.kill9();
      }),
    );
    refused = await post(precall.url, aCall({ uid: 'refused', startsInMs: 3_600_000 }).body);
    health = (await fetch(`${precall.url}/health`)).status;
    await until('reminder due', () => Date.now() > call.startsAt - OFFSETS_MS[0]!);
    awayUntil = Date.now();
    await precall.postgres.restart();
  });

  it('is told to the sender as 503 with Retry-After, by a server that stays alive', async () => {
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(health).toBe(200);
  });

  it('loses none of those that were accepted', async () => {
    expect(accepted.length).toBeGreaterThan(0);
    for (const { uid, workflowId } of accepted) {
      await until(`run of ${uid}`, () =>
        temporal
          .handle(workflowId)
          .describe()
          .then(Boolean, () => false),
      );
    }
  });

  it('sends the reminder late, and once', async () => {
    expect(await endOf(call)).toEqual(['completed', 'sent', 'sent']);
    expect(mailsOf(call)[0]!.receivedAtMs).toBeGreaterThan(awayUntil);
    expect(new Set(mailsOf(call).map(({ messageId }) => messageId)).size).toBe(2);
    expect(mailsOf(call)).toHaveLength(2);
  });
});
