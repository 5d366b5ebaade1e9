/** Does work once all that was given to it before is done. */
export type OneAtATime = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * What the local activities of a run go through. When two of them are under way together, each result is acted upon as it comes; on replay
 * they come together, and what follows on them is done in another order than history has it: the run could never go on.
 */
export function oneAtATime(): OneAtATime {
  let before: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = before.then(work);
    before = result.catch(() => undefined);
    return result;
  };
}
