import { beforeAll, describe, expect, it } from 'vitest';
import { errorAnswer, type FaultAction } from '../../src/dev/notion-sandbox/sandbox.ts';
import { timetableQuery } from '../../src/workflows/messages.ts';
import { aCall, lateness, mailsTo, post, useFolder, useOutside, useTemporal } from '../support/outside.ts';
import { useProduction } from '../support/production.ts';
import { until } from '../support/until.ts';

const OFFSETS_S = [6, 4, 2];

const folder = useFolder();
const temporal = useTemporal(folder);
const hanging = useNotionThat('hang', 'hanging');
const refusing = useNotionThat({ answer: errorAnswer(401) }, 'refusing');

/** A Precall of its own whose Notion does nothing else, and a call booked there. */
function useNotionThat(action: FaultAction, name: string) {
  const outside = useOutside();
  const precall = useProduction({
    folder,
    temporal,
    outside,
    settings: { TASK_QUEUE: name, REMINDER_OFFSETS: '6s,4s,2s', MEETING_THRESHOLD: '1s' },
  });
  let call: ReturnType<typeof aCall>;
  let askedBefore = 0;
  return {
    outside,
    precall,
    get call() {
      return call;
    },
    /** What was asked since nothing else happens. */
    get asked() {
      return outside.notion.journal.slice(askedBefore);
    },
    async start() {
      // A worker does not start where only a person can help.
      await Promise.all([precall.startServer(), precall.startWorker()]);
      await precall.untilReady();
      askedBefore = outside.notion.journal.length;
      outside.notion.fail({ action, times: Number.POSITIVE_INFINITY });
    },
    async book() {
      call = aCall({ uid: name, startsInMs: 8_000 });
      expect((await post(precall.url, call.body)).status).toBe(202);
    },
    async untilReminded() {
      await until('third reminder', () => mailsTo(outside.catcher, call.attendee.email).length >= OFFSETS_S.length);
    },
    expectRemindersOnTime() {
      const dueAt = OFFSETS_S.map((seconds) => call.startsAt - seconds * 1_000);
      const late = lateness(mailsTo(outside.catcher, call.attendee.email), dueAt);
      expect(late).toHaveLength(OFFSETS_S.length);
      for (const lateMs of late) {
        expect(lateMs).toBeGreaterThanOrEqual(0);
        expect(lateMs).toBeLessThan(3_000);
      }
    },
  };
}

beforeAll(async () => {
  await Promise.all([hanging.start(), refusing.start()]);
  await Promise.all([hanging.book(), refusing.book()]);
  await Promise.all([hanging.untilReminded(), refusing.untilReminded()]);
});

describe('Notion hanging for ever', () => {
  it('delays no reminder', () => {
    hanging.expectRemindersOnTime();
  });

  it('leaves open what is not known, and is asked again after the call', async () => {
    const { asked } = hanging;
    const { campaign, notion } = await temporal.handle(hanging.call.workflowId).query(timetableQuery);

    expect(asked.length).toBeGreaterThan(0);
    expect(asked.every(({ status }) => status === undefined)).toBe(true);
    expect([campaign.state, notion.outcome]).toEqual(['unknown', 'pending']);
  });
});

describe('Notion refusing our token', () => {
  it('delays no reminder', () => {
    refusing.expectRemindersOnTime();
  });

  it('is told where people look and in the log, without the token, and is waited out', async () => {
    const timetable = await temporal.handle(refusing.call.workflowId).query(timetableQuery);

    expect(timetable).toMatchObject({
      campaign: { state: 'unknown', reason: 'unauthorized' },
      notion: { outcome: 'pending', reason: 'unauthorized' },
    });
    expect(refusing.precall.output()).toMatch(/"alert":"notion_parked".*"reason":"unauthorized"/);
    expect(refusing.precall.output()).not.toContain(refusing.outside.notion.token);
  });
});
