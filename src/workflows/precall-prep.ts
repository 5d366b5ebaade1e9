import { condition, setHandler } from '@temporalio/workflow';
import { BookingRun } from './booking-run.ts';
import { bookingEventSignal, type PrecallOutcome, type PrecallPrepInput, timetableQuery } from './messages.ts';
import { isSameStep } from './timetable.ts';

/**
 * Looks after one booking, from the first news of it until the call is over.
 *
 * The workflow id is `precall/<uid>`: a webhook delivered twice finds this run instead of starting another.
 */
export async function precallPrep(input: PrecallPrepInput): Promise<PrecallOutcome> {
  const run = new BookingRun(input);
  setHandler(bookingEventSignal, (event) => run.hear(event));
  setHandler(timetableQuery, () => run.report);
  await condition(() => run.isKnown);

  // Beside the reminders, never before them: Notion being down delays no mail.
  const recording = run.keepRecord();
  const beside = [run.findCampaign(), run.keepContact(), run.sendNotices(), run.noteReminders(), run.keepLaidOut()];

  for (let step = run.nextStep; !run.isSuperseded; step = run.nextStep) {
    const overtaken = () => run.isSuperseded || !isSameStep(step, run.nextStep);
    if (await run.waitFor(step, overtaken)) continue; // moved, cancelled or merely touched: look again at what comes next
    if (step.kind === 'end') {
      if (await run.hearsLateNews()) continue;
      break;
    }
    await run.remind(step.reminder, overtaken);
  }

  run.finish();
  await Promise.all(beside);
  run.end();
  await recording;
  return run.report;
}
