import { CancellationScope, condition, isCancellation } from '@temporalio/workflow';

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

  await condition(() => settled !== undefined || overtaken());
  if (!settled) {
    scope.cancel();
    await condition(() => settled !== undefined);
  }
  if ('value' in settled!) return settled.value;
  if (isCancellation(settled!.error) && scope.consideredCancelled) return undefined;
  throw settled!.error;
}
