import { CancellationScope, condition, isCancellation, sleep } from '@temporalio/workflow';

/** The shortest timer there is: what was asked for leaves with it. */
const UNTIL_IT_HAS_LEFT = '1 millisecond';

/**
 * Does `work`, but withdraws it as soon as `overtaken` holds: an activity that is being retried stops at once, one that
 * is under way is waited for, so that its result is known.
 *
 * @returns the work's result, or undefined if it was withdrawn before it had one.
 */
export async function unlessOvertaken<T>(overtaken: () => boolean, work: () => Promise<T>): Promise<T | undefined> {
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
    if (!settled) await sleep(UNTIL_IT_HAS_LEFT);
    if (settled || !overtaken()) continue;
    scope.cancel();
    await condition(() => settled !== undefined);
  }
  if ('value' in settled!) return settled.value;
  if (isCancellation(settled!.error) && scope.consideredCancelled) return undefined;
  throw settled!.error;
}
