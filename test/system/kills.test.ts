import pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { timetableQuery } from '../../src/workflows/messages.ts';
import {
  aCall,
  lateness,
  mailsTo,
  post,
  rowOf,
  uidThatWakes,
  untilStarted,
  untilUnderWay,
  useFolder,
  useOutside,
  useTemporal,
  writes,
} from '../support/outside.ts';
import type { PrecallProcess } from '../support/precall-process.ts';
import { useProduction } from '../support/production.ts';
import { until } from '../support/until.ts';

/** A worker that dies with an activity in its hands is noticed 15 s after the due instant; retries and a slow machine come on top. */
const NOTICED_WITHIN_MS = 22_000;

const folder = useFolder();
const temporal = useTemporal(folder);
const outside = useOutside();
const precall = useProduction({
  folder,
  temporal,
  outside,
  settings: { REMINDER_OFFSETS: '46s,28s', MEETING_THRESHOLD: '2s' },
});
let server: PrecallProcess;
let worker: PrecallProcess;

beforeAll(async () => {
  [server, worker] = await Promise.all([precall.startServer(), precall.startWorker()]);
  await precall.untilReady();
});

type Call = ReturnType<typeof aCall>;

/** A call whose second reminder is due so long from now, and the first 18 s before that; if that is past, it is skipped. */
async function bookedWithSecondReminderIn(dueInMs: number, uid: string): Promise<Call> {
  const call = aCall({ uid, startsInMs: dueInMs + 28_000 });
  outside.notion.contacts.add({ Name: call.attendee.name, email: call.attendee.email });
  expect((await post(precall.url, call.body)).status).toBe(202);
  await untilStarted(temporal.handle(call.workflowId));
  return call;
}

const mailsOf = ({ attendee }: Call) => mailsTo(outside.catcher, attendee.email);

const updatesOf = ({ attendee }: Call) =>
  writes(outside.notion).filter(({ path }) => path.endsWith(rowOf(outside.notion, attendee.email)?.id ?? 'nowhere'));

const outcomesOf = async ({ workflowId }: Call) =>
  (await temporal.handle(workflowId).query(timetableQuery)).reminders.map(({ outcome, reason }) => reason ?? outcome);

/** What the store keeps of its mails, soonest due first. */
async function mailRowsOf({ uid }: Call): Promise<{ state: string; possible_duplicate: boolean }[]> {
  const database = new pg.Client(precall.postgres.url);
  await database.connect();
  const { rows } = await database.query(
    "select state, possible_duplicate from reminders where external_id = $1 and state <> 'skipped' order by due_at",
    [uid],
  );
  await database.end();
  return rows;
}

const SENT = { state: 'sent', possible_duplicate: false };
const SENT_TWICE = { state: 'sent', possible_duplicate: true };

/** Waits until the run has decided everything about its reminders and nothing is under way that could send another. */
async function untilDecided(call: Call): Promise<string[]> {
  return until(
    `end of the reminders of ${call.uid}`,
    async () => {
      const outcomes = await outcomesOf(call);
      const { raw } = await temporal.handle(call.workflowId).describe();
      return !outcomes.includes('planned') && !raw.pendingActivities?.length && outcomes;
    },
    60_000,
  );
}

describe('a worker that is killed', () => {
  let betweenReminders: Call;
  let inMemory: Call;
  let onTheWire: Call;
  let killedAt: number;
  let wasInMemory: boolean;
  let wasBetween: boolean;

  beforeAll(async () => {
    // One instant of death for all three: when the mail server has just taken the mail of `onTheWire`.
    betweenReminders = await bookedWithSecondReminderIn(22_000, uidThatWakes('late', 'between'));
    inMemory = await bookedWithSecondReminderIn(16_000, uidThatWakes('early', 'in-memory'));
    onTheWire = await bookedWithSecondReminderIn(14_000, uidThatWakes('late', 'on-the-wire'));
    const killed = new Promise<number>((resolve) => {
      const end = outside.catcher.onMail(({ envelope }) => {
        if (!envelope.to.includes(onTheWire.attendee.email)) return;
        // Before the mail server's answer leaves this process.
        worker.signal('SIGKILL');
        end();
        resolve(Date.now());
      });
    });
    await untilUnderWay(temporal.handle(inMemory.workflowId));
    killedAt = await killed;
    wasBetween = mailsOf(betweenReminders).length === 1;
    wasInMemory = mailsOf(inMemory).length === 0;
    await worker.untilEnded();
    worker = await precall.startWorker();
  });

  it('between two reminders has not sent the first again when it is back, and sends the second', async () => {
    expect(wasBetween).toBe(true);
    expect(await untilDecided(betweenReminders)).toEqual(['sent', 'sent']);

    const mails = mailsOf(betweenReminders);
    expect(mails).toHaveLength(2);
    expect(new Set(mails.map(({ messageId }) => messageId)).size).toBe(2);
    expect(await mailRowsOf(betweenReminders)).toEqual([SENT, SENT]);
    const dueAt = [46_000, 28_000].map((offsetMs) => betweenReminders.startsAt - offsetMs);
    for (const lateMs of lateness(mails, dueAt)) {
      expect(lateMs).toBeGreaterThanOrEqual(0);
      expect(lateMs).toBeLessThan(NOTICED_WITHIN_MS);
    }
  });

  it('while a reminder waits in memory for its instant is missed, and the reminder sent once', async () => {
    expect(wasInMemory).toBe(true);
    expect(inMemory.startsAt - 28_000).toBeGreaterThan(killedAt);
    expect(await untilDecided(inMemory)).toEqual(['past_when_booked', 'sent']);

    const [lateMs, ...others] = lateness(mailsOf(inMemory), [inMemory.startsAt - 28_000]);
    expect(others).toEqual([]);
    expect(lateMs).toBeGreaterThanOrEqual(0);
    expect(lateMs).toBeLessThan(NOTICED_WITHIN_MS);
  });

  it('before it heard that the mail was taken sends it twice, with one Message-ID, and says so', async () => {
    expect(await untilDecided(onTheWire)).toEqual(['past_when_booked', 'possible_duplicate']);
    expect(await mailRowsOf(onTheWire)).toEqual([SENT_TWICE]);

    const mails = mailsOf(onTheWire);
    expect(mails).toHaveLength(2);
    expect(new Set(mails.map(({ messageId }) => messageId)).size).toBe(1);
    expect(new Set(mails.map(({ raw }) => raw)).size).toBe(1);
  });

  it('has updated each Notion row once', () => {
    for (const call of [betweenReminders, inMemory, onTheWire]) expect(updatesOf(call)).toHaveLength(1);
  });
});

describe('a worker that is stopped', () => {
  it('hands nothing over half done: what waits for its instant is sent, once, and the next worker sends the rest', async () => {
    const waiting = await bookedWithSecondReminderIn(9_000, uidThatWakes('early', 'stopped'));
    const later = await bookedWithSecondReminderIn(15_000, uidThatWakes('late', 'later'));
    await untilUnderWay(temporal.handle(waiting.workflowId));

    worker.signal('SIGTERM');
    const next = await precall.startWorker();
    const end = await worker.untilEnded();
    worker = next;

    expect(end).toEqual({ code: 0, signal: null });
    expect(await untilDecided(waiting)).toEqual(['past_when_booked', 'sent']);
    expect(await untilDecided(later)).toEqual(['past_when_booked', 'sent']);
    expect([mailsOf(waiting).length, mailsOf(later).length]).toEqual([1, 1]);
  });
});

describe('a mail server that takes a mail and hangs up before it says so', () => {
  it('gets it twice, with one Message-ID, which the timetable says', async () => {
    outside.catcher.failNext({ at: 'message', answer: 'drop' });
    const call = await bookedWithSecondReminderIn(2_000, uidThatWakes('late', 'dropped'));

    expect(await untilDecided(call)).toEqual(['past_when_booked', 'possible_duplicate']);
    expect(await mailRowsOf(call)).toEqual([SENT_TWICE]);
    const mails = mailsOf(call);
    expect(mails).toHaveLength(2);
    expect(new Set(mails.map(({ messageId }) => messageId)).size).toBe(1);
  });
});

describe('a server that is killed while webhooks arrive', () => {
  it('has kept every booking it accepted, and takes all of them again without doubling one', async () => {
    const calls = Array.from({ length: 40 }, (_, index) => aCall({ uid: `burst-${index}`, startsInMs: 3_600_000 }));
    const accepted = new Set<Call>();
    await Promise.allSettled(
      calls.map(async (call) => {
        const { status } = await post(precall.url, call.body);
        if (status === 202) accepted.add(call);
        if (accepted.size === 10) server.signal('SIGKILL');
      }),
    );
    await server.untilEnded();
    expect(accepted.size).toBeLessThan(calls.length);

    server = await precall.startServer();
    await until('run for each that was accepted', async () => (await countOfRuns()) >= accepted.size, 60_000);
    const again = await Promise.all(calls.map((call) => post(precall.url, call.body)));

    for (const [index, { status }] of again.entries()) {
      // One may have been kept, and the answer lost.
      expect(accepted.has(calls[index]!) ? [200] : [200, 202]).toContain(status);
    }
    await until('run for each booking', async () => (await countOfRuns()) >= calls.length, 60_000);
    expect(await countOfRuns()).toBe(calls.length);
  });

  const countOfRuns = async () =>
    (await temporal.client.workflow.count('WorkflowId STARTS_WITH "precall/burst-"')).count;
});
