import { CancellationScope, condition, isCancellation, sleep, workflowInfo } from '@temporalio/workflow';

/**
 * Does `work`, but withdraws it as soon as `overtaken` holds: an activity that is being retried stops at once, one that
 * is under way is waited for, so that its result is known.
 *
 * @param work asks for its activities when it is called, and for no other after those.
 * @returns the work's result, or undefined if it was withdrawn before it had one, or overtaken before it began.
 */
export async function unlessOvertaken<T>(overtaken: () => boolean, work: () => Promise<T>): Promise<T | undefined> {
  if (overtaken()) return undefined;
  const begunIn = currentTask();
  const scope = new CancellationScope();
  let settled: { value: T } | { error: unknown } | undefined;
  void scope.run(work).then(
    (value) => {
      settled = { value };
    },
    (error: unknown) => {
      settled = { error };
    },
  );

  while (!settled) {
    await condition(() => settled !== undefined || overtaken());
    // An activity that has not left yet would be withdrawn on the spot: beside a local activity, alive and on replay in another order.
    if (!settled && begunIn === currentTask()) await untilNextTask();
    if (settled || !overtaken()) continue;
    scope.cancel();
    await condition(() => settled !== undefined);
  }
  if ('value' in settled!) return settled.value;
  if (isCancellation(settled!.error) && scope.consideredCancelled) return undefined;
  throw settled!.error;
}

/** The workflow task that is being worked on: what is asked for in it leaves when it ends. */
function currentTask(): number {
  return workflowInfo().historyLength;
}

let nextTask: { after: number; begins: Promise<void> } | undefined;

/** One timer for all who wait for the end of the same workflow task; short, and long enough for others to be done. */
function untilNextTask(): Promise<void> {
  const after = currentTask();
  if (nextTask?.after !== after) nextTask = { after, begins: sleep('1 second') };
  return nextTask.begins;
}
