import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { errorAnswer } from '../../src/dev/notion-sandbox/sandbox.ts';
import { writeAsText } from '../support/database-text.ts';
import { aCall, mailsTo, post, useFolder, useOutside, useTemporal } from '../support/outside.ts';
import { useProduction } from '../support/production.ts';
import { type Finding, scanForCanaries } from '../support/raw-scan.ts';
import { temporalFilesIn } from '../support/temporal-files.ts';
import { until } from '../support/until.ts';
import { cancelOf } from '../support/webhook-bodies.ts';

/** Nobody else is called so: wherever these turn up, they came from the bookings. */
const ATTENDEE = { name: 'Zacharias Quillfeather', email: 'zacharias.quillfeather@example.com' };
const ORGANIZER = { name: 'Ottoline Brackenridge', email: 'ottoline.brackenridge@example.com' };
const CANARIES = [...Object.values(ATTENDEE), ...Object.values(ORGANIZER), 'Quillfeather', 'Brackenridge'];

/** The columns that are there for people's data. */
const CLEAR_COLUMNS = ['bookings.attendee_email', 'bookings.attendee_name', 'bookings.title', 'reminders.address'];

const folder = useFolder({ withNotices: true });
const temporal = useTemporal(folder);
const outside = useOutside();
const precall = useProduction({
  folder,
  temporal,
  outside,
  settings: { REMINDER_OFFSETS: '6s,3s', MEETING_THRESHOLD: '1s', LOG_LEVEL: 'debug' },
});

/** The place of each finding, without what varies from run to run. */
const placesOf = (findings: readonly Finding[]) => [...new Set(findings.map(({ file }) => basename(file)))].toSorted();

describe('The names and addresses of a booking, once its call is over', () => {
  let inTemporal: Finding[];
  /** What is no secret is found: the scan looks in the right place. */
  let idsInTemporal: Finding[];
  let inStore: Finding[];
  let inLogs: Finding[];
  let outcomes: unknown[];

  beforeAll(async () => {
    await Promise.all([precall.startServer(), precall.startWorker()]);
    await precall.untilReady();
    // Failures tell what they met: the mail server and Notion both say whom it was about.
    outside.notion.contacts.add({ Name: ATTENDEE.name, email: ATTENDEE.email });
    outside.notion.contacts.add({ Name: ATTENDEE.name, email: ATTENDEE.email });
    outside.notion.fail({ action: { answer: echoing(500) }, times: 2 });
    outside.notion.fail({ method: 'PATCH', action: { answer: echoing(400) }, times: Number.POSITIVE_INFINITY });
    outside.catcher.failNext({ at: 'recipient', answer: 451 });
    outside.catcher.failNext({ at: 'recipient', answer: 550 });

    const held = aCanaryCall('held');
    const cancelled = aCanaryCall('cancelled');
    for (const body of [held.body, cancelled.body, cancelOf(cancelled)]) await post(precall.url, body);
    await post(precall.url, { ...(held.body as object), triggerEvent: 'BOOKING_OF_TOMORROW' });
    await post(precall.url, [held.body]);
    await until('mail', () => mailsTo(outside.catcher, ATTENDEE.email).length > 0);
    outcomes = [await temporal.handle(held.workflowId).result(), await temporal.handle(cancelled.workflowId).result()];

    await temporal.kill();
    await temporalFilesIn(folder).backUp();
    inTemporal = await scanForCanaries(join(folder.path, 'backup'), CANARIES);
    idsInTemporal = await scanForCanaries(join(folder.path, 'backup'), [held.workflowId]);
    await writeAsText(precall.postgres.url, join(folder.path, 'store'));
    inStore = await scanForCanaries(join(folder.path, 'store'), CANARIES);
    await mkdir(join(folder.path, 'logs'));
    await writeFile(join(folder.path, 'logs', 'all'), precall.output());
    inLogs = await scanForCanaries(join(folder.path, 'logs'), CANARIES);
  });

  function aCanaryCall(uid: string) {
    const call = aCall({ uid, startsInMs: 9_000, attendee: ATTENDEE });
    const { payload, ...envelope } = call.body as { payload: { organizer: object } };
    const title = `Discovery call between ${ORGANIZER.name} and ${ATTENDEE.name}`;
    return {
      ...call,
      body: { ...envelope, payload: { ...payload, title, organizer: { ...payload.organizer, ...ORGANIZER } } },
    };
  }

  function echoing(status: number) {
    const answer = errorAnswer(status);
    return { ...answer, body: { ...(answer.body as object), message: `${ATTENDEE.name} <${ATTENDEE.email}>` } };
  }

  it('have met what can fail on the way', () => {
    expect(outcomes).toMatchObject([{ status: 'completed', notion: { outcome: 'failed' } }, { status: 'cancelled' }]);
  });

  it('are nowhere in clear text in the data of Temporal', () => {
    expect(inTemporal).toEqual([]);
    expect(idsInTemporal).not.toEqual([]);
  });

  it('are in the store only in the columns that are meant for them', () => {
    expect(placesOf(inStore)).toEqual(CLEAR_COLUMNS);
  });

  it('are in no log, however much is logged', () => {
    expect(precall.output()).toMatch(/"level":20/);
    expect(inLogs).toEqual([]);
  });
});
