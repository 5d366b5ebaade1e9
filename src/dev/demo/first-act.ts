import { setTimeout as sleep } from 'node:timers/promises';
import { callDate } from '../../activities/call-date.ts';
import { workflowIdOf } from '../../booking.ts';
import type { Timetable } from '../../workflows/messages.ts';
import type { SentWebhook } from '../calcom-sandbox/sandbox.ts';
import { postWebhook } from '../sample-booking.ts';
import type { Doors, RunDoor, SeenRow } from './doors.ts';
import type { FirstAct } from './first-act-checks.ts';
import { doorsFor, type Person, type Stage } from './stage.ts';
import { changesIn, createTell, describeRow, type Tell, wordsForWebhook } from './telling.ts';

/** In the sandbox, and in its campaign. */
const ADA: Person = { name: 'Ada Moreau', email: 'ada.moreau@example.com' };

export const CALL_IN_MS = 45_000;
export const CALL_LENGTH_MS = 5_000;
export const GRACE_MS = 1_000;
/** From the booking until the run has ended, with room for a slow machine. */
const PATIENCE_MS = CALL_IN_MS + CALL_LENGTH_MS + GRACE_MS + 9_000;

/** A call is booked 45 s ahead, its webhook comes twice, and it takes place. */
export async function playFirstAct(stage: Stage): Promise<FirstAct> {
  const { stack, config, calcom } = stage;
  const tell = createTell(stage.say);
  const doors = doorsFor(ADA, stage);
  const bookedAt = Date.now();

  const before = await doors.row();
  tell(`Notion row of ${ADA.name}: ${describeRow(before)}`);
  const { booking, webhooks } = await calcom.book({
    startsAt: new Date(bookedAt + CALL_IN_MS),
    lengthMs: CALL_LENGTH_MS,
    attendee: ADA,
  });
  const answers: Pick<SentWebhook, 'status' | 'answer'>[] = [];
  for (const sent of webhooks) {
    tell(wordsForWebhook('the signed webhook', sent));
    const again = await postWebhook(stack.url, stack.webhookSecret, sent.body);
    tell(wordsForWebhook('the same webhook once more', again));
    answers.push(sent, again);
  }
  const workflowId = workflowIdOf(booking);
  if (stack.temporal.uiUrl) {
    tell(
      `workflow started: ${stack.temporal.uiUrl}/namespaces/${stack.temporal.namespace}/workflows/${encodeURIComponent(workflowId)}`,
    );
  }

  const dueAt = config.reminders.steps.map(({ offsetMs }) => booking.startsAt - offsetMs);
  const run = doors.run(workflowId);
  const seen = await watch({ doors, run, before, dueAt, until: bookedAt + PATIENCE_MS, tell });
  return {
    answers: answers.map(({ status, answer }) => ({ status, workflowId: answer?.['workflowId'] })),
    dueAt,
    callDate: callDate(new Date(booking.startsAt).toISOString(), config.timeZone),
    readBacks: calcom.journal.filter(({ path, status }) => path.endsWith(booking.uid) && status === 200).length,
    ...seen,
  };
}

interface Watch {
  doors: Doors;
  run: RunDoor;
  before: SeenRow | undefined;
  dueAt: number[];
  until: number;
  tell: Tell;
}

/** Tells each thing as it shows from outside, until the run has ended or time is up. */
async function watch({
  doors,
  run,
  before,
  dueAt,
  until,
  tell,
}: Watch): Promise<Pick<FirstAct, 'mails' | 'row' | 'outcome'>> {
  const row: FirstAct['row'] = { before, booked: undefined, after: undefined };
  let mails = await doors.mails();
  let told: Timetable | undefined;
  let outcome: FirstAct['outcome'];
  void run.outcome().then(
    (value) => {
      outcome = value;
    },
    () => undefined,
  );

  do {
    await sleep(200);
    const timetable: Timetable = outcome ?? (await run.timetable());
    for (const change of changesIn(told, timetable)) tell(change);
    told = timetable;

    const now = await doors.mails();
    for (const [index, mail] of (now ?? []).entries()) {
      if (index < (mails?.length ?? 0)) continue;
      tell(
        `mail arrived, ${Date.parse(mail.receivedAt) - (dueAt[index] ?? Number.NaN)} ms after it was due: “${mail.subject}”`,
      );
    }
    mails = now;

    const current = await doors.row();
    if (describeRow(current) !== describeRow(row.after ?? row.booked ?? before)) {
      tell(`Notion row: ${describeRow(current)}`);
      if (row.booked) row.after = current;
      else row.booked = current;
    }
  } while (Date.now() < until && !(outcome && (row.after || outcome.notion.outcome !== 'updated')));
  return { mails, row, outcome };
}
