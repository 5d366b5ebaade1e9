import { setTimeout as sleep } from 'node:timers/promises';
import { callDate } from '../../activities/call-date.ts';
import { workflowIdOf } from '../../booking.ts';
import type { PrecallOutcome } from '../../workflows/messages.ts';
import type { Performed, SandboxBooking } from '../calcom-sandbox/sandbox.ts';
import { until } from '../scenarios/until.ts';
import type { Doors, RunDoor, SeenRow } from './doors.ts';
import type { SecondAct } from './second-act-checks.ts';
import { doorsFor, type Person, type Stage } from './stage.ts';
import { clock, createTell, describeRow, type Tell, wordsForWebhook } from './telling.ts';

/** In the sandbox, and in no campaign. */
const BRUNO: Person = { name: 'Bruno Keller', email: 'bruno.keller@example.com' };

/** Far enough for another date, in any time zone. */
const FIRST_CALL_IN_MS = 48 * 60 * 60_000;
/** The first of its reminders is due 5 s after the move. */
const MOVED_CALL_IN_MS = 35_000;
const CALL_LENGTH_MS = 5_000;
/** For what takes a moment to show, on a slow machine too. */
const PATIENCE_MS = 8_000;
/** A mail that has not come by then was not sent. */
const LATE_MS = 2_000;

/** A call is booked for the day after tomorrow, moved to today, and cancelled before its last reminder. */
export async function playSecondAct(stage: Stage): Promise<SecondAct> {
  const { config, calcom } = stage;
  const tell = createTell(stage.say);
  const doors = doorsFor(BRUNO, stage);
  const dateOf = ({ startsAt }: SandboxBooking) => callDate(new Date(startsAt).toISOString(), config.timeZone);
  const rowThat = (isEnough: (row: SeenRow) => boolean) => seenRow(doors, tell, isEnough);

  const startsAt = new Date(Date.now() + FIRST_CALL_IN_MS);
  const booked = await calcom.book({ startsAt, lengthMs: CALL_LENGTH_MS, attendee: BRUNO });
  tellOf(tell, `that ${BRUNO.name} has booked a call for the day after tomorrow`, booked);
  const bookedRow = await rowThat((row) => row.bookingStatus === 'Booked' && row.callDate !== undefined);

  const moved = await calcom.move(booked.booking.uid, { startsAt: new Date(Date.now() + MOVED_CALL_IN_MS) });
  tellOf(tell, `that the call has moved to ${clock(instantOf(moved.booking))} today`, moved);
  const replaced = await outcomeOf(doors.run(workflowIdOf(booked.booking)));
  tell(`the run of the old time: ${replaced?.status ?? 'has not ended'}`);
  const movedRow = await rowThat((row) => row.callDate === dateOf(moved.booking));

  const run = doors.run(workflowIdOf(moved.booking));
  const dueAt = config.reminders.steps.map(({ offsetMs }) => moved.booking.startsAt - offsetMs);
  const beforeCancel = await countMails({ doors, run, atLeast: 3, by: dueAt[1]! + LATE_MS, tell });

  const cancelled = await calcom.cancel(moved.booking.uid);
  tellOf(tell, 'that the call is cancelled', cancelled);
  const cancelledRow = await rowThat((row) => row.bookingStatus === 'Cancelled');
  tell(`waiting until the last reminder would have come, ${clock(new Date(dueAt[2]!).toISOString())}`);
  const afterwards = await countMails({ doors, run, atLeast: Number.POSITIVE_INFINITY, by: dueAt[2]! + LATE_MS, tell });

  return {
    statuses: [booked, moved, cancelled].flatMap(({ webhooks }) => webhooks.map(({ status }) => status)),
    row: { booked: bookedRow, moved: movedRow, cancelled: cancelledRow },
    callDate: { booked: dateOf(booked.booking), moved: dateOf(moved.booking) },
    replaced,
    mails: { beforeCancel, afterwards },
  };
}

function tellOf(tell: Tell, what: string, { webhooks }: Performed): void {
  for (const webhook of webhooks) tell(wordsForWebhook(what, webhook));
}

async function seenRow(doors: Doors, tell: Tell, isEnough: (row: SeenRow) => boolean): Promise<SeenRow | undefined> {
  const row = await until(PATIENCE_MS, doors.row, (seen) => seen !== undefined && isEnough(seen));
  tell(`Notion row: ${describeRow(row)}`);
  return row;
}

/** @returns undefined if the run does not end, or is not there. */
async function outcomeOf(run: RunDoor): Promise<PrecallOutcome | undefined> {
  const ended = run.outcome().catch(() => undefined);
  return Promise.race([ended, sleep(PATIENCE_MS, undefined, { ref: false })]);
}

interface Count {
  doors: Doors;
  run: RunDoor;
  atLeast: number;
  /** Epoch milliseconds. */
  by: number;
  tell: Tell;
}

/** Where mails go to a real server they cannot be seen; what the run says must do. */
async function countMails({ doors, run, atLeast, by, tell }: Count): Promise<number> {
  const look = async () => (await doors.mails())?.length ?? (await countSent(run));
  const count = await until(by - Date.now(), look, (seen) => seen >= atLeast);
  const subjects = (await doors.mails())?.map(({ subject }) => `“${subject}”`) ?? [];
  tell(`mails to ${BRUNO.name} so far: ${[count, ...subjects].join(' · ')}`);
  return count;
}

async function countSent(run: RunDoor): Promise<number> {
  const { reminders, notices } = await run.timetable();
  const toAttendee = notices.filter(({ notice }) => !notice.startsWith('host-'));
  return [...reminders, ...toAttendee].filter(({ outcome }) => outcome === 'sent').length;
}

function instantOf({ startsAt }: SandboxBooking): string {
  return new Date(startsAt).toISOString();
}
