import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { beforeAll, describe, expect, it } from 'vitest';
import type { DeliverySummary } from '../../src/store/inbox.ts';
import type { PrecallOutcome } from '../../src/workflows/messages.ts';
import { useEmbedded } from '../support/embedded.ts';
import { deliveriesOf } from '../support/operator.ts';
import {
  aCall,
  handleOf,
  mailsTo,
  type Outside,
  post,
  rowOf,
  useFolder,
  useOutside,
  useTemporal,
} from '../support/outside.ts';
import { useProduction } from '../support/production.ts';
import { until } from '../support/until.ts';
import { cancelOf, moveOf } from '../support/webhook-bodies.ts';

const OFFSETS_S = [16, 3];
const settings = { REMINDER_OFFSETS: '16s,3s', MEETING_THRESHOLD: '1s' };

const production = useTwoOfEach();
const embedded = useOneProcess();
// Side by side: each mostly waits for its calls.
beforeAll(async () => {
  await Promise.all([production.start(), embedded.start()]);
  await Promise.all([production.story.tell(), embedded.story.tell()]);
});

describe.each([
  { name: 'Two servers and two workers on one PostgreSQL and one Temporal', ...production },
  { name: 'Everything in one process', ...embedded },
])('$name, under a stream of bookings', ({ story }) => {
  it('accept each of them, and know a repeat, wherever it arrives', () => {
    const { calls, answers } = story;

    expect(calls).toHaveLength(20);
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(calls.length + 5 + 5);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
  });

  it('send every reminder of a call that stands, exactly once, and never early', () => {
    for (const call of [...story.plain, ...story.repeated]) {
      expect(told(story.outcomeOf(call))).toEqual(['completed', 'sent', 'sent']);
      expectRemindersOf(call, story.mailsOf(call));
    }
  });

  it('send none for a cancelled call', () => {
    for (const call of story.cancelled) {
      expect(told(story.outcomeOf(call))).toEqual(['cancelled', 'cancelled', 'cancelled']);
      expect(story.mailsOf(call)).toEqual([]);
    }
  });

  it('remind of a moved call at its new time alone', () => {
    for (const { from, to } of story.moved) {
      // The other server may hear of the move first: then nothing is started for the old time.
      expect([undefined, ['superseded', 'superseded', 'superseded']]).toContainEqual(told(story.outcomeOf(from)));
      expect(told(story.outcomeOf(to))).toEqual(['completed', 'sent', 'sent']);
      expectRemindersOf(to, story.mailsOf(to));
    }
  });

  it('dispatch each delivery once, save a move that met the start of the run it is to end', () => {
    const { deliveries } = story;
    const moves = deliveries.filter(({ replacedUid }) => replacedUid !== undefined);
    const others = deliveries.filter(({ replacedUid }) => replacedUid === undefined);

    expect(deliveries).toHaveLength(story.calls.length + 5 + 5);
    expect(others.filter(({ status, attempts }) => status !== 'dispatched' || attempts !== 1)).toEqual([]);
    expect(moves.filter(({ status, attempts }) => status !== 'dispatched' || attempts > 2)).toEqual([]);
  });

  it('leave each row in Notion as its call ended', () => {
    const stood = [...story.plain, ...story.repeated, ...story.moved.map(({ to }) => to)];

    for (const call of stood) {
      expect(story.rowOf(call)).toMatchObject({
        'Booking Status': 'Completed',
        'Diagnostic Call Date': new Date(call.startsAt).toISOString().slice(0, 10),
        'Christmas Campaign Status': 'Pre-Call Prep',
      });
    }
    // Where nothing was written before the cancel, there is nothing to call off.
    for (const call of story.cancelled) expect(story.rowOf(call)['Booking Status']).not.toBe('Booked');
  });
});

type Call = ReturnType<typeof aCall>;
type Mails = ReturnType<typeof mailsTo>;

const told = (outcome: PrecallOutcome | undefined) =>
  outcome && [outcome.status, ...outcome.reminders.map(({ outcome, reason }) => reason ?? outcome)];

/** Two mails, each after its own due instant: one of an old time would come before. */
function expectRemindersOf({ startsAt }: Call, mails: Mails) {
  expect(mails).toHaveLength(OFFSETS_S.length);
  expect(new Set(mails.map(({ messageId }) => messageId)).size).toBe(OFFSETS_S.length);
  for (const [index, { receivedAtMs }] of mails.entries()) {
    expect(receivedAtMs).toBeGreaterThanOrEqual(startsAt - OFFSETS_S[index]! * 1_000);
    expect(receivedAtMs).toBeLessThan(startsAt);
  }
}

function useTwoOfEach() {
  const folder = useFolder();
  const temporal = useTemporal(folder);
  const outside = useOutside();
  const precall = useProduction({ folder, temporal, outside, settings });
  return {
    story: aStory(outside, () => ({ urls: [precall.url, precall.secondUrl], client: temporal.client })),
    async start() {
      const servers = ([0, 1] as const).map((index) => precall.startServer(index));
      await Promise.all([...servers, precall.startWorker(), precall.startWorker()]);
      await precall.untilReady();
    },
  };
}

function useOneProcess() {
  const outside = useOutside();
  const precall = useEmbedded({ folder: useFolder(), outside, settings });
  return {
    story: aStory(outside, () => ({ urls: [precall.url, precall.url], client: precall.client })),
    start: precall.start,
  };
}

/** Twenty bookings: a quarter each is left alone, arrives twice, is cancelled, and is moved, before any reminder is due. */
function aStory(outside: Outside, where: () => { urls: [string, string]; client: Client }) {
  const calls: Call[] = [];
  const moved: { from: Call; to: Call }[] = [];
  const outcomes = new Map<string, PrecallOutcome>();
  const answers: Response[] = [];
  let deliveries: DeliverySummary[] = [];
  const everyFourth = (from: number) => calls.filter((_, index) => index % 4 === from);

  return {
    calls,
    moved,
    answers,
    get plain() {
      return everyFourth(0);
    },
    get repeated() {
      return everyFourth(1);
    },
    get cancelled() {
      return everyFourth(2);
    },
    get deliveries() {
      return deliveries;
    },
    outcomeOf: ({ uid }: Call) => outcomes.get(uid),
    mailsOf: ({ attendee }: Call) => mailsTo(outside.catcher, attendee.email),
    rowOf: ({ attendee }: Call) => rowOf(outside.notion, attendee.email)!.cells,

    async tell(): Promise<void> {
      const { urls, client } = where();
      for (let index = 0; index < 20; index += 1) {
        const call = aCall({ uid: `stream-${index}`, startsInMs: 26_000 });
        calls.push(call);
        outside.notion.contacts.add({ Name: call.attendee.name, email: call.attendee.email });
        const [one, other] = index % 2 === 0 ? urls : [urls[1], urls[0]];
        answers.push(await post(one, call.body));
        if (index % 4 === 1) answers.push(await post(other, call.body));
        if (index % 4 === 2) answers.push(await post(other, cancelOf(call)));
        if (index % 4 === 3) {
          const to = moveOf(call, { uid: `moved-${index}`, startsInMs: 29_000 });
          moved.push({ from: call, to });
          answers.push(await post(other, to.body));
        }
      }
      await until('end of dispatching', async () => {
        deliveries = await deliveriesOf(urls[0]);
        return deliveries.every(({ status }) => status !== 'pending');
      });
      for (const { uid, workflowId } of [...calls, ...moved.map(({ to }) => to)]) {
        const outcome = await handleOf(client, workflowId).result().catch(unlessAbsent);
        if (outcome) outcomes.set(uid, outcome);
      }
    },
  };
}

function unlessAbsent(error: unknown): undefined {
  if (!(error instanceof WorkflowNotFoundError)) throw error;
}
